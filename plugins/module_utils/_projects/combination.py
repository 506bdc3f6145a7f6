# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What projects require together: of a resolver, and of a venv."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .model import DeclaredRequirement, ProjectRequirements, PythonRequirement


@dataclass(frozen=True)
class ResolverInput:
    """What a resolver is given, in one spelling and order; ``overrides`` hold in place of what packages say."""

    requirements: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()


def resolver_input(declared: Iterable[DeclaredRequirement]) -> ResolverInput:
    """``declared`` by one or more projects, in which those of each with overrides are :func:`overridden`.

    A resolver forgets all that is required of an overridden name. What projects require of it themselves is said
    again as an override, so that an override of one project is a conflict with another and not its silent loss.
    """
    parts = list(declared)
    names = {one.requirement.name for one in parts if one.override}
    elsewhere = {
        (one.location.project, one.requirement.name) for one in parts if one.override and one.requirement.marker
    }
    overrides = {
        one.line
        for one in parts
        if one.override
        or (
            not one.constraint
            and one.requirement.name in names
            and (one.location.project, one.requirement.name) not in elsewhere
        )
    }
    return ResolverInput(
        requirements=tuple(sorted({one.line for one in parts if not one.constraint})),
        constraints=tuple(sorted({one.line for one in parts if one.constraint and not one.override})),
        overrides=tuple(sorted(overrides)),
    )


def overridden(declared: Iterable[DeclaredRequirement]) -> tuple[DeclaredRequirement, ...]:
    """What is ``declared`` by one project, with the versions that its overrides set in place of others."""
    parts = tuple(declared)
    versions = {
        one.requirement.name: one.requirement.versions for one in parts if one.override and not one.requirement.marker
    }
    return tuple(
        replace(one, requirement=replace(one.requirement, versions=versions[one.requirement.name]))
        if one.requirement.name in versions and not one.override
        else one
        for one in parts
    )


@dataclass(frozen=True)
class CombinedRequirements:
    """What several projects and files ask a venv for, in one spelling and order.

    ``hashes``: for a package and its versions, such as ``six==1.17.0``, the sha256 of the wheels that all projects
    accept; others are not restricted. ``overrides`` hold in place of what packages say of a name.
    """

    requirements: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    hashes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    siblings: tuple[str, ...] = ()
    python: tuple[PythonRequirement, ...] = ()
    notes: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()


NO_REQUIREMENTS = CombinedRequirements()


def combined(projects: Iterable[ProjectRequirements]) -> CombinedRequirements:
    """What ``projects`` ask for together."""
    parts = list(projects)
    needed = resolver_input(one for part in parts for one in part.declared)
    return CombinedRequirements(
        requirements=needed.requirements,
        constraints=needed.constraints,
        overrides=needed.overrides,
        hashes=tuple(_allowed_hashes(parts)),
        siblings=tuple(sorted({directory for part in parts for directory in part.siblings})),
        python=tuple(dict.fromkeys(chain.from_iterable(part.python for part in parts))),
        notes=tuple(dict.fromkeys(chain.from_iterable(part.notes for part in parts))),
    )


def _allowed_hashes(parts: Iterable[ProjectRequirements]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A wheel must suit every project. Lines of one project that differ in their markers are for different hosts."""
    allowed: dict[str, set[str]] = {}
    for part in parts:
        by_marker: dict[str, dict[str, set[str]]] = {}
        for one in (one for one in part.declared if one.hashes):
            markers = by_marker.setdefault(one.requirement.name + one.requirement.versions, {})
            markers[one.requirement.marker] = markers.get(one.requirement.marker, set(one.hashes)) & set(one.hashes)
        for package, markers in by_marker.items():
            own = set().union(*markers.values())
            allowed[package] = allowed.get(package, own) & own
    for package, hashes in sorted(allowed.items()):
        yield package, tuple(sorted(hashes))
