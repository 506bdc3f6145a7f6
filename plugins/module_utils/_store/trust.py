# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Paths that nobody but this user and root can change: the door before a store, and before a program that is started.

A path is walked from ``/`` by descriptors, link by link, and what was opened is checked, not the name. Each directory
on the way belongs to this user or to root, and no other can write to it; in one with the sticky bit (``/tmp``) others
can add names but not replace ours. So what was found in order once stays so until this user or root changes it.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .._errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: As many as Linux follows before it says that links lead in a circle.
_MAX_LINKS = 40
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
#: A directory that may be searched and not listed can be opened so; macOS has no such flag.
_SEARCH = getattr(os, "O_PATH", os.O_RDONLY)
#: The mode of directories that are made on the way.
_ON_THE_WAY = 0o755


def check_trusted(path: str, *, sticky: bool = False) -> bool:
    """Whether the absolute ``path`` is there.

    Raises :class:`StoreError` where another user owns or can write ``path``, a directory on the way to it, or a link on
    that way. With ``sticky`` the directory ``path`` may let others add names, as ``/tmp`` does.
    """
    return _walked(_Walk(path, sticky=sticky))


def check_links(path: str) -> bool:
    """Whether the absolute ``path`` is there.

    Raises :class:`StoreError` for a link on the way that belongs to another user, unless what it leads to in the end is
    that user's as well: root works in the projects of others, and is not sent anywhere else by them.
    """
    return _walked(_LinkWalk(path))


def _walked(walk: _Walk) -> bool:
    with walk.started():
        while walk.pending:
            part = walk.pending.pop()
            status = walk.look(part)
            if status is None:
                return False
            walk.enter(part, status)
        walk.finish()
    return True


def others_can_change(status: os.stat_result) -> bool:
    """Whether another user than this one and root owns what has this ``status``, or can write to it."""
    writable = status.st_mode & _OTHERS_WRITE and not stat.S_ISLNK(status.st_mode)
    return status.st_uid not in (0, os.geteuid()) or bool(writable)


def make_trusted(path: str, *, mode: int) -> None:
    """Let the directory ``path`` be there, with ``mode`` if it is made here, whatever the umask is.

    Raises :class:`StoreError` as :func:`check_trusted` does, and where this user cannot make it.
    """
    walk = _Walk(path)
    with walk.started():
        while walk.pending:
            part = walk.pending.pop()
            status = walk.look(part) or walk.make(part, _ON_THE_WAY if walk.pending else mode)
            walk.enter(part, status)
    if walk.ended_at_file:
        raise StoreError(f"{path} cannot be used: it is a file and not a directory; choose another path")


def check_own_directories(path: str, names: tuple[str, ...]) -> None:
    """Raise :class:`StoreError` unless each of ``names`` in the trusted directory ``path`` is a trusted directory.

    A link is none, whoever made it: nothing of a store lies elsewhere. One that is not there is in order.
    """
    if not os.path.isdir(path):
        raise StoreError(f"{path} cannot be used: it is a file and not a directory; choose another path")
    for name in names:
        place = os.path.join(path, name)
        try:
            status = os.lstat(place)
        except FileNotFoundError:
            continue
        if not stat.S_ISDIR(status.st_mode):
            raise StoreError(
                f"{path} cannot be used as a store: {place} is a link or a file, not a directory; remove it, or choose "
                "another store"
            )
        _check_status(path, place, status)


def make_own_directories(path: str, modes: dict[str, int]) -> None:
    """Let the directories in ``modes`` be in the trusted directory ``path``, each with its mode, whatever the umask."""
    name = ""
    try:
        with _opened(path, os.O_RDONLY | os.O_DIRECTORY) as parent:
            for name, mode in modes.items():
                _make_directory(name, mode, parent)
    except OSError as error:
        place = os.path.join(path, name)
        raise StoreError(
            f"{path} cannot be used: {place}: {error.strerror}; correct that, or choose another path"
        ) from error


