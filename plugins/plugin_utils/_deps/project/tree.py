# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The one door to files that are analysed: a directory and what is below it, opened step by step from its descriptor.

A path is followed by hand, link by link, and given up where it leaves the directory: nothing outside is looked at, not
even whether it is there. What is opened is opened relative to the descriptor of the directory above it and through no
link, so that a link that takes its place in between leads nowhere.
"""

from __future__ import annotations

import errno
import os
import stat
import weakref
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.walk import follow

from .stamp import Stamp, stamp_of

MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_ENTRIES = 50_000
#: More links than this on one way are a circle, as for the kernel.
_MAX_LINKS = 40
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
#: Errors that say that a path is none.
_NOTHING_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL})
#: Why a path that leaves the tree is not read: by what it says itself, or by a link.
OUTSIDE = "it points outside of the project and is not followed"
LINK_OUT = "a link on its path points outside of the project and is not followed; replace the link with a copy"
#: What follows where the user can decide that.
OR_FOLLOW = ", or set follow_outside if you trust the project"


class OutsideError(Exception):
    """A path that leaves the tree; ``link`` is the link in the tree that does, None when the path itself says so."""

    #: Whether it would be followed if the user let it.
    may_follow = False

    def __init__(self, link: Path | None) -> None:
        super().__init__("it is outside of the directory")
        self.link = link


@dataclass(frozen=True)
class FoundEntry:
    """What a path ends at: its real ``path``, and what is there."""

    path: Path
    is_file: bool
    is_directory: bool


class Tree:
    """What may be read: the directory ``root``, named by the user or by a verified source."""

    def __init__(self, root: Path) -> None:
        # Not ``resolve``, to which some versions of Python add an error for a circle of links.
        self.root = Path(os.path.realpath(root))
        self._base = self.root.parts
        self._given = Path(os.path.abspath(root)).parts
        self._directories: set[tuple[str, ...]] = set()
        self._found: dict[str, FoundEntry | None] = {}
        #: What was found at each path below the root that was looked at.
        self.looked: dict[str, Stamp] = {}
        try:
            self._descriptor = os.open(self.root, _DIRECTORY)
        except OSError as error:
            raise InputError(f"{root} is not a readable directory: {error.strerror}") from error
        weakref.finalize(self, os.close, self._descriptor)

    def locate(self, path: Path) -> FoundEntry | None:
        """What ``path`` ends at, links followed; None when nothing is there, :class:`OutsideError` when it leaves.

        It is looked for once: what is read is opened by the way that was found.
        """
        key = str(path)
        if key not in self._found:
            self._found[key] = self._located(path)
        return self._found[key]

    def _located(self, path: Path) -> FoundEntry | None:
        pending = self._steps(path)
        here: list[str] = []
        links: list[Path] = []
        kind = stat.S_IFDIR
        while pending:
            part = pending.pop()
            if part in ("/", "//"):
                here = ["/"]
                continue
            if part == "..":
                here, kind = here[:-1] or here, stat.S_IFDIR
                continue
            here.append(part)
            if not self._is_below(here, links):
                kind = stat.S_IFDIR
                continue
            mode = self._mode(here)
            kind = stat.S_IFMT(mode)
            if kind == stat.S_IFLNK:
                links.append(Path(*here))
                if len(links) > _MAX_LINKS:
                    return None
                pending += self._steps(Path(os.readlink(self._relative(here), dir_fd=self._descriptor)))
                here.pop()
                kind = stat.S_IFDIR
            elif not mode or (pending and kind != stat.S_IFDIR):
                return None
        if len(here) < len(self._base):
            raise OutsideError(links[-1] if links else None)
        real = path if path.parts == tuple(here) else Path(*here)
        return FoundEntry(real, kind == stat.S_IFREG, kind == stat.S_IFDIR)

    def read(self, path: Path, *, limit: int = MAX_FILE_BYTES, cut: bool = False) -> bytes:
        """The content of a regular file; raises OSError for anything else.

        Of more than ``limit`` bytes the first are given when it may be ``cut``, else that is an OSError too.
        """
        found = self.locate(path)
        if found is None or not found.is_file:
            raise OSError("it is not a regular file")
        with os.fdopen(self._open(found.path, _FILE), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError("it is not a regular file")
            data = file.read(limit + 1)
        if len(data) > limit and not cut:
            raise OSError(errno.EFBIG, f"it is larger than {limit} bytes")
        return data[:limit]

    def entries(self, path: Path) -> list[str]:
        """The sorted names in a directory, none when it is not one; no more than one above ``MAX_ENTRIES``."""
        found = self.locate(path)
        if found is None or not found.is_directory:
            return []
        descriptor = self._open(found.path, _DIRECTORY)
        try:
            self.looked[str(found.path)] = stamp_of(os.fstat(descriptor))
            with os.scandir(descriptor) as entries:
                return sorted(entry.name for entry in islice(entries, MAX_ENTRIES + 1))
        finally:
            os.close(descriptor)

    def _steps(self, path: Path) -> list[str]:
        """The parts of a path, the next one last; the root by its real name, however it was given."""
        parts = path.parts
        if parts[: len(self._given)] == self._given:
            parts = (*self._base, *parts[len(self._given) :])
        return list(reversed(parts))

    def _is_below(self, here: list[str], links: list[Path]) -> bool:
        """Whether ``here`` is below the root, False on the way to it, which is known without a look."""
        if len(here) > len(self._base):
            return True
        if tuple(here) != self._base[: len(here)]:
            raise OutsideError(links[-1] if links else None)
        return False

    def _relative(self, here: list[str]) -> str:
        return "/".join(here[len(self._base) :])

    def _mode(self, here: list[str]) -> int:
        """The mode of what is there, a link's own; 0 when there is nothing."""
        key = tuple(here)
        if key in self._directories:
            return stat.S_IFDIR
        status = self._status(here)
        is_directory = status is not None and stat.S_ISDIR(status.st_mode)
        if is_directory:
            self._directories.add(key)
        if status is None or not is_directory:
            self.looked["/".join(here)[1:]] = None if status is None else stamp_of(status)
        else:
            self.looked.setdefault("/".join(here)[1:], [stat.S_IFDIR])
        return status.st_mode if status is not None else 0

    def _status(self, here: list[str]) -> os.stat_result | None:
        """What is there, a link's own; None when there is nothing."""
        try:
            return os.stat(self._relative(here), dir_fd=self._descriptor, follow_symlinks=False)
        except ValueError:  # a NUL, or half a character
            return None
        except OSError as error:
            if error.errno in _NOTHING_THERE:
                return None
            raise

    def _open(self, path: Path, flags: int) -> int:
        """Open a real path below the root from directory to directory."""
        parts = path.parts[len(self._base) :] or (".",)
        here = os.dup(self._descriptor)
        for index, part in enumerate(parts, start=1):
            above = here
            try:
                here = os.open(part, flags if index == len(parts) else _DIRECTORY, dir_fd=above)
            finally:
                os.close(above)
        return here


