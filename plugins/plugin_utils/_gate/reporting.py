# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The report of a run, made from what is kept of it when somebody asks."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from glob import escape, glob
from typing import Any

from ...module_utils._errors import InputError
from ...module_utils._progress import RUNNING, read_progress
from ...module_utils._progress_watcher import EVENTS, STATUS
from .._run_report.document import report_document
from .._run_report.render import render
from .._run_report.report_file import read_events
from .._run_report.timeline import Timeline
from .answers import GateError
from .run_state import LAST, STOPPING
from .spool import GateRun

HTML, JSON = "html", "json"


def report_of(run: GateRun, kind: str) -> bytes:
    """The page, or the document as JSON; raises :class:`GateError` for a run that has not begun."""
    state = run.state()
    if state["state"] not in {*LAST, RUNNING, STOPPING}:
        raise GateError(f"the run {run.ident} has no report yet: its state is {state['state']}", code="state")
    request = run.request()
    document = report_document(
        playbook=request["playbook"] or request["verb"],
        results={"needs": run.needs(), "run": {"failed_tasks": _outer_failures(run)}, **_error(state["error"])},
        timeline=_timeline(run),
        status=_status(run, state),
    )
    text = json.dumps(document, indent=1) + "\n"
    return (text if kind == JSON else render(json.loads(text))).encode()


def _outer_failures(run: GateRun) -> list[dict[str, Any]]:
    """What failed before or after the playbook that was sent, such as that a host cannot be reached."""
    return [{**one, "msg": one.get("message")} for one in run.outer_failures() if isinstance(one, dict)]


def _timeline(run: GateRun) -> Timeline:
    """The tasks of the playbook that was sent, on the hosts that have run it; else those of the one that runs it."""
    brought = sorted(glob(os.path.join(escape(run.results), "*", EVENTS)))
    outer = read_events(os.path.join(run.progress, EVENTS))
    if not brought:
        return Timeline.of(outer)
    inner = [Timeline.of(read_events(path)) for path in brought]
    known = {host for one in inner for host in one.counted()}
    rest = Timeline.of(event for event in outer if event.get("host") not in known and event.get("event") != "end")
    return Timeline.together([*inner, *([rest] if rest.counted() else [])])


def _status(run: GateRun, state: Mapping[str, Any]) -> dict[str, Any]:
    """What the run said of itself; the gate knows whether it still goes on, and how one ended that said nothing."""
    told: dict[str, Any] = {}
    with suppress(InputError):
        told = dict(read_progress(os.path.join(run.progress, STATUS)) or {})
    known = {STOPPING: RUNNING, "refused": "failed"}.get(state["state"], state["state"])
    return {"updated": state["updated"], **told, "state": known}


def _error(message: str | None) -> dict[str, Any]:
    return {} if message is None else {"command": {"failed": True, "msg": message}}
