# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Read the info dictionary of a torrent (BEP 3, 47 and 52): every value is checked, and versions must agree."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TypeVar

from .bencode import Value
from .magnet import MAX_INDEXES
from .merkle import BLOCK, HASH_SIZE
from .metainfo import Metainfo, TorrentFile
from .paths import check_distinct, check_part, check_path
from .refusal import RefusedError, quoted

Dictionary = dict[bytes, Value]
_T = TypeVar("_T", int, bytes, list[Value], Dictionary)

MAX_FILES = MAX_INDEXES // 2
MAX_SIZE = 1 << 50
MAX_PIECE_LENGTH = 1 << 29
#: Padding costs nothing to send, and as much as content to hash.
MAX_PADDING = 1 << 36
_SHA1_SIZE = 20


def read_dictionary(raw: bytes, value: Value) -> Metainfo:
    """The torrent with the info dictionary ``value``, whose bytes are ``raw``. Raises :class:`RefusedError`."""
    if not isinstance(value, dict):
        raise RefusedError("its info is not a dictionary")
    has_v1, has_v2 = b"pieces" in value, b"meta version" in value or b"file tree" in value
    if not has_v1 and not has_v2:
        raise RefusedError("its info has neither the key 'pieces' nor the key 'file tree'")
    if has_v2 and required(value, b"meta version", int) != 2:
        raise RefusedError("it has a version that is not known; 1 and 2 are")
    name = check_part(_preferred(value, b"name"))
    piece_length = _piece_length(value, is_v2=has_v2)
    files = _files_v1(value, name) if has_v1 else _files_v2(value, name, is_single=None)
    if has_v1 and has_v2:
        files = _joined(files, _files_v2(value, name, is_single=b"length" in value), piece_length)
    pieces = required(value, b"pieces", bytes) if has_v1 else b""
    if has_v1:
        _check_pieces(pieces, files, piece_length)
    _check_files(files)
    return Metainfo(
        info_hash_v1=hashlib.sha1(raw).hexdigest() if has_v1 else None,
        info_hash_v2=hashlib.sha256(raw).hexdigest() if has_v2 else None,
        name=name,
        files=tuple(files),
        piece_length=piece_length,
        pieces=pieces,
        is_private=_is_private(value),
        raw=raw,
    )


def optional(dictionary: Dictionary, key: bytes, kind: type[_T]) -> _T | None:
    """The value of a key, None where it is not there; one of another type is refused."""
    value = dictionary.get(key)
    if value is not None and not isinstance(value, kind):
        raise RefusedError(f"its key {quoted(key)} has a value of another type than it must have")
    return value


def required(dictionary: Dictionary, key: bytes, kind: type[_T]) -> _T:
    """The value of a key that must be there."""
    value = optional(dictionary, key, kind)
    if value is None:
        raise RefusedError(f"the key {quoted(key)} is missing")
    return value


def _preferred(dictionary: Dictionary, key: bytes) -> Value | None:
    """A name, or the one that old programs put beside it in UTF-8, which clients prefer."""
    return dictionary.get(key + b".utf-8", dictionary.get(key))


def _is_private(value: Dictionary) -> bool:
    private = optional(value, b"private", int)
    if private not in (None, 0, 1):
        raise RefusedError("its key 'private' is neither 0 nor 1")
    return private == 1


def _piece_length(value: Dictionary, *, is_v2: bool) -> int:
    length = required(value, b"piece length", int)
    if not 0 < length <= MAX_PIECE_LENGTH:
        raise RefusedError(f"its piece length {length} is not a number from 1 to {MAX_PIECE_LENGTH}")
    if is_v2 and (length < BLOCK or length & (length - 1)):
        raise RefusedError(f"its piece length {length} is not a power of two from 16 KiB on, as version 2 requires")
    return length


def _size(entry: Dictionary) -> int:
    size = required(entry, b"length", int)
    if not 0 <= size <= MAX_SIZE:
        raise RefusedError(f"the size {size} of a file is not a number from 0 to {MAX_SIZE}")
    return size


def _is_pad(entry: Dictionary) -> bool:
    """Whether the attributes say so; links are refused."""
    attributes = optional(entry, b"attr", bytes) or b""
    if b"l" in attributes or b"symlink path" in entry:
        raise RefusedError("one of its files is a link", advice="use another torrent; links are not created")
    return b"p" in attributes


