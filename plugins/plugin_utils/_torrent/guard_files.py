# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The files of a guard in the directory of its run: what it is and did, and the sign that it is not needed any more.

None of them has a secret.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any, TypedDict

from ...module_utils._errors import InputError
from ...module_utils._progress import is_alive
from ...module_utils._progress_watcher import utc_now
from ...module_utils._store.durable import write_json
from ...module_utils._store.json import read_json

RECORD, LOG, DONE = "guard.json", "guard.log", "guard.done"
SCHEMA = 1
ARMED, DESTROYING, REAPED, DISARMED, FAILED, DIED = "armed", "destroying", "reaped", "disarmed", "failed", "died"
_LOG_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class GuardRecord(TypedDict):
    """What a guard says of itself. ``watched`` is the process whose end it waits for; ``cost`` is in US dollars."""

    schema: int
    run: str
    expires: int
    state: str
    reason: str
    pid: int
    pid_started: int | None
    watched: int
    destroyed: list[dict[str, Any]]
    cost: float
    updated: str


def write_record(directory: str, record: GuardRecord) -> None:
    """Replace the record; raises OSError."""
    write_json(os.path.join(directory, RECORD), {**record, "updated": utc_now()})


def read_record(directory: str) -> GuardRecord:
    """The record, with the state ``died`` where its guard was killed; :class:`InputError` where there is none."""
    path = os.path.join(directory, RECORD)
    try:
        record: GuardRecord = read_json(path, GuardRecord)
    except FileNotFoundError as error:
        raise InputError(f"directory: no guard was armed in {directory}; give the directory of a run") from error
    except (OSError, ValueError) as error:
        raise InputError(f"directory: {path} cannot be read: {error}; see what is in the account instead") from error
    if record["state"] in (ARMED, DESTROYING) and not is_alive(record["pid"], record["pid_started"]):
        record["state"] = DIED
    return record


class GuardLog:
    """Appends lines; one that cannot be written stops nobody. It stays open, whatever becomes of its directory."""

    def __init__(self, directory: str) -> None:
        self._descriptor = os.open(os.path.join(directory, LOG), _LOG_FLAGS, 0o600)

    def write(self, text: str) -> None:
        """One line with the time."""
        with suppress(OSError):
            os.write(self._descriptor, f"{utc_now()} {text}\n".encode())


def ask_to_end(directory: str) -> None:
    """Tell a guard that it is not needed any more."""
    os.close(os.open(os.path.join(directory, DONE), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))


def is_asked_to_end(directory: str) -> bool:
    """Whether a guard is not needed any more."""
    return os.path.lexists(os.path.join(directory, DONE))


def remove(directory: str, *names: str) -> None:
    """Remove files, as far as they are there and can be removed."""
    for name in names:
        with suppress(OSError):
            os.unlink(os.path.join(directory, name))
