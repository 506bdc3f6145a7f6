# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The packages that only modules require, on the hosts of their tasks, and which of them the venv is to have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import normalise_name

from .distributions.bindep import named_among
from .distributions.declared import parsed
from .distributions.exclude import excluding_entry
from .distributions.match import merged
from .model import Analysis, Evidence

#: Which of them the venv has: those that can be used there and have a wheel, all, or none.
TargetPackages = Literal["auto", "all", "none"]


@dataclass(frozen=True)
class TargetPackage:
    """A requirement, the patterns of the hosts that have it, and whether one can be the host of the venv.

    ``system`` are the packages of operating systems that collections name for it.
    """

    package: str
    hosts: tuple[str, ...]
    local: bool
    system: tuple[str, ...] = ()


@dataclass(frozen=True)
class Packages:
    """``required`` and ``optional`` packages of the venv, and all that ``targets`` require.

    ``excluded`` are those that the user excludes, each with the entry.
    """

    required: Sequence[str]
    optional: Sequence[str]
    targets: Sequence[TargetPackage]
    excluded: Mapping[str, str]


def packages_of(analysis: Analysis, choice: TargetPackages = "auto", exclude: Sequence[str] = ()) -> Packages:
    """What goes into the venv, without what the user excludes.

    A package that is required on both sides is one of the controller.
    """
    required = [one for one in analysis.evidence if one.distribution and one.required]
    names = {line: _name(line) for line in {one.distribution for one in required}}
    named = [(one, names[one.distribution]) for one in required]
    entries = {name: excluding_entry(name, exclude) for name in sorted({name for _one, name in named})}
    excluded = {name: entry for name, entry in entries.items() if entry is not None}
    evidence = [(one, name) for one, name in named if name not in excluded]
    of_controller = {name for one, name in evidence if one.where == "controller"}
    of_targets = dict.fromkeys(sorted({name for _one, name in evidence} - of_controller))
    controller = [one.distribution for one, name in evidence if name in of_controller]
    targets = [
        target
        for name in of_targets
        for target in _targets([one for one, of_name in evidence if of_name == name], name, analysis)
    ]
    taken = [one.package for one in targets if choice == "all" or (choice == "auto" and one.local)]
    return Packages(
        required=merged([*controller, *(taken if choice == "all" else [])]),
        optional=merged(taken if choice == "auto" else []),
        targets=targets,
        excluded={
            line: entry.strip()
            for name, entry in excluded.items()
            for line in merged(one.distribution for one, of_name in named if of_name == name)
        },
    )


def _targets(evidence: Sequence[Evidence], name: str, analysis: Analysis) -> Iterable[TargetPackage]:
    hosts = tuple(sorted({pattern for one in evidence for pattern in one.hosts}))
    local = any(one.local for one in evidence)
    system = named_among((one.entry for one in analysis.system_packages), name)
    return (TargetPackage(line, hosts, local, system) for line in merged(one.distribution for one in evidence))


def _name(distribution: str) -> str:
    requirement = parsed(distribution)
    return normalise_name(requirement.name if requirement is not None else distribution)
