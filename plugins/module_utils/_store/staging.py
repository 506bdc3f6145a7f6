# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Directories in which something is put together before one rename makes it visible.

Each is locked by who made it for as long as that process lives, so that what a killed one left behind can be told from
what is being made, and removed.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from .._errors import StoreError
from .locks import is_still, try_lock
from .tree import remove_tree
from .trust import make_trusted

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = ".incoming-"
_ATTEMPTS = 20


@contextmanager
def staging(parent: str) -> Iterator[str]:
    """A new directory in ``parent``, which is made if need be; removed at the end unless the caller renamed it.

    What others left there by dying is removed first. Raises :class:`StoreError` when ``parent`` cannot be written.
    """
    make_trusted(parent, mode=0o700)
    try:
        _sweep(parent)
        path, descriptor = _claim(parent)
    except OSError as error:
        raise StoreError(f"{parent} cannot be written: {error.strerror}; choose a store that you own") from error
    try:
        yield path
    finally:
        try:
            if is_still(path, descriptor):
                remove_tree(path)
        finally:
            os.close(descriptor)


def _claim(parent: str) -> tuple[str, int]:
    """A directory and its locked descriptor; a sweeper may take it from us before we hold the lock, then another is
    made."""
    for _attempt in range(_ATTEMPTS):
        path = tempfile.mkdtemp(prefix=PREFIX, dir=parent)
        descriptor = _lock(path)
        if descriptor is not None:
            return path, descriptor
    raise StoreError(f"{parent}: no directory could be created and locked in {_ATTEMPTS} attempts")


def _lock(path: str) -> int | None:
    """An exclusively locked descriptor of the directory ``path``, or None when it is gone or somebody else's."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    if try_lock(descriptor) and is_still(path, descriptor):
        return descriptor
    os.close(descriptor)
    return None


def _sweep(parent: str) -> None:
    for name in os.listdir(parent):
        if not name.startswith(PREFIX):
            continue
        path = os.path.join(parent, name)
        descriptor = _lock(path)
        if descriptor is None:
            continue
        try:
            with suppress(PermissionError):  # another user's, in a store that several write
                remove_tree(path)
        finally:
            os.close(descriptor)