def _files_v1(info: Dictionary, name: str) -> list[TorrentFile]:
    entries = optional(info, b"files", list)
    if (entries is None) == (b"length" not in info):
        raise RefusedError("its info must have one of the keys 'length' and 'files'")
    if entries is None:
        return [TorrentFile((name,), _size(info), is_pad=_is_pad(info))]
    files = []
    for entry in entries:
        if not isinstance(entry, dict):
            raise RefusedError("an entry of 'files' is not a dictionary")
        parts = _preferred(entry, b"path")
        if not isinstance(parts, list) or not parts:
            raise RefusedError("a file has no path")
        path = check_path((name, *map(check_part, parts)))
        files.append(TorrentFile(path, _size(entry), is_pad=_is_pad(entry)))
    return files


def _files_v2(info: Dictionary, name: str, *, is_single: bool | None) -> list[TorrentFile]:
    """The files of the tree, in its order.

    ``is_single``: whether the torrent is one file and no directory; None where the tree alone says so, which has then
    one file with the name of the torrent.
    """
    tree = required(info, b"file tree", dict)
    found: list[tuple[tuple[str, ...], Dictionary]] = []
    pending: list[tuple[tuple[str, ...], Value]] = [((), tree)]
    while pending:
        parts, node = pending.pop()
        if not isinstance(node, dict) or not node:
            raise RefusedError("an entry of its file tree is not a dictionary, or empty")
        leaf = node.get(b"")
        if leaf is None:
            pending += [(check_path((*parts, check_part(key))), node[key]) for key in reversed(list(node))]
            continue
        if not parts or len(node) > 1 or not isinstance(leaf, dict):
            raise RefusedError(f"{quoted('/'.join(parts))} in its file tree is not only a file")
        found.append((parts, leaf))
    if is_single is None:
        is_single = [parts for parts, _leaf in found] == [(name,)]
    prefix = () if is_single else (name,)
    return [_file_v2(check_path((*prefix, *parts)), leaf) for parts, leaf in found]


def _file_v2(path: tuple[str, ...], leaf: Dictionary) -> TorrentFile:
    size, root = _size(leaf), optional(leaf, b"pieces root", bytes)
    if _is_pad(leaf):
        raise RefusedError("its file tree has padding, which version 2 does not have")
    if (root is None) != (size == 0) or (root is not None and len(root) != HASH_SIZE):
        raise RefusedError(f"the file {quoted('/'.join(path))} has no valid key 'pieces root'")
    return TorrentFile(path, size, pieces_root=root)


def _joined(v1: list[TorrentFile], v2: list[TorrentFile], piece_length: int) -> list[TorrentFile]:
    """The files of a hybrid: both versions must have the same ones, each beginning with a piece."""
    real = [(file.path, file.size) for file in v1 if not file.is_pad]
    if real != [(file.path, file.size) for file in v2]:
        raise RefusedError("its versions 1 and 2 describe different files")
    roots = iter(v2)
    offset, joined = 0, []
    for file in v1:
        if file.size and not file.is_pad and offset % piece_length:
            raise RefusedError(f"the file {quoted(file.name)} does not begin with a piece, as a hybrid requires")
        joined.append(file if file.is_pad else replace(file, pieces_root=next(roots).pieces_root))
        offset += file.size
    return joined


def _check_pieces(pieces: bytes, files: list[TorrentFile], piece_length: int) -> None:
    size = sum(file.size for file in files)
    count = -(-size // piece_length)
    if len(pieces) != count * _SHA1_SIZE:
        raise RefusedError(
            f"its key 'pieces' must have {count} hashes of {_SHA1_SIZE} bytes, but has {len(pieces)} bytes"
        )
    padding = [file.size for file in files if file.is_pad]
    if max(padding, default=0) >= piece_length:
        raise RefusedError("it has padding that is as long as a piece")
    if sum(padding) > MAX_PADDING:
        raise RefusedError(f"it has more than {MAX_PADDING >> 30} GiB of padding, the maximum")


def _check_files(files: list[TorrentFile]) -> None:
    real = [file for file in files if not file.is_pad]
    if len(real) > MAX_FILES or len(files) > MAX_INDEXES:
        raise RefusedError(f"it has more than {MAX_FILES} files, the maximum")
    if not sum(file.size for file in real):
        raise RefusedError("it has no content")
    if sum(file.size for file in files) > MAX_SIZE:
        raise RefusedError(f"it has more than {MAX_SIZE >> 40} TiB, the maximum")
    check_distinct(file.path for file in real)
