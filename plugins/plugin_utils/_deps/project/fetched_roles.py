# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The roles that neither the project nor its configured directories have: whoever runs the analysis fetches them.

What the project declares decides where a role is from. What is not declared can be on a Galaxy server, if it has the
name of one there.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.requests import RoleRequest, parse_roles

from ..model import FetchedRole, FileLocation, RoleFinder
from .files import Files
from .galaxy_requirements import DeclaredEntry
from .tree import OutsideError


class FetchedRoles:
    """Each is asked for once; ``brought`` are all that came, with what they depend on.

    ``declared`` has the lines of the requirements files by the names of their roles, and ``installed`` the names of
    those that ansible-galaxy brings for these lines. Of two lines for a name the first decides.
    """

    def __init__(self, finder: RoleFinder | None, declared: Iterable[DeclaredEntry], project: Files) -> None:
        self.brought: dict[str, FetchedRole] = {}
        self.declared: dict[str, list[FileLocation]] = {}
        self._finder = finder
        self._project = project
        self._requests: dict[str, RoleRequest | str] = {}
        for entry in declared:
            name, request = _parsed(entry, project)
            if name:
                self._requests.setdefault(name, request)
                self.declared.setdefault(name, []).append(entry.location)
        self.installed = set(self.declared)
        self._reasons: dict[str, str] = {}

    def find(self, name: str) -> Files | str:
        """Who reads the role ``name``, or why it cannot be had; nothing is said where nobody fetches roles."""
        if name not in self.brought and name not in self._reasons:
            self._reasons[name] = self._fetch(name)
        role = self.brought.get(name)
        return self._project.part(role.path, label=name) if role is not None else self._reasons[name]

    def _fetch(self, name: str) -> str:
        """Ask for a role; returns why there is none."""
        declared = self._requests.get(name)
        if isinstance(declared, str):
            return declared
        if self._finder is None:
            return ""
        found = self._finder(name, declared.entry() if declared is not None else None)
        if isinstance(found, str):
            return found
        for role in found:
            self.brought.setdefault(role.name, role)
            self.installed.update(() if declared is None else (role.name,))
        return ""


def _parsed(declared: DeclaredEntry, project: Files) -> tuple[str, RoleRequest | str]:
    """The name of a role and what the project declares for it, or what is wrong with that."""
    where = f"{declared.location.file}, line {declared.location.line}"
    entry = _entry(declared.value, project)
    try:
        (request,) = parse_roles([entry])
    except InputError as error:
        return _written_name(entry), f"its entry in {where} cannot be used: {error.message.partition(': ')[2]}"
    if _is_of_this_host(request) and not _is_inside(request.src, project):
        return request.name, f"its entry in {where} has a path outside of the project, which is not read; copy it there"
    return request.name, request


def _written_name(entry: Any) -> str:
    if not isinstance(entry, dict):
        return str(entry).partition(",")[0]
    return next((str(entry[key]) for key in ("name", "role", "src") if entry.get(key)), "")


def _entry(value: Any, project: Files) -> Any:
    """An entry as the option ``roles`` has it: versions as text, paths below the project absolute."""
    if isinstance(value, str):
        written, comma, rest = str(value).partition(",")
        return f"{_absolute(written, project)}{comma}{rest}"
    if not isinstance(value, dict):
        return value
    entry: dict[str, Any] = {str(key): str(one) if isinstance(one, (int, float)) else one for key, one in value.items()}
    src = entry.get("src")
    return {**entry, "src": _absolute(src, project)} if isinstance(src, str) else entry


def _absolute(src: str, project: Files) -> str:
    """ansible-galaxy starts in the root of the project, where a relative path begins."""
    path = project.root / src
    is_path = "/" in src and "://" not in src and "@" not in src
    return str(path) if is_path and _is_inside(str(path), project) else src


def _is_of_this_host(request: RoleRequest) -> bool:
    return request.src.startswith(("/", "file:"))


def _is_inside(path: str, project: Files) -> bool:
    try:
        return project.either(Path(path), strict=True) is not None
    except (OutsideError, ValueError):
        return False
