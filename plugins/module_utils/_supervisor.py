# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The program that starts another program, watches it, and ends it with everything that it started.

A module's ``run_command`` knows no time limit, and a module that is killed leaves its children alive. So a small
process stands between: it ends the program when its time is over or when the caller is gone (the caller's end of
CONTROL closes, however the caller ended), and it holds the locks that it was handed as long as the program lives.
Orphans of the program become its children, so that nothing that was started gets away by leaving the session or by
outliving its parent.

Arguments: SECONDS (0: no limit) CONTROL (a descriptor, -1: none) LC_CTYPE COMMAND... The program has this process's
own streams; LC_CTYPE, which Python sets by itself, is as given; what the program leaves running is ended. CONTROL, a
socket, gets the pid in a line, and then the report, one JSON object: ``{"rc": int, "signal": int, "ended": null |
"timeout" | "orphaned", "errno": int}``. ``errno`` says why the program could not be started.

The source is handed to an interpreter: standard library only. ``_playbook/supervisor.py`` watches runs of playbooks
with the same parts.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time
from contextlib import suppress

TYPE_CHECKING = False  # as that of typing, which takes long to import
if TYPE_CHECKING:
    from collections.abc import Callable

#: What a program has to end by itself: Ansible stops its workers and removes its files.
GRACE_SECONDS = 10.0
#: How long to go on killing; what is still there then belongs to another user, or hangs in the kernel.
_KILL_SECONDS = 10.0
_POLL_SECONDS = 0.05
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def start(command: list[str], control: int, *, is_tied: bool = False) -> tuple[int, int]:
    """Start ``command`` as the leader of a session of its own; returns its pid, and an errno if it did not start.

    ``is_tied``: it is terminated when this process ends, where the kernel can do that (Linux).
    """
    readable, writable = os.pipe()
    pid = os.fork()
    if pid == 0:
        if is_tied:
            _tell_kernel(_PR_SET_PDEATHSIG, signal.SIGTERM)
        _become(command, control, writable)
    os.close(writable)
    with os.fdopen(readable, "rb") as stream:
        told = stream.read()
    return pid, int(told or b"0")


def _become(command: list[str], control: int, failed: int) -> None:
    try:
        os.setsid()
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them
            signal.signal(number, signal.SIG_DFL)
        _tell(control, f"{os.getpid()}\n")  # here, as a program may kill its parent at once
        os.execvp(command[0], command)
    except OSError as error:
        os.write(failed, str(error.errno).encode())
    finally:
        os._exit(127)


def watch(
    pid: int, *, seconds: float, control: int, ending: Callable[[int], int] | None = None
) -> tuple[int, str | None]:
    """Wait for the process; returns its wait status, and why it was ended before its time, if it was.

    ``ending`` ends it and returns its wait status: :func:`end`, if nothing else is given.
    """
    ending = ending or end
    deadline = time.monotonic() + seconds if seconds else None
    sources = [child_events(), *([control] if control >= 0 else [])]
    while True:
        status = reap(pid)
        if status is not None:
            return status, None
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        readable, _write, _errors = select.select(sources, [], [], left)
        if control in readable:
            return ending(pid), "orphaned"
        if not readable:
            return ending(pid), "timeout"
        os.read(sources[0], 4096)


def child_events() -> int:
    """A descriptor that becomes readable when a child ends."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    return readable


def reap(pid: int) -> int | None:
    """Collect all children that have ended; returns the wait status of ``pid`` if it is among them."""
    with suppress(ChildProcessError):
        while True:
            ended, status = os.waitpid(-1, os.WNOHANG)
            if ended == pid:
                return status
            if not ended:
                break
    return None


def end(pid: int) -> int:
    """End the process and all that it started: TERM first, then KILL for what is left; returns its wait status."""
    status = end_alone(pid)
    end_all(pid)
    return status


def end_alone(pid: int) -> int:
    """End the process, and not what it started; returns its wait status."""
    with suppress(OSError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    status = reap(pid)
    while status is None and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        status = reap(pid)
    if status is None:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
        status = os.waitpid(pid, 0)[1]
    return status


def end_all(pid: int) -> None:
    """Kill what is left of the session of ``pid``, and everything below this process."""
    deadline = time.monotonic() + _KILL_SECONDS
    with suppress(OSError):  # without a /proc (macOS) it is all that can be found
        os.killpg(pid, signal.SIGKILL)
    while time.monotonic() < deadline:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:  # and as orphans become our children, there are no grandchildren either
            return
        for one in descendants(os.getpid()):
            with suppress(OSError):
                os.kill(one, signal.SIGKILL)
        time.sleep(_POLL_SECONDS / 5)


def end_orphaned(pid: int) -> None:
    """Kill a process whose supervisor was killed, what is below it and what is left of its session."""
    for one in descendants(pid):
        with suppress(OSError):
            os.kill(one, signal.SIGKILL)
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)


def descendants(pid: int) -> set[int]:
    """All processes below ``pid``, in whatever session they are. Empty without a /proc (macOS)."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else ():
        with suppress(OSError, ValueError, IndexError):
            with open(f"/proc/{int(name)}/stat", encoding="utf-8", errors="replace") as stream:
                parents[int(name)] = int(stream.read().rpartition(")")[2].split()[1])
    family = {pid}
    while True:
        grown = family | {child for child, parent in parents.items() if parent in family}
        if grown == family:
            return family - {pid}
        family = grown


def adopt_orphans() -> None:
    """Become the parent of orphaned descendants, where the kernel can do that (Linux)."""
    _tell_kernel(_PR_SET_CHILD_SUBREAPER, 1)


def _tell_kernel(option: int, value: int) -> None:
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def main(arguments: list[str]) -> None:
    """Run the command of the arguments to its end and report it."""
    seconds, control, locale, *command = arguments
    descriptor = int(control)
    if descriptor >= 0:
        os.set_inheritable(descriptor, False)
    os.environ.pop("LC_CTYPE", None)
    os.environ.update({"LC_CTYPE": locale} if locale else {})
    # A session of its own: what kills the caller's process group leaves this process to end the program.
    os.setsid()
    adopt_orphans()
    pid, errno = start(command, descriptor)
    signal.signal(signal.SIGTERM, lambda number, frame: _stop(pid))
    status, ended = watch(pid, seconds=float(seconds), control=descriptor)
    end_all(pid)
    told = report(status, ended)
    # To import json would take half of the time that this process does.
    because = f'"{ended}"' if ended is not None else "null"
    _tell(descriptor, f'{{"rc": {told["rc"]}, "signal": {told["signal"]}, "ended": {because}, "errno": {errno}}}')


def report(status: int, ended: str | None) -> dict[str, object]:
    """How a process ended that has this wait status, and why it was ended before its time, if it was."""
    return {
        "rc": os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status),
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
        "ended": ended,
    }


def _tell(descriptor: int, text: str) -> None:
    with suppress(OSError):
        os.write(descriptor, text.encode())


def _stop(pid: int) -> None:
    end(pid)
    os._exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1:])
