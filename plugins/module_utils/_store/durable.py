# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Changes on disk that a crash or a power cut leaves either undone or done."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from contextlib import suppress
from typing import Any

from .locks import is_still, try_lock

_ATTEMPTS = 20
#: So that a staged name, which is longer than the name, is not longer than 255 bytes.
_LONGEST_NAME = 200


def fsync_directory(path: str) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file_system(path: str) -> None:
    """Make everything written so far to the file system that holds ``path`` durable."""
    import ctypes  # it takes long, and few programs write that much

    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:  # macOS
        os.sync()
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if syncfs(descriptor) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), path)
    finally:
        os.close(descriptor)


def write_json(path: str, content: Any, *, indent: int | None = 1) -> None:
    """Write ``content`` to ``path`` by one rename, durably. Callers hold the lock that guards ``path``.

    Without ``indent`` a long list takes a tenth of the time.
    """
    write_text(path, json.dumps(content, indent=indent, sort_keys=True) + "\n")


def write_text(path: str, text: str, *, directory: int | None = None) -> None:
    """As :func:`write_bytes`, in UTF-8."""
    write_bytes(path, text.encode(), directory=directory)


def write_bytes(path: str, content: bytes, *, directory: int | None = None, mode: int = 0o666) -> None:
    """Write ``content`` to ``path`` by one rename, durably; relative to the descriptor ``directory`` if it is given.

    ``mode`` is that of the file, less what the umask takes.
    Nothing that lies in the directory is followed or written to, and what a killed writer left there goes.
    """
    parent, name = os.path.split(path)
    for left in _staged_names(parent if directory is None else directory, name):
        _remove_abandoned(os.path.join(parent, left), directory)
    staged, descriptor = _create_staged(parent, name, directory, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
            os.replace(staged, path, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(staged, dir_fd=directory)
        raise
    if directory is None:
        fsync_directory(parent)
    else:
        os.fsync(directory)


def _create_staged(parent: str, name: str, directory: int | None, mode: int) -> tuple[str, int]:
    """A new file under a name that nobody can foresee, locked as long as its writer lives."""
    for _attempt in range(_ATTEMPTS):
        staged = os.path.join(parent, _new_staged_name(name))
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(staged, flags, mode, dir_fd=directory)
        # Another writer, who takes the file for abandoned before it is locked, removes it.
        if try_lock(descriptor) and is_still(staged, descriptor, directory=directory):
            return staged, descriptor
        os.close(descriptor)
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), os.path.join(parent, name))


def _remove_abandoned(staged: str, directory: int | None) -> None:
    """Remove a file that a writer left when it was killed; what is no file of this user's stays."""
    try:
        descriptor = os.open(staged, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    except OSError:
        return
    try:
        status = os.fstat(descriptor)
        ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
        if ours and try_lock(descriptor) and is_still(staged, descriptor, directory=directory):
            os.unlink(staged, dir_fd=directory)
    finally:
        os.close(descriptor)


def replace_symlink(link: str, target: str, *, writer: str = "") -> None:
    """Let ``link`` point to ``target`` by one rename, durably. Callers hold the lock that guards ``link``.

    Where several may write ``link`` at once, because all of them write the same, each is told apart by ``writer``.
    """
    directory, name = os.path.split(link)
    remove_staged_symlinks(link, writer=writer)
    staged = os.path.join(directory, _new_staged_name(name + writer))
    os.symlink(target, staged)
    try:
        os.replace(staged, link)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(staged)
        raise
    fsync_directory(directory)


def has_staged_symlinks(link: str) -> bool:
    """Whether somebody writes ``link``, or was killed while doing so."""
    directory, name = os.path.split(link)
    return any(os.path.islink(os.path.join(directory, staged)) for staged in _staged_names(directory, name))


def remove_staged_symlinks(link: str, *, writer: str = "") -> None:
    """Remove what a killed :func:`replace_symlink` left. Callers hold the lock that guards ``link``."""
    directory, name = os.path.split(link)
    for staged in _staged_names(directory, name + writer):
        remove_symlink(os.path.join(directory, staged))


def _new_staged_name(name: str) -> str:
    """The name of what is to be ``name``: nobody can foresee it, and nobody but us gives one like it."""
    return f".{name[:_LONGEST_NAME]}.{os.urandom(16).hex()}.new"


def _staged_names(directory: str | int, name: str) -> list[str]:
    wanted = re.compile(re.escape(f".{name[:_LONGEST_NAME]}.") + r"[0-9a-f]{32}\.new")
    return [found for found in os.listdir(directory or ".") if wanted.fullmatch(found)]


def remove_symlink(link: str) -> bool:
    """Remove ``link`` if it is a symlink; tells whether it was there."""
    if not os.path.islink(link):
        return False
    try:
        os.unlink(link)
    except FileNotFoundError:  # another process was faster
        return False
    fsync_directory(os.path.dirname(link))
    return True
