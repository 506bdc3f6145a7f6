# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The file in which something long tells how far it is: written by a module or a run, read by others as data.

The format is docs/reference/progress.schema.json. There is one writer for a file. Text in it is made printable and cut,
percent never falls, and a state that is not ``running`` is the last one.
"""

from __future__ import annotations

import json
import math
import os
import re
import secrets
import stat
import time
from typing import TYPE_CHECKING, Any, TypedDict, cast

from ._errors import InputError
from ._printable import shortened
from ._progress_watcher import replace_file, utc_now

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

SCHEMA = 1
RUNNING = "running"
SUCCEEDED = "succeeded"
FAILED = "failed"
STOPPED = "stopped"
DIED = "died"
STATES = (RUNNING, SUCCEEDED, FAILED, STOPPED, DIED)
#: The longest step; the largest number; how much of a file is read.
MAX_STEP = 200
MAX_NUMBER = 1 << 53
MAX_BYTES = 1 << 16
#: What only some steps have: the bytes per second and the peers of a download, and what a droplet has cost until now,
#: in millionths of a US dollar.
MEASURES = ("rate", "peers", "microdollars")
#: Seconds between two writes of the same step.
INTERVAL = 0.2
_IDENT = re.compile(r"[0-9a-f]{16}", re.ASCII)
#: Until then the pace says too little about the time that is left.
_FIRST_ETA_PERCENT = 1.0


def check_ident(ident: str) -> None:
    """Raise :class:`InputError` for a text that is no id of progress."""
    if not _IDENT.fullmatch(ident):
        raise InputError(
            f"progress_id: {shortened(ident, MAX_STEP)!r} is not an id: give 16 of the digits 0 to 9 and a to f"
        )


def new_ident() -> str:
    """An id that no other run has."""
    return secrets.token_hex(8)


class _Measures(TypedDict, total=False):
    """See :data:`MEASURES`."""

    rate: int
    peers: int
    microdollars: int


class Progress(_Measures):
    """What a file holds; ``counts`` may stand beside these in the file of a run."""

    schema: int
    id: str
    state: str
    percent: float
    step: str
    done: int
    total: int
    eta: int | None
    started: str
    updated: str
    pid: int
    pid_started: int | None


class ProgressFile:
    """Writes one file; ``interval`` limits how often the same step is written. As a context manager it writes the last
    state, too. Without a path it only counts. ``ident``: the id, if who follows the file chose it.
    """

    def __init__(self, path: str | None, *, interval: float = INTERVAL, ident: str | None = None) -> None:
        self.path = path
        self._interval = interval
        self._written = -math.inf
        self._begun = time.monotonic()
        now = utc_now()
        self.progress: Progress = {
            "schema": SCHEMA,
            "id": ident or new_ident(),
            "state": RUNNING,
            "percent": 0.0,
            "step": "",
            "done": 0,
            "total": 0,
            "eta": None,
            "started": now,
            "updated": now,
            "pid": os.getpid(),
            "pid_started": process_start(os.getpid()),
        }

    def update(
        self,
        step: str,
        done: int,
        total: int,
        *,
        percent: float | None = None,
        eta: int | None = None,
        more_follows: bool = False,
        **more: Any,
    ) -> None:
        """Tell what happens now and how much is done.

        ``eta``: the seconds left, where more is known than the pace. ``more_follows``: at once, so this is not written.
        """
        if self.progress["state"] != RUNNING:
            return
        before = self.progress["step"]
        self._set(step, done, total, done * 100 / total if percent is None and total > 0 else percent or 0.0)
        self.progress["eta"] = self._eta() if eta is None else max(eta, self._eta() or 0)
        known = cast("dict[str, Any]", self.progress)
        for name in MEASURES:  # those of an earlier step
            known.pop(name, None)
        known.update(more)
        is_due = self.progress["step"] != before or time.monotonic() - self._written >= self._interval
        if is_due and not more_follows:
            self._write()

    def finish(self, state: str = SUCCEEDED) -> None:
        """Write the last state; what comes later changes nothing."""
        if self.progress["state"] != RUNNING:
            return
        self.progress.update({"state": state, "eta": 0 if state == SUCCEEDED else None})
        if state == SUCCEEDED:
            self.progress.update({"percent": 100.0, "total": self.progress["done"]})
        self._write()

    def _set(self, step: str, done: int, total: int, percent: float) -> None:
        reached = max(self.progress["percent"], min(math.floor(percent * 10) / 10, 99.9))
        counted = max(0, min(done, MAX_NUMBER))
        self.progress.update({"step": shortened(step, MAX_STEP), "percent": reached, "done": counted})
        self.progress["total"] = max(counted, min(total, MAX_NUMBER))

    def _eta(self) -> int | None:
        """The seconds that are left at the pace until now."""
        percent = self.progress["percent"]
        if percent < _FIRST_ETA_PERCENT:
            return None
        return round((time.monotonic() - self._begun) * (100 - percent) / percent)

    def _write(self) -> None:
        self.progress["updated"] = utc_now()
        if self.path is not None:
            replace_file(self.path, json.dumps(self.progress) + "\n")
        self._written = time.monotonic()

    def __enter__(self) -> ProgressFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish(SUCCEEDED)
        else:
            self.finish(FAILED if issubclass(kind, Exception) else STOPPED)


def read_progress(path: str) -> Progress | None:
    """What the file says, or None where there is none yet; ``died`` where its writer is gone without a last state.

    Only the keys of :class:`Progress` are returned. It must be read on the host where it is written.
    """
    try:
        text = _read(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; correct its path or its permissions") from error
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    progress = _checked(value)
    if progress is None:
        raise InputError(f"{path} is not a progress file of schema {SCHEMA}; give the path of one")
    if progress["state"] == RUNNING and not is_alive(progress["pid"], progress["pid_started"]):
        progress.update({"state": DIED, "eta": None})
    return progress


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        is_regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        return os.read(descriptor, MAX_BYTES + 1) if is_regular else b""
    finally:
        os.close(descriptor)


def _checked(value: Any) -> Progress | None:
    """The value with its known keys only, each of its type and within its limits."""
    if not isinstance(value, dict) or value.get("schema") != SCHEMA or value.get("state") not in STATES:
        return None
    texts = [value.get(key) for key in ("id", "step", "started", "updated")]
    numbers = [value.get(key) for key in ("schema", "done", "total", "pid")]
    optional = [value.get(key) for key in ("eta", "pid_started")]
    if not all(isinstance(text, str) for text in texts):
        return None
    if not all(_is_count(number) for number in numbers) or not all(
        item is None or _is_count(item) for item in optional
    ):
        return None
    percent = checked_percent(value.get("percent"))
    if percent is None:
        return None
    shown = {key: shortened(value[key], MAX_STEP) for key in ("id", "step", "started", "updated")}
    known = {key: value[key] for key in Progress.__required_keys__}
    return cast("Progress", {**known, **shown, "percent": percent, **measures_of(value)})


def checked_percent(value: Any) -> float | None:
    """A number from 0 to 100, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 100:
        return None
    return float(value)


