# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which requirements conflict, found by resolving: all of them, each project, each pair, then ever smaller parts.

No versions are compared here. A requirement is part of a conflict because without it the rest can be resolved.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._projects.model import (
        DeclaredRequirement,
        ProjectRequirements,
    )

#: More are not looked for: whoever has so many begins with the first.
MAX_CONFLICTS = 20

_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Attempt:
    """The end of one resolution: the names of the ``packages``, or None and the resolver's ``reason``."""

    packages: frozenset[str] | None
    reason: str = ""

    @property
    def failed(self) -> bool:
        """Whether the requirements conflict."""
        return self.packages is None


class RequirementResolver(Protocol):
    """Resolves requirements for real."""

    def resolve(self, declared: Sequence[DeclaredRequirement]) -> Attempt:
        """The packages that meet ``declared`` today."""

    def attempt(self, declared: Sequence[DeclaredRequirement]) -> Attempt:
        """Whether ``declared`` can be met together; the packages may be others than today's."""


@dataclass(frozen=True)
class Conflict:
    """Requirements that conflict, while all but any one of them do not; ``reason`` is the resolver's.

    ``requirements`` holds each project's own, equal ones of several projects included. Where they are all of one line,
    no version of that package can be had at all.
    """

    requirements: tuple[DeclaredRequirement, ...]
    reason: str

    @property
    def lines(self) -> frozenset[tuple[str, bool]]:
        """What is required, whoever requires it."""
        return frozenset((one.line, one.constraint) for one in self.requirements)

    @property
    def projects(self) -> list[str]:
        """Whose requirements they are."""
        return sorted({one.location.project for one in self.requirements})


def find_conflicts(projects: Sequence[ProjectRequirements], resolver: RequirementResolver) -> list[Conflict]:
    """Every conflict within a project and between two, then those that only several have; none when all can be met."""
    everything = [one for project in projects for one in project.declared]
    if not resolver.attempt(everything).failed:
        return []
    found: dict[frozenset[tuple[str, bool]], Conflict] = {}
    alone = {project.name: resolver.attempt(project.declared).failed for project in projects}
    groups = [[project] for project in projects if alone[project.name]]
    groups += [list(pair) for pair in itertools.combinations([one for one in projects if not alone[one.name]], 2)]
    for group in groups:
        declared = [one for project in group for one in project.declared]
        if len(found) < MAX_CONFLICTS and resolver.attempt(declared).failed:
            _add(found, declared, everything, resolver)
    rest = _without(everything, found)
    while len(found) < MAX_CONFLICTS and resolver.attempt(rest).failed:
        _add(found, rest, everything, resolver)
        rest = _without(everything, found)
    return list(found.values())


def _add(
    found: dict[frozenset[tuple[str, bool]], Conflict],
    declared: Sequence[DeclaredRequirement],
    everything: Sequence[DeclaredRequirement],
    resolver: RequirementResolver,
) -> None:
    """Narrow ``declared``, which fail, and note the conflict with all who require the same."""
    fewest = _fewest(declared, resolver)
    lines = {(one.line, one.constraint) for one in fewest}
    involved = {one.location.project for one in declared}
    known = found.get(frozenset(lines))
    if known is not None:
        involved |= set(known.projects)
    same = [one for one in everything if (one.line, one.constraint) in lines and one.location.project in involved]
    conflict = Conflict(tuple(same), resolver.attempt(fewest).reason)
    found[conflict.lines] = conflict


def _without(
    declared: Sequence[DeclaredRequirement], found: dict[frozenset[tuple[str, bool]], Conflict]
) -> list[DeclaredRequirement]:
    known = {line for lines in found for line in lines}
    return [one for one in declared if (one.line, one.constraint) not in known]


def _fewest(declared: Sequence[DeclaredRequirement], resolver: RequirementResolver) -> list[DeclaredRequirement]:
    """The fewest of ``declared`` that still fail. The packages that the resolver names are tried first."""
    words = set(re.findall(r"[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*", resolver.attempt(declared).reason.lower()))
    named = [one for one in declared if one.requirement.name in words]
    start = named if named and resolver.attempt(named).failed else list(declared)
    return fewest(start, lambda part: resolver.attempt(part).failed)


def fewest(parts: Sequence[_Part], fails: Callable[[Sequence[_Part]], bool]) -> list[_Part]:
    """A part of ``parts``, which fail together, that fails and of which nothing can be left out (QuickXplain).

    It halves: for a few culprits among many it asks some dozen times, not once for each.
    """

    def explain(known: list[_Part], grown: bool, rest: list[_Part]) -> list[_Part]:
        if grown and fails(known):
            return []
        if len(rest) == 1:
            return rest
        middle = len(rest) // 2
        first, second = rest[:middle], rest[middle:]
        culprits = explain([*known, *first], True, second)
        return explain([*known, *culprits], bool(culprits), first) + culprits

    return explain([], False, list(parts)) if parts else []
