# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""End one run, or all of a key or of a gate that is removed: processes end what they started, droplets included."""

from __future__ import annotations

import os
import pwd
import signal
import time
from contextlib import suppress

from ...module_utils._errors import InputError, VenvError
from ...module_utils._printable import listed, shortened
from ...module_utils._progress import STOPPED
from .answers import GateError
from .grammar import is_name
from .leftovers import kill_processes_of, settle
from .run_state import ALIVE, STARTING, STOPPING, WAITS
from .settings import GateSettings
from .spool import GateRun, Spool

#: The guard of a torrent run stays for minutes, until no droplet can appear any more.
_SECONDS = 1200.0
_POLL_SECONDS = 0.5


def cancel(run: GateRun) -> str:
    """End a run, and return its state: one that waits ends at once, any other by its own process.

    A run that starts has no process yet which a signal could reach; the process looks at the mark.
    """
    settle(run)
    with run.locked():
        state = run.state()
        if state["state"] == WAITS:
            run.end(STOPPED)
        elif state["state"] == STARTING:
            run.mark_cancelled()
            return STOPPING
        elif state["state"] in ALIVE:
            with suppress(OSError):  # the disk is full
                run.mark_cancelled()
            with suppress(ProcessLookupError):
                os.kill(state["pid"], signal.SIGTERM)
            return STOPPING
    return run.state()["state"]


def stop_all(settings: GateSettings) -> None:
    """End all runs, then all that the user of the gate runs; raises :class:`GateError` where a run does not end."""
    path = settings.file["spool"]
    if not os.path.isdir(path):
        return
    _become_owner(path)
    end_runs(path, seconds=_SECONDS)
    if os.geteuid() != 0:
        with suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)  # all of this user, but not this process


def remove_key(settings: GateSettings, name: str) -> None:
    """End the runs of a key that the configuration has no more, then remove all that is kept of it; raises as above."""
    path = settings.file["spool"]
    if name in settings.file["keys"] or not is_name(name):
        raise InputError(f"{shortened(name)!r} is not a key that was removed; remove it from phone_gate_phones first")
    _become_owner(path)
    end_runs(path, seconds=_SECONDS, key=name)
    spool = Spool(path, name)
    for run in spool.runs():
        kill_processes_of(run.ident)
    spool.remove_all()


def forget_profile(settings: GateSettings, name: str) -> None:
    """Remove the last use of a profile that the configuration has no more, as the user of the gate."""
    from .profiles import saved_profiles

    _become_owner(settings.file["spool"])
    os.environ["HOME"] = pwd.getpwuid(os.geteuid()).pw_dir
    profiles = saved_profiles(settings)
    if not profiles.has(name):
        profiles.forget_use(name)


def end_runs(path: str, *, seconds: float, key: str | None = None) -> None:
    """End the runs of all keys in ``path``, or of one key, also those that begin meanwhile; raises as above."""
    deadline = time.monotonic() + seconds
    cancelled: set[str] = set()
    while going_on := _going_on(path, os.listdir(path) if key is None else [key]):
        for run in going_on:
            if run.ident not in cancelled:
                with suppress(VenvError, OSError):
                    cancel(run)
                    cancelled.add(run.ident)
        if time.monotonic() >= deadline:
            idents = listed([run.ident for run in going_on])
            raise GateError(f"these runs do not end: {idents}; see what they do, then apply the role again")
        time.sleep(_POLL_SECONDS)


def _going_on(path: str, names: list[str]) -> list[GateRun]:
    """The runs of keys that have not ended; a connection that was open before can have started one meanwhile."""
    runs = [run for name in names if is_name(name) for run in Spool(path, name).runs()]
    return [run for run in runs if _state(run) in {*ALIVE, WAITS}]


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
