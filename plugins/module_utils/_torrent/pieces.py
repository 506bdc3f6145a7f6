# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The SHA-1 pieces of version 1, checked over the files as one stream; pieces can straddle files that are not there."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from .._errors import VenvError
from .refusal import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .metainfo import Metainfo

_HASH_SIZE = 20
_ZEROS = memoryview(bytes(1 << 20))


class PayloadError(VenvError):
    """Files are not what the torrent says; ``context`` has ``path``, and ``piece`` if a hash is wrong.

    ``names`` are the paths of all files that can be wrong.
    """

    code = "payload"

    def __init__(self, message: str, *, names: Sequence[str] = (), **context: Any) -> None:
        super().__init__(message, **context)
        self.names = tuple(names) or (str(context.get("path", "")),)


class PieceCheck:
    """Takes the content of the files in their order; ``unproven`` are ranges of bytes by index that no hash covered."""

    def __init__(self, metainfo: Metainfo, *, source: str) -> None:
        self._metainfo = metainfo
        self._source = source
        self._length = metainfo.piece_length
        self._offset = 0
        self._hash = hashlib.sha1()
        self._is_whole = True
        #: The parts of files in this piece: index, begin, end.
        self._parts: list[tuple[int, int, int]] = []
        self.unproven: dict[int, list[tuple[int, int]]] = {}

    def update(self, data: memoryview, *, index: int, at: int) -> None:
        """Take ``data``, which begins at the byte ``at`` of the file with this index."""
        while data:
            part = data[: self._length - self._offset % self._length]
            if self._is_whole:
                self._hash.update(part)
            if self._parts and self._parts[-1][0] == index:
                self._parts[-1] = (index, self._parts[-1][1], at + len(part))
            else:
                self._parts.append((index, at, at + len(part)))
            at += len(part)
            data = data[len(part) :]
            self._advance(len(part))

    def pad(self, size: int) -> None:
        """Take padding."""
        while size:
            part = _ZEROS[: min(size, self._length - self._offset % self._length)]
            if self._is_whole:
                self._hash.update(part)
            size -= len(part)
            self._advance(len(part))

    def skip(self, size: int) -> None:
        """Pass over a file that is not there."""
        if not size:
            return
        end = self._offset + size
        self._is_whole = False
        if end // self._length > self._offset // self._length:
            self._close(self._offset // self._length)
            self._is_whole = end % self._length == 0
        self._offset = end

    def finish(self) -> None:
        """Check the last piece, which may be short."""
        if self._offset % self._length:
            self._close(self._offset // self._length)

    def _advance(self, size: int) -> None:
        self._offset += size
        if self._offset % self._length == 0:
            self._close(self._offset // self._length - 1)

    def _close(self, piece: int) -> None:
        """End a piece: compare its hash, or note what it could not prove."""
        expected = self._metainfo.pieces[piece * _HASH_SIZE : (piece + 1) * _HASH_SIZE]
        if not self._is_whole:
            for index, start, end in self._parts:
                _add_range(self.unproven.setdefault(index, []), start, end)
        elif self._parts and self._hash.digest() != expected:
            names = [self._metainfo.files[index].name for index, _start, _end in self._parts]
            raise wrong_hash(self._source, names, piece)
        self._hash, self._is_whole, self._parts = hashlib.sha1(), True, []


def wrong_hash(source: str, names: list[str], piece: int | None) -> PayloadError:
    """The error for files whose content is not what the torrent says."""
    where = "" if piece is None else f" (piece {piece})"
    more = f" or one of {len(names) - 1} files beside it" if len(names) > 1 else ""
    return PayloadError(
        f"{source}: the content of {quoted(names[0])}{more} is not what the torrent says{where}; download it again",
        names=names,
        path=names[0],
        piece=piece,
    )


def _add_range(ranges: list[tuple[int, int]], start: int, end: int) -> None:
    if ranges and ranges[-1][1] == start:
        ranges[-1] = (ranges[-1][0], end)
    else:
        ranges.append((start, end))
