# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A collection in a tarball, as ``ansible-galaxy collection build`` makes it.

Nothing is ever extracted by ``tarfile``, with or without a filter: only bytes of regular members are read, and every
path that is written is one of ours. That holds on every Python, also where there is no ``filter="data"``.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING

from .._bounded_reader import BoundedReader
from .._errors import SourceError
from .._printable import shortened
from .collection import (
    DAMAGED,
    MAX_BYTES,
    MAX_FILES,
    Collection,
    SourceFile,
    check_paths,
    read_limited,
    sha256_of,
)
from .links import expand_links
from .manifest import (
    FILES,
    MANIFEST,
    RUNTIME,
    Manifest,
    check_listing,
    parse_files,
    parse_manifest,
    requires_ansible,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: What tarfile reads at once into memory are headers; a long one is a bomb.
_LONGEST_READ = 1 << 24
_METADATA = (MANIFEST, FILES, RUNTIME)


@dataclass(frozen=True)
class _Member:
    """A regular file in the tar: its own path in it, whether it can be executed, the sha256 of its bytes."""

    path: str
    executable: bool
    sha256: str


def manifest_of_tarball(path: str) -> Manifest:
    """Who is in the tarball, without looking at the rest: MANIFEST.json comes first in it."""
    with _opened(path) as archive:
        for member in archive:
            if _plain(member.name) == MANIFEST and member.isreg():
                return parse_manifest(_read(archive, member, f"{MANIFEST} in {path}"), where=f"{MANIFEST} in {path}")
    raise SourceError(f"{path} has no {MANIFEST}: it was not built by ansible-galaxy collection build")


def read_tarball(path: str) -> Collection:
    """The collection in a tarball, every file checked against FILES.json; raises :class:`SourceError`."""
    members, links, metadata = _survey(path)
    if MANIFEST not in metadata or FILES not in metadata:
        raise SourceError(
            f"{path} has no {MANIFEST} or no {FILES}: it was not built by ansible-galaxy collection build"
        )
    check_paths([*members, *links], where=path)
    manifest = parse_manifest(metadata[MANIFEST], where=f"{MANIFEST} in {path}")
    listed = parse_files(metadata[FILES], manifest=manifest, where=f"{FILES} in {path}")
    everything = expand_links(members, links, where=path)
    present = {name: member.sha256 for name, member in everything.items() if name in members or name in links}
    check_listing(present, listed, complete=True, where=path)
    return Collection(
        name=manifest.name,
        version=manifest.version,
        dependencies=manifest.dependencies,
        requires_ansible=requires_ansible(metadata.get(RUNTIME, b"")),
        checksums={name: member.sha256 for name, member in everything.items()},
        files=partial(_files, path, everything),
        where=path,
    )


def _survey(path: str) -> tuple[dict[str, _Member], dict[str, str], dict[str, bytes]]:
    """Read the tar once: its regular files, its symlinks, the bytes of its metadata."""
    members: dict[str, _Member] = {}
    links: dict[str, str] = {}
    metadata: dict[str, bytes] = {}
    size = 0
    with _opened(path) as archive:
        for number, member in enumerate(archive):
            name = _plain(member.name)
            size += member.size
            if number >= 2 * MAX_FILES or size > MAX_BYTES:
                raise SourceError(
                    f"{path} unpacks to more than {MAX_FILES} files or {MAX_BYTES >> 20} MiB; nothing was unpacked"
                )
            if member.isdir():
                continue
            if name in members or name in links:
                raise SourceError(f"{path} contains '{shortened(name)}' twice; nothing was unpacked")
            if member.issym():
                links[name] = member.linkname
            elif member.isreg() and not member.issparse():
                if name in _METADATA:
                    metadata[name] = _read(archive, member, f"{name} in {path}")
                    stream: IO[bytes] = io.BytesIO(metadata[name])
                else:
                    stream = _stream(archive, member)
                members[name] = _Member(name, bool(member.mode & 0o100), sha256_of(stream))
            else:
                raise SourceError(
                    f"{path} contains '{shortened(name)}', which is neither a file, a directory nor a symlink; nothing "
                    "was unpacked"
                )
    return members, links, metadata


def _files(path: str, everything: Mapping[str, _Member]) -> Iterator[SourceFile]:
    """Each file in the order of the tar, which can be read forwards only at a fair price."""
    wanted: dict[str, list[str]] = {}
    for name, member in everything.items():
        wanted.setdefault(member.path, []).append(name)
    with _opened(path) as archive:
        for header in archive:
            for name in wanted.get(_plain(header.name), ()) if header.isreg() else ():
                yield SourceFile(name, everything[name].executable, partial(_stream, archive, header))


@contextmanager
def _opened(path: str) -> Iterator[tarfile.TarFile]:
    try:
        with open(path, "rb") as raw, gzip.GzipFile(fileobj=raw) as unpacked:
            reader = BoundedReader(
                unpacked, 2 * MAX_BYTES, longest_read=_LONGEST_READ, failure=partial(_failure, path), rewinds=True
            )
            with tarfile.TarFile(path, fileobj=reader, encoding="utf-8") as archive:
                yield archive
    except DAMAGED as error:
        raise SourceError(
            f"{path} is not a complete gzipped tar file: {shortened(str(error))}; fetch or build it again"
        ) from error
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error


def _failure(path: str, what: str) -> SourceError:
    return SourceError(f"{path} is not a collection: it {what}; nothing was unpacked")


def _plain(name: str) -> str:
    return name[2:] if name.startswith("./") else name


def _stream(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    stream = archive.extractfile(member)
    if stream is None:
        raise SourceError(f"'{shortened(member.name)}' in the tarball has no content")
    return stream


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo, where: str) -> bytes:
    return read_limited(_stream(archive, member), where=where)
