# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The hash trees of torrents of version 2 (BEP 52): SHA-256 over blocks of 16 KiB."""

from __future__ import annotations

import hashlib

BLOCK = 16 * 1024
HASH_SIZE = 32
_NO_BLOCK = bytes(HASH_SIZE)


def root_of(hashes: list[bytes], *, padding: bytes = _NO_BLOCK, width: int = 1) -> bytes:
    """The root above ``hashes``, which must not be empty, filled up to ``width`` or else to a power of two.

    Hashes that are not there are ``padding``; no memory is used for them.
    """
    level = hashes
    while len(level) > 1 or width > 1:
        if len(level) % 2:
            level = [*level, padding]
        level = [_pair(level[at], level[at + 1]) for at in range(0, len(level), 2)]
        padding = _pair(padding, padding)
        width = (width + 1) // 2
    return level[0]


def padding_above(blocks: int) -> bytes:
    """The root above as many blocks that are not there; a power of two."""
    return root_of([_NO_BLOCK], width=blocks)


class FileTree:
    """The tree of a file whose content is given piece by piece: ``layer`` are the roots of its pieces."""

    def __init__(self, size: int, piece_length: int) -> None:
        self._size = size
        self._blocks = piece_length // BLOCK
        self._leaves: list[bytes] = []
        self._pending = hashlib.sha256()
        self._room = BLOCK
        self.layer: list[bytes] = []

    def update(self, data: memoryview) -> None:
        while data:
            part = data[: self._room]
            self._pending.update(part)
            self._room -= len(part)
            data = data[len(part) :]
            if not self._room:
                self._end_block()

    def root(self) -> bytes:
        """The root of the whole file, which is not empty; nothing can be added after that."""
        if self._room < BLOCK:
            self._end_block()
        if self._size <= self._blocks * BLOCK:
            return root_of(self._leaves or self.layer)
        if self._leaves:
            self._end_piece()
        return root_of(self.layer, padding=padding_above(self._blocks))

    def _end_block(self) -> None:
        self._leaves.append(self._pending.digest())
        self._pending, self._room = hashlib.sha256(), BLOCK
        if len(self._leaves) == self._blocks:
            self._end_piece()

    def _end_piece(self) -> None:
        is_only = self._size <= self._blocks * BLOCK
        self.layer.append(root_of(self._leaves, width=1 if is_only else self._blocks))
        self._leaves = []


def _pair(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(left + right).digest()
