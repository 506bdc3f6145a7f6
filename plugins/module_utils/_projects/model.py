# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What was read: requirements that know where they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from .._errors import InputError
from .._packaging.requirement import Requirement
from .._packaging.version import normalise_versions
from .._python.constraint import allows

if TYPE_CHECKING:
    from collections.abc import Iterable

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
