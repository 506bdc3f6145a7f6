# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""From a name to its plugin, as ansible-core's loader goes: search list, project, core, routing tables, to the end."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..facts import OF_CORE, OF_PROJECT, KnownFacts
from ..model import (
    CollectionFinder,
    Plugin,
    Reference,
    Resolution,
)
from ..project.files import Files
from ..project.names import (
    NO_MODULE_ENDINGS,
    is_collection,
    looks_full,
    split_name,
)
from ..project.scope import ANY
from ..project.values import collection_of
from .collection_content import CollectionContent
from .core import DIRECTORIES, Core, local_directory
from .jinja_plugins import defined_names

#: Redirects that are followed for one name before it is called a circle.
MAX_HOPS = 10
BUILTIN = "ansible.builtin"
_OURS = "mobile_ansible.venv"
_CORE = (BUILTIN, "ansible.legacy")
_NETWORK_KINDS = ("cliconf", "httpapi", "netconf", "terminal")
#: Names that Ansible understands and that are no plugin file.
_PSEUDO = {"connection": ("smart",), "lookup": ("loop",)}
#: Second names that the loader has for plugins of core (``aliases`` in ansible/plugins/loader.py).
_ALIASES = {("connection", "paramiko"): "paramiko_ssh"}


class Library:
    """The collections that can be had, opened once each, and who reads them, the ``project`` and ansible-core."""

    def __init__(self, finder: CollectionFinder, *, project: Files, core: Core) -> None:
        self._finder = finder
        self._project = project
        self._core = core
        self.opened: dict[str, CollectionContent | None] = {}
        self._noted: set[str] = set()

    def open(self, name: str) -> CollectionContent | None:
        """The content of a collection, None for core, when the source does not have it, or when that is no name."""
        self._noted.add(name)
        if name not in self.opened:
            directory = self._finder(name) if is_collection(name) and name not in _CORE else None
            self.opened[name] = CollectionContent(directory, self._project) if directory is not None else None
        return self.opened[name]

    def lacking(self, names: Iterable[str]) -> list[str]:
        """Those of a search list that cannot be had."""
        return [name for name in names if name not in _CORE and self.open(name) is None]

    def files(self, owner: str, path: Path | None = None) -> Files:
        """Who reads the files of a collection, of core, or of the project, which has no name and can have parts."""
        if owner in _CORE:
            return self._core.files
        content = self.open(owner)
        if content is not None:
            return content.files
        return self._project.of(path) if path is not None else self._project

    @contextmanager
    def noting(self) -> Iterator[set[str]]:
        """The names of the collections that are opened meanwhile, again or for the first time."""
        before, self._noted = self._noted, set()
        try:
            yield self._noted
        finally:
            self._noted = before | self._noted

    def content_of(self, name: str) -> str | None:
        """The sha256 of a collection's content, empty for one that can change, None for one that cannot be had."""
        content = self.open(name)
        return content.directory.sha256 if content is not None else None

    def facts(self, owner: str) -> KnownFacts | None:
        """The facts of core, or of a collection of one exact content; None for all else."""
        if owner in _CORE:
            return self._core.facts
        content = self.open(owner)
        return content.facts if content is not None and content.directory.sha256 else None

    def found_facts(self) -> dict[str, dict[str, Any]]:
        """The new facts, by their owners."""
        named = {OF_CORE: self._core.facts, OF_PROJECT: self._project.facts}
        facts = {**named, **{name: self.facts(name) for name in self.opened}}
        return {owner: one.found for owner, one in facts.items() if one is not None and one.found}

    def core_file(self, parts: tuple[str, ...]) -> Path | None:
        """The Python file of a module of ansible-core."""
        return self._core.files.named(self._core.files.root, ".".join(parts), (".py",))

    def shown(self, path: Path, owner: str) -> str:
        """The path in evidence: relative to the project, or after the name of the collection, or of core."""
        content = self.open(owner)
        return content.shown(path) if content is not None else self.files(owner, path).shown(path)

    def readers(self) -> list[Files]:
        """All who have read."""
        found = [content.files for content in self.opened.values() if content is not None]
        return list(dict.fromkeys([*found, self._project, *self._project.parts.values(), self._core.files]))


