# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The disk of the gate: whether it has space for a run, and what is kept of it so that a full one can be recorded."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress

from ...module_utils._errors import NoSpaceError

_MIB = 1 << 20
#: Bytes that stay free beside an upload.
_FREE = 256 * _MIB
#: A disk with less is full for all that a run writes.
_FULL = _MIB
#: What is kept for the last state of a run: a few blocks of any file system.
_RESERVED = 64 << 10
FULL = "the disk of the gate is full; free some space on its host"


def check_space(path: str, *, upload_mib: int = 0) -> None:
    """Raise :class:`NoSpaceError` where there is too little space for an upload, and for a run."""
    free = shutil.disk_usage(path).free
    if free < _FREE + upload_mib * _MIB:
        raise NoSpaceError(
            f"the disk of the gate is nearly full: {free // _MIB} MiB are free; free some space on its host"
        )


def is_full(path: str) -> bool:
    """Whether hardly anything more can be written below ``path``."""
    return shutil.disk_usage(path).free < _FULL


def is_of_full_disk(error: OSError) -> bool:
    """Whether there was no space, or a quota was used up."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def reserve(path: str) -> None:
    """Take the space of the file ``path``, so that it can be had when there is no other; raises OSError."""
    with open(path, "xb") as stream:
        stream.write(b"\0" * _RESERVED)
        stream.flush()
        os.fsync(stream.fileno())


def release(path: str) -> None:
    """Give back what was reserved."""
    with suppress(FileNotFoundError):
        os.unlink(path)
