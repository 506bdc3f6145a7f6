# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The roles of no collection that a project names, and where these differ from those of its requirements files."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.requests import is_galaxy_name

from ..model import FileLocation, RoleDeclarations, RoleLocation
from ..reachable import reachable
from .context import Context
from .fetched_roles import FetchedRoles
from .names import looks_full
from .role_directory import RoleDirectory


class RoleUses:
    """Takes each name of a role with what was found for it."""

    def __init__(self) -> None:
        self._named: set[str] = set()
        #: Those that ansible-galaxy has to bring to a new copy of the project, each where it is named first.
        self._elsewhere: dict[str, FileLocation] = {}
        self._dependencies: dict[str, set[str]] = {}
        self._by_path: dict[Path, str] = {}

    def add(
        self,
        name: str,
        found: RoleDirectory | str,
        location: FileLocation,
        context: Context,
        path: Path,
        *,
        is_sure: bool,
    ) -> None:
        """Take a name that the file ``path`` has; unless it ``is_sure``, something else may be meant."""
        if looks_full(name) or (not isinstance(found, str) and found.collection):
            return
        short = name.rpartition("/")[2]
        self._named.add(short)
        if isinstance(found, str):
            is_elsewhere = is_sure
        else:
            is_elsewhere = found.is_fetched or not found.path.is_relative_to(found.files.root)
            self._by_path[found.path] = short
        by = ""
        if context.role is not None and path.parent == context.role / "meta":
            by = self._by_path.get(context.role, context.role.name)
            self._dependencies.setdefault(by, set()).add(short)
        if is_elsewhere and is_galaxy_name(name) and by not in self._elsewhere:
            self._elsewhere.setdefault(name, location)

    def compared(self, fetched: FetchedRoles, *, is_declaring: bool) -> RoleDeclarations:
        """What differs; ``is_declaring``: the project has a requirements file, else no role is undeclared.

        So is none that a declared role depends on, because ansible-galaxy installs it too (``_execute_install_role`` in
        ansible/cli/galaxy.py).
        """
        installed = reachable(fetched.installed, lambda name: self._dependencies.get(name, ()))
        used = self._named | fetched.brought.keys()
        undeclared = [
            RoleLocation(name, location)
            for name, location in self._elsewhere.items()
            if is_declaring and name not in installed
        ]
        unused = [
            RoleLocation(name, location)
            for name, locations in fetched.declared.items()
            if name not in used
            for location in locations
        ]
        return RoleDeclarations(tuple(undeclared), tuple(unused))