class LocalPlugins:
    """Plugins of the project itself: beside its playbooks, in its roles, and in what its ansible.cfg names."""

    def __init__(self, files: Files, bases: Iterable[Path], configured: Mapping[str, tuple[Path, ...]]) -> None:
        self._files = files
        self._bases = tuple(bases)
        self._configured = configured
        self._index: dict[str, dict[str, Path]] = {}

    def directories(self, kind: str) -> list[Path]:
        """The directories of plugins of ``kind`` that exist."""
        candidates = [*(base / local_directory(kind) for base in self._bases), *self._configured.get(kind, ())]
        found = (self._files.of(candidate).directory(candidate) for candidate in candidates)
        return [directory for directory in dict.fromkeys(found) if directory is not None]

    def files(self, kind: str) -> list[Path]:
        """The files in which Ansible looks for plugins of ``kind`` (``_get_paths_with_context`` in plugins/loader.py).

        It opens directories inside of those that a setting names, two deep, and no others.
        """
        configured = {self._files.of(one).directory(one) for one in self._configured.get(kind, ())}
        return [
            path
            for directory in self.directories(kind)
            for path in self._files.of(directory).below(directory, depth=2 if directory in configured else 0)
        ]

    def find(self, kind: str, name: str) -> Path | None:
        """The file of a plugin, by the name of the file or, for filters and tests, by what it defines."""
        return self._indexed(kind).get(name)

    def names(self, kind: str) -> Iterable[str]:
        """The names of the plugins of ``kind``."""
        return self._indexed(kind)

    def _indexed(self, kind: str) -> dict[str, Path]:
        if kind not in self._index:
            index: dict[str, Path] = {}
            for path in self.files(kind):
                for found in self._names(kind, path):
                    index.setdefault(found, path)
            self._index[kind] = index
        return self._index[kind]

    def _names(self, kind: str, path: Path) -> Iterable[str]:
        """The plugins that a file holds."""
        if kind in ("filter", "test"):
            return defined_names(self._files.of(path).data(path), kind) if path.suffix == ".py" else ()
        if kind == "module":  # in any language, as _find_plugin_legacy in plugins/loader.py
            is_module = not path.name.endswith((*NO_MODULE_ENDINGS, "__init__.py"))
            return (path.stem.removeprefix("_"), path.name) if is_module else ()
        return (path.stem.removeprefix("_"),) if path.suffix == ".py" else ()


