# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The distributions that one plugin needs: its closure of imports, each with a requirement or a reason for none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ..code.call_graph import call_graph
from ..code.closure import (
    Member,
    closure,
    is_internal,
)
from ..code.imports import Import
from ..code.switches import settled_switches
from ..model import (
    FileLocation,
    Plugin,
    PluginRequirement,
    Unresolved,
    Where,
)
from ..project.files import Files
from ..project.names import is_collection, split_name
from ..resolution.jinja_plugins import functions_behind
from ..resolution.routing import BUILTIN, Library
from .declared import CollectionRequirement, declared
from .documentation import Documentation, documented
from .match import (
    Sources,
    distribution_of,
    is_stdlib,
)
from .project_requirements import project_requirements
from .required_imports import ThirdPartyImport, required_imports

#: The first line of a Python file without an ending.
_PYTHON = re.compile(rb"#!.*python")
_MAX_SHEBANG = 200
#: Hints of a plugin's code, and characters of one, that are looked at.
MAX_HINTS = 200
MAX_HINT = 200
_CORE_UTILS = "ansible.module_utils."
#: What ansible-core itself brings into the venv where plugins of the controller run.
_CORE_IMPORTS = frozenset({"ansible", "jinja2", "yaml", "packaging", "cryptography", "resolvelib", "markupsafe"})


