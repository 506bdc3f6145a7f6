# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What was read: requirements that know where they are written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from .._errors import InputError
from .._packaging.requirement import Requirement
from .._packaging.version import normalise_versions
from .._python.constraint import allows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Location:
    """A line of a project's file, or an option of the task with line 0; ``str()`` is how messages name it."""

    project: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}" if self.line else self.file


@dataclass(frozen=True)
class DeclaredRequirement:
    """A requirement and where it is written. A ``constraint`` narrows versions and asks for nothing by itself.

    An ``override`` is a constraint that holds in place of what packages, and its own project, say of that name.
    ``hashes``: the sha256, in hex, of the files that are allowed; empty when the line names none.
    """

    requirement: Requirement
    location: Location
    constraint: bool = False
    hashes: tuple[str, ...] = ()
    override: bool = False

    @property
    def line(self) -> str:
        """The requirement as text."""
        return str(self.requirement)

    def as_dict(self) -> dict[str, Any]:
        """The form in which results tell it."""
        return {
            "project": self.location.project,
            "requirement": self.line,
            "constraint": self.constraint,
            "file": self.location.file,
            "line": self.location.line,
        }


@dataclass(frozen=True)
class PythonRequirement:
    """The versions of Python that a project needs, as clauses such as ``>=3.9``, and where that is written."""

    versions: str
    location: Location

    def __str__(self) -> str:
        return f"{self.versions} ({self.location})"

    def allows(self, version: str) -> bool:
        """Whether a Python of this version, such as ``3.12.4``, meets it."""
        return allows(self.versions, version)

    def as_dict(self) -> dict[str, Any]:
        """The form in which results tell it."""
        return {
            "project": self.location.project,
            "python": self.versions,
            "file": self.location.file,
            "line": self.location.line,
        }


def python_requirement(text: str | None, key: str, location: Location) -> tuple[PythonRequirement, ...]:
    """What ``text``, the value of ``key``, says of Python; nothing where there is none."""
    if not text:
        return ()
    try:
        return (PythonRequirement(normalise_versions(text), location),)
    except ValueError as error:
        raise InputError(f"{location}: {key}: {error}") from error


@dataclass(frozen=True)
class FileContents:
    """What one or more files hold.

    ``siblings`` are directories that are to be importable, because a file asks for the project itself. ``notes`` say
    what was seen and cannot be read. ``groups`` are the groups that the files know, ``files`` are those that were read.
    """

    declared: tuple[DeclaredRequirement, ...] = ()
    python: tuple[PythonRequirement, ...] = ()
    siblings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    groups: frozenset[str] = frozenset()
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProjectRequirements:
    """All that a project, or one file, asks for; ``name`` is what reports call it."""

    name: str
    directory: str
    requirements: tuple[DeclaredRequirement, ...] = ()
    constraints: tuple[DeclaredRequirement, ...] = ()
    python: tuple[PythonRequirement, ...] = ()
    siblings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def declared(self) -> tuple[DeclaredRequirement, ...]:
        """Requirements and constraints."""
        return self.requirements + self.constraints


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
        python=_each_once(part.python for part in parts),
        notes=_each_once(part.notes for part in parts),
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


def join(contents: Iterable[FileContents]) -> FileContents:
    """All of them as one, each part once and in order."""
    parts = list(contents)
    return FileContents(
        declared=_each_once(one.declared for one in parts),
        python=_each_once(one.python for one in parts),
        siblings=_each_once(one.siblings for one in parts),
        notes=_each_once(one.notes for one in parts),
        groups=frozenset(group for one in parts for group in one.groups),
        files=_each_once(one.files for one in parts),
    )


def _each_once(parts: Iterable[tuple[_Part, ...]]) -> tuple[_Part, ...]:
    return tuple(dict.fromkeys(one for part in parts for one in part))
