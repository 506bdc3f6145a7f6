# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which ``ansible.cfg`` the run uses, and what goes on top of it as ANSIBLE_* variables."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._ansible_config import SEARCH_PATHS, choose_config
from .._errors import InputError
from .._ini import ansible_defaults
from .._paths import expand_home
from .._roles.copy import ROLES_DIRECTORY
from . import recorder
from .project_files import is_inside

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .options import RunRequest

EMPTY_CONFIG = "empty.cfg"
COLLECTIONS = "collections"
LOCAL_TEMP = "tmp"
CALLBACKS = "callback"
PROGRESS = "progress.json"
#: Which settings name a file with a password or a key; the last one has several, each perhaps with a label.
_SECRET_KEYS = ("vault_password_file", "become_password_file", "connection_password_file", "private_key_file")
_VAULT_IDENTITIES = "vault_identity_list"
_COLLECTION_KEYS = ("collections_path", "collections_paths")


@dataclass(frozen=True)
class PlaybookSettings:
    """What steers the inner Ansible: the configuration file in its place, and search paths that win over it."""

    config: str
    collections: tuple[str, ...]
    callbacks: tuple[str, ...]
    events: str
    project: str
    roles: tuple[str, ...] = ()
    progress: str = ""
    local_temp: str | None = None
    sockets: str | None = None

    def variables(self) -> dict[str, str]:
        """The variables that carry these settings.

        ``local_temp`` and ``sockets`` are of this run alone, so that nothing stays of a run that was killed.
        """
        own = {"ANSIBLE_LOCAL_TEMP": self.local_temp, "ANSIBLE_SSH_CONTROL_PATH_DIR": self.sockets}
        return {
            **{name: directory for name, directory in own.items() if directory},
            **({"ANSIBLE_ROLES_PATH": os.pathsep.join(self.roles)} if self.roles else {}),
            "ANSIBLE_CONFIG": self.config,
            "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(self.collections),
            "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "true",
            "ANSIBLE_CALLBACK_PLUGINS": os.pathsep.join(self.callbacks),
            recorder.EVENTS_VARIABLE: self.events,
            recorder.PROJECT_VARIABLE: self.project,
            recorder.PROGRESS_VARIABLE: self.progress,
        }


def find_config(request: RunRequest, *, home: str) -> str | None:
    """The ``ansible.cfg`` that a run by the user would use, or None.

    The order is Ansible's (the current directory, the home directory, the system), with the project's own
    directory second: a project that is named from elsewhere keeps its settings. Like Ansible, a file in a directory
    that everybody may write to does not count. An untrusted project has none.
    """
    return choose_config((request.chdir, request.project), home=home) if request.trusted else None


def build_settings(
    request: RunRequest,
    *,
    home: str,
    scaffold: str,
    events: str,
    venv: str,
    variables: Mapping[str, str],
    sockets: str | None = None,
) -> PlaybookSettings:
    """The settings of a run in ``venv`` whose helpers lie in the directory ``scaffold``; writes nothing.

    ``variables`` are those that the user gives the run.

    Collections come from the venv alone, and from directories of the project that its configuration names:
    ``~/.ansible/collections`` would beat the venv's. (Ansible adds ``collections/`` beside the playbook by itself.)
    """
    config = find_config(request, home=home)
    values = _Values.read(config, home=home, chdir=request.chdir)
    own = values.paths_inside(request.project, _COLLECTION_KEYS)
    given = variables.get("ANSIBLE_CALLBACK_PLUGINS")
    callbacks = given.split(os.pathsep) if given else values.paths("callback_plugins")
    callbacks = callbacks or [
        os.path.join(values.ansible_home, "plugins", "callback"),
        "/usr/share/ansible/plugins/callback",
    ]
    return PlaybookSettings(
        config=config or os.path.join(scaffold, EMPTY_CONFIG),
        collections=(*own, os.path.join(scaffold, COLLECTIONS)),
        callbacks=(*callbacks, os.path.join(scaffold, CALLBACKS)),
        events=events,
        project=request.project,
        roles=tuple(_roles(values, {request.playbook: request.project}, variables=variables, venv=venv)),
        progress=os.path.join(scaffold, PROGRESS),
        local_temp=os.path.join(scaffold, LOCAL_TEMP),
        sockets=sockets,
    )


def configured_collections(config: str | None, *, home: str, chdir: str, project: str) -> list[str]:
    """The directories of collections in ``project`` that the configuration file names."""
    return _Values.read(config, home=home, chdir=chdir).paths_inside(project, _COLLECTION_KEYS)


