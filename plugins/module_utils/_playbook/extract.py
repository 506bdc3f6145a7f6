# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Write the members of a tar below a directory: the one door for archives, whichever way they travel.

Everything is opened relative to a descriptor, and no link is ever followed: what an archive says about paths cannot
lead out, whatever is on the disk. ``tarfile`` only reads here. It never extracts, so that this holds on every Python.
"""

from __future__ import annotations

import errno
import gzip
import os
import tarfile
import zlib
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from .._bounded_reader import MIB, BoundedReader
from .._errors import InputError
from .._printable import is_printable, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 1 << 16
#: What tarfile reads in one piece are headers: a long path and a long target, with a margin.
_LONGEST_READ = 1 << 17
#: Headers for all members that follow; tar files of people have none or a few.
_GLOBAL_HEADERS = 20
_LONGEST_NAME = 255
#: Bytes of a path: the system takes 4096, with those of the directory in which all is unpacked.
_LONGEST_PATH = 3072
#: What a member takes in the tar beside its content.
_HEADERS = 12 * _BLOCK
#: What damaged or hostile archives make tarfile, gzip and zlib raise.
_DAMAGED = (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile, ValueError, ArithmeticError, RecursionError)


class ArchiveError(InputError):
    """An archive that is damaged, too large or leads out of its directory."""

    code = "bad_archive"


@dataclass(frozen=True)
class ExtractionLimits:
    """What an archive may hold: bytes of all files, number of files and directories, directories in one another."""

    size: int
    files: int
    depth: int

    @property
    def transfer(self) -> int:
        """The most bytes of such an archive itself, packed or not."""
        return self.size + self.files * _HEADERS + MIB


#: For what this collection packed itself: the project's own limit was checked before it was packed.
NO_LIMITS = ExtractionLimits(size=1 << 50, files=1 << 30, depth=_LONGEST_PATH)


@dataclass
class Extracted:
    """What was written, and what was left out with the reason; ``links`` are symlinks that nobody made yet."""

    files: list[str] = field(default_factory=list)
    directories: list[tuple[str, int]] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    size: int = 0


def extract(
    stream: IO[bytes],
    directory: int,
    *,
    limits: ExtractionLimits,
    keep_modes: bool = False,
    is_packed: bool = True,
) -> Extracted:
    """Write regular files and directories below the descriptor ``directory``, which should be empty.

    The stream is that of a gzipped tar, or without ``is_packed`` of a plain one.

    Links, devices and sparse files are left out and told. Without ``keep_modes`` nobody but the owner gets any right,
    and nothing gets a special bit. Raises :class:`ArchiveError`; what was written until then is the caller's to remove.
    """
    done = Extracted()
    try:
        with gzip.GzipFile(fileobj=stream) if is_packed else nullcontext(stream) as unpacked:
            limit = limits.transfer + _BLOCK
            reader = BoundedReader(unpacked, limit, longest_read=_LONGEST_READ, failure=_failure)
            with tarfile.TarFile(fileobj=reader, encoding="utf-8") as archive:
                extraction = _Extraction(archive, directory, limits, keep_modes, done)
                for number, member in enumerate(archive, start=1):
                    if number > limits.files:
                        raise ArchiveError(f"the archive contains more than {limits.files} files and directories")
                    if len(archive.pax_headers) > _GLOBAL_HEADERS:
                        raise ArchiveError("the archive has too many global headers")
                    extraction.take(member)
            _check_end(reader)
    except _DAMAGED as error:
        raise ArchiveError(f"the archive is damaged or not a gzipped tar ({type(error).__name__})") from error
    return done


def open_directory(name: str, *, parent: int | None = None, make: bool = False) -> int:
    """A descriptor of the directory ``name`` in ``parent``, which is no link; it is made with mode 0700 if missing."""
    if make:
        with suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=parent)
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)


def _check_end(reader: BoundedReader) -> None:
    """Raise unless the tar came to its own end (tarfile stops silently at a bad header), gzip to its checksum."""
    if reader.last != bytes(_BLOCK):
        raise ArchiveError("the archive is damaged or cut off")
    while reader.read(_CHUNK):
        pass


def _failure(what: str) -> ArchiveError:
    return ArchiveError(f"the archive {what}")


@dataclass(frozen=True)
class _Extraction:
    """Takes members of ``archive`` into the descriptor ``directory``, and notes them in ``done``."""

    archive: tarfile.TarFile
    directory: int
    limits: ExtractionLimits
    keep_modes: bool
    done: Extracted

    def take(self, member: tarfile.TarInfo) -> None:
        """Write a regular file or a directory; leave out the rest."""
        parts = _parts(member.name, self.limits)
        name = "/".join(parts)
        if not is_printable(name):
            self.done.left_out.append(f"{printable(name)!r} (its name is not printable)")
        elif member.isdir():
            with opened(self.directory, parts):
                self.done.directories.append((name, member.mode))
        elif member.isreg() and not parts:
            self.done.left_out.append("'.' (not a valid file name)")
        elif member.isreg() and not member.issparse():
            with opened(self.directory, parts[:-1]) as parent:
                self._write(member, parent, parts[-1])
            self.done.files.append(name)
        else:
            if member.issym():
                self.done.links.append((name, member.linkname))
            self.done.left_out.append(f"{name} ({_kind(member)})")

    def _write(self, member: tarfile.TarInfo, parent: int, name: str) -> None:
        if member.size < 0 or self.done.size + member.size > self.limits.size:
            raise ArchiveError(f"the archive unpacks to more than {self.limits.size // MIB} MiB")
        try:
            descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=parent)
        except FileExistsError as error:
            raise ArchiveError(f"the archive contains {member.name!r} twice") from error
        with os.fdopen(descriptor, "wb") as stream:
            for block in self._blocks(member):
                self.done.size += len(block)
                stream.write(block)
            stream.flush()
            os.fchmod(descriptor, member.mode & 0o777 if self.keep_modes else 0o600 | member.mode & 0o100)
            if 0 <= member.mtime < 1 << 33:  # not NaN either
                os.utime(descriptor, (member.mtime, member.mtime))

    def _blocks(self, member: tarfile.TarInfo) -> Iterator[bytes]:
        source = self.archive.extractfile(member)
        left = member.size
        while left:
            block = source.read(min(_CHUNK, left)) if source else b""
            if not block:
                raise ArchiveError("the archive is damaged or cut off")
            left -= len(block)
            yield block


@contextmanager
def opened(directory: int, parts: list[str]) -> Iterator[int]:
    """The descriptor of a directory some levels down, each made if it is missing, none of them a link."""
    current = os.dup(directory)
    try:
        for number, part in enumerate(parts, start=1):
            try:
                below = open_directory(part, parent=current, make=True)
            except OSError as error:
                if error.errno not in (errno.ENOTDIR, errno.ELOOP):
                    raise
                raise ArchiveError(f"the archive contains {'/'.join(parts[:number])!r} twice") from error
            os.close(current)
            current = below
        yield current
    finally:
        os.close(current)


def _parts(name: str, limits: ExtractionLimits) -> list[str]:
    """The names that lead to a member, one below the other."""
    size = len(os.fsencode(name))
    if size > _LONGEST_PATH:
        raise ArchiveError(f"the archive has a path of {size} bytes: {printable(name[:60])!r}…")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or "\0" in name:
        raise ArchiveError(f"{printable(name)!r} in the archive is a path outside of its directory")
    if len(parts) > limits.depth + 1:
        raise ArchiveError(f"the archive has more than {limits.depth} nested directories: {name[:60]!r}…")
    if any(len(os.fsencode(part)) > _LONGEST_NAME for part in parts if is_printable(part)):
        raise ArchiveError(f"the archive has a name that is longer than {_LONGEST_NAME} bytes: {name[:60]!r}…")
    return parts


def _kind(member: tarfile.TarInfo) -> str:
    if member.issym() or member.islnk():
        return f"a link to {printable(member.linkname[:200])}"
    return "a sparse file" if member.issparse() else "neither a file nor a directory"
