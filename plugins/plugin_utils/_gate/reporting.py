# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The report of a run, made from what is kept of it when somebody asks."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from ...module_utils._errors import InputError
from ...module_utils._progress import RUNNING, read_progress
from ...module_utils._progress_watcher import EVENTS, STATUS
from .._run_report.document import report_document
from .._run_report.render import render
from .._run_report.report_file import read_events
from .._run_report.timeline import Timeline
from .answers import GateError
from .host_runs import HostRun, host_runs, parts_of, receipt_of
from .outer_failures import outer_failures
from .run_state import LAST, STOPPING
from .spool import GateRun

HTML, JSON = "html", "json"


def report_of(run: GateRun, kind: str, *, torrents: str) -> bytes:
    """The page, or the document as JSON; raises :class:`GateError` for a run that has not begun.

    ``torrents`` is the state directory of the torrent flow.
    """
    state = run.state()
    if state["state"] not in {*LAST, RUNNING, STOPPING}:
        raise GateError(f"the run {run.ident} has no report yet: its state is {state['state']}", code="state")
    request = run.request()
    is_torrent = request["verb"] == "torrent"
    hosts = [] if is_torrent else host_runs(run)
    document = report_document(
        playbook=request["playbook"] or request["verb"],
        results={
            "needs": run.needs(),
            "run": {"failed_tasks": outer_failures(run, hosts)},
            "torrent": receipt_of(run, torrents) if is_torrent else {},
            **_error(state["error"]),
        },
        timeline=_timeline(run, hosts),
        status=_status(run, state),
        parts=None if is_torrent else parts_of(hosts, run),
    )
    text = json.dumps(document, indent=1) + "\n"
    return (text if kind == JSON else render(json.loads(text))).encode()


def _timeline(run: GateRun, hosts: Sequence[HostRun]) -> Timeline:
    """The tasks of the playbook that was sent, on the hosts that have run it; else those of the one that runs it."""
    outer = read_events(os.path.join(run.progress, EVENTS))
    inner = {one.host: one.timeline for one in hosts if one.timeline is not None}
    if not inner:
        return Timeline.of(outer)
    # A playbook can have run on the localhost of its host.
    known = {host for own, one in inner.items() if one.counted() for host in (own, *one.counted())}
    rest = Timeline.of(event for event in outer if event.get("host") not in known and event.get("event") != "end")
    return Timeline.together([*inner.values(), *([rest] if rest.counted() else [])])


def _status(run: GateRun, state: Mapping[str, Any]) -> dict[str, Any]:
    """What the run said of itself; the gate knows whether it still goes on, and how one ended that said nothing."""
    told: dict[str, Any] = {}
    with suppress(InputError):
        told = dict(read_progress(os.path.join(run.progress, STATUS)) or {})
    return {"updated": state["updated"], **told, "state": RUNNING if state["state"] == STOPPING else state["state"]}


def _error(message: str | None) -> dict[str, Any]:
    return {} if message is None else {"command": {"failed": True, "msg": message}}
