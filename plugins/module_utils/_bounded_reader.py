# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What tarfile reads an unpacked archive through: few bytes may unpack to no end, and a header may claim anything."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Callable, Union

if TYPE_CHECKING:
    import gzip

    ByteStream = Union[gzip.GzipFile, IO[bytes]]

MIB = 1 << 20


class BoundedReader(io.RawIOBase):
    """The unpacked bytes of ``stream`` up to ``limit``, never more than ``longest_read`` in one piece.

    What tarfile reads in one piece are headers. ``failure`` makes an exception of what the archive does, such as
    "unpacks to more than 1 MiB". With ``rewinds`` a member may be read again; without, only forwards.
    """

    def __init__(
        self,
        stream: ByteStream,
        limit: int,
        *,
        longest_read: int,
        failure: Callable[[str], Exception],
        rewinds: bool = False,
    ) -> None:
        self._stream = stream
        self._limit = limit
        self._longest_read = longest_read
        self._failure = failure
        self._rewinds = rewinds
        #: What was read last; at the end of a whole tar a block of zeros.
        self.last = b""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= self._longest_read:
            raise self._failure("unpacks to a header that is too long")
        self._check(self._stream.tell() + size)
        self.last = self._stream.read(size)
        return self.last

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET or (offset < self._stream.tell() and not self._rewinds):
            raise self._failure("has a header that points backwards")
        self._check(offset)
        return self._stream.seek(offset)

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True

    def _check(self, end: int) -> None:
        if end > self._limit:
            raise self._failure(f"unpacks to more than {self._limit // MIB} MiB")
