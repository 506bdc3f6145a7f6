# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What failed before or after the playbook that was sent: the playbook that starts it tells, and this is read here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...module_utils._printable import listed
from .host_runs import HostRun, host_runs
from .run_state import GateRequest
from .spool import GateRun
from .words import in_words_of_the_gate

#: The last task of a role: it says which step failed, and why.
_SAYS_THE_STEP = "mobile_ansible.venv.report"
_MAX_REASONS = 3


def outer_failures(run: GateRun, hosts: Sequence[HostRun]) -> list[dict[str, Any]]:
    """The failures, such as that a host cannot be reached. One that a step of the role had names no task.

    A failure is counted once: hosts that failed say themselves what failed, and where the last task of a role says
    it, the step that failed before is caught.
    """
    failed = {one.host for one in hosts if one.has_failed}
    told = [_told(one, run) for one in run.outer_failures() if isinstance(one, dict)]
    own = [one for one in told if str(one.get("host")) not in failed]
    fatal = {str(one.get("host")) for one in own if not _is_caught(one)}
    return [one for one in own if not _is_caught(one) or str(one.get("host")) not in fatal]


def reason_of(run: GateRun) -> str | None:
    """Why a run failed that failed without a task: on its hosts, each reason once."""
    request: GateRequest = run.request()
    failures = outer_failures(run, [] if request["verb"] == "torrent" else host_runs(run))
    steps = [one for one in failures if one.get("action") and not one.get("task") and not _is_caught(one)]
    reasons = [" ".join(f"{one['action']} failed: {one['msg']}".split()) for one in steps]
    return listed(list(dict.fromkeys(reasons)), most=_MAX_REASONS) or None


def _told(failure: Mapping[str, Any], run: GateRun) -> dict[str, Any]:
    said = failure.get("message")
    # A host that is the gate itself runs the project where it is.
    message = in_words_of_the_gate(said).replace(f"{run.project}/", "") if isinstance(said, str) else ""
    step, _failed, reason = message.partition(" failed: ")
    if failure.get("action") == _SAYS_THE_STEP and reason:
        return {**failure, "task": "", "action": step, "msg": reason}
    return {**failure, "msg": message}


def _is_caught(failure: Mapping[str, Any]) -> bool:
    return bool(failure.get("ignored") or failure.get("rescued"))
