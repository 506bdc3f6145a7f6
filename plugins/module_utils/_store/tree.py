# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A directory as data: what is in it, whether it is still the same, and how it is sealed and removed."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Union

from .trust import others_can_change

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CACHE_DIRECTORY = "__pycache__"
_CHUNK = 1 << 20


class TreeEntry(NamedTuple):
    """A file or symlink: its path relative to the tree, its path, and its lstat."""

    relative: str
    path: str
    status: os.stat_result


#: The manifest's value for a file: sha256, size, mtime in ns; for a symlink: its target.
ManifestValue = Union[tuple[str, int, int], str]


def walk(root: str) -> Iterator[TreeEntry]:
    """Every file and symlink below ``root``, bytecode caches left out: they follow from their sources."""
    pending = [(root, "")]
    while pending:
        directory, prefix = pending.pop()
        with os.scandir(directory) as found:
            for item in found:
                if item.is_dir(follow_symlinks=False):
                    if item.name != _CACHE_DIRECTORY:
                        pending.append((item.path, f"{prefix}{item.name}/"))
                else:
                    yield TreeEntry(f"{prefix}{item.name}", item.path, item.stat(follow_symlinks=False))


def signature(root: str, *, without: frozenset[str] = frozenset()) -> str:
    """A digest over names, sizes and times of all files: one lstat pass that notices every ordinary change.

    ``without``: relative paths to leave out.
    """
    lines = sorted(_fingerprint(entry) for entry in walk(root) if entry.relative not in without)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _fingerprint(entry: TreeEntry) -> str:
    status = entry.status
    target = os.readlink(entry.path) if stat.S_ISLNK(status.st_mode) else ""
    return f"{entry.relative}\0{status.st_mode}\0{status.st_size}\0{status.st_mtime_ns}\0{target}"


def manifest(root: str, *, without: frozenset[str] = frozenset()) -> dict[str, ManifestValue]:
    """Every file with its hash, size and time, every symlink with its target, by relative path."""
    content: dict[str, ManifestValue] = {}
    for entry in walk(root):
        if entry.relative in without:
            continue
        if stat.S_ISLNK(entry.status.st_mode):
            content[entry.relative] = os.readlink(entry.path)
        else:
            digest = file_sha256(entry.path) if stat.S_ISREG(entry.status.st_mode) else ""  # a pipe has no end
            content[entry.relative] = (digest, entry.status.st_size, entry.status.st_mtime_ns)
    return content


def changeable_by_others(root: str) -> Iterator[str]:
    """What is in the directory ``root`` that another user than this one and root owns or can write.

    Paths are relative to ``root``, which is ``.`` itself; links are not followed, and caches are looked into.
    """
    if others_can_change(os.lstat(root)):
        yield "."
    pending = [(root, "")]
    while pending:
        directory, prefix = pending.pop()
        with os.scandir(directory) as found:
            for item in found:
                if others_can_change(item.stat(follow_symlinks=False)):
                    yield f"{prefix}{item.name}"
                if item.is_dir(follow_symlinks=False):
                    pending.append((item.path, f"{prefix}{item.name}/"))


def contents(files: Mapping[str, ManifestValue]) -> dict[str, str]:
    """A manifest without sizes and times: the hash of each file, the target of each symlink."""
    return {path: value if isinstance(value, str) else value[0] for path, value in files.items()}


def is_read_only(root: str) -> bool:
    """Whether no file below ``root`` can be written by anybody but root."""
    return not any(entry.status.st_mode & 0o222 for entry in walk(root) if not stat.S_ISLNK(entry.status.st_mode))


def disk_bytes(root: str) -> int:
    """The bytes that the files below ``root`` take on disk, caches included; none where ``root`` is a link."""
    total = 0
    for directory, _directories, files in () if os.path.islink(root) else os.walk(root):
        for name in files:
            with suppress(FileNotFoundError):  # it is being built or removed
                total += os.lstat(os.path.join(directory, name)).st_blocks
    return total * 512


def file_sha256(path: str) -> str:
    """The sha256 of a file's content, in hex."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for chunk in iter(lambda: stream.read(_CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()


def json_sha256(value: Any) -> str:
    """The sha256 of a value's canonical JSON, in hex."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def make_read_only(root: str) -> None:
    """Take the right to write from everything below ``root``, whatever the umask was; ``root`` itself is left."""
    for directory, directories, files in os.walk(root):
        for name in files:
            path = os.path.join(directory, name)
            if not os.path.islink(path):
                os.chmod(path, 0o555 if os.stat(path).st_mode & 0o100 else 0o444)
        for name in directories:
            path = os.path.join(directory, name)
            if not os.path.islink(path):
                os.chmod(path, 0o555)


def remove_tree(root: str) -> None:
    """Remove a tree whose directories may be read-only, or a link; nothing happens when it is not there."""
    if os.path.islink(root):
        os.unlink(root)
        return
    if not os.path.lexists(root):
        return
    for directory, directories, files in _walk_opening(root):
        for name in [*files, *(name for name in directories if os.path.islink(os.path.join(directory, name)))]:
            os.unlink(os.path.join(directory, name))
    for directory, _directories, _files in os.walk(root, topdown=False):
        os.rmdir(directory)


def _walk_opening(root: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """``os.walk`` that makes each directory writable before it goes in."""
    os.chmod(root, 0o700)
    for directory, directories, files in os.walk(root):
        for name in directories:
            path = os.path.join(directory, name)
            if not os.path.islink(path):
                os.chmod(path, 0o700)
        yield directory, directories, files