class Router:
    """Resolves references against the project, ``core`` and the ``library``."""

    def __init__(self, *, core: Core, library: Library, local: LocalPlugins) -> None:
        self.core = core
        self.library = library
        self.local = local
        self._ends: dict[tuple[str, str, tuple[str, ...]], Resolution] = {}

    def resolve(self, reference: Reference) -> Resolution:
        """The end of a reference, with every collection that the name passes; a name is followed once."""
        key = (reference.kind, reference.name, reference.search)
        if key not in self._ends:
            self._ends[key] = self._resolved(reference)
        return self._ends[key]

    def _resolved(self, reference: Reference) -> Resolution:
        kind, name = reference.kind, reference.name
        if looks_full(name):
            full = split_name(name)
            if full is None:
                problem = f"{name} is not a valid name of a {kind}: its parts must consist of a-z, 0-9 and _"
                return Resolution(None, _collections((name,)), problem, name)
            if full[0] not in _CORE:
                return self._in_collection(kind, *full)
            name = full[1]
            if full[0] == BUILTIN:
                return self._in_core(kind, name)
        else:
            for collection in reference.search:
                if collection in _CORE:
                    break
                found = self._searched(kind, collection, name)
                if found is not None:
                    return found
        found = self._local(reference, name) or self._in_core(kind, name)
        return found if found.plugin is not None or found.name else self._perhaps_missing(reference, found)

    @staticmethod
    def is_core(collection: str) -> bool:
        """Whether a name is one of ansible-core's own."""
        return collection in _CORE

    def candidates(self, kind: str, pattern: str, search: Iterable[str]) -> list[str]:
        """The names of plugins that fit a shell pattern, which says more than the collection.

        A short one fits plugins of the project, of ansible-core and of ``search``, not all that core sends elsewhere.
        """
        collection = collection_of(pattern)
        short = pattern.removeprefix(f"{collection}.")
        if kind not in DIRECTORIES or not short.strip(f"{ANY}._"):
            return []
        owners = [collection] if collection else [name for name in search if name not in _CORE]
        opened = {owner: self.library.open(owner) for owner in owners}
        sections = sections_of(kind)
        names = [
            f"{owner}.{name}"
            for owner, content in opened.items()
            for section in sections
            for name in (content.names(section) if content is not None else ())
            if fnmatch.fnmatchcase(name, short)
        ]
        if not collection or collection in _CORE:
            own = {name for section in sections for name in (*self.local.names(section), *self.core.names(section))}
            names += sorted(name for name in own if fnmatch.fnmatchcase(name, short))
        return list(dict.fromkeys(names))

    def _perhaps_missing(self, reference: Reference, found: Resolution) -> Resolution:
        """A short name that nobody knows belongs to the one collection of the search list that cannot be had."""
        missing = self.library.lacking(reference.search)
        if len(missing) != 1:
            return found
        full = f"{missing[0]}.{reference.name}"
        return Resolution(None, (missing[0],), f"the source of collections does not have {missing[0]}", full)

    def resolve_all(self, reference: Reference) -> list[Resolution]:
        """As :meth:`resolve`, for kinds whose name stands for several plugins."""
        if reference.kind == "action_group":
            return [self._action_group(reference.name)]
        if reference.kind == "module":
            found_module = self.resolve(reference)
            return [found_module, *self._own_action(reference, found_module)]
        if reference.kind != "network_os":
            return [self.resolve(reference)]
        found = [self.resolve(replace(reference, kind=kind)) for kind in _NETWORK_KINDS]
        ends = [one for one in found if one.plugin is not None]
        lacking = [one for one in found if self.library.lacking(one.collections)]
        problem = f"no collection has plugins for the network_os {reference.name!r}"
        return ends or lacking[:1] or [replace(found[0], problem=problem)]

    def _own_action(self, reference: Reference, module: Resolution) -> list[Resolution]:
        """The action plugin of the project that has the name of a ``module``: it runs first, and then mostly that.

        ``TaskExecutor._get_action_handler_with_module_context`` takes it for each short name, whoever has the module,
        unless a collection of the search list has an action plugin of that name.
        """
        name = reference.name.removeprefix("ansible.legacy.")
        path = None if "." in name else self.local.find("action", name)
        if path is None or (module.plugin is not None and module.plugin.path == path):
            return []
        opened = (self.library.open(one) for one in reference.search)
        if any(content is not None and content.plugin("action", name) is not None for content in opened):
            return []
        return [Resolution(Plugin("module", name, "", path, action=True))]

    def _action_group(self, name: str) -> Resolution:
        """A group of ``module_defaults``: its collection, or those that core's own groups reach out to."""
        if name.count(".") < 2:
            known = name in self.core.runtime.get("action_groups", {})
            return Resolution(None, (), "" if known else f"ansible-core has no action group {name!r}")
        collection, group = split_name(name) or ("", "")
        content = self.library.open(collection)
        if collection in _CORE or (content is not None and content.action_group(group)):
            return Resolution(None, () if collection in _CORE else (collection,))
        reason = "has no such action group" if content is not None else "is not in the source of collections"
        return Resolution(None, (collection,), f"{collection} {reason}")

    def _searched(self, kind: str, collection: str, name: str) -> Resolution | None:
        """A short name in a collection of the ``collections:`` keyword, None when it is not there."""
        content = self.library.open(collection)
        if content is None or (content.plugin(kind, name) is None and not content.route(kind, name)):
            return None
        return self._in_collection(kind, collection, name)

    def _local(self, reference: Reference, name: str) -> Resolution | None:
        """A plugin of the project itself: it shadows core and its routes."""
        for section in sections_of(reference.kind):
            path = self.local.find(section, name)
            if path is not None:
                return Resolution(Plugin(reference.kind, name, "", path, action=section == "action"))
        return None

    def _in_core(self, kind: str, name: str, passed: tuple[str, ...] = ()) -> Resolution:
        """A plugin of core, or where core sends its name; ``passed`` are the names on the way so far."""
        name = _ALIASES.get((kind, name), name)
        for section in sections_of(kind):
            if name in self.core.names(section):
                path = self.core.plugin(section, name)
                plugin = Plugin(kind, f"{BUILTIN}.{name}", BUILTIN, path, action=section == "action")
                return Resolution(plugin, _collections(passed))
        if name in _PSEUDO.get(kind, ()):
            return Resolution(Plugin(kind, f"{BUILTIN}.{name}", BUILTIN, None))
        for section in sections_of(kind):
            entry = self.core.route(section, name)
            if entry:
                return self._follow(kind, f"{BUILTIN}.{name}", entry, passed)
        return Resolution(None, (), f"neither the project nor ansible-core has the {kind} {name!r}")

    def _in_collection(self, kind: str, collection: str, name: str, passed: tuple[str, ...] = ()) -> Resolution:
        """A plugin of a collection, or where that sends its name; ``passed`` are the names on the way so far."""
        full = f"{collection}.{name}"
        if (kind, collection) == ("callback", _OURS):
            # It shows how far a run is, and comes with whoever runs it.
            return Resolution(Plugin(kind, full, BUILTIN, None))
        on_the_way = _collections((*passed, full))
        content = self.library.open(collection)
        if content is None:
            return Resolution(None, on_the_way, f"the source of collections does not have {collection}", full)
        for section in sections_of(kind):
            entry = content.route(section, name)
            if entry.get("redirect") or entry.get("tombstone"):
                return self._follow(kind, full, entry, passed)
            path = content.plugin(section, name)
            if path is not None:
                return Resolution(Plugin(kind, full, collection, path, action=section == "action"), on_the_way)
        return Resolution(None, on_the_way, f"{collection} {content.directory.version} has no {kind} {name!r}", full)

    def _follow(self, kind: str, name: str, entry: dict[str, Any], passed: tuple[str, ...]) -> Resolution:
        """Go where a table sends ``name``; a tombstone ends the way with its message."""
        passed = (*passed, name)
        on_the_way = _collections(passed)
        if entry.get("tombstone"):
            text = entry["tombstone"].get("warning_text") if isinstance(entry["tombstone"], dict) else ""
            return Resolution(None, on_the_way, f"{name} has been removed. {text or ''}".strip(), name)
        target = str(entry.get("redirect", ""))
        if len(passed) >= MAX_HOPS or target in passed:
            return Resolution(None, on_the_way, f"{name} is redirected in a loop", name)
        full = split_name(target)
        if full is None:
            return Resolution(
                None, on_the_way, f"{name} is redirected to {target!r}, which is not a fully qualified name"
            )
        collection, rest = full
        if collection in _CORE:
            return self._in_core(kind, rest, passed)
        return self._in_collection(kind, collection, rest, passed)


def _collections(names: tuple[str, ...]) -> tuple[str, ...]:
    """The collections of full names, each once, without core."""
    found = dict.fromkeys(".".join(name.split(".")[:2]) for name in names)
    return tuple(collection for collection in found if is_collection(collection) and collection not in _CORE)


def sections_of(kind: str) -> tuple[str, ...]:
    """The kinds of file that a name can end at: a task's action may exist on the controller alone."""
    return ("module", "action") if kind == "module" else (kind,) if kind in DIRECTORIES else ()
