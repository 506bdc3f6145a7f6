# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The projects that the playbooks of a command line belong to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from .._deps.project.names import split_playbook
from .._playbook.project import FoundProject, find_project

#: What is behind /dev/stdin and /dev/fd/63 is no file of a project.
_DEVICES = ("/dev", "/proc")


@dataclass(frozen=True)
class PlaybookProject:
    """A directory, and playbooks in it by their relative paths, or by their full names in a collection."""

    root: str
    playbooks: tuple[str, ...]


def projects_of(playbooks: Sequence[str], *, current: str) -> list[PlaybookProject]:
    """The projects of ``playbooks``, as the user names them; raises :class:`InputError` for what cannot be analysed.

    A playbook of a collection belongs to the project of the directory ``current``.
    """
    found: dict[str, list[str]] = {}
    for given in playbooks:
        path = os.path.join(current, given)
        is_file = os.path.isfile(path) and not os.path.realpath(os.path.dirname(path)).startswith(_DEVICES)
        if not is_file and split_playbook(given) is None:
            raise InputError(_reason(given, path))
        project = find_project(path, current=current)
        found.setdefault(project.directory, []).append(project.playbook if is_file else given)
    return [PlaybookProject(root, tuple(names)) for root, names in found.items()]


def found_projects(playbooks: Sequence[str], *, current: str) -> list[FoundProject]:
    """The projects of ``playbooks``, whatever these are."""
    return [find_project(os.path.join(current, given), current=current) for given in playbooks]


def _reason(given: str, path: str) -> str:
    if not given:
        return "the name of a playbook is empty; give its path"
    if not os.path.lexists(path):
        return f"the playbook {given} does not exist"
    if os.path.isdir(path) or not os.path.exists(path):
        return f"the playbook {given} is {'a directory' if os.path.isdir(path) else 'a link that leads nowhere'}"
    return (
        f"the playbook {given} is not a regular file, so it cannot be analysed before it is run: write it to a file, "
        "or list what it requires in a profile (--venv-profile)"
    )
