# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What each verb does: it returns an answer, or writes a stream."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ...module_utils._errors import InputError
from ...module_utils._progress import DIED, FAILED, RUNNING, STOPPED, read_progress
from ...module_utils._progress_watcher import STATUS
from .answers import GateError
from .connection import Connection
from .grammar import GateCommand
from .run_state import LAST, STARTING, STOPPING, WAITS, GateState
from .settings import may_use
from .spool import GateRun
from .streams import last_lines, write_events, write_results

#: How many runs are listed without a word about it.
_LISTED = 20
#: The states in which what ansible-playbook said last is shown.
_WITH_OUTPUT = frozenset({FAILED, DIED, STOPPED})

Answer = Mapping[str, Any]


def answer(connection: Connection, command: GateCommand) -> Answer | None:
    """Do what the command says; None where the answer was a stream. Raises :class:`VenvError`."""
    return _VERBS[command.verb](connection, command)


def _start(connection: Connection, command: GateCommand) -> Answer:
    from . import starting

    if "confirm" in command.options:
        run = starting.confirm(connection, command)
    elif command.verb == "torrent":
        run = starting.start_torrent(connection, command)
    else:
        run = starting.start_project(connection, command)
    return _told(run)


def _list(connection: Connection, command: GateCommand) -> Answer:
    most = int(command.options.get("limit", _LISTED))
    runs = connection.spool.runs()
    shown = []
    for run in runs[:most]:
        with suppress(GateError):
            request, state = run.request(), _state(run)
            percent = (_progress(run) or {}).get("percent") if state["state"] == RUNNING else None
            told = {"id": run.ident, "verb": request["verb"], "target": request["target"], "state": state["state"]}
            shown.append({**told, "created": request["created"], "percent": percent})
    return {"runs": shown, "not_shown": max(0, len(runs) - most)}


def _status(connection: Connection, command: GateCommand) -> Answer:
    from .leftovers import settle

    run = connection.run(command)
    settle(run)
    return _told(run)


def _told(run: GateRun) -> Answer:
    """All that is known of a run."""
    request, state = run.request(), _state(run)
    told: dict[str, Any] = {
        "id": run.ident,
        "verb": request["verb"],
        "target": request["target"],
        "playbook": request["playbook"],
        "profile": request.get("profile"),
        "state": state["state"],
        "created": request["created"],
        "updated": state["updated"],
        "error": state["error"],
        "upload": {
            **{name: request[name] for name in ("bytes", "sha256", "files", "left_out", "own_code")},
            "not_shown": request.get("not_shown", 0),
        },
        "needs": run.analysis(),
        "progress": _progress(run),
    }
    if state["state"] == WAITS:
        told["confirm"] = f"{request['verb']} --confirm {run.ident}"
    if state["state"] in _WITH_OUTPUT:
        told["output"] = last_lines(run.log)
    return told


def _state(run: GateRun) -> GateState:
    """As it is now; what was cancelled before its process began is being ended."""
    state = run.state()
    return {**state, "state": STOPPING} if state["state"] == STARTING and run.is_cancelled else state


def _progress(run: GateRun) -> Answer | None:
    """What ``status.json`` says of the run; None where nothing does yet."""
    with suppress(InputError):
        return read_progress(os.path.join(run.progress, STATUS))
    return None


def _events(connection: Connection, command: GateCommand) -> None:
    write_events(connection.run(command), connection.sink, since=command.number)


def _result(connection: Connection, command: GateCommand) -> None:
    run = connection.run(command)
    state = run.state()["state"]
    if state not in LAST:
        raise GateError(f"the run {run.ident} has no results yet: its state is {state}", code="state")
    write_results(run, connection.sink)


def _report(connection: Connection, command: GateCommand) -> None:
    from .reporting import HTML, report_of

    kind, torrents = command.options.get("format", HTML), connection.spool.torrents
    connection.sink.write(report_of(connection.run(command), kind, torrents=torrents))


def _cancel(connection: Connection, command: GateCommand) -> Answer:
    from .stopping import cancel

    run = connection.run(command)
    return {"id": run.ident, "state": cancel(run)}


def _doctor(connection: Connection, command: GateCommand) -> Answer:
    from .doctor import examine

    return examine(connection.settings, connection.spool, _inventories(connection, command.options.get("target")))


def _inventories(connection: Connection, target: str | None) -> Mapping[str, str]:
    """Those that a run of the key can use, or only that of the target which is named."""
    settings, key = connection.settings, connection.key
    names = settings.targets(key) if may_use(key, "run") else []
    if target is not None:
        names = [settings.target(key, target, verb="doctor")]
    found = {f"login to {name}": settings.file["targets"][name] for name in names}
    torrent = settings.file["torrent"]
    if target is None and torrent is not None and torrent["inventory"] is not None and may_use(key, "torrent"):
        found["login for torrents"] = torrent["inventory"]
    return found


def _profiles(connection: Connection, command: GateCommand) -> Answer:
    from .profiles import profiles_of

    return {"profiles": profiles_of(connection.settings, connection.key)}


_VERBS: Mapping[str, Callable[[Connection, GateCommand], Answer | None]] = {
    "run": _start,
    "torrent": _start,
    "profiles": _profiles,
    "list": _list,
    "status": _status,
    "events": _events,
    "result": _result,
    "report": _report,
    "cancel": _cancel,
    "doctor": _doctor,
}
