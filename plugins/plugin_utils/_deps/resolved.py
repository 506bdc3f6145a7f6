# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What was found becomes a result: every name is resolved, and every plugin looked into once."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from .distributions.bindep import system_packages
from .distributions.known_requirements import known_requirements
from .distributions.plugin_requirements import PluginRequirements
from .model import (
    Analysis,
    Evidence,
    FileLocation,
    Plugin,
    Reference,
    Resolution,
    SystemPackage,
    Unresolved,
    Where,
)
from .project.names import looks_full, split_name
from .project.scan import Findings
from .project.task_hosts import HostGraph, TaskHosts
from .project.tree import OR_FOLLOW
from .resolution.routing import BUILTIN, Library, Router
from .resolution.self_loaded import self_loaded


def resolved(
    findings: Findings,
    hosts: HostGraph,
    router: Router,
    utils: tuple[Path, ...] = (),
    requirements: dict[Plugin, PluginRequirements] | None = None,
) -> Analysis:
    """Resolve every reference and look into every plugin once; ``requirements`` is given what each plugin requires."""
    evidence: dict[Evidence, None] = {}
    unresolved = dict(findings.unresolved)
    used: set[str] = set()
    requirements = {} if requirements is None else requirements
    ends = [(one, runs, end) for one, runs in findings.references.items() for end in _resolutions(one, router)]
    ends += [(one, set(), Resolution(plugin)) for one, plugin in self_loaded(router.local, router.library)]
    for reference, runs, resolution in ends:
        if resolution.problem and reference.required:
            stops = reference in findings.static
            unresolved.setdefault(_unresolved(reference, resolution, router, stops=stops))
        elif resolution.problem:
            findings.unknown(reference.name, reference.location, resolution.problem)
        elif reference in findings.static and (other := _other_action(reference, router)):
            reason = f"the task has the action {other}, too; keep one of them"
            unresolved.setdefault(Unresolved("keyword", reference.name, reference.location, reason, stops=True))
        plugin = resolution.plugin
        if plugin is not None and plugin not in requirements:
            requirements[plugin] = known_requirements(plugin, router.library, utils=utils)
        found = requirements[plugin] if plugin is not None else PluginRequirements()
        if reference.required:
            used.update(resolution.collections, found.collections)
            unresolved.update(dict.fromkeys(found.unresolved))
        lines = _evidence(reference, resolution, found)
        evidence.update(dict.fromkeys(_on_hosts(lines, hosts.hosts(runs), is_local=findings.local_connection)))
    unresolved.update(dict.fromkeys(_links_out(router.library)))
    blamed = {name for _one, _runs, end in ends if end.problem for name in end.collections}
    blamed |= {".".join(one.name.split(".")[:2]) for one in unresolved}
    unresolved.update(dict.fromkeys(_searched_in_vain(findings, router, blamed)))
    contents = {name: content for name in sorted(used) if (content := router.library.open(name)) is not None}
    return Analysis(
        evidence=tuple(evidence),
        unresolved=tuple(unresolved),
        dynamic=tuple(findings.dynamic),
        collections={name: content.directory for name, content in contents.items()},
        system_packages=tuple(
            SystemPackage(name, entry, _sides(name, evidence))
            for name, content in contents.items()
            for entry in system_packages(content)
        ),
        core_requirements=tuple(
            content.core_requirement for content in contents.values() if content.core_requirement is not None
        ),
        looked={path: stamp for files in router.library.readers() for path, stamp in files.looked.items()},
        facts=router.library.found_facts(),
    )


def _on_hosts(lines: Iterable[Evidence], hosts: Sequence[TaskHosts], *, is_local: bool) -> Iterator[Evidence]:
    """``lines`` with the ``hosts`` of those that do not run on the controller: any host where none is known."""
    is_local = is_local or not hosts or any(one.local for one in hosts)
    patterns = tuple(dict.fromkeys(one.pattern for one in hosts if one.pattern))
    for line in lines:
        yield line if line.where == "controller" else replace(line, hosts=patterns, local=is_local)


