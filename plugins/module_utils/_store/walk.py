# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The one walk along a path: from ``/``, by descriptors, link by link, as the kernel goes when it opens the path."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: As many as Linux follows before it says that links lead in a circle.
_MAX_LINKS = 40
#: A directory that may be searched and not listed can be opened so; macOS has no such flag.
_SEARCH = getattr(os, "O_PATH", os.O_RDONLY)


class LinkLoopError(Exception):
    """Links lead in a circle."""


@dataclass(frozen=True)
class Step:
    """What is at ``path``, a real directory and a name in it. ``status`` is None where nothing is there.

    A directory was opened, as ``opened``, and ``status`` is that of what was opened, whatever has its name now. All
    else is ``name`` in the directory ``parent``. Both descriptors are open until the next step. ``is_last`` tells that
    the path has no more names, links not followed.
    """

    path: str
    status: os.stat_result | None
    name: str = ""
    parent: int = -1
    opened: int = -1
    is_last: bool = True

    @property
    def is_link(self) -> bool:
        return self.status is not None and stat.S_ISLNK(self.status.st_mode)

    @property
    def is_file(self) -> bool:
        """Whether it is something that no way leads through."""
        return self.status is not None and self.opened < 0 and not self.is_link


class PathWalk:
    """The steps along the absolute ``path``; ``here`` is the real directory that was reached, ``pending`` what is left.

    Where nothing is at a step, whoever walks can make a directory there, in ``step.parent``; else the walk ends, as it
    does at a file. Raises OSError where the system does, and :class:`LinkLoopError`.
    """

    def __init__(self, path: str) -> None:
        self.here = "/"
        self.pending = _names(path)
        self._descriptor = -1
        self._links = 0

    def steps(self) -> Iterator[Step]:
        """One for each name on the way, and one for ``/`` wherever the way starts there; the last is what is found."""
        try:
            yield self._enter("/", None)
            while self.pending:
                name = self.pending[-1]
                status = self._look(name)
                if status is None:
                    yield self._step(name, None)
                    status = self._look(name)
                if status is None:
                    return
                if stat.S_ISDIR(status.st_mode):
                    yield self._enter(name, self._descriptor)
                    continue
                yield self._step(name, status)
                if not stat.S_ISLNK(status.st_mode):
                    return
                if self._follow(name):
                    yield self._enter("/", None)
                elif not self.pending:  # a link to its own directory
                    yield self._arrived(".")
        finally:
            self._hold(-1)

    def _look(self, name: str) -> os.stat_result | None:
        try:
            return os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def _step(self, name: str, status: os.stat_result | None) -> Step:
        path, is_last = os.path.join(self.here, name), len(self.pending) == 1
        return Step(path, status, name, parent=self._descriptor, is_last=is_last)

    def _arrived(self, name: str) -> Step:
        """The directory that the walk has reached."""
        status, is_last = os.fstat(self._descriptor), not self.pending
        return Step(self.here, status, name, opened=self._descriptor, is_last=is_last)

    def _follow(self, name: str) -> bool:
        """Put what the link says in its place; tells whether that starts from ``/``."""
        self._links += 1
        if self._links > _MAX_LINKS:
            raise LinkLoopError(os.path.join(self.here, name))
        text = os.readlink(name, dir_fd=self._descriptor)
        self.pending[-1:] = _names(text)
        return text.startswith("/")

    def _enter(self, name: str, parent: int | None) -> Step:
        """Open the directory ``name``: what was opened counts, not the name."""
        descriptor = os.open(name, _SEARCH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        self._hold(descriptor)
        if parent is None:
            self.here = "/"
        else:
            self.here = os.path.normpath(os.path.join(self.here, name))
            self.pending.pop()
        return self._arrived(name)

    def _hold(self, descriptor: int) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = descriptor


@dataclass(frozen=True)
class Trail:
    """Where a path leads.

    ``end`` is free of links, whether something is there or not. ``visited`` are all paths that were looked up on the
    way, in order. With ``looping`` there is no end, and ``end`` is the link at which the search stopped.
    """

    end: str
    visited: tuple[str, ...]
    looping: bool = False


def follow(path: str) -> Trail:
    """Where the absolute ``path`` leads. Below what is not there, or cannot be looked at, nothing counts as a link."""
    walk = PathWalk(path)
    visited: list[str] = []
    try:
        for step in walk.steps():
            if not step.is_file and step.status is not None and step.name not in ("/", ".", ".."):
                visited.append(step.path)
    except LinkLoopError as error:
        return Trail(str(error), tuple(visited), looping=True)
    except (OSError, ValueError):
        pass
    end = walk.here
    for name in reversed(walk.pending):
        end = os.path.normpath(os.path.join(end, name))
        visited += [end] if name != ".." else []
    return Trail(end, tuple(visited))


def leads_through(link: str, public: str) -> bool:
    """Whether the way from ``link`` passes ``public``, another link, of which this is the :func:`real_link`."""
    return real_link(link) != public and public in follow(link).visited


def real_link(path: str) -> str:
    """``path`` with the links in its directory resolved, and not what it leads to itself, if it is a link."""
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def _names(path: str) -> list[str]:
    """The names in ``path``, the first one last."""
    return [name for name in path.split("/") if name not in ("", ".")][::-1]
