# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""All of it: read, choose, resolve, narrow, count, advise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._errors import ResolutionError
from .._projects.combination import ResolverInput, resolver_input
from .._python.choice import python_conflict
from .conflicts import (
    Attempt,
    Conflict,
    RequirementResolver,
    find_conflicts,
)
from .overlap import Overlap, overlap, pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._projects.model import (
        DeclaredRequirement,
        ProjectRequirements,
        PythonRequirement,
    )
    from .._python.interpreter import Interpreter
    from .._uv.commands import Uv


@dataclass(frozen=True)
class Union:
    """What ``projects`` need together, with the ``interpreter`` for which it was resolved.

    ``python_conflict`` holds requirements on Python that the others, or the interpreter, do not meet.
    """

    projects: tuple[ProjectRequirements, ...]
    interpreter: Interpreter
    python_conflict: tuple[PythonRequirement, ...]
    conflicts: tuple[Conflict, ...]
    overlap: Overlap
    pairs: tuple[Overlap, ...]

    @property
    def has_conflict(self) -> bool:
        """Whether they cannot share a venv."""
        return bool(self.conflicts or self.python_conflict)

    @property
    def python_requirements(self) -> tuple[PythonRequirement, ...]:
        """What the projects say about their Python."""
        return tuple(one for project in self.projects for one in project.python)


def make_union(
    projects: Sequence[ProjectRequirements], *, interpreter: Interpreter, resolver: RequirementResolver
) -> Union:
    """Resolve each project alone, then all of them together."""
    packages = {project.name: resolver.resolve(project.declared).packages for project in projects}
    python = [one for project in projects for one in project.python]
    return Union(
        projects=tuple(projects),
        interpreter=interpreter,
        python_conflict=tuple(python_conflict(python, interpreter)),
        conflicts=tuple(find_conflicts(projects, resolver)),
        overlap=overlap(packages),
        pairs=tuple(pairs(packages)),
    )


class UvResolver:
    """Resolves with uv for one interpreter, each set of requirements once."""

    def __init__(self, uv: Uv, python: str) -> None:
        self._uv = uv
        self._python = python
        self._known: dict[ResolverInput, Attempt] = {}

    def resolve(self, declared: Sequence[DeclaredRequirement]) -> Attempt:
        """See :class:`RequirementResolver`; raises :class:`ResolutionError` when nothing could be looked up at all."""
        return self._answer(declared, (False,))

    def attempt(self, declared: Sequence[DeclaredRequirement]) -> Attempt:
        """See :class:`RequirementResolver`; asks the index only where what was fetched before does not tell, as that is
        ten times slower. Without it other versions may be chosen, but a set of versions that fits is one, and a failure
        that is not for want of the network is one too.
        """
        return self._answer(declared, (True, False))

    def _answer(self, declared: Sequence[DeclaredRequirement], modes: Sequence[bool]) -> Attempt:
        needed = resolver_input(declared)
        if not needed.requirements:
            return Attempt(frozenset())
        if needed not in self._known:
            self._known[needed] = self._first(needed, modes)
        return self._known[needed]

    def _first(self, needed: ResolverInput, modes: Sequence[bool]) -> Attempt:
        """The first answer in one of ``modes``, offline or not; of the last one also the error."""
        for offline in modes:
            try:
                packages = self._uv.compile(
                    needed.requirements,
                    python=self._python,
                    constraints=needed.constraints,
                    overrides=needed.overrides,
                    offline=offline,
                )
                return Attempt(frozenset(package.name for package in packages))
            except ResolutionError as error:
                if error.context.get("unsatisfiable"):
                    explanation: str = error.context["explanation"]
                    return Attempt(None, explanation.partition("cause: ")[2] or explanation)
                if offline == modes[-1]:
                    raise
        raise ValueError("modes is empty")
