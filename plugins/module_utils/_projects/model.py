# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What was read: demands that know where they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from .._packaging.requirement import Requirement

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
    """A requirement and where it stands. A ``constraint`` narrows versions and asks for nothing by itself.

    ``hashes``: the sha256, in hex, of the files that are allowed; empty when the demand names none.
    """

    requirement: Requirement
    origin: Location
    constraint: bool = False
    hashes: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The requirement as text."""
        return str(self.requirement)


@dataclass(frozen=True)
class PythonRequirement:
    """The versions of Python that a project asks for, as clauses such as ``>=3.9``, and where it says so."""

    versions: str
    origin: Location


@dataclass(frozen=True)
class FileContents:
    """What one or more files hold.

    ``siblings`` are directories that are to be importable, because a file asks for the project itself. ``notes`` say
    what was seen and cannot be read. ``groups`` are the groups that the files know, ``files`` are those that were read.
    """

    demands: tuple[DeclaredRequirement, ...] = ()
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
    def demands(self) -> tuple[DeclaredRequirement, ...]:
        """Requirements and constraints."""
        return self.requirements + self.constraints


@dataclass(frozen=True)
class CombinedRequirements:
    """What files ask a venv for, in one spelling and order, without where it is written.

    ``hashes``: for a package by name, the sha256 of the wheels that its demands allow; others are not restricted.
    """

    requirements: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    hashes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    siblings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


NO_REQUIREMENTS = CombinedRequirements()


def combined(projects: Iterable[ProjectRequirements]) -> CombinedRequirements:
    """What ``projects`` ask for together."""
    parts = list(projects)
    hashes: dict[str, set[str]] = {}
    for demand in (demand for part in parts for demand in part.demands if demand.hashes):
        hashes.setdefault(demand.requirement.name, set()).update(demand.hashes)
    return CombinedRequirements(
        requirements=tuple(sorted({demand.line for part in parts for demand in part.requirements})),
        constraints=tuple(sorted({demand.line for part in parts for demand in part.constraints})),
        hashes=tuple(sorted((name, tuple(sorted(allowed))) for name, allowed in hashes.items())),
        siblings=tuple(sorted({directory for part in parts for directory in part.siblings})),
        notes=_each_once(part.notes for part in parts),
    )


def join(contents: Iterable[FileContents]) -> FileContents:
    """All of them as one, each part once and in order."""
    parts = list(contents)
    return FileContents(
        demands=_each_once(one.demands for one in parts),
        python=_each_once(one.python for one in parts),
        siblings=_each_once(one.siblings for one in parts),
        notes=_each_once(one.notes for one in parts),
        groups=frozenset(group for one in parts for group in one.groups),
        files=_each_once(one.files for one in parts),
    )


def _each_once(parts: Iterable[tuple[_Part, ...]]) -> tuple[_Part, ...]:
    return tuple(dict.fromkeys(one for part in parts for one in part))
