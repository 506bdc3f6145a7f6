# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is where a project's link shall be, and who may write it."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._errors import InputError
from .._paths import check_path
from .._projects.entry import check_link_name
from .._store.durable import (
    has_staged_symlinks,
    remove_staged_symlinks,
)
from .._store.locks import locked
from .._store.trust import check_links

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class LinkPath:
    """Where a project's link is or shall be: ``name`` in the directory ``project``, a real path."""

    project: str
    name: str

    @property
    def path(self) -> str:
        """The link."""
        return os.path.join(self.project, self.name)

    @property
    def lock(self) -> str:
        """The lock file that its writer holds; it is there only while somebody writes, or after a crash."""
        return os.path.join(self.project, f".{self.name}.link-lock")


@dataclass(frozen=True)
class Occupant:
    """What is at ``path``.

    ``kind`` is ``absent``, ``link``, ``directory`` or ``file``; ``text`` is what a link says.
    """

    path: str
    kind: str
    text: str | None = None


def find_link_path(project: str, name: str) -> LinkPath:
    """The place of the link; raises :class:`InputError` where there is no such directory, or for what is no name."""
    bare = check_link_name(name, option="name")
    if not os.path.isabs(project):
        raise InputError(
            f"project: {project!r} is relative, and a module has no directory to start from: give all of it"
        )
    given = check_path(project, option="project")
    if not check_links(given) or not os.path.isdir(given):
        raise InputError(f"project: {project} is not a directory of this host: create it or correct the path")
    return LinkPath(check_path(os.path.realpath(given), option="project"), bare)


def find_occupant(path: str) -> Occupant:
    """What is at ``path``, links not followed."""
    try:
        return Occupant(path, "link", os.readlink(path))
    except FileNotFoundError:
        return Occupant(path, "absent")
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    return Occupant(path, "directory" if os.path.isdir(path) else "file")


def is_interrupted(place: LinkPath) -> bool:
    """Whether another run writes the link at this moment, or was killed while it did."""
    return os.path.lexists(place.lock) or has_staged_symlinks(place.path)


@contextmanager
def writing(place: LinkPath, *, timeout: float) -> Iterator[None]:
    """Be the one writer of the link. What a killed writer left goes, and in the end the lock file, too.

    The lock lies beside the link because whoever can write the one can write the other, and nobody else can open it.
    """
    with locked(place.lock, timeout=timeout, purpose=f"writing {place.path}") as descriptor:
        try:
            remove_staged_symlinks(place.path)
            yield
        finally:
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), os.lstat(place.lock)):
                    os.unlink(place.lock)
