# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The project that a playbook belongs to."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._paths import is_host_list
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.credentials import homes, is_credential
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.project_files import is_inside

#: What tells that a directory is a project.
MARKS = ("ansible.cfg", ".git", "galaxy.yml", "requirements.yml", "roles", "collections")

#: Where the homes of all users are, and other directories that hold what has nothing to do with each other.
_HOMES = ("/home", "/Users", "/export/home", "/usr/home", "/var/home")
_SHARED = (*_HOMES, "/etc", "/opt", "/root", "/srv", "/tmp", "/usr/local", "/var/tmp")  # noqa: S108 (to leave them out)


@dataclass(frozen=True)
class FoundProject:
    """``playbook`` is its path in ``directory``, which is ``marked``, or else only where the playbook lies."""

    directory: str
    playbook: str
    marked: bool

    @property
    def path(self) -> str:
        """The path of the playbook."""
        return os.path.join(self.directory, self.playbook)


def find_project(playbook: str, *, current: str) -> FoundProject:
    """The directory with a mark above ``playbook``, the nearest one.

    The current directory comes first where it has a mark and is above the playbook too: Ansible takes its
    ``ansible.cfg``. A directory that holds more than projects is never one: the root, a home, ``/tmp``, and what is
    above them. Links on the way are resolved. A playbook that is a link lies where the link lies, as for Ansible, but
    where it leads if that is not in the project.
    """
    here = os.path.realpath(current)
    path = os.path.join(here, playbook)
    found = _project_above(path, here)
    real = os.path.realpath(path)
    return found if is_inside(real, found.directory) else _project_above(real, here)


def named_project(path: str, playbooks: Sequence[str]) -> tuple[str, list[str]]:
    """The project directory of ``path`` and the playbooks in it; a relative path starts at the current directory."""
    current = os.getcwd()
    absolute = os.path.join(current, os.path.expanduser(path))
    if os.path.isdir(absolute):
        return os.path.realpath(absolute), list(playbooks)
    if not os.path.isfile(absolute):
        reason = "is neither a playbook nor a project directory" if os.path.exists(absolute) else "does not exist"
        raise InputError(f"path: {absolute} {reason}")
    if playbooks:
        raise InputError("playbooks: this option requires that path is a project directory")
    found = find_project(absolute, current=current)
    return found.directory, [found.playbook]


def real_source(inventory: str) -> str:
    """A list of host names as it is, or the real path of a source: the project is known by its real path, too."""
    return inventory if is_host_list(inventory) else os.path.realpath(os.path.expanduser(inventory))


def check_shippable(directory: str, *, option: str, stores: Iterable[str] = ()) -> None:
    """Raise :class:`InputError` for a directory that is never sent to another host as a whole; ``option`` names it."""
    real = os.path.realpath(directory)
    store = next((store for store in stores if is_inside(os.path.realpath(os.path.expanduser(store)), real)), None)
    if _holds_more(real, _shared_places()):
        contents = "more than a project, such as keys and files of other programs"
    elif store is not None:
        contents = f"the venvs of the store {store}"
    else:
        return
    raise InputError(
        f"{option}: {directory} contains {contents}, and is not sent to another host. Put the playbook and its files "
        "into a directory of their own, and name that one instead"
    )


def _project_above(path: str, here: str) -> FoundProject:
    directory = os.path.realpath(os.path.dirname(path))
    shared = _shared_places()
    above = [one for one in _upwards(directory) if not _holds_more(one, shared) and not is_credential(one)]
    marked = [one for one in above if any(os.path.lexists(os.path.join(one, mark)) for mark in MARKS)]
    project = here if here in marked else next(iter(marked), directory)
    name = os.path.relpath(os.path.join(directory, os.path.basename(path)), project)
    return FoundProject(project, name, bool(marked))


def _upwards(directory: str) -> Iterator[str]:
    yield directory
    while directory != os.path.dirname(directory):
        directory = os.path.dirname(directory)
        yield directory


def _shared_places() -> tuple[set[str], set[str]]:
    """The real paths of the directories of homes, and of all that are shared."""
    return {*map(os.path.realpath, _HOMES)}, {*map(os.path.realpath, (*homes(), *_SHARED))}


def _holds_more(directory: str, shared: tuple[set[str], set[str]]) -> bool:
    """Whether a directory is shared by what has nothing to do with each other."""
    above_homes, places = shared
    return os.path.dirname(directory) in above_homes or any(is_inside(place, directory) for place in places)
