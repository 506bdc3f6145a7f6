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
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from .._errors import StoreError
from .others import others_can_write, owned_by_another
from .walk import LinkLoopError, PathWalk, Step

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

#: The mode of directories that are made on the way.
_ON_THE_WAY = 0o755


def check_trusted(path: str, *, sticky: bool = False) -> bool:
    """Whether the absolute ``path`` is there.

    Raises :class:`StoreError` where another user owns or can write ``path``, a directory on the way to it, or a link on
    that way. With ``sticky`` the directory ``path`` may let others add names, as ``/tmp`` does.
    """
    with closing(_checked_steps(path, sticky=sticky)) as steps:
        return all(step.status is not None for step in steps)


def check_can_write(path: str, *, sticky: bool = False) -> None:
    """Raise :class:`StoreError` where this user can make nothing in the directory ``path``, or not make it at all.

    Nothing is made here, so that it is known before a build, and in check mode. ``sticky`` as in :func:`check_trusted`.
    """
    with closing(_checked_steps(path, sticky=sticky)) as steps:
        missing = next((step.path for step in steps if step.status is None), None)
        reason = why_not_writable(path if missing is None else os.path.dirname(missing))
    if reason is not None:
        raise StoreError(
            f"{path} cannot be used: {reason}; choose a path of your own, or run this as a user who can write there"
        )


def why_not_writable(directory: str) -> str | None:
    """Why this user can make nothing in ``directory``, which is there; None where nothing prevents it."""
    effective = os.access in os.supports_effective_ids
    if os.access(directory, os.W_OK | os.X_OK, effective_ids=effective):
        return None
    if os.statvfs(directory).f_flag & os.ST_RDONLY:
        return f"{directory} is on a read-only file system"
    return f"this user (uid {os.geteuid()}) has no permission to write to {directory}"


def is_reachable(path: str) -> bool:
    """Whether every user can go into the trusted directory ``path``."""
    with closing(_checked_steps(path)) as steps:
        return all(step.status is not None and (step.is_link or step.status.st_mode & stat.S_IXOTH) for step in steps)


def make_trusted(path: str, *, mode: int) -> None:
    """Let the directory ``path`` be there, with ``mode`` if it is made here, whatever the umask is.

    Raises :class:`StoreError` as :func:`check_trusted` does, and where this user cannot make it.
    """
    with closing(_checked_steps(path, mode=mode)) as steps:
        end = list(steps)[-1]
    if end.status is None:  # Another user can have made that name, and removed it after we saw it.
        raise StoreError(f"{path} cannot be used: something removes it while it is made; choose another path")
    if end.is_file:
        raise StoreError(f"{path} cannot be used: it is a file and not a directory; choose another path")


def check_links(path: str) -> bool:
    """Whether the absolute ``path`` is there.

    Raises :class:`StoreError` for a link on the way that belongs to another user, unless what it leads to in the end is
    that user's as well: root works in the projects of others, and is not sent anywhere else by them.
    """
    foreign: list[tuple[str, os.stat_result]] = []
    end: os.stat_result | None = None
    with closing(_steps(path)) as steps:
        for step in steps:
            end = step.status
            if end is not None and step.is_link and owned_by_another(end):
                foreign.append((step.path, end))
    if end is None:
        return False
    for place, status in foreign:
        if status.st_uid != end.st_uid:
            _check_owner(path, place, status)
    return True


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
                f"{path} cannot be used as a store: {place} is a link or a file and not a directory; remove it, or "
                "choose another store"
            )
        _check_status(path, Step(place, status, place), status, sticky=False)


def make_own_directories(path: str, modes: dict[str, int]) -> None:
    """Let the directories in ``modes`` be in the trusted directory ``path``, each with its mode, whatever the umask."""
    name = ""
    try:
        with _opened(path, os.O_RDONLY | os.O_DIRECTORY) as parent:
            for name, mode in modes.items():
                _make_directory(name, mode, parent)
    except OSError as error:
        place = os.path.join(path, name)
        raise _unusable(path, place, error) from error


def _checked_steps(path: str, *, sticky: bool = False, mode: int | None = None) -> Generator[Step, None, None]:
    """The steps to ``path``, none of which another user can exchange. With ``mode`` directories that miss are made.

    On the way the sticky bit is enough: others can add names there, and replace none of ours. ``sticky`` says that it
    is enough at the end as well.
    """
    with closing(_steps(path)) as steps:
        for step in steps:
            if step.status is None and mode is not None:
                _make_step(path, step, mode if step.is_last else _ON_THE_WAY)
            elif step.status is not None:
                _check_status(path, step, step.status, sticky=sticky or not step.is_last)
            yield step


def _steps(path: str) -> Generator[Step, None, None]:
    """The steps of a walk; whatever ends it early is an error that names the path."""
    walk = PathWalk(path)
    try:
        for step in walk.steps():
            yield step
            if step.is_file and not step.is_last:
                raise StoreError(f"{path} cannot be used: {step.path} is a file and not a directory; correct the path")
    except LinkLoopError as error:
        raise StoreError(f"{path} cannot be used: the path has a loop of links at {error}; remove that link") from error
    except OSError as error:
        raise _unusable(path, os.path.join(walk.here, error.filename or ""), error) from error


def _make_step(path: str, step: Step, mode: int) -> None:
    try:
        _make_directory(step.name, mode, step.parent)
    except OSError as error:
        raise _unusable(path, step.path, error) from error


def _unusable(path: str, place: str, error: OSError) -> StoreError:
    return StoreError(f"{path} cannot be used: {place}: {error.strerror}; correct this, or choose another path")


def _check_status(path: str, step: Step, status: os.stat_result, *, sticky: bool) -> None:
    _check_owner(path, step.path, status)
    if sticky and stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX:
        return
    name, parent = (".", step.opened) if step.opened >= 0 else (step.name, step.parent)
    if others_can_write(status, name, parent=parent):
        raise StoreError(
            f"{path} cannot be used: others can write to {step.path} and so change the code that is run from there; "
            f"remove that permission (chmod go-w {step.path}) or choose another path"
        )


def _check_owner(path: str, place: str, status: os.stat_result) -> None:
    if owned_by_another(status):
        raise StoreError(
            f"{path} cannot be used: {place} belongs to another user (uid {status.st_uid}), who could change the "
            "code that is run from there; choose a path of your own, or run this as that user"
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
