# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The sequence of an analysis: walk the project, resolve its names, look into the plugins, put the results together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from .distributions.bindep import system_packages
from .distributions.known_requirements import known_requirements
from .distributions.plugin_requirements import PluginRequirements
from .facts import KnownFacts
from .limits import MAX_CANDIDATES
from .model import (
    Analysis,
    CollectionDirectory,
    CollectionEntry,
    CollectionFinder,
    Evidence,
    FileLocation,
    Plugin,
    Reference,
    Resolution,
    RoleFinder,
    SystemPackage,
    Unresolved,
    Where,
)
from .project.collection_entries import collection_entry
from .project.collection_metadata import own_collections
from .project.config import ProjectConfig, read_config
from .project.context import LINK_OUT, OR_FOLLOW, Context
from .project.fetched_roles import FetchedRoles
from .project.files import Files
from .project.galaxy_requirements import dependencies_of, directories_of, galaxy_requirements
from .project.inventory import is_remote, read_inventory
from .project.local_collections import LocalCollections
from .project.names import looks_full, split_name, split_playbook
from .project.project_content import ProjectContent
from .project.roles import RoleSearch
from .project.scan import Findings
from .project.task_hosts import HostGraph
from .project.tree import OutsideError
from .project.user_settings import UserSetting
from .project.values import Values
from .project.walk import Walker
from .project.whole_project import walk_whole
from .project.yaml import Text
from .resolution.core import Core
from .resolution.open_names import settle
from .resolution.routing import (
    BUILTIN,
    Library,
    LocalPlugins,
    Router,
)
from .resolution.self_loaded import self_loaded

_COMMAND_LINE = FileLocation("command line", 1)


def analyse(
    root: Path,
    playbooks: Sequence[str],
    *,
    core: Core,
    source: CollectionFinder,
    declare: Callable[[Sequence[CollectionEntry]], object] = lambda _entries: None,
    task_keywords: Container[str],
    play_keywords: Collection[str] = (),
    max_candidates: int = MAX_CANDIDATES,
    inventory: Sequence[str] = (),
    role_source: RoleFinder | None = None,
    settings: Sequence[UserSetting] = (),
    home: str | None = None,
    usual: bool = True,
    facts: KnownFacts | None = None,
) -> Analysis:
    """Analyse ``playbooks`` of the project in ``root``: paths below it, or full names; none means the whole project.

    ``task_keywords`` are the keys of a task, a handler and a block that are no action, ``play_keywords``
    those of a play, none to accept all. ``declare`` is told what the requirements files have, before ``source`` is
    asked. ``role_source`` brings roles that the project does not have. ``inventory`` has the sources that the run will
    use, none where they are not known. ``settings`` are those of the user that hold for the run. With the ``home`` of
    the user, paths of the configuration are followed out of the project, and with ``usual`` also where Ansible looks by
    default. ``max_candidates`` is what all templated names together may stand for. ``facts`` has what is known of the
    contents of the project's files.
    """
    files = Files(root, follows_links=home is not None, may_follow=home is None)
    files.facts = facts
    findings = Findings(facts)
    reader = Files(root)
    content = ProjectContent(reader, findings) if not playbooks else None
    entries = [files.root / name for name in playbooks]
    if content is not None:
        entries = [*content.playbooks, *content.roles, *content.tasks]
    config = read_config(files, findings, entries, user=settings, home=home, usual=usual)
    directories = directories_of(files.root, entries)
    declared = galaxy_requirements(files, findings, directories)
    own = own_collections(files, findings, directories)
    local_collections = LocalCollections(files, config, entries, own, findings)
    wanted = [collection_entry(files, one) for one in (*declared.collections, *dependencies_of(files, own))]
    names = {str(one.fields.get("name")) for one in wanted}
    declared_local = {name: found for name in names if (found := local_collections.versioned(name))}
    declare([replace(one, is_local=one.fields.get("name") in declared_local) for one in wanted])
    library = Library(_project_first(local_collections, declared_local, source), project=files, core=core)
    fetched = FetchedRoles(role_source, declared.roles, files)
    roles = RoleSearch(library, config.roles, fetched)
    walker = Walker(
        findings=findings,
        values=Values(max_candidates),
        roles=roles,
        task_keywords=task_keywords,
        play_keywords=play_keywords,
    )
    library.outside += read_inventory(inventory, files, walker.variables)
    _walk(walker, files, config, playbooks)
    if content is not None:
        walk_whole(walker, content, files)
    walker.settle()
    local = LocalPlugins(files, [*walker.bases, *walker.role_directories], config.plugins)
    router = Router(core=core, library=library, local=local)
    settle(findings, walker.values, router)
    walker.hosts.spread()
    sources = [*inventory, *map(str, config.inventories)] if inventory else []
    if not is_remote(sources, reader):
        findings.local_connection = True
    analysis = resolved(findings, walker.hosts, router, tuple(local.directories("module_utils")))
    return replace(
        analysis,
        unresolved=tuple(_with_left_out(one, config) for one in analysis.unresolved),
        roles=tuple(fetched.brought.values()),
        role_declarations=roles.uses.compared(fetched, is_declaring=bool(declared.files)),
        looked={**reader.looked, **analysis.looked},
    )


