# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A collection as a source offers it: who it is, what each of its files must be, and how to read them.

What a collection says about itself is untrusted: fields may be null, paths may climb out, sizes may be without end.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import struct
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Callable

from .._errors import SourceError
from .._printable import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_LZMA_ERROR: type[Exception] = EOFError
with contextlib.suppress(ImportError):  # a Python can be built without, and then reads no such zip
    import lzma

    _LZMA_ERROR = lzma.LZMAError

#: The largest of the ``ansible`` package have 2,319 files or 24 MB, without their tests. What is far above is no
#: collection.
MAX_FILES = 20_000
MAX_BYTES = 1 << 28
MAX_METADATA_BYTES = 1 << 26
CHUNK = 1 << 20

_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
#: What reading a damaged zip or gzipped tar raises, an encrypted zip too, and one whose numbers make no sense.
DAMAGED = (
    zlib.error,
    EOFError,
    tarfile.TarError,
    zipfile.BadZipFile,
    RuntimeError,
    ValueError,
    OverflowError,
    struct.error,
    _LZMA_ERROR,
)


@dataclass(frozen=True)
class SourceFile:
    """A file while its source is read."""

    path: str
    executable: bool
    open: Callable[[], IO[bytes]]

    def chunks(self) -> Iterator[bytes]:
        """The bytes; raises :class:`SourceError` when they cannot be read."""
        try:
            with self.open() as stream:
                yield from iter(lambda: stream.read(CHUNK), b"")
        except (*DAMAGED, OSError) as error:
            raise SourceError(
                f"{shortened(self.path)} cannot be read from its source: {shortened(str(error))}"
            ) from error


@dataclass(frozen=True)
class Collection:
    """One version of a collection in a source.

    ``name`` is ``namespace.name``; ``dependencies`` maps names to ranges; ``checksums`` maps the relative path of
    each file to the sha256 that it must have; ``files`` reads them all, anew at each call. ``where`` is for messages.
    """

    name: str
    version: str
    dependencies: Mapping[str, str]
    requires_ansible: str | None
    checksums: Mapping[str, str]
    files: Callable[[], Iterator[SourceFile]]
    where: str

    @property
    def sha256(self) -> str:
        """See :func:`content_digest`."""
        return content_digest(self.checksums)


def content_digest(checksums: Mapping[str, str]) -> str:
    """The sha256 over (relative path, sha256) of all files, in hex: the same content gives the same from any source.

    Bytecode is no content, as no source delivers it; all else counts, the collection's own MANIFEST.json and
    FILES.json too.
    """
    lines = "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(checksums.items()))
    return hashlib.sha256(lines.encode("utf-8")).hexdigest()


def check_paths(paths: Iterable[str], *, where: str) -> None:
    """Raise :class:`SourceError` unless all are plain relative paths that can lie in one tree."""
    files = set(paths)
    if len(files) > MAX_FILES:
        raise SourceError(f"{where} has more than {MAX_FILES} files; that is not a collection")
    for path in files:
        if not is_plain(path):
            raise SourceError(
                f"{where} contains the path {path[:200]!r}, which is outside of the collection; nothing was unpacked"
            )
        directory = path.rpartition("/")[0]
        while directory:
            if directory in files:
                raise SourceError(f"{where} contains {directory!r} as a file and as a directory; nothing was unpacked")
            directory = directory.rpartition("/")[0]


def is_plain(path: str) -> bool:
    """Whether ``path`` is relative, stays where it starts, and can be written down."""
    try:
        parts = path.encode("utf-8").split(b"/")
    except UnicodeEncodeError:
        return False
    if len(path) > 1000 or _CONTROL.search(path):
        return False
    return all(part not in (b"", b".", b"..") and len(part) <= 255 for part in parts)


def is_bytecode(path: str) -> bool:
    """Whether a path is Python's own cache, which never counts as content."""
    return path.endswith((".pyc", ".pyo")) or "__pycache__" in path.split("/")


def sha256_of(stream: IO[bytes]) -> str:
    """The sha256 of what is left in ``stream``, in hex."""
    digest = hashlib.sha256()
    for chunk in iter(lambda: stream.read(CHUNK), b""):
        digest.update(chunk)
    return digest.hexdigest()


def read_limited(stream: IO[bytes], *, where: str) -> bytes:
    """A metadata file's bytes; raises :class:`SourceError` when it has no end."""
    data = stream.read(MAX_METADATA_BYTES + 1)
    if len(data) > MAX_METADATA_BYTES:
        raise SourceError(f"{where} is larger than {MAX_METADATA_BYTES >> 20} MiB, the maximum in a collection")
    return data