class _Walk:
    """The walk along a path: where it is, and the names that are left to go, the next one last."""

    def __init__(self, path: str, *, sticky: bool = False) -> None:
        self.path = path
        self.pending = _names(path)
        self._sticky = sticky
        self.ended_at_file = False
        self._place = "/"
        self._descriptor = -1
        self._links = 0

    @contextmanager
    def started(self) -> Iterator[None]:
        """Hold the directory where the walk is; an error of the system names the path."""
        try:
            self._go_to("/", None)
            yield
        except OSError as error:
            place = os.path.join(self._place, error.filename or "")
            raise StoreError(
                f"{self.path} cannot be used: {place}: {error.strerror}; correct that, or choose another path"
            ) from error
        finally:
            if self._descriptor >= 0:
                os.close(self._descriptor)

    def look(self, name: str) -> os.stat_result | None:
        """What ``name`` is here, links not followed; None where there is nothing."""
        try:
            return os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def make(self, name: str, mode: int) -> os.stat_result:
        """Make the directory ``name`` here, unless somebody was faster; :meth:`enter` checks whose it is."""
        _make_directory(name, mode, self._descriptor)
        return os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)

    def enter(self, name: str, status: os.stat_result) -> None:
        """Go on to ``name``, which is what ``status`` says; a link leaves the names that it says for later."""
        place = os.path.join(self._place, name)
        if stat.S_ISLNK(status.st_mode):
            self._follow(name, place, status)
        elif stat.S_ISDIR(status.st_mode):
            self._go_to(name, self._descriptor)
        else:
            self.check(place, status)
            if self.pending:
                raise StoreError(f"{self.path} cannot be used: {place} is a file and not a directory; correct the path")
            self.ended_at_file = True

    def check(self, place: str, status: os.stat_result) -> None:
        """Raise :class:`StoreError` where others could put something else in the place of what is there."""
        on_the_way = bool(self.pending) or self._sticky
        if stat.S_ISLNK(status.st_mode):
            _check_owner(self.path, place, status)
        else:
            _check_status(self.path, place, status, on_the_way=on_the_way)

    def finish(self) -> None:
        """Called where the walk has ended."""

    def _follow(self, name: str, place: str, status: os.stat_result) -> None:
        self.check(place, status)
        self._links += 1
        if self._links > _MAX_LINKS:
            raise StoreError(f"{self.path} cannot be used: links lead in a circle at {place}; remove that link")
        text = os.readlink(name, dir_fd=self._descriptor)
        self.pending += _names(text)
        if text.startswith("/"):
            self._go_to("/", None)

    def _go_to(self, name: str, parent: int | None) -> None:
        """Open the directory ``name`` and check what was opened; only the last one must not be sticky either."""
        self._place = "/" if parent is None else os.path.normpath(os.path.join(self._place, name))
        descriptor = os.open(name, _SEARCH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = descriptor
        self.check(self._place, os.fstat(descriptor))


class _LinkWalk(_Walk):
    """A walk that looks at the owners of links alone."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._foreign: list[tuple[str, os.stat_result]] = []
        self._end = -1

    def check(self, place: str, status: os.stat_result) -> None:
        if not stat.S_ISLNK(status.st_mode):
            self._end = status.st_uid
        elif status.st_uid not in (0, os.geteuid()):
            self._foreign.append((place, status))

    def finish(self) -> None:
        for place, status in self._foreign:
            if status.st_uid != self._end:
                _check_owner(self.path, place, status)


def _names(path: str) -> list[str]:
    """The names in ``path``, the first one last."""
    return [name for name in path.split("/") if name not in ("", ".")][::-1]


def _check_status(path: str, place: str, status: os.stat_result, *, on_the_way: bool = False) -> None:
    _check_owner(path, place, status)
    if status.st_mode & _OTHERS_WRITE and not (on_the_way and status.st_mode & stat.S_ISVTX):
        raise StoreError(
            f"{path} cannot be used: others can write to {place} and so plant code in what is run from there; take "
            f"that right away (chmod go-w {place}) or choose another path"
        )


def _check_owner(path: str, place: str, status: os.stat_result) -> None:
    if status.st_uid not in (0, os.geteuid()):
        raise StoreError(
            f"{path} cannot be used: {place} belongs to another user (uid {status.st_uid}), who could plant code in "
            "what is run from there; choose a path of your own, or work as that user"
        )


def _make_directory(name: str, mode: int, parent: int) -> None:
    """Make a directory with exactly ``mode``: a umask, a setgid bit or a default ACL of its parent changes nothing."""
    try:
        os.mkdir(name, 0o700, dir_fd=parent)
    except FileExistsError:
        if stat.S_IMODE(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode) == mode:
            return
    with _opened(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, parent) as descriptor:
        if os.fstat(descriptor).st_uid == os.geteuid():
            os.fchmod(descriptor, mode)


@contextmanager
def _opened(name: str, flags: int, parent: int | None = None) -> Iterator[int]:
    descriptor = os.open(name, flags | os.O_CLOEXEC, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
