# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The content of a whole project: playbooks and inventories, known by their form, and roles, anywhere in the tree.

Left out is what is in the tree but is not the project's own (installed collections and roles, environments, packages of
other tools), what only its tests use, and templates, which are not YAML before they are rendered.
"""

from __future__ import annotations

import re
from collections import deque
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from ..model import FileLocation
from ..resolution.core import DIRECTORIES, local_directory
from .documents import is_inventory, is_playbook
from .files import Files
from .names import DATA_ENDINGS, IGNORED_ENDINGS, YAML_ENDINGS
from .scan import Findings
from .yaml import UnusableFileError

#: Directories inside each other: projects have a handful.
MAX_DEPTH = 20
_LEFT_OUT = frozenset({
    "ansible_collections", "collections", "molecule", "node_modules", "site-packages", "templates", "tests",
})  # fmt: skip
#: Files that say that what is beside them was built or installed: a collection, a venv, a cache.
_INSTALLED = ({"MANIFEST.json", "FILES.json"}, {"pyvenv.cfg"}, {"CACHEDIR.TAG"})
#: What ``ansible-galaxy`` leaves in a role that it installs (``galaxy/role.py`` of ansible-core).
_INSTALLED_ROLE = ".galaxy_install_info"
#: The directories that Ansible knows in a role; none of them has playbooks.
_OF_ROLE = frozenset({
    "defaults", "files", "handlers", "meta", "tasks", "vars", *map(local_directory, DIRECTORIES),
})  # fmt: skip
_LOOKS_LIKE_PLAYBOOK = re.compile(r"""\b(?:hosts|import_playbook)["']?[ \t]*:""")
#: The first line of a playbook that is started as a program.
_PROGRAM = re.compile(r"#!.*\bansible-playbook\b")
#: What a play has beside its hosts.
_OF_PLAY = frozenset({"pre_tasks", "roles", "tasks", "post_tasks", "handlers"})
_INVENTORY_ENDINGS = frozenset({"", ".ini", *DATA_ENDINGS})
_LOOKS_LIKE_PLUGIN = re.compile(r"^plugin[ \t]*:", re.M)
#: The first line that is no comment, directive or start of a document begins a list.
_LOOKS_LIKE_LIST = re.compile(
    r"\ufeff?(?:(?:[ \t]*(?:#.*)?|---[ \t]*(?:#.*)?|%.*)\r?\n)*(?:---[ \t]+)?[ \t]*(?:-\s|\[)"
)


#: The directories of variables beside inventories and playbooks.
_OF_HOSTS = frozenset({"group_vars", "host_vars"})
#: Where inventories are, and how their files are called.
_INVENTORY_DIRECTORIES = frozenset({"inventories", "inventory"})
_INVENTORY_FILES = frozenset({"hosts", "inventory"})


def may_be_inventory(path: Path) -> bool:
    """Whether a file, by its path in the project, is called like an inventory or lies among them."""
    if (
        path.name.endswith(IGNORED_ENDINGS)
        or path.suffix not in _INVENTORY_ENDINGS
        or _OF_HOSTS.intersection(path.parts)
    ):
        return False
    return not _INVENTORY_DIRECTORIES.isdisjoint(path.parts[:-1]) or path.name.partition(".")[0] in _INVENTORY_FILES


def _is_json_playbook(text: str, path: Path, files: Files) -> bool:
    """Whether each item of a list in JSON is a play: other lists have members that are called ``hosts``, too."""
    if not text.lstrip().startswith("[") or _LOOKS_LIKE_PLAYBOOK.search(text) is None:
        return False
    document = files.yaml(path)
    return is_playbook(document) and all(
        isinstance(play, dict) and ("hosts" not in play or not _OF_PLAY.isdisjoint(play)) for play in document
    )


