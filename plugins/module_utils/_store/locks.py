# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Locks between processes: ``flock``, which the kernel gives back when the last holder ends, however it ends."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from .._errors import LockedError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

_POLL_SECONDS = 0.1


@contextmanager
def locked(path: str, *, shared: bool = False, timeout: float, purpose: str) -> Iterator[int]:
    """Hold the lock file ``path`` and yield its descriptor.

    Hand the descriptor to a child (``pass_fds``) and the lock lives as long as the child does. After ``timeout``
    seconds :class:`LockedError` names the holder, with its ``purpose``.
    """
    descriptor = _acquire(path, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, timeout)
    try:
        if not shared:
            _sign(descriptor, purpose)
        yield descriptor
    finally:
        os.close(descriptor)


def _acquire(path: str, mode: int, timeout: float) -> int:
    deadline = time.monotonic() + timeout
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_nlink > 1:
                raise StoreError(f"{path} is not a lock file of this user: remove it")
            fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
            if is_still(path, descriptor):
                return descriptor
        except BlockingIOError:
            if time.monotonic() >= deadline:
                holder = _holder(descriptor)
                os.close(descriptor)
                raise LockedError(f"{path} is held by {holder}; waited {timeout:g} s", holder=holder) from None
            time.sleep(_POLL_SECONDS)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def is_still(path: str, descriptor: int, *, directory: int | None = None) -> bool:
    """Whether ``path`` is what was opened: it may have been removed or replaced meanwhile.

    It is relative to the descriptor ``directory`` if that is given.
    """
    try:
        return os.path.samestat(os.stat(path, dir_fd=directory, follow_symlinks=False), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def try_lock(descriptor: int) -> bool:
    """Lock an open file or directory unless another process has; tells whether it is ours now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(descriptor: int, purpose: str) -> None:
    note = {"pid": os.getpid(), "purpose": purpose, "since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    with suppress(OSError):  # the disk is full
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(note).encode(), 0)


def _holder(descriptor: int) -> str:
    """Who signed the lock last: right for an exclusive holder, the last builder for shared ones."""
    try:
        note = json.loads(os.pread(descriptor, 4096, 0))
        return f"process {note['pid']} ({note['purpose']}, since {note['since']})"
    except (ValueError, KeyError, TypeError):
        return "a process that runs in it"


def is_held(path: str) -> bool | None:
    """Whether somebody holds the lock file ``path`` at this moment, shared or not; None where this user cannot know."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    except PermissionError:
        return None
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)
