# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The program that starts the inner ``ansible-playbook`` and watches it. It is copied to where a run works, beside
``_supervisor.py``, whose parts it uses.

A module's ``run_command`` keeps all output in memory, and a module that is killed leaves its children alive. So a small
process stands between: it copies output to the log, ends the run when its time is over, its log is too large or nobody
waits for it any more (the pipe from the module closes, however the module ended, or the controller hangs up), and holds
the lease of the venv as long as the run lives.

Arguments: SECONDS (0: no limit) WATCH (descriptor of the pipe, -1: none) LOG COMMAND... Writes one JSON object to
standard output: ``{"rc": int, "signal": int, "ended": null | "timeout" | "log_limit" | "orphaned"}``. The environment
variable :data:`OPTIONS_VARIABLE` can hold more; see :class:`Options`. Standard library only.
"""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

try:
    from .. import _supervisor
except ImportError:  # where a run works
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import _supervisor  # type: ignore[import-not-found, no-redef]  # mypy sees the collection only

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONS_VARIABLE = "MOBILE_ANSIBLE_VENV_SUPERVISOR"
GRACE_SECONDS = 10.0
#: What is left when the run's main process has ended gets as long to tidy up after itself.
_TIDY_SECONDS = 2.0
_POLL_SECONDS = 0.05
_CHECK_SECONDS = 1.0
_CHUNK = 1 << 16
#: Where Ansible's workers have directories for their tasks, and how these are called: time, pid, chance.
_TASK_DIRECTORIES = ("~/.ansible/tmp", "/tmp", "/var/tmp")
_TASK_DIRECTORY = re.compile(r"ansible-tmp-[0-9.]+-([0-9]+)-[0-9]+")


@dataclass(frozen=True)
class Options:
    """``log_limit``: the most bytes of the log, and of the file ``events`` (0: no limit); ``hangup``: a descriptor that
    breaks when the controller is gone (-1: none); ``remove``: what is removed when nobody else is left to do it;
    ``sockets``: the directory of the run's own ssh connections.
    """

    log_limit: int = 0
    events: str = ""
    hangup: int = -1
    remove: tuple[str, ...] = ()
    sockets: str = ""

    @classmethod
    def from_environment(cls) -> Options:
        options = cls(**json.loads(os.environ.pop(OPTIONS_VARIABLE, "{}")))
        if options.hangup >= 0:
            os.set_inheritable(options.hangup, False)
        return options

    def is_full(self, path: str) -> bool:
        """Whether a file has reached the limit."""
        try:
            return bool(self.log_limit) and os.stat(path).st_size >= self.log_limit
        except OSError:
            return False


class Log:
    """Copies what the run says from a pipe to the log, up to the limit; the rest is read and dropped."""

    def __init__(self, path: str, limit: int) -> None:
        self.source, self.sink = os.pipe()
        os.set_blocking(self.source, False)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        self._left = limit or sys.maxsize
        self.is_open = True

    def is_full(self) -> bool:
        return self._left == 0

    def copy(self) -> bool:
        """Copy what is there; tells whether there was something."""
        try:
            block = os.read(self.source, _CHUNK)
        except BlockingIOError:
            return False
        kept = block[: self._left]
        self._left -= len(kept)
        while kept:
            kept = kept[os.write(self._file, kept) :]
        self.is_open = bool(block)
        return self.is_open

    def drain(self) -> None:
        """Copy the rest; what a process in the background says later is lost."""
        while not self.is_full() and self.copy():
            pass


def start(command: list[str], log: Log) -> int:
    """Start ``command`` as the leader of a session of its own, its output on its way to the log; returns its pid."""
    pid = os.fork()
    if pid:
        os.close(log.sink)
        return pid
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored where the whole was started in the background
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log.sink, 1)
        os.dup2(log.sink, 2)
        os.execv(command[0], command)
    except OSError as error:
        os.write(2, f"ERROR: {command[0]} cannot be started: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def watch(pid: int, log: Log, *, seconds: float, pipe: int, options: Options) -> tuple[int, str | None]:
    """Wait for the process; returns its wait status, and why it was ended before its time, if it was."""
    deadline = time.monotonic() + seconds if seconds else float("inf")
    children = _supervisor.child_events()
    poll = select.poll()
    for descriptor in (children, log.source, pipe):
        if descriptor >= 0:
            poll.register(descriptor, select.POLLIN)
    if options.hangup >= 0:
        poll.register(options.hangup, 0)
    while True:
        status = _supervisor.reap(pid)
        if status is not None:
            log.drain()
            return status, "log_limit" if log.is_full() else None
        left = min(_CHECK_SECONDS, deadline - time.monotonic())
        ready = {descriptor for descriptor, _event in poll.poll(max(0, left * 1000))}
        reason = _reason(ready & {pipe, options.hangup}, left, is_full=log.is_full() or options.is_full(options.events))
        if reason:
            return end(pid, log), reason
        if log.source in ready and not log.copy() and not log.is_open:
            poll.unregister(log.source)
        if children in ready:
            os.read(children, 4096)


def _reason(broken: set[int], left: float, *, is_full: bool) -> str | None:
    """Why the run is ended now, if it is."""
    if is_full:
        return "log_limit"
    if left <= 0:
        return "timeout"
    return "orphaned" if broken else None


def end(pid: int, log: Log) -> int:
    """End the process and all that it started, and remove the directories of its tasks; returns its wait status.

    INT first, as a user would: Ansible stops its workers and removes its own files, as modules do. KILL for the rest.
    """
    family = {pid, *_supervisor.descendants(os.getpid())}
    groups = _groups(family)
    status = _stopped_by(signal.SIGINT, pid, log)
    if status is None:
        status = _stopped_by(signal.SIGTERM, pid, log)
    for group in groups:
        _send(group, signal.SIGINT)
    for _turn in _turns(_TIDY_SECONDS):
        if not _groups(_supervisor.descendants(os.getpid())):
            break
    if status is None:
        _send(pid, signal.SIGKILL)
        status = os.waitpid(pid, 0)[1]
    _supervisor.end_all(pid)
    log.drain()
    _remove_task_directories(family)
    return status


def _stopped_by(number: int, pid: int, log: Log) -> int | None:
    """The wait status of the process, if it ends some time after the signal."""
    _send(pid, number)
    status = None
    for _turn in _turns(GRACE_SECONDS / 2):
        log.drain()
        _discard(log)
        status = _supervisor.reap(pid)
        if status is not None:
            break
    return status


def _groups(family: set[int]) -> set[int]:
    """The process groups of processes that are still there, without our own: Ansible's workers lead their own."""
    groups = set()
    for member in family:
        with suppress(OSError):
            groups.add(os.getpgid(member))
    return groups - {os.getpgrp()}


