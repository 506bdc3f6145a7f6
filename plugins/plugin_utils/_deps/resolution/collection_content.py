# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What one collection holds: its plugin files, and where it routes names."""

from __future__ import annotations

from functools import cached_property, partial
from pathlib import Path
from typing import Any

from ..facts import KnownFacts
from ..model import CollectionDirectory, CoreRequirement, FileLocation
from ..project.files import Files
from ..project.names import NO_MODULE_ENDINGS, YAML_ENDINGS, parts_of
from ..project.yaml import line_of
from .core import DIRECTORIES
from .jinja_plugins import defined_names

_ENDINGS = (".py", ".ps1")
#: Beside modules in any language: documentation, and names that are no plugins (IGNORE_FILES in ``constants.py``).
_DOCUMENTATION = (*NO_MODULE_ENDINGS, ".json")
_NO_PLUGINS = ("CONTRIBUTING", "COPYING", "GUIDELINES", "LICENSE", "MANIFEST", "Makefile", "README", "VERSION")


class CollectionContent:
    """The content of a collection's directory, read on demand and kept; ``project`` holds one that is part of it."""

    def __init__(self, directory: CollectionDirectory, project: Files | None = None) -> None:
        self.directory = directory
        self.name = directory.name
        inside = project if directory.local else None
        self.files = inside or Files(directory.path, label=directory.name)
        self.path = directory.path if inside is not None else self.files.root
        self.facts = directory.facts or KnownFacts()
        self._defined: dict[str, dict[str, str]] = {}
        self._files: dict[tuple[str, str], Path | None] = {}

    @cached_property
    def runtime(self) -> dict[str, Any]:
        """``meta/runtime.yml``, empty when there is none."""
        runtime: dict[str, Any] = self.facts.noted("runtime", dict[str, Any], self._runtime)
        return runtime

    def _runtime(self) -> dict[str, Any]:
        path = self.files.file(self.path / "meta" / "runtime.yml")
        loaded = self.files.yaml(path) if path is not None else None
        return loaded if isinstance(loaded, dict) else {}

    @property
    def core_requirement(self) -> CoreRequirement | None:
        """What ``requires_ansible`` says, if it says anything."""
        said = self.runtime.get("requires_ansible")
        location = FileLocation(self.shown(self.path / "meta" / "runtime.yml"), line_of(said))
        return CoreRequirement(self.name, str(said).strip(), location) if said else None

    def route(self, kind: str, name: str) -> dict[str, Any]:
        """The entry of ``plugin_routing`` for a plugin, empty when there is none."""
        sections = self.runtime.get("plugin_routing")
        table = sections.get(DIRECTORIES[kind]) if isinstance(sections, dict) else None
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

    def roles(self) -> list[str]:
        """The names of the roles."""
        directory = self.path / "roles"
        return [name for name in self.files.names(directory) if self.files.named_directory(directory, name) is not None]

    def names(self, kind: str) -> list[str]:
        """The names of the plugins of ``kind``, with dots for directories, and those that are sent elsewhere."""
        sections = self.runtime.get("plugin_routing")
        table = sections.get(DIRECTORIES[kind]) if isinstance(sections, dict) else None
        return list(dict.fromkeys([*self.own_names(kind), *(table if isinstance(table, dict) else ())]))

    def own_names(self, kind: str) -> list[str]:
        """The names of the plugins of ``kind`` that the collection has files of; a link to a file is another name."""
        if kind in ("filter", "test"):
            self._defining(kind, "")
            return list(self._defined[kind])
        directory = self.files.directory(self.path / "plugins" / DIRECTORIES[kind])
        if directory is None:
            return []
        paths = self.files.below(directory, ("",) if kind == "module" else _ENDINGS)
        inside = (path for path in paths if path.is_relative_to(directory))
        names = (path.relative_to(directory) for path in inside if _is_plugin(path))
        return list(dict.fromkeys(".".join([*name.parts[:-1], name.name.partition(".")[0]]) for name in names))

    def files_without_names(self, kind: str) -> list[Path]:
        """The files of filters or tests of which :func:`defined_names` finds none."""
        self._defining(kind, "")
        files = self.files.below(self.path / "plugins" / DIRECTORIES[kind], (".py",), depth=0)
        with_names = frozenset(self._defined[kind].values())
        return [path for path in files if path.name not in with_names and _is_plugin(path)]

    def playbook(self, name: str) -> Path | None:
        """A playbook of the collection, by its name without ending."""
        return self.files.named(self.path / "playbooks", name, YAML_ENDINGS)

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

    def _named(self, kind: str, name: str) -> Path | None:
        directory = self.path / "plugins" / DIRECTORIES[kind]
        endings = _ENDINGS[: 1 if kind in ("filter", "test") else 2]
        for prefix in ("", "_"):
            found = self.files.named(directory, name, endings, prefix=prefix)
            if found is None and kind == "module":
                found = self.files.named(directory, name, self._endings(directory, name, prefix), prefix=prefix)
            if found is not None:
                return found
        return None

    def _endings(self, directory: Path, name: str, prefix: str) -> list[str]:
        """The endings of a module in another language, as ``_find_fq_plugin`` in ``plugins/loader.py`` takes them."""
        *above, last = parts_of(name) or ("",)
        stem = prefix + last
        names = [one for one in self.files.names(directory.joinpath(*above)) if one.partition(".")[0] == stem]
        return [one[len(stem) :] for one in names if not one.endswith(NO_MODULE_ENDINGS)]

    def _defining(self, kind: str, name: str) -> Path | None:
        """The file that defines a filter or a test; all files of the kind are read once."""
        if kind not in self._defined:
            self._defined[kind] = self.facts.noted(
                f"files of the {kind}s", dict[str, str], partial(self._files_of, kind)
            )
        file = self._defined[kind].get(name)
        return self.files.file(self.path / "plugins" / DIRECTORIES[kind] / file) if file is not None else None

    def _files_of(self, kind: str) -> dict[str, str]:
        """The names that are defined, each with its file in the directory of the kind."""
        defined: dict[str, str] = {}
        for path in self.files.below(self.path / "plugins" / DIRECTORIES[kind], (".py",), depth=0):
            for found in sorted(defined_names(self.files.data(path), kind)):
                defined.setdefault(found, path.name)
        return defined


def _is_plugin(path: Path) -> bool:
    """Whether a file is one, as ``_list_plugins_from_paths`` in ``plugins/list.py`` of ansible-core says."""
    is_left_out = path.name.startswith("__") or path.name.endswith(_DOCUMENTATION) or path.stem in _NO_PLUGINS
    return not is_left_out
