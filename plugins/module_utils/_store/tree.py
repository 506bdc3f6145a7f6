# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A directory as data: what is in it, whether it is still the same, and how it is sealed and removed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Union

from .others import others_can_change

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CACHE_DIRECTORY = "__pycache__"
_CHUNK = 1 << 20
#: The ioctl of Linux that lets two files share their blocks until one is written to (btrfs, xfs).
_FICLONE = 0x40049409


class TreeEntry(NamedTuple):
    """A file or symlink: its path relative to the tree, its path, and its lstat."""

    relative: str
    path: str
    status: os.stat_result


#: The manifest's value for a file: sha256, size, mtime in ns; for a symlink: its target.
ManifestValue = Union[tuple[str, int, int], str]


@dataclass(frozen=True)
class TreeStatus:
    """What one lstat pass over a tree finds; no file is read.

    ``entries`` are the files and symlinks, without bytecode caches: those follow from their sources. ``caches`` are the
    paths of these caches. ``changeable`` is what another user than this one and root owns or can write, relative to the
    tree, which is ``.`` itself; caches are looked into.
    """

    entries: tuple[TreeEntry, ...]
    caches: tuple[str, ...]
    changeable: tuple[str, ...]

    def signature(self, *, without: frozenset[str] = frozenset()) -> str:
        """A digest over names, sizes and times of all files, which notices every ordinary change.

        ``without``: relative paths to leave out.
        """
        lines = sorted(_fingerprint(entry) for entry in self.entries if entry.relative not in without)
        return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()

    def manifest(self, *, without: frozenset[str] = frozenset()) -> dict[str, ManifestValue]:
        """Every file with its hash, size and time, every symlink with its target, by relative path."""
        return {entry.relative: _content(entry) for entry in self.entries if entry.relative not in without}

    def is_read_only(self) -> bool:
        """Whether no file can be written by anybody but root."""
        return not any(entry.status.st_mode & 0o222 for entry in self.entries if not stat.S_ISLNK(entry.status.st_mode))


def tree_status(root: str) -> TreeStatus:
    """Look once at everything in the directory ``root``; links are not followed."""
    entries: list[TreeEntry] = []
    caches: list[str] = []
    changeable = ["."] if others_can_change(os.lstat(root), root) else []
    for entry, in_cache in walk(root):
        if others_can_change(entry.status, entry.path):
            changeable.append(entry.relative)
        if stat.S_ISDIR(entry.status.st_mode):
            if not in_cache and os.path.basename(entry.path) == CACHE_DIRECTORY:
                caches.append(entry.path)
        elif not in_cache:
            entries.append(entry)
    return TreeStatus(tuple(entries), tuple(caches), tuple(changeable))


def walk(root: str, *, in_use: bool = False) -> Iterator[tuple[TreeEntry, bool]]:
    """Files, symlinks and directories below ``root``, each with whether it lies in a bytecode cache.

    Of a tree that is ``in_use``, what is removed meanwhile is left out; of others that is an error.
    """
    left_out = (FileNotFoundError,) if in_use else ()
    pending = [(root, "", False)]
    while pending:
        directory, prefix, in_cache = pending.pop()
        with suppress(*left_out), os.scandir(directory) as found:
            for item in found:
                with suppress(*left_out):
                    entry = TreeEntry(f"{prefix}{item.name}", item.path, item.stat(follow_symlinks=False))
                    if stat.S_ISDIR(entry.status.st_mode):
                        pending.append((item.path, f"{entry.relative}/", in_cache or item.name == CACHE_DIRECTORY))
                    yield entry, in_cache


def signature(root: str, *, without: frozenset[str] = frozenset()) -> str:
    """See :meth:`TreeStatus.signature`."""
    return tree_status(root).signature(without=without)


def _fingerprint(entry: TreeEntry) -> str:
    status = entry.status
    target = os.readlink(entry.path) if stat.S_ISLNK(status.st_mode) else ""
    return f"{entry.relative}\0{status.st_mode}\0{status.st_size}\0{status.st_mtime_ns}\0{target}"