def _discard(log: Log) -> None:
    """A process that waits for somebody to read what it says could not end."""
    with suppress(BlockingIOError):
        while os.read(log.source, _CHUNK):
            pass


def _turns(seconds: float) -> Iterator[None]:
    """A loop's turns, a moment apart, until the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(_POLL_SECONDS)


def _remove_task_directories(family: set[int]) -> None:
    """Remove what workers of the run could not remove because they were killed: the names hold their pids."""
    for directory in map(os.path.expanduser, _TASK_DIRECTORIES):
        for name in os.listdir(directory) if os.path.isdir(directory) else ():
            named = _TASK_DIRECTORY.fullmatch(name)
            if named and int(named[1]) in family:
                # What is another user's stays; nobody is left to be told.
                shutil.rmtree(os.path.join(directory, name), ignore_errors=True)


def close_connections(directory: str) -> None:
    """Ask the ssh processes that keep the run's connections open for a while to end now."""
    for name in os.listdir(directory) if os.path.isdir(directory) else ():
        _run_quietly(["ssh", "-o", f"ControlPath={os.path.join(directory, name)}", "-O", "exit", "none"])


def _run_quietly(command: list[str]) -> None:
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        return
    try:
        quiet = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(quiet, descriptor)
        os.execvp(command[0], command)
    finally:
        os._exit(127)


def _send(group: int, number: int) -> None:
    with suppress(OSError):
        os.killpg(group, number)


def main(arguments: list[str]) -> None:
    """Run the command of the arguments to its end and report it."""
    seconds, pipe, path, *command = arguments
    if int(pipe) >= 0:
        os.set_inheritable(int(pipe), False)
    options = Options.from_environment()
    # A session of its own: what kills the module's process group leaves this process to end the run.
    os.setsid()
    _supervisor.adopt_orphans()
    log = Log(path, options.log_limit)
    pid = start(command, log)
    signal.signal(signal.SIGTERM, lambda number, frame: _stop(pid, log))
    status, ended = watch(pid, log, seconds=float(seconds), pipe=int(pipe), options=options)
    if options.sockets:
        close_connections(options.sockets)
    if ended == "orphaned":
        for directory in options.remove:
            shutil.rmtree(directory, ignore_errors=True)  # nobody is left to be told
    with suppress(BrokenPipeError):
        os.write(1, json.dumps(_supervisor.report(status, ended)).encode())


def _stop(pid: int, log: Log) -> None:
    end(pid, log)
    os._exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1:])
