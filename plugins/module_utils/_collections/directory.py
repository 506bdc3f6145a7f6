# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A collection in a directory with MANIFEST.json: installed, or unpacked.

It must be what FILES.json lists, with two exceptions that are known (``manifest.check_listing``): files for developers
may be missing, as where the ``ansible`` package was unpacked, and bytecode that Python wrote there is left out.
"""

from __future__ import annotations

import os
import stat
from functools import partial
from typing import IO, TYPE_CHECKING

from .._errors import SourceError
from .collection import (
    MAX_FILES,
    Collection,
    SourceFile,
    check_paths,
    is_bytecode,
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
    from collections.abc import Container, Iterator, Mapping


def manifest_of_directory(path: str) -> Manifest:
    """Who is in the directory, without looking at the rest."""
    where = os.path.join(path, MANIFEST)
    return parse_manifest(read_file(where), where=where)


def read_directory(path: str) -> Collection:
    """The collection in a directory with MANIFEST.json, every file checked against FILES.json; raises
    :class:`SourceError`."""
    manifest = manifest_of_directory(path)
    where = os.path.join(path, FILES)
    listed = parse_files(read_file(where), manifest=manifest, where=where)
    files, links = _find_files(path, known={*listed, MANIFEST, FILES})
    checksums = {name: _sha256_of_file(real_path) for name, real_path in files.items()}
    check_listing(checksums, listed, complete=False, where=path)
    paths = expand_links(files, links, where=path)
    return Collection(
        name=manifest.name,
        version=manifest.version,
        dependencies=manifest.dependencies,
        requires_ansible=requires_ansible(read_file(paths[RUNTIME])) if RUNTIME in paths else None,
        checksums=expand_links(checksums, links, where=path),
        files=partial(_files_at, paths),
        where=path,
    )


def _find_files(root: str, *, known: Container[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Every file below ``root`` by its relative path, and the symlinks to directories with their targets.

    Raises :class:`SourceError` for what is neither file, directory nor a symlink inside. A file that is ``known`` by
    its sha256 may be a symlink to the outside: some installers link each file to their cache.
    """
    files: dict[str, str] = {}
    links: dict[str, str] = {}
    pending = [""]
    while pending:
        prefix = pending.pop()
        for item in _scan(os.path.join(root, prefix)):
            name = prefix + item.name
            if is_bytecode(name):
                continue
            if item.is_dir(follow_symlinks=False):
                pending.append(f"{name}/")
            elif item.is_dir():
                links[name] = target_inside(root, name)
            elif not item.is_file():
                raise SourceError(
                    f"{item.path} is neither a file nor a directory, or a symlink to a path that does not exist; "
                    "remove it"
                )
            else:
                if item.is_symlink() and name not in known:
                    target_inside(root, name)
                files[name] = item.path
        if len(files) + len(links) > MAX_FILES:
            raise SourceError(f"{root} has more than {MAX_FILES} files; that is not a collection")
    check_paths([*files, *links], where=root)
    return files, links


def _files_at(paths: Mapping[str, str]) -> Iterator[SourceFile]:
    """Each file of ``paths``, which maps relative paths to real ones."""
    for name, real_path in sorted(paths.items()):
        yield SourceFile(name, os.access(real_path, os.X_OK), partial(_open_regular, real_path))


def _sha256_of_file(path: str) -> str:
    """The sha256 of a regular file, in hex; raises :class:`SourceError` when it cannot be read."""
    with _open_regular(path) as stream:
        return sha256_of(stream)


def read_file(path: str) -> bytes:
    """The bytes of a metadata file; raises :class:`SourceError` when it cannot be read or is too large."""
    with _open_regular(path) as stream:
        return read_limited(stream, where=path)


def _open_regular(path: str) -> IO[bytes]:
    """Open without waiting: what was a file a moment ago may be a pipe now."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SourceError(f"{path} is not a regular file")
    return os.fdopen(descriptor, "rb")


def _scan(directory: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as found:
            return list(found)
    except OSError as error:
        raise SourceError(f"{directory} cannot be read: {error.strerror}") from error


def target_inside(root: str, name: str) -> str:
    """The target of the symlink ``name``, relative to the directory that it lies in."""
    real_path = os.path.join(root, name)
    real_root = os.path.realpath(root)
    target = os.path.realpath(real_path)
    if os.path.commonpath([real_root, target]) != real_root:
        raise SourceError(f"{real_path} is a symlink that leaves the collection; remove it or put a copy there")
    return os.path.relpath(target, os.path.join(real_root, os.path.dirname(name)))
