# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the gate records of a run: what was asked, written once, and what has become of it."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import datetime
from typing import TypedDict, Union

from ...module_utils._printable import shortened
from ...module_utils._progress import DIED, FAILED, RUNNING, STOPPED, SUCCEEDED, is_alive, process_start
from ...module_utils._progress_watcher import utc_now
from ...module_utils._store.durable import write_json
from ...module_utils._store.json import OptionalText, read_json

SCHEMA = 1
REQUEST, STATE = "request.json", "state.json"
STARTING, ANALYSING, WAITS, STOPPING, REFUSED = "starting", "analysing", "waits", "stopping", "refused"
#: States in which a process is at work; the others but ``waits`` are last ones.
ALIVE = frozenset({STARTING, ANALYSING, RUNNING, STOPPING})
LAST = frozenset({SUCCEEDED, FAILED, STOPPED, REFUSED, DIED})
#: Another one after each start of the host, because a process of then can have the pid and the ticks of one of now.
_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_RESTARTED = "the host of the gate was restarted while this run went on; start it again"
_KILLED = "the process of this run was killed; start it again"
#: How much of the message of an error is kept.
MAX_ERROR = 2000
#: So long the process of a run may take to begin, also where the one that started it has ended.
_START_SECONDS = 60
_OptionalNumber = Union[int, None]


class _GateRequest(TypedDict, total=False):
    profile: str
    not_shown: int


class GateRequest(_GateRequest):
    """What was asked: ``target`` and ``playbook`` are empty for a torrent; ``left_out`` was not taken of an archive.

    ``left_out`` and ``own_code`` are what is shown of these lists, and ``not_shown`` counts their further entries.
    ``profile`` is the saved profile that the run uses, if it uses one.
    """

    schema: int
    id: str
    verb: str
    target: str
    playbook: str
    created: str
    bytes: int
    sha256: str
    files: int
    left_out: list[str]
    own_code: list[str]


class GateState(TypedDict):
    """How far it is. ``pid`` is the process at work, ``boot`` the start of the host in which it is.

    ``bytes`` is what a run that has ended, or waits, takes on disk.
    """

    schema: int
    state: str
    pid: int
    pid_started: _OptionalNumber
    boot: OptionalText
    error: OptionalText
    bytes: int
    updated: str


def new_state(state: str, *, error: str | None = None, size: int = 0) -> GateState:
    """A state that this process has reached."""
    pid = os.getpid()
    return {
        "schema": SCHEMA,
        "state": state,
        "pid": pid,
        "pid_started": process_start(pid),
        "boot": boot_id(),
        "error": None if error is None else shortened(error, MAX_ERROR),
        "bytes": size,
        "updated": utc_now(),
    }


def boot_id() -> str | None:
    """The id of this start of the host; None without a /proc (macOS)."""
    try:
        with open(_BOOT_ID, encoding="ascii") as stream:
            return stream.read().strip()
    except (OSError, ValueError):
        return None


def current(state: GateState) -> GateState:
    """The state as it is now: ``died`` where the process that was at work is gone without a last state."""
    if state["state"] not in ALIVE:
        return state
    if state["boot"] != boot_id():
        return {**state, "state": DIED, "error": _RESTARTED}
    if not is_alive(state["pid"], state["pid_started"]) and not _may_begin(state):
        return {**state, "state": DIED, "error": _KILLED}
    return state


def _may_begin(state: GateState) -> bool:
    """Whether the process of the run, which is not known yet, may still be on its way."""
    with suppress(ValueError):
        age = time.time() - datetime.fromisoformat(state["updated"]).timestamp()
        return state["state"] == STARTING and 0 <= age < _START_SECONDS
    return False


def read_request(directory: str) -> GateRequest:
    """Raises OSError, or ValueError for what is no request."""
    request: GateRequest = read_json(os.path.join(directory, REQUEST), GateRequest)
    return request


def read_state(directory: str) -> GateState:
    """The state as it is now; raises OSError, or ValueError for what is no state."""
    before: GateState | None = None
    while True:
        recorded: GateState = read_json(os.path.join(directory, STATE), GateState)
        state = current(recorded)
        # What ends right after it was read has written its last state before.
        if state == recorded or recorded == before:
            return state
        before = recorded


def write_request(directory: str, request: GateRequest) -> None:
    """Raises OSError."""
    write_json(os.path.join(directory, REQUEST), request)


def write_state(directory: str, state: GateState) -> None:
    """Replace the state; raises OSError."""
    write_json(os.path.join(directory, STATE), state)
