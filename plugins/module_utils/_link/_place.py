# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is where a project's link shall be, and how it is moved away."""

from __future__ import annotations

import errno
import os
import re
import time
from dataclasses import dataclass

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._checks import check_path
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._durable import fsync_folder

_NAME = re.compile(r"\.?[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Place:
    """Where a project's link is or shall be: ``name`` in the folder ``project``, a real path."""

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

    @property
    def staged(self) -> str:
        """The name that a new link has until it is renamed."""
        return os.path.join(self.project, f".{self.name}.new")


@dataclass(frozen=True)
class Occupant:
    """What is at ``path``.

    ``kind`` is ``absent``, ``link``, ``directory`` or ``file``; ``text`` is what a link says.
    """

    path: str
    kind: str
    text: str | None = None


def find_place(project: str, name: str) -> Place:
    """The place of the link; raises :class:`InputError` where there is no such folder, or for what is no name."""
    bare = name.rstrip("/")
    if not _NAME.fullmatch(bare):
        raise InputError(f"name: {name!r} cannot be the name of a link to a venv: use one such as 'venv' or '.venv'")
    if not os.path.isabs(project):
        raise InputError(f"project: {project!r} is relative, and a module has no folder to start from: give all of it")
    given = check_path(project, option="project")
    if not os.path.isdir(given):
        raise InputError(f"project: {project} is not a folder of this host: create it or correct the path")
    return Place(check_path(os.path.realpath(given), option="project"), bare)


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


def move_to_backup(path: str, *, now: float) -> str:
    """Rename the folder ``path`` to a free name with the time (UTC) beside it; returns that path."""
    wanted = f"{path}.backup-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))}"
    backup, count = wanted, 0
    while os.path.lexists(backup):
        count += 1
        backup = f"{wanted}-{count}"
    os.rename(path, backup)
    fsync_folder(os.path.dirname(path))
    return backup


def backups(path: str) -> list[str]:
    """The backups beside ``path``, oldest first."""
    folder, name = os.path.split(path)
    return sorted(os.path.join(folder, found) for found in os.listdir(folder) if found.startswith(f"{name}.backup-"))
