# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What one collection holds: its plugin files, where it routes names, and the requirements that it declares."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import MAX_LENGTH

from ..model import CollectionDirectory, Location
from ..project.files import Files
from .core import DIRECTORIES, routing_section
from .jinja_plugins import defined_names

MAX_DECLARED = 2000
_COMMENT = re.compile(r"(?:^| )#.*")
_ENDINGS = (".py", ".ps1")
_BUILDER_FILES = ("meta/execution-environment.yml", "meta/execution-environment.yaml")


@dataclass(frozen=True)
class Declared:
    """A line of a collection's requirements: ``text`` as written, ``name`` normalised (PEP 503)."""

    name: str
    text: str
    place: Location


def normalised(name: str) -> str:
    """A distribution's name in the form of PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


class CollectionContent:
    """The content of a collection's directory, read on demand and kept; ``project`` holds one that is part of it."""

    def __init__(self, directory: CollectionDirectory, project: Files | None = None) -> None:
        self.directory = directory
        self.name = directory.name
        inside = project if directory.local else None
        self.files = inside or Files(directory.path, label=directory.name)
        self.path = directory.path if inside is not None else self.files.root
        self._defined: dict[str, dict[str, Path]] = {}
        self._files: dict[tuple[str, str], Path | None] = {}

    @cached_property
    def runtime(self) -> dict[str, Any]:
        """``meta/runtime.yml``, empty when there is none."""
        path = self.files.file(self.path / "meta" / "runtime.yml")
        loaded = self.files.yaml(path) if path is not None else None
        return loaded if isinstance(loaded, dict) else {}

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
        """The file of a plugin, by its name below the collection's (with dots for directories)."""
        key = (kind, name)
        if key not in self._files:
            found = self._named(kind, name)
            if found is None and kind in ("filter", "test"):
                found = self._defining(kind, name)
            self._files[key] = found
        return self._files[key]

    def role(self, name: str) -> Path | None:
        """The directory of a role."""
        return self.files.named_directory(self.path / "roles", name)

    def playbook(self, name: str) -> Path | None:
        """A playbook of the collection, by its name without ending."""
        return self.files.named(self.path / "playbooks", name, (".yml", ".yaml"))

    def module_file(self, dotted: str) -> Path | None:
        """The Python file or package of a dotted name below the collection (``plugins.module_utils.x``)."""
        return self.files.named(self.path, dotted, (".py", "/__init__.py"))

    def package(self, dotted: str) -> Path | None:
        """The ``__init__.py`` of a package; see :meth:`module_file`."""
        return self.files.named(self.path, dotted, ("/__init__.py",))

    def shown(self, path: Path) -> str:
        """The path in evidence: the collection's name, then the path in it."""
        if not path.is_relative_to(self.path):
            return self.files.shown(path)
        return f"{self.name}/{path.relative_to(self.path).as_posix()}"

    @cached_property
    def declared(self) -> tuple[Declared, ...]:
        """The Python requirements as ``ansible-builder`` reads them.

        ``meta/execution-environment.yml`` decides; ``requirements.txt`` counts only where there is none.
        """
        for name in _BUILDER_FILES:
            path = self.files.file(self.path / name)
            if path is not None:
                return self._from_builder_file(path)
        path = self.files.file(self.path / "requirements.txt")
        return self._from_lines(path) if path is not None else ()

    def _from_builder_file(self, path: Path) -> tuple[Declared, ...]:
        loaded = self.files.yaml(path)
        dependencies = loaded.get("dependencies") if isinstance(loaded, dict) else None
        python = dependencies.get("python") if isinstance(dependencies, dict) else None
        if isinstance(python, list):
            return tuple(_requirements([str(line) for line in python], self.shown(path)))
        if not isinstance(python, str):
            return ()
        file = self.files.file(self.path / python)
        return self._from_lines(file) if file is not None else ()

    def _from_lines(self, path: Path) -> tuple[Declared, ...]:
        return tuple(_requirements(self.files.text(path).splitlines(), self.shown(path)))

    def _named(self, kind: str, name: str) -> Path | None:
        directory = self.path / "plugins" / DIRECTORIES[kind]
        endings = _ENDINGS[: 1 if kind in ("filter", "test") else 2]
        return self.files.named(directory, name, endings) or self.files.named(directory, name, endings, prefix="_")

    def _defining(self, kind: str, name: str) -> Path | None:
        """The file that defines a filter or a test; all files of the kind are read once."""
        if kind not in self._defined:
            defined = self._defined[kind] = {}
            for path in self.files.below(self.path / "plugins" / DIRECTORIES[kind], (".py",), depth=0):
                for found in defined_names(self.files.data(path), kind):
                    defined.setdefault(found, path)
        return self._defined[kind].get(name)


def _requirements(lines: list[str], shown: str) -> list[Declared]:
    """The lines that name a distribution; options (``-r``), addresses and comments are left out."""
    if len(lines) > MAX_DECLARED:
        raise InputError(f"{shown} has more than {MAX_DECLARED} lines, which no list of requirements has", file=shown)
    found = []
    for number, line in enumerate(lines, start=1):
        text = _COMMENT.sub("", " ".join(line.split()))
        if len(text) > MAX_LENGTH:
            what = f"the requirement has more than {MAX_LENGTH} characters"
            raise InputError(f"{shown}, line {number}: {what}; shorten it", file=shown, line=number)
        match = re.match(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[|[<>=!~;@(]|$)", text)
        if match and match[2] != "@":
            found.append(Declared(normalised(match[1]), text, Location(shown, number)))
    return found
