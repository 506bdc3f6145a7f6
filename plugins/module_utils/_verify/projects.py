# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The projects that a user names for verification: those of a union, with a link and modules to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import InputError
from .._projects import entry
from .model import VerifiedProject

if TYPE_CHECKING:
    from collections.abc import Sequence


def parse_projects(entries: Sequence[Any]) -> list[VerifiedProject]:
    """The entries, each a path or a dictionary; raises :class:`InputError` that shows the wrong one."""
    given = [dict(entry) if isinstance(entry, dict) else {"path": entry} for entry in entries]
    names = [_name(entry) for entry in given]
    imports = [_imports(entry) for entry in given]
    return [
        VerifiedProject(one.path, name, one.files, one.groups, one.python, modules)
        for one, name, modules in zip(entry.parse_projects(given), names, imports)
    ]


def _name(entry: dict[str, Any]) -> str:
    name = entry.pop("name", None) or "venv"
    if not isinstance(name, str):
        raise InputError(f"projects: name of {entry.get('path')} is {name!r}, which is no text such as 'venv'")
    return name


def _imports(entry: dict[str, Any]) -> tuple[str, ...] | None:
    modules = entry.pop("imports", None)
    if modules is None:
        return None
    if not isinstance(modules, list) or not all(isinstance(one, str) and _is_module(one) for one in modules):
        raise InputError(f"projects: imports of {entry.get('path')} must be a list of modules such as 'yaml'")
    return tuple(modules)


def _is_module(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))
