# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What users are told of a union: the result, the message of a failure, the advice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .explanation import described, described_python

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._projects.model import DeclaredRequirement
    from .disk_usage import Disk
    from .overlap import Overlap
    from .union import Union

_MIB = 1 << 20


def result(union: Union, disk: Disk, *, threshold: float) -> dict[str, Any]:
    """The union as the module returns it."""
    declared = [one for project in union.projects for one in project.declared]
    return {
        "requirements": sorted({one.line for one in declared if not one.constraint}),
        "constraints": sorted({one.line for one in declared if one.constraint}),
        "constraint_files": sorted({one.location.file for one in declared if one.constraint}),
        "siblings": sorted({directory for project in union.projects for directory in project.siblings}),
        "provenance": _provenance(declared),
        "overlap": {**_overlap(union.overlap), "pairs": [_overlap(pair) for pair in union.pairs]},
        "conflicts": conflicts(union),
        "python": {
            "requirements": [one.as_dict() for one in union.python_requirements],
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
        reasons.append("Python {}.{} works for all of them".format(*union.interpreter.minor))
    if not union.conflicts:
        reasons.append("no requirements conflict")
    reasons += [conflict["msg"] for conflict in conflicts(union)]
    if disk.saved:
        reasons.append(f"one venv in place of {len(disk.venvs)} saves {disk.saved // _MIB} MiB")
    if len(union.projects) == 1:
        reasons.append("there is only one project")
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
        return "their overlap is unknown, because one of them cannot be resolved"
    compared = "at least" if _enough(union, threshold) else "less than"
    return (
        f"{len(one.common)} of the {one.total} required packages are required by more than one of them "
        f"({one.percent:g} %, {compared} {threshold:g} %)"
    )


def _overlap(one: Overlap) -> dict[str, Any]:
    return {
        "projects": list(one.projects),
        "percent": one.percent,
        "common": None if one.common is None else list(one.common),
        "total": one.total,
    }


def conflicts(union: Union) -> list[dict[str, Any]]:
    """What conflicts, the Python first, each with a message that names who requires what, and where."""
    python = [described_python(union.python_conflict, union.interpreter.version)] if union.python_conflict else []
    return [*python, *map(described, union.conflicts)]


def _provenance(declared: Iterable[DeclaredRequirement]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in declared:
        found.setdefault(one.requirement.name, []).append(one.as_dict())
    return dict(sorted(found.items()))
