# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Roles on disk, and a program that stands for ansible-galaxy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ToolMissingError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy.settings import GalaxySettings
from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy.tool import GalaxyTool
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.installer import RoleInstaller
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.role_cache import RoleCache
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Completed
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store

ROLE = {"meta/main.yml": "dependencies: []\n", "tasks/main.yml": "[]\n"}
SETTINGS = GalaxySettings("servers", {"HOME": "/home/me", "ANSIBLE_GALAXY_X": "y"}, ("secret-token",))


def write_role(directory: Path, files: Mapping[str, str] | None = None) -> Path:
    for name, text in (ROLE if files is None else files).items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return directory


class Tool:
    """Finds a Python, or does not."""

    def __init__(self, error: str | None = None) -> None:
        self._error = error

    def python(self) -> str:
        if self._error:
            raise ToolMissingError(self._error)
        return "/usr/bin/python3"


class Galaxy:
    """Stands for ansible-galaxy: writes what ``roles`` says, and ends as told; ``asked`` are the entries each time."""

    def __init__(self, roles: Mapping[str, Mapping[str, Any]] | None = None, code: int = 0, stderr: str = "") -> None:
        self.roles = dict(roles or {})
        self.asked: list[list[dict[str, str]]] = []
        self.argv: Sequence[str] = ()
        self.env: Mapping[str, str] = {}
        self.code, self.stderr = code, stderr

    def run(self, argv: Sequence[str], *, env: Mapping[str, str], timeout: float) -> Completed:
        self.argv, self.env = argv, env
        self.asked.append(json.loads(Path(argv[argv.index("--role-file") + 1]).read_text())["roles"])
        root = Path(argv[-1])
        installed = {}
        for name, role in self.roles.items():
            write_role(root / name, role.get("files", ROLE))
            (root / name / "meta").mkdir(exist_ok=True)
            (root / name / "meta" / ".galaxy_install_info").write_text("install_date: today\n")
            installed[name] = {"version": "1.0", "src": name, "scm": None, "dependencies": [], **role}
            installed[name].pop("files", None)
        (root.parent / "installed.json").write_text(json.dumps(installed))
        return Completed((), self.code, "", self.stderr)


def installer(tmp_path: Path, galaxy: Any, tool: Tool | None = None) -> RoleInstaller:
    store = Store(str(tmp_path / "store"))
    return RoleInstaller(cast(GalaxyTool, tool or Tool()), galaxy, store, RoleCache(store), SETTINGS)