def manifest(root: str, *, without: frozenset[str] = frozenset()) -> dict[str, ManifestValue]:
    """See :meth:`TreeStatus.manifest`."""
    return tree_status(root).manifest(without=without)


def _content(entry: TreeEntry) -> ManifestValue:
    if stat.S_ISLNK(entry.status.st_mode):
        return os.readlink(entry.path)
    digest = file_sha256(entry.path) if stat.S_ISREG(entry.status.st_mode) else ""  # a pipe has no end
    return (digest, entry.status.st_size, entry.status.st_mtime_ns)


def changeable_by_others(root: str) -> Iterator[str]:
    """See :attr:`TreeStatus.changeable`; here each is told when it is found, and the tree may be in use."""
    if others_can_change(os.lstat(root), root):
        yield "."
    for entry, _in_cache in walk(root, in_use=True):
        if others_can_change(entry.status, entry.path):
            yield entry.relative


def contents(files: Mapping[str, ManifestValue]) -> dict[str, str]:
    """A manifest without sizes and times: the hash of each file, the target of each symlink."""
    return {path: value if isinstance(value, str) else value[0] for path, value in files.items()}


def disk_bytes(root: str) -> int:
    """The bytes that the file ``root``, or those below it, take on disk, caches included; none where it is a link."""
    if os.path.islink(root):
        return 0
    total = 0
    for directory, _directories, files in os.walk(root) if os.path.isdir(root) else [("", [], [root])]:
        for name in files:
            with suppress(OSError):  # it is being built or removed, or has a path that is too long
                total += os.lstat(os.path.join(directory, name)).st_blocks
    return total * 512


def file_sha256(path: str) -> str:
    """The sha256 of a file's content, in hex."""
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as stream:
        for chunk in iter(lambda: stream.read(_CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()


def json_sha256(value: Any) -> str:
    """The sha256 of a value's canonical JSON, in hex."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def note_use(path: str) -> None:
    """Give what is at ``path`` the time of now, by which it is seen when it was last used."""
    with suppress(OSError):  # somebody removed it, or it is another user's
        os.utime(path, follow_symlinks=False)


def make_read_only(root: str) -> None:
    """Take the right to write from everything below ``root``, whatever the umask was; ``root`` itself is left."""
    for entry, _in_cache in walk(root):
        mode = entry.status.st_mode
        if not stat.S_ISLNK(mode):
            wanted = 0o555 if stat.S_ISDIR(mode) or mode & 0o100 else 0o444
            if stat.S_IMODE(mode) != wanted:
                os.chmod(entry.path, wanted)


def clone(source: int, target: int) -> bool:
    """Let the open file ``target`` share the blocks of ``source`` until one is written to; tells whether it can."""
    if sys.platform != "linux":
        return False
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:  # another file system, or one that cannot
        return False
    return True


def remove_tree(root: str) -> None:
    """Remove whatever is at ``root``, if anything; directories may be read-only, and links are not followed."""
    if os.path.islink(root) or not os.path.isdir(root):
        with suppress(FileNotFoundError):
            os.unlink(root)
        return
    _open(root)
    for _directory, directories, files, descriptor in os.fwalk(root, topdown=False):
        for name in files:
            os.unlink(name, dir_fd=descriptor)
        for name in directories:
            if _is_link(name, descriptor):
                os.unlink(name, dir_fd=descriptor)
            else:
                os.rmdir(name, dir_fd=descriptor)
    os.rmdir(root)


def _open(root: str) -> None:
    """Make each directory writable. A whole path can be longer than the system takes, so all is below a descriptor."""
    os.chmod(root, 0o700)
    for _directory, directories, _files, descriptor in os.fwalk(root):
        for name in directories:
            if not _is_link(name, descriptor):
                os.chmod(name, 0o700, dir_fd=descriptor)


def _is_link(name: str, directory: int) -> bool:
    return stat.S_ISLNK(os.lstat(name, dir_fd=directory).st_mode)
