# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What users are told of a project's link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .backup import backups

if TYPE_CHECKING:
    from .project_link import LinkOutcome


def report(outcome: LinkOutcome) -> dict[str, Any]:
    """The result of the module."""
    plan = outcome.plan
    venv, generation = outcome.venv, outcome.venv.generation if outcome.venv is not None else None
    return {
        "changed": plan.changed,
        "diff": {"before": plan.before, "after": plan.after},
        "path": plan.before["path"],
        "target": outcome.text,
        "resolved": venv.path if venv is not None else None,
        "generation": generation.path if generation is not None else None,
        "digest": generation.id if generation is not None else None,
        "python": {"version": venv.version, "executable": venv.executable} if venv is not None else None,
        "users_of": plan.after["users_of"],
        "isolated": outcome.reason is not None,
        "reason": outcome.reason,
        "backup": outcome.backup,
        "backups": backups(plan.before["path"]),
    }
