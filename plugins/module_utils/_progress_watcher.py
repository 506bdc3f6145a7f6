# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The process that writes the last state of a run which was killed, and what it shares with those who write its files.

It is a child of the run, in a session of its own, and waits for its end: by a descriptor of the process where the
kernel has them (Linux), else by looking once a second whether it still has this parent. If the status is still
``running`` then, it becomes ``died``. The lock of the events, which the run's end released, shows that no later run
has begun in the directory. Arguments: DIRECTORY ID PID. Started as a program: standard library only.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import sys
import time

STATUS = "status.json"
EVENTS = "events.jsonl"
EVENTS_FLAGS = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MAX_BYTES = 1 << 16
_LOCK_ATTEMPTS = 20
_LOCK_SECONDS = 0.05


def main(arguments: list[str]) -> None:
    """Wait for the end of the run, then write what is missing."""
    directory, ident, pid = arguments
    wait_for_parent(int(pid))
    try:
        write_last_state(directory, ident)
    except (OSError, ValueError):
        return  # nobody is left to be told


def wait_for_parent(pid: int) -> None:
    """Return when the process that started this one has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):
        descriptor = -1
    # It had this pid until now, so that the descriptor is its own.
    if os.getppid() == pid and descriptor >= 0:
        select.select([descriptor], [], [])
    while os.getppid() == pid:
        time.sleep(1)


def write_last_state(directory: str, ident: str) -> None:
    """Write ``died`` if the run with this id has no last state."""
    import json  # this process shall cost next to nothing, and hardly ever comes here

    events = os.open(os.path.join(directory, EVENTS), EVENTS_FLAGS)
    lock(events)
    path = os.path.join(directory, STATUS)
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    status = json.loads(os.read(descriptor, _MAX_BYTES))
    if status["id"] != ident or status["state"] != "running":
        return
    status.update({"state": "died", "eta": None, "updated": utc_now()})
    replace_file(path, json.dumps(status) + "\n")
    end = {"event": "end", "time": utc_now(), **{key: status[key] for key in ("percent", "done", "total", "state")}}
    # The run may have been killed in the middle of a line.
    size = os.fstat(events).st_size
    missing = "\n" if size and os.pread(events, 1, size - 1) != b"\n" else ""
    os.write(events, f"{missing}{json.dumps(end)}\n".encode("ascii"))


def lock(descriptor: int) -> None:
    """Lock a file for this process, not for those that it forks; BlockingIOError if another one keeps it locked."""
    for attempt in range(_LOCK_ATTEMPTS):
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except (BlockingIOError, PermissionError):
            if attempt == _LOCK_ATTEMPTS - 1:
                raise BlockingIOError from None
        time.sleep(_LOCK_SECONDS)


def replace_file(path: str, text: str) -> None:
    """Write a file by one rename, readable by its owner only. It need not survive a power cut, so nothing is synced.

    The name under which it is staged is always the same: what a killed writer left is replaced by the next one.
    """
    directory, name = os.path.split(path)
    staged = os.path.join(directory, f".{name}.new")
    try:
        descriptor = _create(staged)
    except FileExistsError:
        os.unlink(staged)
        descriptor = _create(staged)
    content = text.encode("ascii")
    try:
        try:
            # A file system that chooses blocks late would write out at once what a rename replaces, at twice the cost.
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(descriptor, 0, len(content))
            written = os.write(descriptor, content)
        finally:
            os.close(descriptor)
        if written < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        os.replace(staged, path)
    except BaseException:
        if os.path.lexists(staged):
            os.unlink(staged)
        raise


def _create(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def utc_now() -> str:
    """The time as it stands in the files."""
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1e6):06d}Z"


if __name__ == "__main__":
    main(sys.argv[1:])
