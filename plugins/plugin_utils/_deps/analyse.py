# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The sequence of an analysis: walk the project, resolve its names, look into the plugins, put the results together."""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from .distributions.bindep import system_packages
from .distributions.plugin_requirements import PluginRequirements, requirements_of
from .model import (
    Analysis,
    CollectionDirectory,
    CollectionFinder,
    Evidence,
    FileLocation,
    Plugin,
    Reference,
    Resolution,
    SystemPackage,
    Unresolved,
    Where,
)
from .project.config import ProjectConfig, read_config
from .project.context import Context
from .project.documents import is_playbook
from .project.files import Files
from .project.inventory import is_remote
from .project.names import YAML_ENDINGS, is_collection, looks_full, split_name, split_playbook
from .project.roles import RoleDirectory, RoleSearch
from .project.scan import Findings
from .project.task_hosts import HostGraph
from .project.tree import OutsideError
from .project.values import MAX_CANDIDATES, Values
from .project.walk import Walker
from .project.yaml import Text
from .resolution.core import Core
from .resolution.open_names import settle
from .resolution.routing import (
    BUILTIN,
    Library,
    LocalPlugins,
    Router,
)

_LOOKS_LIKE_PLAYBOOK = re.compile(r"^[ \t]*(?:-[ \t]+)?(?:hosts|(?:ansible\.builtin\.)?import_playbook)[ ]*:", re.M)

_COMMAND_LINE = FileLocation("command line", 1)


def analyse(
    root: Path,
    playbooks: Sequence[str],
    *,
    core: Core,
    source: CollectionFinder,
    task_keywords: Container[str],
    play_keywords: Collection[str] = (),
    max_candidates: int = MAX_CANDIDATES,
    inventory: Sequence[str] = (),
) -> Analysis:
    """Analyse ``playbooks`` of the project in ``root``: paths below it, or full names; none means all that lie there.

    ``task_keywords`` are the keys of a task, a handler and a block that are no action, ``play_keywords``
    those of a play, none to accept all. ``inventory`` has the sources that the run will use, none where they are not
    known. ``max_candidates`` is what all templated names together may stand for.
    """
    files = Files(root)
    findings = Findings()
    config = read_config(files, findings)
    own = _own_collections(files, playbooks)
    library = Library(_project_first(files, config, source, own), project=files, core=core)
    roles = RoleSearch(library, config.roles)
    walker = Walker(
        findings=findings,
        values=Values(max_candidates),
        roles=roles,
        task_keywords=task_keywords,
        play_keywords=play_keywords,
    )
    _walk(walker, files, config, playbooks)
    walker.settle()
    local = LocalPlugins(files, [*walker.bases, *walker.role_directories], config.plugins)
    router = Router(core=core, library=library, local=local)
    settle(findings, walker.values, router)
    walker.hosts.spread()
    sources = [*inventory, *map(str, config.inventories)] if inventory else []
    reader = Files(root)
    if not is_remote(sources, reader):
        findings.local_connection = True
    analysis = _resolved(findings, walker.hosts, router, tuple(local.directories("module_utils")))
    return replace(analysis, looked={**reader.looked, **analysis.looked})


def _walk(walker: Walker, files: Files, config: ProjectConfig, playbooks: Sequence[str]) -> None:
    context = Context(files, files.root, (files.root,))
    for inventory in config.inventories:
        walker.variables.inventory(inventory, context)
    for name in playbooks:
        _walk_named(walker, context, name)
    found = [] if playbooks else _found(files)
    for path in found:
        walker.playbook(path, files)
    if playbooks or found:
        return
    if files.directory(files.root / "tasks") is not None:
        walker.bases.setdefault(files.root)
        walker.role(RoleDirectory(files.root, files), context, {})
        return
    raise InputError(
        f"{files.root} has no playbook: no YAML file in it or in its playbooks directory is a list of plays"
    )


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


def _found(files: Files) -> list[Path]:
    """The playbooks of a project directory: files of plays in its root and in ``playbooks/``."""
    candidates = [
        *files.below(files.root, YAML_ENDINGS, depth=0),
        *files.below(files.root / "playbooks", YAML_ENDINGS, depth=1),
    ]
    likely = (path for path in candidates if _LOOKS_LIKE_PLAYBOOK.search(files.text(path)))
    return [path for path in likely if is_playbook(files.yaml(path))]


