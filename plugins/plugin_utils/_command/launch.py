# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Replace this process by the venv's own ansible-playbook: same directory, terminal and arguments."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NoReturn

from ansible_collections.mobile_ansible.venv.plugins.module_utils._ansible_config import config_file
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import CommandError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.config import (
    configured_collections,
    roles_path,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import OWN
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.tree import json_sha256

from .._mount import COLLECTION
from .._playbook.project import FoundProject
from .venv import PlaybookVenv

_REPORTED = os.path.join(COLLECTION, "plugins", "plugin_utils", "_run_report", "reported_program.py")
#: What would lead a Python out of the venv, or an Ansible to other collections than the venv's.
_DROPPED = frozenset({
    "ANSIBLE_COLLECTIONS_PATH",
    "ANSIBLE_COLLECTIONS_PATHS",
    "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH",
    "PYTHONEXECUTABLE",
    "PYTHONHOME",
    "PYTHONNOUSERSITE",
    "PYTHONPATH",
    "PYTHONPLATLIBDIR",
    "PYTHONSAFEPATH",
    "PYTHONSTARTUP",
    "PYTHONUSERBASE",
    "__PYVENV_LAUNCHER__",
})  # fmt: skip


def launch(
    venv: PlaybookVenv,
    arguments: Sequence[str],
    *,
    store: Store,
    projects: Sequence[FoundProject],
    variables: Mapping[str, str],
    is_reported: bool,
) -> NoReturn:
    """Run ``ansible-playbook`` with ``arguments``; the venv stays as long as that runs. ``variables``: of ours.

    With ``is_reported`` the report that the callback writes is told the exit code.
    """
    directory = os.path.join(venv.generation.path, "bin")
    program = os.path.join(directory, "ansible-playbook")
    argv = [program, *arguments]
    if is_reported:
        program = os.path.join(directory, "python")
        argv = [program, _REPORTED, *argv]
    collections = _collections(venv, [project.directory for project in projects], store)
    environment = environment_for(os.environ, venv=venv, collections=collections)
    environment.update({**_roles(venv, projects), **variables})
    with store.lease(venv.generation) as descriptors:
        for descriptor in descriptors:
            os.set_inheritable(descriptor, True)
        try:
            os.execve(program, argv, environment)
        except OSError as error:
            raise CommandError(f"{program} cannot be started: {error.strerror}") from error


def environment_for(user: Mapping[str, str], *, venv: PlaybookVenv, collections: Sequence[str]) -> dict[str, str]:
    """The user's own environment, without what leads out of the venv; ``collections`` are searched, and the venv."""
    kept = {name: value for name, value in user.items() if name not in _DROPPED}
    bin_directory = os.path.join(venv.generation.path, "bin")
    return {
        **kept,
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(collections),
        "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "true",
        "PATH": os.pathsep.join([bin_directory, user.get("PATH") or os.defpath]),
        "PYTHONNOUSERSITE": "1",
        "VIRTUAL_ENV": venv.path,
    }


def _collections(venv: PlaybookVenv, projects: Sequence[str], store: Store) -> list[str]:
    """Where collections are looked for: in the projects, as the configuration says, else in the venv alone.

    Without a path of ours Ansible would look in the home directory first, and take what happens to be there.
    """
    home = os.path.expanduser("~")
    current = os.getcwd()
    config = config_file(os.environ, home=home, current=current)
    own = [
        directory
        for project in projects
        for directory in configured_collections(config, home=home, chdir=current, project=project)
    ]
    return [*(list(dict.fromkeys(own)) or [venv.site_packages]), *_own_collection(store)]


def _own_collection(store: Store) -> list[str]:
    """A directory with this collection and no other, so that playbooks can use its callback.

    Without a store of this user's there is none.
    """
    if not store.can_change():
        return []
    place = os.path.join(store.directory(OWN), json_sha256(COLLECTION)[:16])
    link = os.path.join(place, "ansible_collections", "mobile_ansible", "venv")
    if not os.path.islink(link):
        os.makedirs(os.path.dirname(link), mode=0o700, exist_ok=True)
        with suppress(FileExistsError):  # another run was first
            os.symlink(COLLECTION, link)
    return [place]


def _roles(venv: PlaybookVenv, projects: Sequence[FoundProject]) -> dict[str, str]:
    """The variable with which playbooks find the roles of their project and of the venv, where they would not."""
    home = os.path.expanduser("~")
    current = os.getcwd()
    paths = roles_path(
        config_file(os.environ, home=home, current=current),
        {project.path: project.directory for project in projects},
        home=home,
        chdir=current,
        variables=os.environ,
        venv=venv.generation.path,
    )
    return {"ANSIBLE_ROLES_PATH": os.pathsep.join(paths)} if paths else {}
