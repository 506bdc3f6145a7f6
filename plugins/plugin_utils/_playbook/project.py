# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The project that a playbook belongs to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

#: What tells that a directory is a project.
MARKS = ("ansible.cfg", ".git", "galaxy.yml", "requirements.yml", "roles", "collections")

_HOMES = ("/home", "/Users")
_SHARED = (*_HOMES, "/etc", "/opt", "/root", "/srv", "/tmp", "/usr/local", "/var/tmp")  # noqa: S108 (to leave them out)


@dataclass(frozen=True)
class FoundProject:
    """``playbook`` is its path in ``directory``, which is ``marked``, or else only where the playbook lies."""

    directory: str
    playbook: str
    marked: bool


def find_project(playbook: str, *, current: str) -> FoundProject:
    """The directory with a mark above ``playbook``, the nearest one; all paths are absolute.

    The current directory comes first where it has a mark and is above the playbook too: Ansible takes its
    ``ansible.cfg``. A directory that holds more than projects is never one: the root, a home, ``/tmp``, and what is
    above them.
    """
    directory = os.path.realpath(os.path.dirname(playbook))
    above = [one for one in _upwards(directory) if not _holds_more(one)]
    marked = [one for one in above if any(os.path.lexists(os.path.join(one, mark)) for mark in MARKS)]
    here = os.path.realpath(current)
    project = here if here in marked else next(iter(marked), directory)
    path = os.path.relpath(os.path.join(directory, os.path.basename(playbook)), project)
    return FoundProject(project, path, bool(marked))


def check_shippable(project: str) -> None:
    """Raise :class:`InputError` for a directory that is never sent to another host as a whole."""
    if _holds_more(os.path.realpath(project)):
        raise InputError(
            f"project: {project} contains more than a project, such as keys and files of other programs, and is not "
            "sent to another host. Put the playbook and its files into a directory of their own, and set project to it"
        )


def _upwards(directory: str) -> Iterator[str]:
    yield directory
    while directory != os.path.dirname(directory):
        directory = os.path.dirname(directory)
        yield directory


def _holds_more(directory: str) -> bool:
    """Whether a directory is shared by what has nothing to do with each other."""
    places = (*map(os.path.realpath, (os.path.expanduser("~"), *_SHARED)),)
    is_a_home = os.path.dirname(directory) in _HOMES
    return is_a_home or any(f"{place}/".startswith(f"{directory.rstrip('/')}/") for place in places)
