# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A zip archive as a tar of the same members, so that there is one door through which archives are unpacked."""

from __future__ import annotations

import stat
import struct
import tarfile
import time
import zipfile
import zlib
from contextlib import suppress
from typing import IO

from ...module_utils._bounded_reader import MIB
from ...module_utils._playbook.extract import ArchiveError, ExtractionLimits

_CHUNK = 1 << 16
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED, _IN_UTF8 = 0x1, 0x800
_UNIX = 3
#: File systems of Windows, in whose names no backslash can be: it separates them.
_WINDOWS = (0, 10, 14)
#: What the directory has of a member: its record, and a name with further fields.
_OF_MEMBER = 46 + 1024
_MAX_TARGET = 4096
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OverflowError, struct.error)


def as_tar(stream: IO[bytes], tar: IO[bytes], *, limits: ExtractionLimits) -> None:
    """Write the members of the zip archive ``stream`` to the new file ``tar``; raises :class:`ArchiveError`.

    Names, links and sizes are carried over as they are: who unpacks the tar decides about them.
    """
    left = limits.size
    try:
        with zipfile.ZipFile(_Bounded(stream, limits)) as archive, tarfile.open(fileobj=tar, mode="w") as out:
            members = archive.infolist()
            if len(members) > limits.files:
                raise ArchiveError(f"the archive contains more than {limits.files} files and directories")
            for member in members:
                left -= member.file_size
                if left < 0:
                    raise ArchiveError(f"the archive unpacks to more than {limits.size // MIB} MiB")
                _copy(archive, member, out)
    except _DAMAGED as error:
        raise ArchiveError(f"the archive is damaged or not a zip archive ({type(error).__name__})") from error


def _copy(archive: zipfile.ZipFile, member: zipfile.ZipInfo, out: tarfile.TarFile) -> None:
    if member.flag_bits & _ENCRYPTED:
        raise ArchiveError("the archive is encrypted; pack it again without a password")
    if member.compress_type not in _METHODS:
        raise ArchiveError("the archive is packed with another method than deflate; pack it again as usual")
    name = _name(member)
    entry = tarfile.TarInfo(name.rstrip("/") or ".")
    entry.mtime = _time(member)
    mode = member.external_attr >> 16 if member.create_system == _UNIX else 0
    entry.mode = stat.S_IMODE(mode)
    if name.endswith("/"):
        entry.type = tarfile.DIRTYPE
        out.addfile(entry)
    elif stat.S_ISLNK(mode):
        entry.type = tarfile.SYMTYPE
        with archive.open(member) as content:
            entry.linkname = content.read(_MAX_TARGET).decode("utf-8", "replace").replace("\0", "")
        out.addfile(entry)
    else:
        entry.size = member.file_size
        with archive.open(member) as content:
            out.addfile(entry, _Exactly(content, member.file_size))


def _name(member: zipfile.ZipInfo) -> str:
    """The name of a member. macOS writes UTF-8 without saying so, and some programs on Windows write backslashes."""
    name = member.filename
    if not member.flag_bits & _IN_UTF8:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/") if member.create_system in _WINDOWS else name


class _Bounded:
    """A zip archive of which no piece is read that is longer than a directory of so many members.

    ``zipfile`` reads all of the directory before it tells the number of members. How long that is can be said by two
    records at the end of the archive, of which it chooses one.
    """

    def __init__(self, stream: IO[bytes], limits: ExtractionLimits) -> None:
        self._stream = stream
        self._files = limits.files
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable

    def read(self, size: int = -1, /) -> bytes:
        most = self._files * _OF_MEMBER
        block = self._stream.read(min(size, most + 1) if size >= 0 else most + 1)
        if len(block) > most:
            raise ArchiveError(f"the archive contains more than {self._files} files and directories")
        return block


class _Exactly:
    """The content of a member, which must have as many bytes as its archive says."""

    def __init__(self, content: IO[bytes], size: int) -> None:
        self._content = content
        self._left = size

    def read(self, size: int = _CHUNK, /) -> bytes:
        block = self._content.read(min(size, self._left, _CHUNK))
        if not block and self._left:
            raise ArchiveError("the archive is damaged or cut off")
        self._left -= len(block)
        return block


def _time(member: zipfile.ZipInfo) -> int:
    try:
        return int(time.mktime((*member.date_time, 0, 0, -1)))
    except (OverflowError, ValueError):
        return 0