def _own_collections(files: Files, playbooks: Sequence[str]) -> dict[str, CollectionDirectory]:
    """The collection that the project is, or that a playbook lies in: directories with a galaxy.yml above it."""
    above = {files.root, *((files.root / name).parent / up for name in playbooks for up in (".", "..", "../.."))}
    found = {}
    for directory in sorted(above):
        path = files.file(directory / "galaxy.yml")
        said = files.yaml(path) if path is not None else None
        name = f"{said.get('namespace')}.{said.get('name')}" if isinstance(said, dict) else ""
        if path is not None and isinstance(said, dict) and is_collection(name):
            found[name] = CollectionDirectory(name, str(said.get("version") or "*"), path.parent, local=True)
    return found


def _project_first(
    files: Files, config: ProjectConfig, source: CollectionFinder, own: Mapping[str, CollectionDirectory]
) -> CollectionFinder:
    """Collections inside the project shadow those of the source, as Ansible's own search does."""

    def find(name: str) -> CollectionDirectory | None:
        if name in own:
            return own[name]
        for base in (files.root / "collections", files.root / "playbooks" / "collections", *config.collections):
            for directory in (base / "ansible_collections", base):
                found = files.named_directory(directory, name)
                if found is not None:
                    return CollectionDirectory(name, "*", found, local=True)
        return source(name)

    return find


def _resolved(findings: Findings, hosts: HostGraph, router: Router, utils: tuple[Path, ...]) -> Analysis:
    """Resolve every reference and look into every plugin once."""
    evidence: dict[Evidence, None] = {}
    unresolved = dict(findings.unresolved)
    used: set[str] = set()
    requirements: dict[Plugin, PluginRequirements] = {}
    for reference, runs in findings.references.items():
        on = hosts.hosts(runs)
        local = findings.local_connection or not on or any(one.local for one in on)
        patterns = tuple(dict.fromkeys(one.pattern for one in on if one.pattern))
        for resolution in _resolutions(reference, router):
            used.update(resolution.collections)
            if resolution.problem:
                stops = reference in findings.static
                unresolved.setdefault(_unresolved(reference, resolution, router, stops=stops))
            plugin, found = resolution.plugin, PluginRequirements()
            if plugin is not None:
                if plugin not in requirements:
                    requirements[plugin] = requirements_of(plugin, router.library, utils=utils)
                found = requirements[plugin]
                used |= found.collections
                unresolved.update(dict.fromkeys(found.unresolved))
            lines = _evidence(reference, resolution, found)
            evidence.update(
                (one if one.where == "controller" else replace(one, hosts=patterns, local=local), None) for one in lines
            )
    unresolved.update(dict.fromkeys(_links_out(router.library)))
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
        looked={path: stamp for files in router.library.readers() for path, stamp in files.looked.items()},
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
            yield Unresolved("path", files.shown(link), FileLocation(files.shown(link), 1), reason)


def _resolutions(reference: Reference, router: Router) -> list[Resolution]:
    """The ends of a reference. A role or playbook ends at its collection; a network's name at several plugins."""
    if reference.kind == "collection":
        return [Resolution(None, (reference.name,), name=reference.name)]
    if reference.kind in ("role", "playbook"):
        full = split_name(reference.name)
        return [Resolution(None, (full[0],), name=reference.name)] if full is not None else []
    return router.resolve_all(reference)


def _evidence(reference: Reference, resolution: Resolution, found: PluginRequirements) -> Iterator[Evidence]:
    """A line for each distribution of a plugin and for each collection on the way; core alone is not worth one."""
    plugin = resolution.plugin
    name = plugin.name if plugin is not None else resolution.name
    where: Where = "target" if reference.kind == "module" else "controller"
    where = plugin.where if plugin is not None else where
    owner = plugin.collection if plugin is not None else ""
    line = partial(Evidence, reference.kind, reference.name, reference.location)
    for one in found.requirements:
        yield line(owner, name, one.requirement, one.where, one.layer, one.required)
    for collection in resolution.collections:
        if collection != BUILTIN and not (found.requirements and collection == owner):
            yield line(collection, name, "", where, "")
