# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The distributions that one plugin needs: its closure of imports, each with a requirement or a reason for none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ..code.call_graph import CallGraph, call_graph
from ..code.closure import (
    Member,
    closure,
    is_internal,
)
from ..code.imports import Import
from ..model import (
    FileLocation,
    Plugin,
    PluginRequirement,
    Unresolved,
    Where,
)
from ..project.names import split_name
from ..resolution.routing import BUILTIN, Library
from .declared import declared
from .documentation import documented
from .match import (
    Match,
    Sources,
    distribution_of,
    is_stdlib,
)

#: Hints of a plugin's code, and characters of one, that are looked at.
MAX_HINTS = 200
MAX_HINT = 200
#: What ansible-core itself brings into the venv where plugins of the controller run.
_CORE_IMPORTS = frozenset({"ansible", "jinja2", "yaml", "packaging", "cryptography", "resolvelib", "markupsafe"})


@dataclass(frozen=True)
class PluginRequirements:
    """What a plugin requires, what could not be resolved, and the collections whose code it uses."""

    requirements: tuple[PluginRequirement, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    collections: frozenset[str] = frozenset()


def requirements_of(plugin: Plugin, library: Library, *, utils: tuple[Path, ...] = ()) -> PluginRequirements:
    """Analyse a plugin; ``utils`` are the project's own directories of module_utils."""
    requirements: dict[tuple[str, str, str], PluginRequirement] = {}
    unresolved: dict[str, Unresolved] = {}
    collections: set[str] = set()
    for file in _plugin_files(plugin, library):
        members = closure([(file.path, file.owner)], library, utils)
        collections.update(member.collection for member in members)
        graph = call_graph(members, frozenset({file.path}))
        sources = _sources(plugin, members, library)
        for member in members:
            if member.code.problem:
                location = FileLocation(member.shown, member.code.line)
                unresolved[member.shown] = Unresolved("file", member.shown, location, member.code.problem)
            for one in _third_party(member, file.where):
                match = distribution_of(one.name, sources[member.collection])
                required = _required(one, member, graph, match)
                location = FileLocation(member.shown, one.line)
                if match is None and required:
                    unresolved.setdefault(one.name, Unresolved("import", one.name, location, _reason(plugin, one)))
                elif match is not None and match.requirement is not None:
                    key = (one.top, match.requirement, file.where)
                    if key not in requirements or (required and not requirements[key].required):
                        requirements[key] = PluginRequirement(match.requirement, match.layer, file.where, required)
    used = frozenset(collections - {"", BUILTIN})
    return PluginRequirements(tuple(requirements.values()), tuple(unresolved.values()), used)


@dataclass(frozen=True)
class _PluginFile:
    """A file of a plugin, the collection that owns it, and where it runs."""

    path: Path
    owner: str
    where: Where


def _plugin_files(plugin: Plugin, library: Library) -> Iterator[_PluginFile]:
    """The plugin's own file and, for a module, the action plugin that runs in its place or around it."""
    if plugin.path is not None and plugin.path.suffix == ".py":
        where = "controller" if plugin.path.parent.name == "action" else plugin.where
        yield _PluginFile(plugin.path, plugin.collection, where)
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


def _required(one: Import, member: Member, graph: CallGraph, match: Match | None) -> bool:
    """Whether normal use of the plugin fails without this import."""
    level = graph.level(member.code.path, one.function)
    if not member.certain or one.guard == "fallback" or level == 0:
        return False
    line = match.documented if match is not None else None
    promised = line is not None and not line.conditional
    if one.guard == "hard":
        return promised or (level == 2 and not one.conditional)
    if graph.requires(one.flags):
        return True
    if graph.sometimes_requires(one.flags):
        return promised
    return (member.code.path, one.bound) in graph.used


def _sources(plugin: Plugin, members: list[Member], library: Library) -> dict[str, Sources]:
    """What speaks of requirements, by the collection that an importing file belongs to: its own goes first."""
    documents = documented(plugin.path, plugin.collection, library) if plugin.path is not None else ()
    said = (text[:MAX_HINT] for member in members for one in member.code.functions for text in one.hints)
    hints = tuple(islice(dict.fromkeys(said), MAX_HINTS))
    found = {}
    for owner in {member.collection for member in members}:
        opened = [library.open(name) for name in dict.fromkeys((owner, plugin.collection))]
        lines = tuple(line for one in opened if one is not None for line in declared(one))
        found[owner] = Sources(lines, documents, hints)
    return found


def _reason(plugin: Plugin, one: Import) -> str:
    return (
        f"{plugin.name} imports {one.name}, but neither its collection nor its documentation nor the table of known "
        "imports names the distribution"
    )
