# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What one collection holds: its plugin files, where it routes names, and the requirements that it declares."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._core import FOLDERS, routing_section
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._files import read_regular
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._jinja_plugins import defined_names
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._model import CollectionFolder, Place
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._yaml import load_yaml

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*\Z")
_ENDINGS = (".py", ".ps1", ".yml")
_BUILDER_FILES = ("meta/execution-environment.yml", "meta/execution-environment.yaml")


@dataclass(frozen=True)
class Declared:
    """A line of a collection's requirements: ``text`` as written, ``name`` normalised (PEP 503)."""

    name: str
    text: str
    place: Place


def normalised(name: str) -> str:
    """A distribution's name in the form of PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


class Content:
    """The content of a collection's folder, read on demand and kept."""

    def __init__(self, folder: CollectionFolder) -> None:
        self.folder = folder
        self.name = folder.name
        self._files: dict[tuple[str, str], Path | None] = {}

    @cached_property
    def runtime(self) -> dict[str, Any]:
        """``meta/runtime.yml``, empty when there is none."""
        path = self.folder.path / "meta" / "runtime.yml"
        if not path.is_file():
            return {}
        loaded = load_yaml(read_regular(path), self.shown(path))
        return loaded if isinstance(loaded, dict) else {}

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """``collection_info`` of MANIFEST.json, empty for a source tree."""
        try:
            info = json.loads(read_regular(self.folder.path / "MANIFEST.json")).get("collection_info")
        except (OSError, ValueError, AttributeError):
            return {}
        return info if isinstance(info, dict) else {}

    def route(self, kind: str, name: str) -> dict[str, Any]:
        """The entry of ``plugin_routing`` for a plugin, empty when there is none."""
        sections = self.runtime.get("plugin_routing")
        table = sections.get(routing_section(kind)) if isinstance(sections, dict) else None
        entry = table.get(name) if isinstance(table, dict) else None
        return entry if isinstance(entry, dict) else {}

    def action_group(self, name: str) -> bool:
        """Whether the collection has the action group ``name``."""
        groups = self.runtime.get("action_groups")
        return isinstance(groups, dict) and name in groups

    def plugin(self, kind: str, name: str) -> Path | None:
        """The file of a plugin, by its name below the collection's (with dots for folders)."""
        key = (kind, name)
        if key not in self._files:
            found = self._named(kind, name)
            if found is None and kind in ("filter", "test"):
                found = self._defining(kind, name)
            self._files[key] = found
        return self._files[key]

    def role(self, name: str) -> Path | None:
        """The folder of a role."""
        if not _NAME.match(name):
            return None
        path = self.folder.path / "roles" / Path(*name.split("."))
        return path if path.is_dir() else None

    def playbook(self, name: str) -> Path | None:
        """A playbook of the collection, by its name without ending."""
        if not _NAME.match(name):
            return None
        stem = self.folder.path / "playbooks" / Path(*name.split("."))
        found = (stem.with_name(stem.name + ending) for ending in (".yml", ".yaml"))
        return next((path for path in found if path.is_file()), None)

    def module_file(self, dotted: str) -> Path | None:
        """The Python file or package of a dotted name below the collection (``plugins.module_utils.x``)."""
        stem = self.folder.path.joinpath(*dotted.split("."))
        for path in (stem.with_name(stem.name + ".py"), stem / "__init__.py"):
            if path.is_file():
                return path
        return None

    def shown(self, path: Path) -> str:
        """The path in evidence: the collection's name, then the path in it."""
        return f"{self.name}/{path.relative_to(self.folder.path).as_posix()}"

    @cached_property
    def declared(self) -> tuple[Declared, ...]:
        """The Python requirements as ``ansible-builder`` reads them.

        ``meta/execution-environment.yml`` decides; ``requirements.txt`` counts only where there is none.
        """
        for name in _BUILDER_FILES:
            path = self.folder.path / name
            if path.is_file():
                return self._from_builder_file(path)
        path = self.folder.path / "requirements.txt"
        return self._from_lines(path) if path.is_file() else ()

    def _from_builder_file(self, path: Path) -> tuple[Declared, ...]:
        loaded = load_yaml(read_regular(path), self.shown(path))
        dependencies = loaded.get("dependencies") if isinstance(loaded, dict) else None
        python = dependencies.get("python") if isinstance(dependencies, dict) else None
        if isinstance(python, list):
            return tuple(_requirements([str(line) for line in python], self.shown(path)))
        if not isinstance(python, str):
            return ()
        file = Path(os.path.normpath(self.folder.path / python))
        inside = self.folder.path in file.parents
        return self._from_lines(file) if inside and file.is_file() else ()

    def _from_lines(self, path: Path) -> tuple[Declared, ...]:
        text = read_regular(path).decode("utf-8", errors="replace")
        return tuple(_requirements(text.splitlines(), self.shown(path)))

    def _named(self, kind: str, name: str) -> Path | None:
        if not _NAME.match(name):
            return None
        stem = self.folder.path / "plugins" / FOLDERS[kind] / Path(*name.split("."))
        for base in (stem.name, "_" + stem.name):
            for ending in _ENDINGS[: 1 if kind in ("filter", "test") else 2]:
                path = stem.with_name(base + ending)
                if path.is_file():
                    return path
        return None

    def _defining(self, kind: str, name: str) -> Path | None:
        for path in sorted((self.folder.path / "plugins" / FOLDERS[kind]).glob("*.py")):
            if name in defined_names(read_regular(path).decode("utf-8", errors="replace"), kind):
                return path
        return None


def _requirements(lines: list[str], shown: str) -> list[Declared]:
    """The lines that name a distribution; options (``-r``), addresses and comments are left out."""
    found = []
    for number, line in enumerate(lines, start=1):
        text = re.sub(r"(^|\s+)#.*$", "", line).strip()
        match = re.match(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[|[<>=!~;@(]|$)", text)
        if match and match[2] != "@":
            found.append(Declared(normalised(match[1]), re.sub(r"\s+", " ", text), Place(shown, number)))
    return found
