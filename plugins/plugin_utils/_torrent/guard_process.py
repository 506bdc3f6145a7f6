# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Start the guard of a run and make sure that it guards, and end it when it is not needed any more."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from ...module_utils._errors import VenvError
from ...module_utils._progress import is_alive
from ...module_utils._uv.commands import network_environment
from . import guard_files, guard_program
from .guard import GuardOrder
from .guard_files import DESTROYING, GuardRecord, read_record

_READY_SECONDS = 40.0
_POLL_SECONDS = 0.05
_MOST = 1 << 16


class GuardError(VenvError):
    """There is no guard, or it does not end; ``code`` is what the guard itself failed with, else ``guard``."""

    def __init__(self, message: str, *, code: str = "guard", **context: Any) -> None:
        super().__init__(message, **context)
        self.code = code


def arm(order: GuardOrder, *, seconds: float = _READY_SECONDS) -> GuardRecord:
    """Start a guard; returns when it guards, else raises :class:`GuardError`, and there is none."""
    process = _start(order.run)
    try:
        answer = _talk(process, {**asdict(order), "sys_path": [place for place in sys.path if place]}, seconds)
        if answer.get("ready") is not True:
            raise _refused(answer)
        return read_record(order.directory)
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        raise
    finally:
        process.wait()  # for the process that started the guard, which has its group
        if process.stdout:
            process.stdout.close()


def disarm(directory: str, *, seconds: float) -> tuple[bool, GuardRecord]:
    """End the guard in ``directory``; returns whether it was there, and what it says."""
    record = read_record(directory)
    if not is_alive(record["pid"], record["pid_started"]):
        return False, record
    guard_files.ask_to_end(directory)
    deadline = time.monotonic() + seconds
    while is_alive(record["pid"], record["pid_started"]):
        if time.monotonic() >= deadline:
            raise GuardError(_still_there(directory, seconds), pid=record["pid"])
        time.sleep(_POLL_SECONDS)
    return True, read_record(directory)


def _start(run: str) -> subprocess.Popen[bytes]:
    """In a session of its own, without what the run has open; the id of the run is there for people."""
    argv = [sys.executable, "-I", "-S", "-B", guard_program.__file__, run]
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=network_environment(),
            start_new_session=True,
        )
    except OSError as error:
        raise GuardError(_not_ready(f"{sys.executable} cannot be started: {error.strerror}")) from error


def _talk(process: subprocess.Popen[bytes], order: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Give the order, and wait for the answer and the end of the stream, so that the guard holds none of ours after it.

    Empty where there is none in time.
    """
    if process.stdin is None or process.stdout is None:
        return {}
    try:
        with process.stdin as stream:
            stream.write(json.dumps(order).encode())
    except BrokenPipeError:
        return {}
    deadline, said, descriptor = time.monotonic() + seconds, b"", process.stdout.fileno()
    while True:
        left = max(0.0, deadline - time.monotonic())
        more = os.read(descriptor, _MOST) if select.select([descriptor], [], [], left)[0] else b""
        if not more:
            break
        said += more
    try:
        answer = json.loads(said)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _refused(answer: dict[str, Any]) -> GuardError:
    error = answer.get("error")
    if not isinstance(error, dict):
        return GuardError(_not_ready("it ended, or said nothing in time"))
    context = {name: value for name, value in error.items() if name not in ("msg", "error_code")}
    return GuardError(_not_ready(str(error["msg"])), code=str(error["error_code"]), **context)


def _not_ready(reason: str) -> str:
    return f"The run is not guarded, so it must create nothing: {reason}"


def _still_there(directory: str, seconds: float) -> str:
    if read_record(directory)["state"] == DESTROYING:
        return (
            f"The guard of the run still destroys what the run made, after {seconds:g} s; it goes on by itself, and "
            f"{directory}/{guard_files.LOG} says how far it is"
        )
    return f"The guard of the run does not end after {seconds:g} s; see {directory}/{guard_files.LOG}"
