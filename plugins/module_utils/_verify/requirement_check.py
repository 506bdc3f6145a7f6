# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Does what is installed fit what is declared? Pure: both are arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._errors import InputError
from .._packaging.marker import holds
from .._packaging.requirement import (
    Requirement,
    parse_requirement,
)
from .._packaging.version import allows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from .._projects.model import (
        DeclaredRequirement,
        ProjectRequirements,
    )


@dataclass(frozen=True)
class Distribution:
    """An installed one: what it ``requires`` in its own words, and the ``modules`` that it brings."""

    version: str
    requires: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Installed:
    """All that is installed, by normalised name, and the values that markers compare with."""

    distributions: Mapping[str, Distribution]
    markers: Mapping[str, str]

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Installed:
        """What ``describe`` of the probe says."""
        distributions = {
            name: Distribution(one["version"], tuple(one["requires"]), tuple(one["modules"]))
            for name, one in described["distributions"].items()
        }
        return cls(distributions, described["markers"])

    def applies(self, requirement: Requirement, *, extra: str = "") -> bool:
        """Whether ``requirement`` is one in this venv."""
        return holds(requirement.marker, {**self.markers, "extra": extra})


def wanted(declared: ProjectRequirements, installed: Installed) -> list[DeclaredRequirement]:
    """The requirements that count in this venv."""
    return [demand for demand in declared.requirements if installed.applies(demand.requirement)]


def misfits(declared: ProjectRequirements, installed: Installed) -> list[str]:
    """What is missing or has a version that does not fit, a sentence each that says who requires it."""
    found: list[str] = []
    for demand in wanted(declared, installed):
        found += _misfit(demand.requirement, installed, says=f"{demand.line} ({demand.location})")
    for demand in declared.constraints:
        if demand.requirement.name in installed.distributions and installed.applies(demand.requirement):
            found += _misfit(demand.requirement, installed, says=f"{demand.line} ({demand.location})")
    return list(dict.fromkeys(found))


def lacks(name: str, installed: Installed) -> list[str]:
    """What the distribution ``name`` cannot do without, or what that cannot, and that is not there or does not fit."""
    seen, pending = {name}, [name]
    found: list[str] = []
    while pending:
        current = pending.pop()
        for requirement in _required(current, installed, extra=""):
            found += _misfit(requirement, installed, says=f"{requirement} (required by {current})")
            if requirement.name in installed.distributions and requirement.name not in seen:
                seen.add(requirement.name)
                pending.append(requirement.name)
    return list(dict.fromkeys(found))


def unmet_requirements(
    installed: Installed, required: Iterable[Requirement], *, overridden: Collection[str] = ()
) -> list[str]:
    """What is ``required``, or by what is installed, and not there or there in a version that does not fit.

    The names ``overridden`` are left out: an override holds in place of what is said of them.
    """
    found, seen = [], {(name, "") for name in installed.distributions}
    pending = [("", "", one) for one in required if installed.applies(one)]
    pending += [(name, "", one) for name in installed.distributions for one in _required(name, installed, extra="")]
    while pending:
        name, extra, one = pending.pop()
        distribution = installed.distributions.get(one.name)
        by = f" (required by {name}{f'[{extra}]' if extra else ''})" if name else ""
        if one.name in overridden:
            continue
        if distribution is None:
            found.append(f"{one}{by} is missing")
            continue
        if not allows(one.versions, distribution.version):
            found.append(f"{one}{by} is not {distribution.version}")
        steps = {(one.name, more) for more in one.extras} - seen
        seen |= steps
        pending += [(*step, inner) for step in steps for inner in _required(step[0], installed, extra=step[1])]
    return sorted(set(found))


def _misfit(
    requirement: Requirement, installed: Installed, *, says: str, above: frozenset[tuple[str, str]] = frozenset()
) -> Iterator[str]:
    """``above``: the extras that led here, because extras can ask for each other."""
    distribution = installed.distributions.get(requirement.name)
    if distribution is None:
        yield f"{says} is missing"
        return
    if not allows(requirement.versions, distribution.version):
        yield f"{requirement.name} {distribution.version} is installed, but {says} is required"
    for extra in requirement.extras:
        step = (requirement.name, extra)
        if step not in above:
            for one in _required(requirement.name, installed, extra=extra):
                needed = f"{one} (required by {requirement.name}[{extra}])"
                yield from _misfit(one, installed, says=needed, above=above | {step})


def _required(name: str, installed: Installed, *, extra: str) -> Sequence[Requirement]:
    """What the distribution says that it requires; with an ``extra`` only what that adds."""
    found = []
    for text in installed.distributions[name].requires:
        try:
            requirement = parse_requirement(text, where=name)
        except InputError:  # an address, or metadata from before PEP 508
            continue
        if installed.applies(requirement, extra=extra) and not (extra and installed.applies(requirement)):
            found.append(requirement)
    return found
