# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What users are told of projects' links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .backup import backups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .project_link import LinkOutcome


def report(outcomes: Sequence[LinkOutcome]) -> dict[str, Any]:
    """The result of the module."""
    plans = [one.plan for one in outcomes]
    return {
        "changed": any(plan.changed for plan in plans),
        "links": [_link(one) for one in outcomes],
        "diff": {
            "before": {plan.path: plan.before for plan in plans},
            "after": {plan.path: plan.after for plan in plans},
        },
    }


def _link(outcome: LinkOutcome) -> dict[str, Any]:
    plan, venv = outcome.plan, outcome.venv
    generation = venv.generation if venv is not None else None
    return {
        "changed": plan.changed,
        "project": outcome.location.project,
        "path": plan.path,
        "target": plan.after["src"],
        "resolved": venv.path if venv is not None else None,
        "generation": generation.path if generation is not None else None,
        "digest": generation.id if generation is not None else None,
        "python": {"version": venv.version, "executable": venv.executable} if venv is not None else None,
        "registered_in": plan.after["registered_in"],
        "isolated": outcome.is_isolated,
        "backup": outcome.backup,
        "backups": backups(plan.path),
    }