def _sides(collection: str, evidence: Iterable[Evidence]) -> tuple[Where, ...]:
    """Where the plugins of a collection run; on the controller, if only others use its code."""
    sides = {one.where for one in evidence if one.collection == collection}
    return tuple(sorted(sides)) or ("controller",)


def _unresolved(reference: Reference, resolution: Resolution, router: Router, *, stops: bool) -> Unresolved:
    """Why a name leads nowhere; a key of a task that has another action is taken for a keyword, as Ansible says it."""
    kind, problem = reference.kind, resolution.problem
    if not looks_full(reference.name) and any(_is_action(name, reference, router) for name in reference.beside):
        kind, problem = "keyword", "a task has no keyword of this name, and it has another action"
    return Unresolved(kind, reference.name, reference.location, problem, stops)


def _is_action(name: str, reference: Reference, router: Router) -> bool:
    found = router.resolve_all(replace(reference, name=name))
    return looks_full(name) or any(one.plugin is not None for one in found)


def _other_action(reference: Reference, router: Router) -> str:
    """Another action of the same task, which Ansible refuses; each of them says it."""
    return next((name for name in reference.beside if _is_action(name, reference, router)), "")


def _links_out(library: Library) -> Iterator[Unresolved]:
    """The links that lead out of what was read: what is behind them is not in the result."""
    for files in library.readers():
        for link in files.left_out:
            owner = files.label or "the project"
            reason = f"it is a link to a path outside of {owner} and is not followed; replace it with a copy"
            advice = OR_FOLLOW if files.may_follow else ""
            where = FileLocation(files.shown(link), 1)
            yield Unresolved("path", where.file, where, reason + advice, ansible_reads=True)


def _searched_in_vain(findings: Findings, router: Router, blamed: Container[str]) -> Iterator[Unresolved]:
    """The lists ``collections:`` of which none can be had: Ansible takes each short name from elsewhere, and is silent.

    Left out are those that are ``blamed`` for a name, and those in which no name was searched.
    """
    opened = router.library.opened
    for names, location in findings.searched.items():
        listed = [name for name in names if not router.is_core(name)]
        if all(name in opened and opened[name] is None and name not in blamed for name in listed):
            reason = "the source of collections has none of those that collections: lists here"
            yield from (Unresolved("collection", name, location, reason) for name in listed)


def _resolutions(reference: Reference, router: Router) -> list[Resolution]:
    """The ends of a reference. A role or playbook ends at its collection; a network's name at several plugins."""
    if reference.kind == "collection":
        return [Resolution(None, (reference.name,), name=reference.name)]
    if reference.kind in ("role", "playbook"):
        full = split_name(reference.name)
        return [Resolution(None, (full[0],), name=reference.name)] if full is not None else []
    return router.resolve_all(reference)


def _evidence(reference: Reference, resolution: Resolution, found: PluginRequirements) -> Iterator[Evidence]:
    """A line for each distribution of a plugin and for each collection on the way; core alone is not worth one.

    A plugin of the project has one for each collection that it imports, too.
    """
    plugin = resolution.plugin
    name = plugin.name if plugin is not None else resolution.name
    where: Where = "target" if reference.kind == "module" else "controller"
    where = plugin.where if plugin is not None else where
    owner = plugin.collection if plugin is not None else ""
    line = partial(Evidence, reference.kind, reference.name, reference.location)
    for one in found.requirements:
        yield line(owner, name, one.requirement, one.where, one.layer, one.required and reference.required)
    imported = sorted(found.collections) if plugin is not None and not owner else ()
    for collection in dict.fromkeys((*resolution.collections, *imported)):
        if collection != BUILTIN and not (found.requirements and collection == owner):
            yield line(collection, name, "", where, "", reference.required)
