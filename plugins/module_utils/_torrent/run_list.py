# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the state directory of the torrent flow tells of its runs; a file that is damaged hides no other run."""

from __future__ import annotations

import os
import stat
from datetime import datetime, timezone
from typing import Any

from .._digitalocean.run_mark import is_run
from .._errors import InputError
from .._progress import read_progress
from .run_record import RECORD, RunRecord

#: The directory of runs in the state directory, and the files in that of a run which tell how far it is and was.
RUNS = "runs"
PROGRESS, RECEIPT = "progress.json", "receipt.json"
DAMAGED = "damaged"
_OF_PROGRESS = ("percent", "rate", "peers", "eta")
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def listed_runs(directory: str, *, run: str | None = None) -> list[dict[str, Any]]:
    """What is known of each run in the state directory, or of one; the latest is the last."""
    found = [_told(directory, name) for name in run_names(directory) if run in (None, name)]
    return sorted(found, key=lambda one: (one["started"] or "", one["run"]))


def run_names(directory: str) -> list[str]:
    """The ids of all runs in the state directory."""
    path = os.path.join(directory, RUNS)
    try:
        return [name for name in os.listdir(path) if is_run(name)]
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"directory: {path} cannot be read: {reason}; correct its path or its permissions") from error


def _told(directory: str, run: str) -> dict[str, Any]:
    place = os.path.join(directory, RUNS, run)
    receipt = os.path.join(place, RECEIPT)
    told: dict[str, Any] = dict.fromkeys(
        ("provider", "info_hash", "name", "dest", "host", "step", "started", "expires", "hourly", "cost", "error")
    )
    told.update({"run": run, "state": DAMAGED, **dict.fromkeys(_OF_PROGRESS)})
    told["receipt"] = receipt if _is(stat.S_ISREG, receipt) else None
    try:
        if not _is(stat.S_ISDIR, place):
            raise InputError(f"{place} is not a directory; remove it")
        record = RunRecord.read(os.path.join(place, RECORD))
        if record.run != run:
            raise InputError(f"{place} has the record of another run, {record.run}; remove it")
        told.update(_of_record(record))
        told.update(_of_progress(os.path.join(place, PROGRESS)))
    except InputError as error:
        told["error"] = error.message
    return told


def _of_record(record: RunRecord) -> dict[str, Any]:
    same = ("provider", "info_hash", "name", "dest", "host", "hourly", "error", "step")
    return {
        **{name: getattr(record, name) for name in same},
        "state": record.current_state,
        "started": _time(record.started),
        "expires": _time(record.expires),
        "cost": record.cost_until(),
    }


def _of_progress(path: str) -> dict[str, Any]:
    progress = read_progress(path)
    return {} if progress is None else {key: progress.get(key) for key in _OF_PROGRESS}


def _is(kind: Any, path: str) -> bool:
    """Whether something of this kind is there; a link is neither a file nor a directory."""
    try:
        return bool(kind(os.lstat(path).st_mode))
    except OSError:
        return False


def _time(seconds: float) -> str | None:
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime(_TIME)
    except (OSError, OverflowError, ValueError):  # no year that can be written
        return None
