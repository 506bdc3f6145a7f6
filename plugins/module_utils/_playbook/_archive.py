# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Pack a project so that it can be shipped, and unpack it on the other side. Nothing may lead out of its folder."""

from __future__ import annotations

import glob
import gzip
import os
import stat
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Folders that hold no part of a project: histories, caches, other environments.
LEFT_OUT = frozenset({
    ".git", ".hg", ".svn", "__pycache__", ".tox", ".nox", ".venv", ".ansible", "node_modules",
    ".mypy_cache", ".pytest_cache", ".ruff_cache",
})  # fmt: skip
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Entry:
    """One thing to pack: ``source`` on disk, ``name`` in the archive; a symlink has its ``target``.

    ``mode`` replaces the permissions that the source has.
    """

    source: str
    name: str
    size: int = 0
    target: str | None = None
    mode: int | None = None


@dataclass
class Contents:
    """What goes into an archive, in a fixed order."""

    entries: list[Entry] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.entries)

    def name_of(self, path: str) -> str | None:
        """The name under which ``path`` is in the archive, if it is."""
        return next((entry.name for entry in self.entries if entry.source == path), None)

    def add_tree(self, root: str, name: str) -> None:
        """Add the folder ``root`` under ``name``, without :data:`LEFT_OUT`, virtual environments and links to such."""
        self.entries.append(Entry(root, name))
        for path in sorted(walk(root)):
            self.entries.append(_entry(path, root=root, name=f"{name}/{os.path.relpath(path, root)}"))

    def add_private_file(self, path: str, name: str) -> None:
        """Add one file that only its owner can read on the other side; a link is followed, for the user named it."""
        mode = 0o700 if os.stat(path).st_mode & stat.S_IXUSR else 0o600
        self.entries.append(Entry(os.path.realpath(path), name, os.path.getsize(path), mode=mode))

    def check_size(self, limit: int, *, what: str) -> None:
        """Raise :class:`InputError` when there are more than ``limit`` MiB; it names the largest files."""
        if self.size <= limit * _MIB:
            return
        largest = sorted(self.entries, key=lambda entry: entry.size, reverse=True)[:3]
        named = ", ".join(f"{entry.name} ({entry.size // _MIB} MiB)" for entry in largest)
        raise InputError(
            f"{what} has {self.size // _MIB} MiB, more than the limit of {limit} MiB: {named} are the largest. "
            "Take them out of the folder, name a smaller project, or raise project_limit"
        )

    def write(self, path: str) -> None:
        """Write a gzipped tar file, readable by its owner only; equal trees give equal bytes."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream, gzip.GzipFile("", "wb", 6, stream, mtime=0) as packed:
            with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
                for entry in self.entries:
                    _pack(archive, entry)


def walk(root: str) -> Iterator[str]:
    """All paths below ``root`` that belong to a project, links not followed."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not _is_left_out(folder, name))
        for name in [*folders, *files]:
            path = os.path.join(folder, name)
            if not name.endswith((".pyc", ".pyo")) and not _is_left_out(folder, name):
                yield path


def unpack(path: str, target: str) -> None:
    """Unpack a tar file into the folder ``target``, over no file that is there.

    Folders, files, and links that stay inside are made; anything else is refused.

    Links are made last, so that no file is ever written through one. Works on every Python: the ``filter`` argument of
    ``extractall`` is missing from older ones.
    """
    os.makedirs(target, mode=0o700, exist_ok=True)
    links: list[tuple[str, str]] = []
    folders: list[tuple[str, int]] = []
    with tarfile.open(path, mode="r:gz") as archive:
        for member in archive:
            place = _inside(target, member.name)
            if member.isdir():
                os.makedirs(place, mode=0o700, exist_ok=True)
                folders.append((place, member.mode))
            elif member.issym():
                _inside(target, os.path.join(os.path.dirname(member.name), member.linkname))
                links.append((place, member.linkname))
            elif member.isreg():
                _unpack_file(archive, member, place)
            else:
                raise InputError(f"{member.name!r} in the archive is neither a file nor a folder nor a link")
    for place, linked in links:
        os.symlink(linked, place)
    for place, mode in reversed(folders):
        os.chmod(place, mode & 0o777 | 0o700)


def _entry(path: str, *, root: str, name: str) -> Entry:
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return Entry(path, name, target=_link_target(path, root))
    if stat.S_ISREG(status.st_mode):
        return Entry(path, name, status.st_size)
    if stat.S_ISDIR(status.st_mode):
        return Entry(path, name)
    raise InputError(
        f"{path} is neither a file nor a folder nor a link: it cannot be shipped; take it out of the project"
    )


def _link_target(path: str, root: str) -> str:
    """The target of a link, relative, if it stays in ``root``."""
    text = os.readlink(path)
    target = os.path.normpath(os.path.join(os.path.dirname(path), text))
    inside = target == root or target.startswith(root + os.sep)
    resolved, real_root = os.path.realpath(path), os.path.realpath(root)
    if not inside or not (resolved == real_root or resolved.startswith(real_root + os.sep)):
        raise InputError(
            f"{path} is a link to {text}, out of the project folder {root}: what it points to would be missing on the "
            "other host. Copy it into the project, or name a project folder that holds both"
        )
    return os.path.relpath(target, os.path.dirname(path))


def _is_left_out(folder: str, name: str) -> bool:
    path = os.path.join(folder, name)
    return (name in LEFT_OUT and os.path.isdir(path)) or os.path.isfile(os.path.join(path, "pyvenv.cfg"))


def _pack(archive: tarfile.TarFile, entry: Entry) -> None:
    status = os.lstat(entry.source)
    info = tarfile.TarInfo(entry.name)
    info.mtime = int(status.st_mtime)
    info.mode = entry.mode or stat.S_IMODE(status.st_mode) & 0o777
    if entry.target is not None:
        info.type, info.linkname = tarfile.SYMTYPE, entry.target
        archive.addfile(info)
    elif stat.S_ISDIR(status.st_mode):
        info.type = tarfile.DIRTYPE
        archive.addfile(info)
    else:
        with open(entry.source, "rb") as stream:
            info.size = os.fstat(stream.fileno()).st_size
            archive.addfile(info, stream)


def _inside(root: str, name: str) -> str:
    place = os.path.normpath(os.path.join(root, name))
    if place != root and not place.startswith(root + os.sep):
        raise InputError(f"{name!r} in the archive leads out of its folder")
    return place


def _unpack_file(archive: tarfile.TarFile, member: tarfile.TarInfo, place: str) -> None:
    os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    source = archive.extractfile(member)
    with os.fdopen(descriptor, "wb") as stream:
        for block in iter(lambda: source.read(_MIB) if source else b"", b""):
            stream.write(block)
    os.chmod(place, member.mode & 0o777)
    os.utime(place, (member.mtime, member.mtime))


def matches(root: str, patterns: Iterable[str]) -> list[str]:
    """The regular files that the globs name, folders with all below them; links that lead out are left out."""
    real_root = os.path.realpath(root)
    found: set[str] = set()
    for pattern in patterns:
        for path in glob.glob(os.path.join(glob.escape(root), pattern), recursive=True):
            candidates = walk(path) if os.path.isdir(path) else [path]
            found.update(candidate for candidate in candidates if os.path.isfile(candidate))
    return sorted(path for path in found if os.path.realpath(path).startswith(real_root + os.sep))