class TrustedTree(Tree):
    """The package of ansible-core: some installers link each of its files to their cache, and these are followed."""

    def locate(self, path: Path) -> FoundEntry | None:
        """See :meth:`Tree.locate`."""
        try:
            return super().locate(path)
        except OutsideError as error:
            if error.link is None:
                raise
        return FoundEntry(path, os.path.isfile(path), os.path.isdir(path))

    def _open(self, path: Path, flags: int) -> int:
        return os.open(path, flags & ~os.O_NOFOLLOW)


def is_below(path: Path, directory: Path) -> bool:
    """As ``Path.is_relative_to``, which takes ten times as long: it puts both paths together anew."""
    parts = directory.parts
    return path.parts[: len(parts)] == parts


def leads_out(reason: str) -> bool:
    """Whether it is the reason for a path that leaves the tree: Ansible goes there."""
    return reason.startswith((LINK_OUT, OUTSIDE))


def real_path(path: Path) -> Path:
    """Where a path that the user names ends, with all links followed."""
    return Path(os.path.realpath(path))


def way_to(path: Path) -> tuple[str, ...]:
    """All paths that are looked up when a path that the user names is opened, with those that links lead to."""
    return follow(str(path)).visited


def is_directory(path: Path) -> bool:
    """Whether a path that the user names is a directory, or leads to one."""
    return path.is_dir()
