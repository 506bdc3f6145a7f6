# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is at the path of a project's link, and who may write it."""

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
from .._store.locks import is_still, locked
from .._store.trust import check_links

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .._projects.entry import Project


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


def find_link_path(project: str, name: str, *, option: str = "project") -> LinkPath:
    """Where the link is; raises :class:`InputError` where there is no such directory, or for what is no name.

    ``option`` is the one that gave ``project``.
    """
    bare = check_link_name(name, option="name")
    if not os.path.isabs(project):
        raise InputError(f"{option}: {project!r} is a relative path; give an absolute path")
    given = check_path(project, option=option)
    if not check_links(given) or not os.path.isdir(given):
        raise InputError(f"{option}: {project} is not a directory of this host: create it or correct the path")
    return LinkPath(check_path(os.path.realpath(given), option=option), bare)


def find_link_paths(projects: Sequence[Project], *, option: str = "projects") -> list[LinkPath]:
    """Where the link of each project is; two that mean the same link, by different paths, are an error too."""
    found: dict[str, LinkPath] = {}
    for project in projects:
        location = find_link_path(project.path, project.link_name, option=option)
        if location.path in found:
            raise InputError(f"{option}: {project.path} is {location.project}, which is listed already; list it once")
        found[location.path] = location
    return list(found.values())


def link_text(target: str, *, directory: str, relative: bool) -> str:
    """What a link in ``directory`` (a real path) says to lead to ``target`` (normalised)."""
    return os.path.relpath(target, directory) if relative else target


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


def check_can_link(projects: Sequence[Project], *, replace: bool) -> None:
    """Raise :class:`InputError` where the link of a project cannot be made; with ``replace`` a directory can go."""
    for location in find_link_paths(projects):
        try:
            check_occupant(find_occupant(location.path), replace=replace)
        except PermissionError as error:
            raise InputError(
                f"{location.project} cannot be read by this user; change its permissions, or remove it from the "
                "option 'projects'"
            ) from error


def check_occupant(occupant: Occupant, *, replace: bool) -> None:
    """Raise :class:`InputError` where no link may be put."""
    if occupant.kind == "file":
        raise InputError(f"{occupant.path} is a file at the path of the link to the venv: move it away")
    if occupant.kind == "directory" and not replace:
        raise InputError(
            f"{occupant.path} is a directory and not a link: run the playbook mobile_ansible.venv.migrate, which keeps "
            "it as a backup beside the link (in a task of your own set 'replace: true')"
        )


def is_interrupted(location: LinkPath) -> bool:
    """Whether another run writes the link at this moment, or was killed while it did."""
    return os.path.lexists(location.lock) or has_staged_symlinks(location.path)


@contextmanager
def writing(location: LinkPath, *, timeout: float) -> Iterator[None]:
    """Be the one writer of the link. What a killed writer left goes, and in the end the lock file, too.

    The lock lies beside the link because whoever can write the one can write the other, and nobody else can open it.
    """
    with locked(location.lock, timeout=timeout, purpose=f"writing {location.path}") as descriptor:
        try:
            remove_staged_symlinks(location.path)
            yield
        finally:
            if is_still(location.lock, descriptor):
                with suppress(FileNotFoundError):
                    os.unlink(location.lock)