class ProjectContent:
    """The real paths of playbooks, roles and inventories, and of the directories of tasks that belong to no role.

    A file that cannot be read, and a limit that ends the search, are reported in ``findings``.
    """

    def __init__(self, files: Files, findings: Findings) -> None:
        self.playbooks: dict[Path, None] = {}
        self.roles: dict[Path, None] = {}
        self.tasks: dict[Path, None] = {}
        #: Files of inventories, and directories with ``group_vars`` or ``host_vars``.
        self.inventories: dict[Path, None] = {}
        self._files = files
        self._findings = findings
        self._search()

    def _search(self) -> None:
        pending = deque([(self._files.root, 0)])
        while pending:
            directory, depth = pending.popleft()
            try:
                inner = self._directory(directory)
            except UnusableFileError as error:
                self._findings.unusable(error)
            except InputError as error:
                self._stopped(directory, error.message)
                return
            else:
                pending += [(one, depth + 1) for one in inner if depth < MAX_DEPTH or self._too_deep(one)]

    def _too_deep(self, directory: Path) -> bool:
        self._stopped(directory, f"it is more than {MAX_DEPTH} directories below the project")
        return False

    def _stopped(self, directory: Path, why: str) -> None:
        shown = self._files.shown(directory)
        reason = f"playbooks and roles are not searched here and further on: {why}; name the playbooks to analyse"
        self._findings.missing("path", shown, FileLocation(shown, 1), reason, ansible_reads=True)

    def _directory(self, directory: Path) -> list[Path]:
        """Take what is in a directory; returns the directories in it that are to be searched."""
        names = self._files.names(directory)
        is_root = directory == self._files.root
        if not is_root and any(files.issubset(names) for files in _INSTALLED):
            return []
        left_out = _LEFT_OUT
        if self._is_role(directory, names):
            if not is_root and self._files.file(directory / "meta" / _INSTALLED_ROLE) is not None:
                return []
            self.roles.setdefault(directory)
            left_out = _LEFT_OUT | _OF_ROLE
        elif directory.name == "tasks":
            self.tasks.setdefault(directory)
        if not _OF_HOSTS.isdisjoint(names):
            self.inventories.setdefault(directory)
        inner = []
        for name in (name for name in names if not name.startswith(".")):
            path = directory / name
            if self._may_be_playbook(name) and self._is_playbook(path):
                self.playbooks.setdefault(path)
            elif may_be_inventory(path.relative_to(self._files.root)) and self._is_inventory(path):
                self.inventories.setdefault(path)
            # Links to directories make circles, and where they lead is searched anyhow.
            elif name not in left_out and self._files.directory(path) == path:
                inner.append(path)
        return inner

    @staticmethod
    def _may_be_playbook(name: str) -> bool:
        return name.lower().endswith((*YAML_ENDINGS, ".json")) or "." not in name

    def _is_inventory(self, path: Path) -> bool:
        """Whether a file that is called like an inventory has the form of one, or of a configuration of a plugin."""
        found = self._files.file(path)
        try:
            if found is None or self._files.text(found, cut=True).startswith("#!"):
                return False
            return path.suffix not in DATA_ENDINGS or is_inventory(self._files.yaml(found))
        except UnusableFileError:
            return False

    def _is_source(self, path: Path) -> bool:
        """Whether a file is called as its inventory plugin asks for in ``verify_file``: ``prod.aws_ec2.yml``."""
        document = self._files.yaml(path)
        plugin = str(document.get("plugin") or "") if isinstance(document, dict) else ""
        return bool(plugin) and path.stem.endswith(plugin.rpartition(".")[2])

    def _is_role(self, directory: Path, names: list[str]) -> bool:
        """Whether a directory has what Ansible runs of a role by itself, or lies among roles and has a part of one."""
        if directory.parent.name == "roles" and not _OF_ROLE.isdisjoint(names):
            return True
        mains = (directory / part / "main" for part in ("tasks", "meta") if part in names)
        return any(self._files.yaml_file(main) is not None for main in mains)

    def _is_playbook(self, path: Path) -> bool:
        """Whether a file has the form of a playbook; one that looks like it and cannot be read is reported."""
        found = self._files.file(path)
        if found is None:
            return False
        text = "- "
        try:
            text = self._files.text(found, cut=True)
            if "." not in path.name and _PROGRAM.match(text) is None:
                return False
            if path.suffix in YAML_ENDINGS and _LOOKS_LIKE_PLUGIN.search(text) and self._is_source(found):
                self.inventories.setdefault(path)
            if path.suffix == ".json":
                return _is_json_playbook(text, found, self._files)
            return _LOOKS_LIKE_PLAYBOOK.search(text) is not None and is_playbook(self._files.yaml(found))
        except UnusableFileError as error:
            if _LOOKS_LIKE_LIST.match(text) and path.suffix != ".json":
                self._findings.unusable(error)
            return False
