# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The processes of a run: known by its mark in their environment, also if nobody is their parent any more.

The guard of a torrent run is none of them. It destroys what the run created, and is waited for.
"""

from __future__ import annotations

import os
import re
import signal
import stat
import time
from collections.abc import Callable
from contextlib import suppress

from ...module_utils._errors import InputError, VenvError
from ...module_utils._progress import DIED
from ...module_utils._store.tree import remove_tree
from ...module_utils._supervisor import descendants, reap
from ...module_utils._torrent.run_list import RUNS, run_names
from .playbooks import RUN_MARK
from .run_state import GateState
from .spool import GateRun

#: What the directory of a run with its sockets is called.
SOCKETS_PREFIX = "phone-gate-"
#: The temporary directories of ansible-core: those of the controller and of tasks, and those of modules.
_OF_ANSIBLE = re.compile("ansible-(?:local|tmp|moduletmp)-.+")
_OF_MODULES = re.compile("ansible_.+_payload_.+")
_POLL_SECONDS = 0.1
_KILL_SECONDS = 10.0
_GUARD_POLL_SECONDS = 0.5


def processes_of(ident: str) -> list[int]:
    """The processes of this user that the run started. Empty without a /proc (macOS)."""
    mark = f"{RUN_MARK}={ident}\0".encode()
    found = []
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else ():
        if name.isdecimal() and int(name) != os.getpid() and mark in _environment(name):
            found.append(int(name))
    return found


def kill_processes_of(ident: str, *, below: bool = False) -> int:
    """Kill what is left of the run; returns how many processes that were.

    With ``below`` this is the process of the run, and what it started is killed whatever its environment is.
    """
    killed: set[int] = set()
    deadline = time.monotonic() + _KILL_SECONDS
    while time.monotonic() < deadline:
        reap(0)
        left = {*processes_of(ident), *(descendants(os.getpid()) if below else ())}
        if not left:
            break
        killed |= left
        for pid in left:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)
    return len(killed)


def settle(run: GateRun) -> None:
    """Where the process of a run is gone without a last state: kill what it left, and record that it died."""
    with suppress(VenvError, OSError):
        if not _is_unrecorded(run.state()):
            return
        with run.locked():
            state = run.state()
            if _is_unrecorded(state):
                kill_processes_of(run.ident)
                run.end(DIED, error=state["error"])


def remove_old_temporaries(*, before: float) -> None:
    """Remove what Ansible left of runs that were killed, where it is older than any run that goes on.

    These are directories of this user with names that ansible-core and the gate make. What a playbook made under a
    name of its own stays.
    """
    import tempfile

    temporary = tempfile.gettempdir()
    places = (
        (os.path.expanduser("~/.ansible/tmp"), _OF_ANSIBLE),
        (temporary, _OF_MODULES),
        (temporary, re.compile(f"{SOCKETS_PREFIX}.+")),
    )
    for place, names in places:
        for name in _names(place):
            path = os.path.join(place, name)
            with suppress(OSError):  # another run removes it, too
                status = os.lstat(path)
                is_old = status.st_uid == os.geteuid() and status.st_mtime < before
                if names.fullmatch(name) and stat.S_ISDIR(status.st_mode) and is_old:
                    remove_tree(path)


def _names(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []


def _is_unrecorded(state: GateState) -> bool:
    """Whether a run has died that nobody has recorded."""
    return state["state"] == DIED and not state["bytes"]


def wait_for_guards(records: str, *, seconds: float, waiting: Callable[[], None]) -> bool:
    """Wait until no guard below this process destroys anything any more; returns whether that is so.

    ``waiting`` is called if there is one. ``records`` is the state directory of the torrent flow.
    """
    deadline = time.monotonic() + seconds
    if _guards(records):
        waiting()
    while _guards(records):
        if time.monotonic() >= deadline:
            return False
        reap(0)
        time.sleep(_GUARD_POLL_SECONDS)
    return True


def _guards(records: str) -> set[int]:
    from .._torrent.guard_files import ARMED, DESTROYING, read_record

    below = descendants(os.getpid())
    found = set()
    for name in run_names(records) if below else ():
        with suppress(InputError):
            record = read_record(os.path.join(records, RUNS, name))
            if record["state"] in (ARMED, DESTROYING):
                found.add(record["pid"])
    return found & below


def _environment(pid: str) -> bytes:
    try:
        with open(f"/proc/{pid}/environ", "rb") as stream:
            return b"\0" + stream.read() + b"\0"
    except OSError:  # it has ended, or is another user's
        return b""
