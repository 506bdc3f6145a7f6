# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the project's own ansible.cfg says of where things lie; paths that leave the project are not followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._ini import ansible_defaults

from ..model import FileLocation
from ..resolution.core import DIRECTORIES, local_directory
from .connections import can_be_local
from .files import Files
from .scan import Findings


@dataclass(frozen=True)
class ProjectConfig:
    """Directories of the project: roles, collections, local plugins by kind; files or directories of inventory."""

    roles: tuple[Path, ...] = ()
    collections: tuple[Path, ...] = ()
    plugins: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    inventories: tuple[Path, ...] = ()


def read_config(files: Files, findings: Findings) -> ProjectConfig:
    """Read ``ansible.cfg`` in the root of the project; an empty answer when there is none."""
    path = files.file(files.root / "ansible.cfg")
    if path is None:
        return ProjectConfig()
    defaults = ansible_defaults(files.text(path), path=files.shown(path))
    location = FileLocation(files.shown(path), 1)
    for key in ("callbacks_enabled", "callback_enabled", "callback_whitelist"):
        for name in defaults.get(key, "").split(","):
            findings.name("callback", name.strip(), location)
    for key, kind in (
        ("strategy", "strategy"),
        ("transport", "connection"),
        ("stdout_callback", "callback"),
        ("fact_caching", "cache"),
    ):
        findings.name(kind, defaults.get(key, "").strip(), location)
    findings.local_connection = findings.local_connection or can_be_local(defaults.get("transport"))
    return ProjectConfig(
        roles=_directories(files, defaults.get("roles_path", "")),
        collections=_directories(files, defaults.get("collections_path") or defaults.get("collections_paths", "")),
        plugins={kind: _directories(files, defaults.get(local_directory(kind), "")) for kind in DIRECTORIES},
        inventories=_directories(files, defaults.get("inventory", ""), separator=","),
    )


def _directories(files: Files, value: str, *, separator: str = ":") -> tuple[Path, ...]:
    """The entries of a search path that lie in the project; those of the user's home and of the system do not."""
    names = [name.strip() for name in value.split(separator)]
    found = (files.either(files.root / name) for name in names if name and not name.startswith("~"))
    return tuple(path for path in found if path is not None)
