# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What users are told of a union: the result, the message of a failure, the advice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._python.constraint import allowed_minors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._projects.model import (
        DeclaredRequirement,
        PythonRequirement,
    )
    from .conflicts import Conflict
    from .disk_usage import Disk
    from .overlap import Overlap
    from .union import Union

_MIB = 1 << 20


def result(union: Union, disk: Disk, *, threshold: float) -> dict[str, Any]:
    """The union as the module returns it."""
    demands = [demand for project in union.projects for demand in project.demands]
    return {
        "requirements": sorted({demand.line for demand in demands if not demand.constraint}),
        "constraints": sorted({demand.line for demand in demands if demand.constraint}),
        "constraint_files": sorted({demand.origin.file for demand in demands if demand.constraint}),
        "siblings": sorted({directory for project in union.projects for directory in project.siblings}),
        "provenance": _provenance(demands),
        "overlap": {**_overlap(union.overlap), "pairs": [_overlap(pair) for pair in union.pairs]},
        "conflicts": conflicts(union),
        "python": {
            "asked": [_python_demand(demand) for demand in union.python_demands],
            "agreed": not union.python_conflict,
            "version": "{}.{}".format(*union.interpreter.minor),
            "executable": union.interpreter.executable,
        },
        "disk": {
            "venvs": [{"project": venv.project, "path": venv.path, "bytes": venv.bytes} for venv in disk.venvs],
            "bytes": disk.total,
            "shared_bytes": disk.shared,
            "saved_bytes": disk.saved,
        },
        "advice": advice(union, disk, threshold=threshold),
    }


def advice(union: Union, disk: Disk, *, threshold: float) -> dict[str, Any]:
    """Whether to share, and what was found of each thing that speaks for it or against it."""
    reasons = [_overlap_reason(union, threshold)]
    if not union.python_conflict:
        reasons.append("Python {}.{} suits all of them".format(*union.interpreter.minor))
    if not union.conflicts:
        reasons.append("all their demands can be met together")
    reasons += [conflict["msg"] for conflict in conflicts(union)]
    if disk.saved:
        reasons.append(f"one venv in place of {len(disk.venvs)} saves {disk.saved // _MIB} MiB")
    if len(union.projects) == 1:
        reasons.append("there is one project, which has nobody to share with")
    enough = _enough(union, threshold)
    return {"share": enough and not union.has_conflict and len(union.projects) > 1, "reasons": reasons}


def failure(union: Union, *, fail_on: str, threshold: float) -> str | None:
    """Why the task fails, if it is to: every conflict, or too little in common."""
    if fail_on == "never":
        return None
    if union.has_conflict:
        return "The projects cannot share a venv: " + " | ".join(one["msg"] for one in conflicts(union))
    if fail_on == "low_overlap" and not _enough(union, threshold):
        return f"The projects should not share a venv: {_overlap_reason(union, threshold)}"
    return None


def _enough(union: Union, threshold: float) -> bool:
    return union.overlap.percent is not None and union.overlap.percent >= threshold


def _overlap_reason(union: Union, threshold: float) -> str:
    one = union.overlap
    if one.common is None:
        return "how much they have in common is not known, because one of them cannot be resolved"
    compared = "at least" if _enough(union, threshold) else "less than"
    return (
        f"{len(one.common)} of the {one.total} packages that they need are needed by more than one of them "
        f"({one.percent:g} %, {compared} {threshold:g} %)"
    )


def _overlap(one: Overlap) -> dict[str, Any]:
    return {
        "projects": list(one.projects),
        "percent": one.percent,
        "common": None if one.common is None else list(one.common),
        "total": one.total,
    }


def _provenance(demands: Iterable[DeclaredRequirement]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for demand in demands:
        found.setdefault(demand.requirement.name, []).append(_demand(demand))
    return dict(sorted(found.items()))


def conflicts(union: Union) -> list[dict[str, Any]]:
    """What cannot go together, the Python first, each with a message that names who demands what, and where."""
    python = [_python_conflict(union)] if union.python_conflict else []
    return [*python, *(_package_conflict(one) for one in union.conflicts)]


def _python_conflict(union: Union) -> dict[str, Any]:
    possible = allowed_minors(demand.versions for demand in union.python_conflict)
    reason = f"Python {union.interpreter.version} is not" if possible else "no Python is all of that"
    return {
        "kind": "python",
        "projects": sorted({demand.origin.project for demand in union.python_conflict}),
        "demands": [_python_demand(demand) for demand in union.python_conflict],
        "reason": reason,
        "msg": f"{_named(union.python_conflict)}: {reason}",
    }


def _package_conflict(one: Conflict) -> dict[str, Any]:
    kind, said = ("unavailable", "cannot be had") if len(one.lines) == 1 else ("packages", "cannot go together")
    wanted = "; ".join(
        f"{demand.origin.project} {'limits' if demand.constraint else 'needs'} {demand.line} ({demand.origin})"
        for demand in one.demands
    )
    return {
        "kind": kind,
        "projects": one.projects,
        "demands": [_demand(demand) for demand in one.demands],
        "reason": one.reason,
        "msg": f"{wanted}; this {said}: {one.reason}",
    }


def _named(demands: Iterable[PythonRequirement]) -> str:
    return "; ".join(f"{one.origin.project} needs Python {one.versions} ({one.origin})" for one in demands)


def _demand(demand: DeclaredRequirement) -> dict[str, Any]:
    return {
        "project": demand.origin.project,
        "requirement": demand.line,
        "constraint": demand.constraint,
        "file": demand.origin.file,
        "line": demand.origin.line,
    }


def _python_demand(demand: PythonRequirement) -> dict[str, Any]:
    return {
        "project": demand.origin.project,
        "python": demand.versions,
        "file": demand.origin.file,
        "line": demand.origin.line,
    }