@dataclass(frozen=True)
class PluginRequirements:
    """What a plugin requires, what could not be resolved, and the collections whose code it uses.

    ``core_utils`` are the names below ``ansible.module_utils`` that it imports.
    """

    requirements: tuple[PluginRequirement, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    collections: frozenset[str] = frozenset()
    core_utils: frozenset[str] = frozenset()


def requirements_of(plugin: Plugin, library: Library, *, utils: tuple[Path, ...] = ()) -> PluginRequirements:
    """Analyse a plugin; ``utils`` are the project's own directories of module_utils."""
    found = _Found(library)
    collections: set[str] = set()
    core_utils: set[str] = set()
    for file in _plugin_files(plugin, library):
        members = closure([(file.path, file.owner)], library, utils)
        collections.update(member.collection for member in members)
        core_utils.update(_core_utils(members))
        documentation = _documentation(plugin, library)
        left_out = _not_called(plugin, file, library)
        written = next((one.code.defaults for one in members if one.code.path == file.path), {})
        switches = settled_switches((one.code.switches, one.code.given) for one in members)
        settings = {name: value for name, value in switches.items() if name not in documentation.options}
        defaults = {**settings, **written, **documentation.defaults}
        graph = call_graph(members, frozenset({file.path}), defaults=defaults, not_called=left_out)
        sources = _sources(plugin, members, documentation, library, named=graph.demanded)
        for member in members:
            if member.code.problem:
                line = FileLocation(member.shown, member.code.line)
                found.add_problem("file", member.shown, line, member.code.problem, ansible_reads=member.code.is_limit)
            for one, collection in _missing_collections(member, library):
                reason = f"{plugin.name} imports {one.name}, but the source of collections does not have {collection}"
                collections.add(collection)
                found.add_problem("import", one.name, FileLocation(member.shown, one.line), reason)
        imports = [
            ThirdPartyImport(member, one, distribution_of(one.name, sources[member.collection]))
            for member in members
            for one in _third_party(member, file.where)
        ]
        required = required_imports(imports, graph)
        known = [(one.path, one.code.name) for one in imports if one.match is not None]
        for number, third_party in enumerate(imports):
            if third_party.match is None and _is_filled(third_party, known):
                continue
            found.add(third_party, plugin, file.where, required=number in required)
    used = frozenset(collections - {"", BUILTIN})
    requirements, unresolved = tuple(found.requirements.values()), tuple(found.unresolved.values())
    return PluginRequirements(requirements, unresolved, used, frozenset(core_utils))


@dataclass
class _Found:
    """What the files of a plugin require, each once, and what could not be resolved."""

    library: Library
    requirements: dict[tuple[str, str, str], PluginRequirement] = field(default_factory=dict)
    unresolved: dict[str, Unresolved] = field(default_factory=dict)

    def add(self, one: ThirdPartyImport, plugin: Plugin, where: Where, *, required: bool) -> None:
        """The requirements for an import, or the reason why there is none."""
        name, location, match = one.code.name, FileLocation(one.member.shown, one.code.line), one.match
        if required and (match is None or match.address):
            self.add_problem("import", name, location, _reason(plugin, one, self.library))
        if match is None:
            return
        for text in match.requirements:
            key = (one.code.top, text, where)
            if key not in self.requirements or (required and not self.requirements[key].required):
                self.requirements[key] = PluginRequirement(text, match.layer, where, required, location)

    def add_problem(
        self, kind: str, name: str, location: FileLocation, reason: str, *, ansible_reads: bool = False
    ) -> None:
        """What cannot be resolved; the first location of a name counts."""
        self.unresolved.setdefault(name, Unresolved(kind, name, location, reason, ansible_reads=ansible_reads))


@dataclass(frozen=True)
class _PluginFile:
    """A file of a plugin, the collection that owns it, and where it runs."""

    path: Path
    owner: str
    where: Where


def _plugin_files(plugin: Plugin, library: Library) -> Iterator[_PluginFile]:
    """The plugin's own file and, for a module, the action plugin that runs in its place or around it."""
    if plugin.path is not None and _is_python(plugin.path, library.files(plugin.collection, plugin.path)):
        yield _PluginFile(plugin.path, plugin.collection, plugin.where)
    content = library.open(plugin.collection)
    if plugin.kind != "module" or content is None:
        return
    name = plugin.name.split(".", 2)[2]
    routed = content.route("module", name).get("action_plugin") or content.route("action", name).get("redirect")
    full = split_name(str(routed or ""))
    if full is not None:
        collection, name = full
        content = library.open(collection)
    path = content.plugin("action", name) if content is not None else None
    if content is not None and path is not None and path != plugin.path:
        yield _PluginFile(path, content.name, "controller")


def _is_python(path: Path, files: Files) -> bool:
    """Whether a file is Python: by its ending, or where it has none, by its first line."""
    return path.suffix == ".py" or (not path.suffix and _PYTHON.match(files.data(path)[:_MAX_SHEBANG]) is not None)


def _core_utils(members: list[Member]) -> Iterator[str]:
    for one in (one for member in members for one in member.code.imports):
        if not one.level and one.name.startswith(_CORE_UTILS):
            yield one.name[len(_CORE_UTILS) :].removesuffix(".*")


def _missing_collections(member: Member, library: Library) -> Iterator[tuple[Import, str]]:
    """The imports of a file of the project from collections that cannot be had, without those that may fail.

    A collection that is part of the project counts as its files.
    """
    content = library.open(member.collection)
    is_own = not member.collection or (content is not None and content.directory.local)
    for one in member.code.imports if is_own and member.certain else ():
        top, *parts = one.name.split(".")
        collection = ".".join(parts[:2])
        is_needed = top == "ansible_collections" and one.guard == "hard" and is_collection(collection)
        if is_needed and collection != BUILTIN and library.open(collection) is None:
            yield one, collection


def _third_party(member: Member, where: Where) -> Iterator[Import]:
    """Third-party imports of a file, without what core brings to the controller.

    A second choice counts only where the first is third-party as well.
    """
    inside = {
        one.attempt
        for one in member.code.imports
        if one.attempt and one.guard == "guarded" and (is_internal(one) or is_stdlib(one.name))
    }
    for one in member.code.imports:
        if is_internal(one) or is_stdlib(one.name) or one.guard == "unlikely":
            continue
        if where == "controller" and one.top in _CORE_IMPORTS:
            continue
        if one.guard == "fallback" and one.attempt in inside:
            continue
        yield one


def _not_called(plugin: Plugin, file: _PluginFile, library: Library) -> frozenset[str]:
    """The functions behind the other filters or tests of a file that holds several."""
    if plugin.kind not in ("filter", "test"):
        return frozenset()
    behind = functions_behind(library.files(file.owner, file.path).data(file.path), plugin.kind)
    own = behind.get(plugin.name.split(".")[-1])
    return frozenset(behind.values()) - {own} if own else frozenset()


def _documentation(plugin: Plugin, library: Library) -> Documentation:
    if plugin.path is None:
        return Documentation()
    return documented(plugin.path, plugin.name, plugin.collection, library)


def _sources(
    plugin: Plugin, members: list[Member], documentation: Documentation, library: Library, *, named: frozenset[str]
) -> dict[str, Sources]:
    """What speaks of requirements, by the collection that an importing file belongs to: its own goes first.

    ``named`` are libraries that the plugin asks for by these names.
    """
    said = (text[:MAX_HINT] for member in members for one in member.code.functions for text in one.hints)
    hints = tuple(islice(dict.fromkeys((*sorted(named), *said)), MAX_HINTS))
    found = {}
    for owner in {member.collection for member in members}:
        opened = [library.open(name) for name in dict.fromkeys((owner, plugin.collection))]
        lines: list[CollectionRequirement] = []
        own = [project_requirements(library.files("")).lines] if _is_of_project(owner, library) else []
        for found_lines in (*(declared(one) for one in opened if one is not None), *own):
            known = {line.name for line in lines}
            lines += [line for line in found_lines if line.name not in known]
        found[owner] = Sources(tuple(lines), documentation.requirements, hints)
    return found


def _is_filled(one: ThirdPartyImport, known: list[tuple[Path, str]]) -> bool:
    """Whether the same file imports something below the name: what brings that brings the package around it."""
    return any(path == one.path and name.startswith(f"{one.code.name}.") for path, name in known)


def _is_of_project(owner: str, library: Library) -> bool:
    """Whether a file belongs to the project: to its own plugins, or to a collection that is part of it."""
    content = library.open(owner) if owner else None
    return not owner or (content is not None and content.directory.local)


def _reason(plugin: Plugin, one: ThirdPartyImport, library: Library) -> str:
    """Why there is no distribution for a required import."""
    name, owner = one.code.name, one.member.collection
    if one.match is not None:
        holder = "its collection" if owner else "the project"
        return (
            f"{plugin.name} imports {name}, which {holder} declares by an address ({one.match.address}), not by a "
            "name in a package index"
        )
    declaring, problem = ["its collection"] if owner else [], ""
    if _is_of_project(owner, library):
        declaring.append("the project's requirement files")
        found = project_requirements(library.files("")).problem
        problem = f" (a requirement of the project cannot be used: {found})" if found else ""
    return (
        f"{plugin.name} imports {name}, but neither {' nor '.join(declaring)} nor its documentation nor the table of "
        f"known imports names the distribution{problem}"
    )
