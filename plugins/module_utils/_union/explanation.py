# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Why something cannot be resolved: who requires what, with file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import ResolutionError
from .._packaging.requirement import parse_requirement
from .._projects.model import DeclaredRequirement, Location, ProjectRequirements
from .._python.constraint import allowed_minors
from .conflicts import find_conflicts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .._projects.model import PythonRequirement
    from .conflicts import Conflict, RequirementResolver

_TASK = "the task"
_CANNOT_SHARE = "The projects cannot share a venv: "


def explained(
    error: ResolutionError, sources: Sequence[ProjectRequirements], resolver: Callable[[], RequirementResolver]
) -> ResolutionError:
    """``error``, the failure to resolve ``sources`` together, with the requirements that are the reason.

    ``resolver`` is called where these have to be found by resolving.
    """
    package = error.context.get("package")
    declared = [one for source in sources for one in source.declared if one.requirement.name == package]
    if declared:
        return ResolutionError(
            f"{error.message}. {_required([one for one in declared if one.hashes] or declared)}",
            **{**error.context, "requirements": [one.as_dict() for one in declared]},
        )
    if not error.context.get("unsatisfiable"):
        return error
    found = [described(one) for one in find_conflicts(sources, resolver())]
    if not found:
        return error
    message = _CANNOT_SHARE + " | ".join(one["msg"] for one in found)
    return ResolutionError(message, **{**error.context, "conflicts": found})


def of_task(lines: Iterable[str], sources: Sequence[ProjectRequirements]) -> ProjectRequirements:
    """Those of the requirements ``lines`` that stand in none of ``sources``: options of the task ask for them."""
    written = {one.line for source in sources for one in source.requirements}
    return ProjectRequirements(
        name=_TASK,
        directory="",
        requirements=tuple(
            DeclaredRequirement(parse_requirement(line, where=_TASK), Location(_TASK, "its options", 0))
            for line in lines
            if line not in written
        ),
    )


def python_error(requirements: Sequence[PythonRequirement], version: str) -> ResolutionError:
    """The error for ``requirements`` that no Python meets, or not the one of this ``version`` that was chosen."""
    conflict = described_python(requirements, version)
    return ResolutionError(_CANNOT_SHARE + conflict["msg"], conflicts=[conflict])


def described(conflict: Conflict) -> dict[str, Any]:
    """A conflict as results tell it."""
    alone = len(conflict.lines) == 1
    kind, said = ("unavailable", "it is not available") if alone else ("packages", "these requirements conflict")
    return {
        "kind": kind,
        "projects": conflict.projects,
        "requirements": [one.as_dict() for one in conflict.requirements],
        "reason": conflict.reason,
        "msg": f"{_required(conflict.requirements)}; {said}: {conflict.reason}",
    }


def described_python(requirements: Sequence[PythonRequirement], version: str) -> dict[str, Any]:
    """Requirements on Python that conflict with each other, or with the Python of this ``version``."""
    possible = allowed_minors(one.versions for one in requirements)
    reason = f"Python {version} does not meet this" if possible else "no Python meets all of these"
    wanted = "; ".join(f"{one.location.project} requires Python {one}" for one in requirements)
    return {
        "kind": "python",
        "projects": sorted({one.location.project for one in requirements}),
        "requirements": [one.as_dict() for one in requirements],
        "reason": reason,
        "msg": f"{wanted}: {reason}",
    }


def _required(declared: Iterable[DeclaredRequirement]) -> str:
    return "; ".join(
        f"{one.location.project} {'limits' if one.constraint else 'requires'} {one.line} ({one.location})"
        for one in declared
    )
