# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Changes on disk that a crash or a power cut leaves either undone or done."""

from __future__ import annotations

import ctypes
import json
import os
from typing import Any


def fsync_folder(path: str) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file_system(path: str) -> None:
    """Make everything written so far to the file system that holds ``path`` durable."""
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


def write_json(path: str, content: Any) -> None:
    """Write ``content`` to ``path`` by one rename, durably. Callers hold the lock that guards ``path``."""
    write_text(path, json.dumps(content, indent=1, sort_keys=True) + "\n")


def write_text(path: str, text: str) -> None:
    """Write ``text`` to ``path`` by one rename, durably. Callers hold the lock that guards ``path``."""
    staged = f"{path}.new"
    with open(staged, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(staged, path)
    fsync_folder(os.path.dirname(path))


def replace_symlink(link: str, target: str, *, writer: str = "") -> None:
    """Let ``link`` point to ``target`` by one rename, durably. Callers hold the lock that guards ``link``.

    The staged link has a fixed name, so that what a crash leaves is overwritten by the next call. Where several may
    write ``link`` at once, because all of them write the same, each is told apart by ``writer``.
    """
    folder, name = os.path.split(link)
    staged = os.path.join(folder, f".{name}{writer}.new")
    remove_symlink(staged)
    os.symlink(target, staged)
    os.replace(staged, link)
    fsync_folder(folder)


def remove_symlink(link: str) -> bool:
    """Remove ``link`` if it is a symlink; tells whether it was there."""
    if not os.path.islink(link):
        return False
    try:
        os.unlink(link)
    except FileNotFoundError:  # another process was faster
        return False
    fsync_folder(os.path.dirname(link))
    return True