def configured_callbacks(config: str | None, *, home: str, chdir: str) -> str:
    """The callbacks that the configuration file enables, as it lists them."""
    return _Values.read(config, home=home, chdir=chdir).values.get("callbacks_enabled", "")


def roles_path(
    config: str | None,
    playbooks: Mapping[str, str],
    *,
    home: str,
    chdir: str,
    variables: Mapping[str, str],
    venv: str,
) -> list[str]:
    """Where roles are looked for; nothing where Ansible finds all of them by itself.

    ``playbooks`` maps playbooks to their projects. Ansible looks beside the playbook, and so not into the project of a
    playbook in ``playbooks/``: its roles come behind what the user configured, and those of the venv behind all.
    """
    return _roles(_Values.read(config, home=home, chdir=chdir), playbooks, variables=variables, venv=venv)


def _roles(values: _Values, playbooks: Mapping[str, str], *, variables: Mapping[str, str], venv: str) -> list[str]:
    apart = [project for playbook, project in playbooks.items() if os.path.dirname(playbook) != project]
    own = [os.path.join(project, "roles") for project in apart]
    added = list(filter(os.path.isdir, dict.fromkeys([*own, os.path.join(venv, ROLES_DIRECTORY)])))
    if not added:
        return []
    ansible_home = variables.get("ANSIBLE_HOME") or values.ansible_home
    usual = [os.path.join(ansible_home, "roles"), "/usr/share/ansible/roles", "/etc/ansible/roles"]
    given = variables.get("ANSIBLE_ROLES_PATH")
    return [*([given] if given else values.paths("roles_path") or usual), *added]


def secret_files(request: RunRequest, *, home: str) -> list[str]:
    """The files with passwords and keys that the configuration of a run names."""
    values = _Values.read(find_config(request, home=home), home=home, chdir=request.chdir)
    identities = values.values.get(_VAULT_IDENTITIES, "").split(",")
    named = [path for key in _SECRET_KEYS for path in values.paths(key)]
    return [*named, *(values.absolute(text.rpartition("@")[2].strip()) for text in identities if text.strip())]


def search_paths_outside(request: RunRequest, *, home: str) -> dict[str, list[str]]:
    """The settings of the project's own configuration that list a directory outside of it, by their variables.

    Each has all of its existing directories. Those of collections are left out: a run has them in its venv.
    """
    config = find_config(request, home=home)
    if config is None or not is_inside(config, request.project):
        return {}
    values = _Values.read(config, home=home, chdir=request.chdir)
    found = {name: list(filter(os.path.isdir, values.paths(key))) for name, key in SEARCH_PATHS.items()}
    return {
        name: paths
        for name, paths in found.items()
        if not all(is_inside(os.path.realpath(path), request.project) for path in paths)
    }


@dataclass(frozen=True)
class _Values:
    """The ``[defaults]`` of a configuration file, read as Ansible reads it."""

    directory: str
    home: str
    chdir: str
    values: dict[str, str]

    @classmethod
    def read(cls, path: str | None, *, home: str, chdir: str) -> _Values:
        if path is None:
            return cls("", home, chdir, {})
        try:
            with open(path, encoding="utf-8") as stream:
                values = ansible_defaults(stream.read(), path=path)
        except (InputError, OSError, UnicodeDecodeError):
            values = {}  # Ansible itself tells what is wrong with it
        return cls(os.path.dirname(path), home, chdir, values)

    @property
    def ansible_home(self) -> str:
        """Where Ansible has what belongs to the user."""
        return next(iter(self.paths("home")), os.path.join(self.home, ".ansible"))

    def paths(self, key: str) -> list[str]:
        """The directories that ``key`` lists, absolute: relative ones start at the file's own directory."""
        directories = [text.strip() for text in self.values.get(key, "").split(os.pathsep) if text.strip()]
        return [self.absolute(directory) for directory in directories]

    def paths_inside(self, project: str, keys: Iterable[str]) -> list[str]:
        """The directories that ``keys`` list and that are in ``project``."""
        root = os.path.realpath(project)
        return [path for key in keys for path in self.paths(key) if is_inside(os.path.realpath(path), root)]

    def absolute(self, directory: str) -> str:
        """A path of the configuration file."""
        expanded = expand_home(directory.replace("{{CWD}}", self.chdir), home=self.home)
        return os.path.normpath(os.path.join(self.directory, os.path.expandvars(expanded)))