def percent_of(said: Mapping[str, Any]) -> float | None:
    """The percentage that somebody says, or that follows from what is done; None where neither is known."""
    percent = checked_percent(said.get("percent"))
    done, total = checked_count(said.get("done")), checked_count(said.get("total"))
    if percent is None and done is not None and total:
        percent = min(100.0, done * 100 / total)
    return percent


def checked_count(value: Any) -> int | None:
    """A whole number that is not negative, or None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_NUMBER else None


def measures_of(said: Mapping[str, Any]) -> dict[str, int]:
    """What is measured of a step, as far as somebody says it."""
    return {name: count for name in MEASURES if (count := checked_count(said.get(name))) is not None}


def _is_count(value: Any) -> bool:
    return checked_count(value) is not None


def is_alive(pid: int, started: int | None) -> bool:
    """Whether this very process still runs on this host: a pid is given anew to another one."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        pass
    except (OSError, OverflowError):
        return False
    return pid > 0 and (started is None or process_start(pid) == started)


def process_start(pid: int) -> int | None:
    """When a process started, in ticks since the system did; None where it has ended, or without a /proc (macOS)."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stream:
            fields = stream.read().rpartition(b")")[2].split()
        return None if fields[0] in (b"Z", b"X") else int(fields[19])
    except (OSError, ValueError, IndexError):
        return None
