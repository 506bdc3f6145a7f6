# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""ansible-core as data: what it ships under which name, and where it routes the names that left it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import jinja2.filters
import jinja2.tests
import yaml

from ..facts import KnownFacts
from ..project.files import Files
from .jinja_plugins import defined_names

#: The directory of each kind of plugin in core and in collections, and its section in their routing tables.
DIRECTORIES = {
    "module": "modules",
    "action": "action",
    "lookup": "lookup",
    "filter": "filter",
    "test": "test",
    "connection": "connection",
    "become": "become",
    "strategy": "strategy",
    "callback": "callback",
    "cache": "cache",
    "inventory": "inventory",
    "vars": "vars",
    "shell": "shell",
    "httpapi": "httpapi",
    "cliconf": "cliconf",
    "netconf": "netconf",
    "terminal": "terminal",
    "doc_fragments": "doc_fragments",
    "module_utils": "module_utils",
}
#: The directories of local plugins that have names of their own.
_LOCAL = {"module": "library", "module_utils": "module_utils"}
#: The file that defines a filter whose library is not among the requirements of core.
_HOLDERS = {("filter", "password_hash"): "core"}
_VERSION = re.compile(r"^__version__ = ['\"]([^'\"]+)['\"]", re.MULTILINE)
_TARGET_PYTHON = re.compile(r"^_PY_MIN = \((\d+, \d+)\)", re.MULTILINE)
#: The parts of the routing table that are read.
_TABLES = ("plugin_routing", "action_groups")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Core:
    """An installed ansible-core; ``path`` is its package directory. It is read, not imported."""

    path: Path
    extra: dict[str, frozenset[str]] = field(default_factory=dict)
    facts: KnownFacts = field(default_factory=KnownFacts)

    @cached_property
    def files(self) -> Files:
        """The files of the package."""
        return Files(self.path, label="ansible-core", trusted=True)

    @property
    def version(self) -> str:
        """Its version, empty where it does not say one."""
        return self._said("release.py", _VERSION)

    @property
    def target_python(self) -> str:
        """The versions of Python that its modules run on, such as ``>=3.8``; empty where it does not say that."""
        return ".".join(self._said("module_utils/basic.py", _TARGET_PYTHON, ">=").split(", "))

    def _said(self, name: str, pattern: re.Pattern[str], before: str = "") -> str:
        path = self.files.file(self.files.root / name)
        match = pattern.search(self.files.text(path)) if path is not None else None
        return before + match[1] if match is not None else ""

    @cached_property
    def runtime(self) -> dict[str, Any]:
        """The routing table, trusted as core itself is."""
        runtime: dict[str, Any] = self.facts.noted("runtime", dict[str, Any], self._runtime)
        return runtime

    def _runtime(self) -> dict[str, Any]:
        text = self.files.data(self.files.root / "config" / "ansible_builtin_runtime.yml")
        table = yaml.load(text, Loader=_LOADER)
        return {name: table.get(name) or {} for name in _TABLES} if isinstance(table, dict) else {}

    def route(self, kind: str, name: str) -> dict[str, Any]:
        """What the table says of a plugin: ``redirect``, ``tombstone`` or nothing."""
        table = self.runtime.get("plugin_routing", {}).get(DIRECTORIES[kind], {})
        return table.get(name) or {}

    def directory(self, kind: str) -> Path:
        """Where core keeps plugins of ``kind``."""
        name = DIRECTORIES[kind]
        root = self.files.root
        return root / name if kind in ("module", "module_utils") else root / "plugins" / name

    def plugin(self, kind: str, name: str) -> Path | None:
        """The file of a plugin; of filters and tests only where what it requires does not come with core."""
        return self.files.named(self.directory(kind), _HOLDERS.get((kind, name), name), (".py",))

    def names(self, kind: str) -> frozenset[str]:
        """The short names of the plugins of ``kind`` that core ships, Jinja's own included."""
        if kind not in self.extra:
            self.extra[kind] = self._names(kind)
        return self.extra[kind]

    def _names(self, kind: str) -> frozenset[str]:
        files = self.files.names(self.directory(kind))
        names = {file.rpartition(".")[0].lstrip("_") for file in files if file.endswith((".py", ".yml", ".ps1"))}
        if kind in ("filter", "test"):
            names |= set(jinja2.filters.FILTERS if kind == "filter" else jinja2.tests.TESTS)
            names |= {*self.facts.noted(f"names of the {kind}s", list[str], partial(self._defined, kind))}
        return frozenset(names - {"", "init__"})

    def _defined(self, kind: str) -> list[str]:
        """The names of filters or tests that the files of core define."""
        paths = (self.directory(kind) / file for file in self.files.names(self.directory(kind)) if file.endswith(".py"))
        return sorted({name for path in paths for name in defined_names(self.files.data(path), kind)})


def local_directory(kind: str) -> str:
    """The directory of local plugins of ``kind``, which is also the setting of ansible.cfg for it."""
    return _LOCAL.get(kind, f"{kind}_plugins")