def _walk(walker: Walker, files: Files, config: ProjectConfig, playbooks: Sequence[str]) -> None:
    context = Context(files, files.root, (files.root,))
    for inventory in config.inventories:
        walker.variables.inventory(inventory, context)
    for name in playbooks:
        _walk_named(walker, context, name)


def _walk_named(walker: Walker, context: Context, name: str) -> None:
    """A playbook that the user names: a file, or ``namespace.collection.playbook``."""
    files = context.files
    try:
        found = files.file(files.root / name, strict=True)
    except OutsideError as error:
        raise InputError(f"The playbook {name} is outside of the project {files.root}") from error
    if found is not None:
        walker.playbook(found, files)
    elif split_playbook(name) is not None:
        walker.collection_playbook(Text.at(name, 1), _COMMAND_LINE)
    else:
        raise InputError(f"The playbook {name} does not exist in {files.root}")


def _project_first(
    local: LocalCollections, known: Mapping[str, CollectionDirectory], source: CollectionFinder
) -> CollectionFinder:
    """Collections inside the project shadow those of the source, as Ansible's own search does."""
    return lambda name: known.get(name) or local.find(name) or source(name)


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
        on = hosts.hosts(runs)
        local = findings.local_connection or not on or any(one.local for one in on)
        patterns = tuple(dict.fromkeys(one.pattern for one in on if one.pattern))
        if resolution.problem and reference.required:
            stops = reference in findings.static
            unresolved.setdefault(_unresolved(reference, resolution, router, stops=stops))
        elif resolution.problem:
            findings.unknown(reference.name, reference.location, resolution.problem)
        plugin, found = resolution.plugin, PluginRequirements()
        if plugin is not None:
            if plugin not in requirements:
                requirements[plugin] = known_requirements(plugin, router.library, utils=utils)
            found = requirements[plugin]
        if reference.required:
            used.update(resolution.collections, found.collections)
            unresolved.update(dict.fromkeys(found.unresolved))
        lines = _evidence(reference, resolution, found)
        evidence.update(
            (one if one.where == "controller" else replace(one, hosts=patterns, local=local), None) for one in lines
        )
    unresolved.update(dict.fromkeys(_links_out(router.library)))
    blamed = {name for _one, _runs, end in ends if end.problem for name in end.collections}
    blamed |= {".".join(one.name.split(".")[:2]) for one in unresolved}
    unresolved.update(dict.fromkeys(_searched_in_vain(findings, router, blamed)))
    opened = {name: router.library.open(name) for name in used}
    return Analysis(
        evidence=tuple(evidence),
        unresolved=tuple(unresolved),
        dynamic=tuple(findings.dynamic),
        collections={name: content.directory for name, content in opened.items() if content is not None},
        system_packages=tuple(
            SystemPackage(name, entry, _sides(name, evidence))
            for name, content in sorted(opened.items())
            if content is not None
            for entry in system_packages(content)
        ),
        core_requirements=tuple(
            content.core_requirement
            for _name, content in sorted(opened.items())
            if content is not None and content.core_requirement is not None
        ),
        looked={path: stamp for files in router.library.readers() for path, stamp in files.looked.items()},
        facts=router.library.found_facts(),
    )


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


def _links_out(library: Library) -> Iterator[Unresolved]:
    """The links that lead out of what was read: what is behind them is not in the result."""
    for files in library.readers():
        for link in files.left_out:
            owner = files.label or "the project"
            reason = f"it is a link to a path outside of {owner} and is not followed; replace it with a copy"
            advice = OR_FOLLOW if files.may_follow else ""
            yield Unresolved("path", files.shown(link), FileLocation(files.shown(link), 1), reason + advice)


def _with_left_out(one: Unresolved, config: ProjectConfig) -> Unresolved:
    """With the setting of a directory that is not followed and can have what is missing, if there is one."""
    found = config.left_out(one.kind)
    if found is None or looks_full(one.name) or LINK_OUT in one.reason:
        return one
    setting, location = found
    reason = (
        f"{one.reason.rstrip('.')}. {location.file}, line {location.line}: {setting} names a directory outside of the "
        "project, which is not followed; set follow_outside if you trust the project"
    )
    return replace(one, reason=reason)


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
