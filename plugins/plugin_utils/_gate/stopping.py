# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""End all runs of the gate, so that it can be removed: their own processes end what they started, droplets included."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

from ...module_utils._printable import listed
from ...module_utils._progress import STOPPED
from .answers import GateError
from .grammar import is_name
from .run_state import ALIVE, WAITS
from .settings import GateSettings
from .spool import GateRun, Spool

#: The guard of a torrent run stays for minutes, until no droplet can appear any more.
_SECONDS = 1200.0
_POLL_SECONDS = 0.2


def stop_all(settings: GateSettings) -> None:
    """End all runs, then all that the user of the gate runs; raises :class:`GateError` where a run does not end."""
    path = settings.file["spool"]
    if not os.path.isdir(path):
        return
    _become_owner(path)
    runs = [run for name in os.listdir(path) if is_name(name) for run in Spool(path, name).runs()]
    deadline = time.monotonic() + _SECONDS
    for run in runs:
        _stop(run)
    while going_on := [run.ident for run in runs if _state(run) in ALIVE]:
        if time.monotonic() >= deadline:
            raise GateError(f"these runs do not end: {listed(going_on)}; see what they do, then remove the gate again")
        time.sleep(_POLL_SECONDS)
    if os.geteuid() != 0:
        with suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)  # all of this user, but not this process


def _stop(run: GateRun) -> None:
    with suppress(GateError, ProcessLookupError):
        state = run.state()
        if state["state"] == WAITS:
            run.end(STOPPED)
        elif state["state"] in ALIVE:
            os.kill(state["pid"], signal.SIGTERM)


def _state(run: GateRun) -> str:
    try:
        return run.state()["state"]
    except GateError:
        return STOPPED


def _become_owner(path: str) -> None:
    """Root becomes the user of the gate: what lies there is not read with more rights than who wrote it has."""
    if os.geteuid() == 0:
        status = os.stat(path)
        os.setgroups([])
        os.setgid(status.st_gid)
        os.setuid(status.st_uid)
