# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The program that starts the inner ``ansible-playbook`` and watches it. Its source is copied to where a run works.

A module's ``run_command`` keeps all output in memory, and a module that is killed leaves its children alive. So a small
process stands between: it sends output to the log, ends the run when its time is over or when the module is gone (the
pipe from the module closes, however the module ended), and holds the lease of the venv as long as the run lives.

Arguments: SECONDS (0: no limit) WATCH (descriptor of the pipe, -1: none) LOG COMMAND... Writes one JSON object to
standard output: ``{"rc": int, "signal": int, "ended": null | "timeout" | "orphaned"}``. Standard library only.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from contextlib import suppress

GRACE_SECONDS = 10.0
_POLL_SECONDS = 0.05


def start(command: list[str], log: str) -> int:
    """Start ``command`` as the leader of a session of its own, all its output appended to ``log``; returns its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.execv(command[0], command)
    except OSError as error:
        os.write(2, f"ERROR: {command[0]} cannot be started: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def watch(pid: int, *, seconds: float, pipe: int) -> tuple[int, str | None]:
    """Wait for the process; returns its wait status, and why it was ended before its time, if it was."""
    deadline = time.monotonic() + seconds if seconds else None
    sources = [_child_events(), *([pipe] if pipe >= 0 else [])]
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return status, None
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        readable, _write, _errors = select.select(sources, [], [], left)
        if pipe in readable:
            return end(pid), "orphaned"
        if not readable:
            return end(pid), "timeout"
        os.read(sources[0], 4096)


def _child_events() -> int:
    """A descriptor that becomes readable when a child ends."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    return readable


def end(pid: int) -> int:
    """End the process and all that it started: TERM first, for Ansible to stop its workers, then KILL what is left."""
    groups = {pid, *groups_below(pid)}
    _send(pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    ended, status = 0, 0
    while not ended and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        ended, status = os.waitpid(pid, os.WNOHANG)
    for group in groups:
        with suppress(OSError):
            os.killpg(group, signal.SIGKILL)
    return status if ended else os.waitpid(pid, 0)[1]


def groups_below(pid: int) -> set[int]:
    """The process groups of all descendants: Ansible's workers lead their own. Empty without a /proc (macOS)."""
    parents: dict[int, tuple[int, int]] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else ():
        with suppress(OSError, ValueError, IndexError):
            with open(f"/proc/{int(name)}/stat", encoding="utf-8", errors="replace") as stream:
                fields = stream.read().rpartition(")")[2].split()
            parents[int(name)] = (int(fields[1]), int(fields[2]))
    family = {pid}
    while True:
        grown = family | {child for child, (parent, _group) in parents.items() if parent in family}
        if grown == family:
            return {parents[member][1] for member in family if member in parents} - {os.getpgrp()}
        family = grown


def _send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def main(arguments: list[str]) -> None:
    """Run the command of the arguments to its end and report it."""
    seconds, pipe, log, *command = arguments
    if int(pipe) >= 0:
        os.set_inheritable(int(pipe), False)
    # A session of its own: what kills the module's process group leaves this process to end the run.
    os.setsid()
    pid = start(command, log)
    signal.signal(signal.SIGTERM, lambda number, frame: _stop(pid))
    status, ended = watch(pid, seconds=float(seconds), pipe=int(pipe))
    report = {
        "rc": os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status),
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
        "ended": ended,
    }
    with suppress(BrokenPipeError):
        os.write(1, json.dumps(report).encode())


def _stop(pid: int) -> None:
    end(pid)
    os._exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1:])
