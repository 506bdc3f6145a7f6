# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Bytecode that was compiled once and is copied into generations: each file by the hash of its source and its own.

::

    .cache/bytecode/<interpreter>/<sha256 of the source>.<sha256 of this file>.<cache tag>.pyc

What a wheel's RECORD states of a source decides its bytecode, whatever wheel it is in. A file here is used only as long
as it has the hash in its name, so that nothing half written and nothing that a disk changed gets into a generation. It
states no time of its source: each copy gets that of the source that it lies beside.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from .generation import interpreter_key
from .layout import BYTECODE, FOR_ITS_OWNER
from .staging import staging
from .tree import CACHE_DIRECTORY, clone, remove_tree
from .trust import make_trusted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .store import Store

_NAME = re.compile(r"([0-9a-f]{64})\.[0-9a-f]{64}\.[A-Za-z0-9_-]+\.pyc")
#: In the header of a pyc: where the time and the size of the source stand.
_STAMP_AT = 8


class Source(NamedTuple):
    """A source file as it lies in a generation: its path, the hash of its content, its size and its time in ns."""

    path: str
    sha256: str
    size: int
    mtime_ns: int

    def stamp(self) -> bytes:
        """What the header of its bytecode states of it; the time is rounded as imports round it."""
        seconds, nanoseconds = divmod(self.mtime_ns, 10**9)
        numbers = int(seconds + 1e-9 * nanoseconds), self.size
        return b"".join((number & 0xFFFFFFFF).to_bytes(4, "little") for number in numbers)


def bytecode_cache(store: Store, interpreter: Mapping[str, Any]) -> BytecodeCache:
    """The cache for ``interpreter``, as a generation's record describes it. Callers are the writer of a venv."""
    path = os.path.join(store.cache(), BYTECODE, interpreter_key(interpreter))
    make_trusted(path, mode=FOR_ITS_OWNER)
    return BytecodeCache(path)


class BytecodeCache:
    """The bytecode in the directory ``path``; use :func:`bytecode_cache`."""

    def __init__(self, path: str) -> None:
        self._path = path
        #: Names of the files here, by the hash of the source.
        self._stored = _stored(path)
        self._cloning = True
        self._made: set[str] = set()

    @contextmanager
    def filling(self) -> Iterator[str]:
        """A new directory; what lies in it at the end, under names as they are here, is kept."""
        with staging(self._path) as directory:
            yield directory
            new = _stored(directory)
            for name in new.values():
                os.replace(os.path.join(directory, name), os.path.join(self._path, name))
            self._stored.update(new)

    def put_beside(self, source: Source) -> bool:
        """Put the bytecode of ``source`` where an import looks for it; tells whether it was kept here.

        An empty file stands for a source that cannot be compiled. One that is not what its name says is removed.
        """
        stored = self._stored.get(source.sha256)
        if stored is None:
            return False
        _source, sha256, suffix = stored.split(".", 2)
        path = os.path.join(self._path, stored)
        with _whole(path, sha256) as (content, descriptor):
            if content is not None:
                directory, module = os.path.split(source.path)
                caches = os.path.join(directory, CACHE_DIRECTORY)
                name = f"{os.path.splitext(module)[0]}.{suffix}"
                if content:
                    self._write(caches, name, content, source.stamp(), descriptor)
                return True
        del self._stored[source.sha256]
        remove_tree(path)
        return False

    def _write(self, directory: str, name: str, content: bytes, stamp: bytes, original: int) -> None:
        """Write ``content`` with ``stamp`` in its header; not where a package has a file in the place of the directory.

        It is cloned from the descriptor ``original`` where the file system can, never linked.
        """
        if directory not in self._made:
            with suppress(FileExistsError):
                os.mkdir(directory)
            self._made.add(directory)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(os.path.join(directory, name), flags, 0o444)
        except (FileExistsError, NotADirectoryError):
            return
        with open(descriptor, "wb") as stream:
            self._cloning = self._cloning and clone(original, descriptor)
            if self._cloning:
                os.pwrite(descriptor, stamp, _STAMP_AT)
            else:
                stream.write(content[:_STAMP_AT] + stamp + content[_STAMP_AT + len(stamp) :])


def _stored(path: str) -> dict[str, str]:
    return {match[1]: match[0] for match in filter(None, map(_NAME.fullmatch, os.listdir(path)))}


@contextmanager
def _whole(path: str, sha256: str) -> Iterator[tuple[bytes | None, int]]:
    """What the file holds, and its descriptor; None where it is not the regular file that it was."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        yield None, -1
        return
    try:
        content = None
        with suppress(OSError):  # a directory, or a disk that fails
            content = os.read(descriptor, os.fstat(descriptor).st_size)
        yield content if content is not None and hashlib.sha256(content).hexdigest() == sha256 else None, descriptor
    finally:
        os.close(descriptor)
