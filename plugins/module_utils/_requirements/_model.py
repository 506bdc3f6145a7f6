# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What was read: demands that know where they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ansible_collections.mobile_ansible.venv.plugins.module_utils._requirements._requirement import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable

_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Origin:
    """A line of a project's file, or an option of the task with line 0; ``str()`` is how messages name it."""

    project: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}" if self.line else self.file


@dataclass(frozen=True)
class Demand:
    """A requirement and where it stands. A ``constraint`` narrows versions and asks for nothing by itself.

    ``hashes``: the sha256, in hex, of the files that are allowed; empty when the demand names none.
    """

    requirement: Requirement
    origin: Origin
    constraint: bool = False
    hashes: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The requirement as text."""
        return str(self.requirement)


@dataclass(frozen=True)
class PythonDemand:
    """The versions of Python that a project asks for, as clauses such as ``>=3.9``, and where it says so."""

    versions: str
    origin: Origin


@dataclass(frozen=True)
class Content:
    """What one or more files hold.

    ``siblings`` are folders that are to be importable, because a file asks for the project itself. ``notes`` say what
    was seen and cannot be read. ``groups`` are the groups that the files know, ``files`` are those that were read.
    """

    demands: tuple[Demand, ...] = ()
    python: tuple[PythonDemand, ...] = ()
    siblings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    groups: frozenset[str] = frozenset()
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProjectRequirements:
    """All that a project, or one file, asks for; ``name`` is what reports call it."""

    name: str
    folder: str
    requirements: tuple[Demand, ...] = ()
    constraints: tuple[Demand, ...] = ()
    python: tuple[PythonDemand, ...] = ()
    siblings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def demands(self) -> tuple[Demand, ...]:
        """Requirements and constraints."""
        return self.requirements + self.constraints


@dataclass(frozen=True)
class Needs:
    """What files ask a venv for, in one spelling and order, without where it is written.

    ``hashes``: for a package by name, the sha256 of the wheels that its demands allow; others are not restricted.
    """

    requirements: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    hashes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    siblings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


NO_NEEDS = Needs()


def needs_of(projects: Iterable[ProjectRequirements]) -> Needs:
    """What ``projects`` ask for together."""
    parts = list(projects)
    hashes: dict[str, set[str]] = {}
    for demand in (demand for part in parts for demand in part.demands if demand.hashes):
        hashes.setdefault(demand.requirement.name, set()).update(demand.hashes)
    return Needs(
        requirements=tuple(sorted({demand.line for part in parts for demand in part.requirements})),
        constraints=tuple(sorted({demand.line for part in parts for demand in part.constraints})),
        hashes=tuple(sorted((name, tuple(sorted(allowed))) for name, allowed in hashes.items())),
        siblings=tuple(sorted({folder for part in parts for folder in part.siblings})),
        notes=_each_once(part.notes for part in parts),
    )


def join(contents: Iterable[Content]) -> Content:
    """All of them as one, each part once and in order."""
    parts = list(contents)
    return Content(
        demands=_each_once(one.demands for one in parts),
        python=_each_once(one.python for one in parts),
        siblings=_each_once(one.siblings for one in parts),
        notes=_each_once(one.notes for one in parts),
        groups=frozenset(group for one in parts for group in one.groups),
        files=_each_once(one.files for one in parts),
    )


def _each_once(parts: Iterable[tuple[_Part, ...]]) -> tuple[_Part, ...]:
    return tuple(dict.fromkeys(one for part in parts for one in part))
