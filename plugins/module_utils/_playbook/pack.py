# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Pack what was planned into an archive. What is no longer as it was planned is not packed."""

from __future__ import annotations

import gzip
import os
import stat
import tarfile
from typing import TYPE_CHECKING

from .._errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .archive_entry import ArchiveEntry


def pack_entries(entries: Iterable[ArchiveEntry], path: str) -> None:
    """Write a gzipped tar file, readable by its owner only; equal trees give equal bytes."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream, gzip.GzipFile("", "wb", 6, stream, mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for entry in entries:
                _pack(archive, entry)


def _pack(archive: tarfile.TarFile, entry: ArchiveEntry) -> None:
    status = os.lstat(entry.source)
    info = tarfile.TarInfo(entry.name)
    info.mtime = int(status.st_mtime)
    info.mode = entry.mode or stat.S_IMODE(status.st_mode) & 0o777
    if entry.target is not None:
        info.type, info.linkname = tarfile.SYMTYPE, entry.target
        archive.addfile(info)
    elif entry.is_directory and stat.S_ISDIR(status.st_mode):
        info.type = tarfile.DIRTYPE
        archive.addfile(info)
    elif entry.is_directory:
        raise _replaced(entry)
    else:
        _pack_file(archive, info, entry)


def _replaced(entry: ArchiveEntry) -> InputError:
    return InputError(f"{entry.source} was replaced while it was sent; run this again when nothing changes it")


def _pack_file(archive: tarfile.TarFile, info: tarfile.TarInfo, entry: ArchiveEntry) -> None:
    """Add the content of a file, which must be as long as the file system says: a tar file has the size first."""
    path = entry.source
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        status = os.fstat(stream.fileno())
        if entry.inode not in (None, (status.st_dev, status.st_ino)):
            raise _replaced(entry)
        info.size = status.st_size
        is_other = info.size == 0 and stream.read(1) != b""
        try:
            archive.addfile(info, stream)
        except OSError as error:
            if error.errno is not None:
                raise
            is_other = True  # tarfile says only that data is missing
    if is_other:
        raise InputError(
            f"{path} has not as many bytes as its size says: it changes while it is read, or it is made by the system "
            "when it is read. Run this again when nothing changes it, or replace it with a copy"
        )
