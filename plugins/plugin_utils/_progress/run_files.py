# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The files of a run, ``status.json`` and ``events.jsonl``, and the process that writes the last state."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from contextlib import suppress
from typing import Any

from ...module_utils import _progress_watcher
from ...module_utils._progress import ProgressFile


class RunFiles:
    """Writes both files. The lock of the second one, which a process that is forked does not share, keeps others away.

    Raises OSError where they cannot be written; BlockingIOError where another run writes there.
    """

    def __init__(self, directory: str, status: ProgressFile) -> None:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        directory = os.path.realpath(directory)
        self._waiting: list[str] = []
        self._events = _open(os.path.join(directory, _progress_watcher.EVENTS))
        try:
            _progress_watcher.lock(self._events)
            os.ftruncate(self._events, 0)
            self._watcher = _start_watcher(directory, status.progress["id"])
        except BaseException:
            os.close(self._events)
            raise
        self._status = status
        status.path = os.path.join(directory, _progress_watcher.STATUS)

    def event(self, kind: str, *, more_follows: bool = False, **details: Any) -> None:
        """Append one line, or nothing: half of one would spoil the next. ``more_follows``: append it with the next."""
        known = self._status.progress
        line = {
            "event": kind,
            "time": _progress_watcher.utc_now(),
            "percent": known["percent"],
            "done": known["done"],
            "total": known["total"],
            **details,
        }
        self._waiting.append(json.dumps(line) + "\n")
        if not more_follows:
            self.flush()

    def flush(self) -> None:
        """Append what waits."""
        text = "".join(self._waiting).encode("ascii")
        self._waiting.clear()
        written = os.write(self._events, text)
        if written < len(text):
            os.ftruncate(self._events, os.fstat(self._events).st_size - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def finish(self, state: str, **details: Any) -> None:
        """Write the last state and end the watcher, which has nothing to do any more."""
        try:
            self._write_last(state)
            self.event("end", state=state, **details)
        finally:
            self._watcher.kill()
            self._watcher.wait()
            os.close(self._events)

    def _write_last(self, state: str) -> None:
        """On a full disk the events give way; if that is not enough, no status is better than one that is not true."""
        try:
            self._status.finish(state)
        except OSError:
            os.ftruncate(self._events, 0)
            path = str(self._status.path)
            try:
                _progress_watcher.replace_file(path, json.dumps(self._status.progress) + "\n")
            except OSError:
                with suppress(FileNotFoundError):
                    os.unlink(path)
                raise


def _open(path: str) -> int:
    descriptor = os.open(path, _progress_watcher.EVENTS_FLAGS | os.O_CREAT, 0o600)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
        os.close(descriptor)
        raise OSError(errno.EPERM, "it is not a regular file of this user", path)
    os.fchmod(descriptor, 0o600)
    return descriptor


def _start_watcher(directory: str, ident: str) -> subprocess.Popen[bytes]:
    """In a session of its own, so that what ends the run's terminal or process group does not end it."""
    argv = [sys.executable, "-I", "-S", "-B", _progress_watcher.__file__, directory, ident, str(os.getpid())]
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={},
        start_new_session=True,
    )
