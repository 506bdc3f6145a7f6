# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The sequence of an analysis: what is read and walked, one after the other, and then resolved."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from .facts import KnownFacts
from .limits import MAX_CANDIDATES
from .model import (
    Analysis,
    CollectionDirectory,
    CollectionEntry,
    CollectionFinder,
    FileLocation,
    RoleFinder,
    Unresolved,
)
from .project.collection_entries import collection_entry
from .project.collection_metadata import own_collections
from .project.config import ProjectConfig, read_config
from .project.context import Context
from .project.fetched_roles import FetchedRoles
from .project.files import Files
from .project.galaxy_requirements import dependencies_of, directories_of, galaxy_requirements
from .project.inventory import is_remote, read_inventory
from .project.local_collections import LocalCollections
from .project.names import looks_full, split_playbook
from .project.project_content import ProjectContent
from .project.roles import RoleSearch
from .project.scan import Findings
from .project.tree import OR_FOLLOW, OutsideError
from .project.user_settings import UserSetting
from .project.values import Values
from .project.walk import Walker
from .project.whole_project import walk_whole
from .project.yaml import Text
from .resolution.core import Core, local_directory
from .resolution.open_names import settle
from .resolution.routing import (
    Library,
    LocalPlugins,
    Router,
    sections_of,
)
from .resolved import resolved

_COMMAND_LINE = FileLocation("command line", 1)
_OF_COLLECTIONS = frozenset({"collections", "ansible_collections"})


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
    findings.wrong_keys_stop = config.wrong_keys_stop
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
    read_inventory(inventory, files, walker.variables)
    _walk(walker, files, config, playbooks)
    if content is not None:
        walk_whole(walker, content, files, own)
    walker.templated.settle()
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
        unresolved=tuple(_with_left_out(one, config, files) for one in analysis.unresolved),
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


def _with_left_out(one: Unresolved, config: ProjectConfig, files: Files) -> Unresolved:
    """With what is not followed and can have what is missing, if there is something: a directory of a setting, a link.

    Ansible may find it there.
    """
    if one.ansible_reads:
        return one
    found = None if looks_full(one.name) else config.left_out(one.kind)
    link = next((path for path in files.left_out if _may_have(path.relative_to(files.root), one)), None)
    if found is not None:
        setting, location = found
        note = f"{location.file}, line {location.line}: {setting} names a directory outside of the project"
    elif link is not None:
        note = f"{files.shown(link)} is a link to a path outside of the project"
    else:
        return one
    advice = OR_FOLLOW.replace(", or", ";") if files.may_follow else ""
    reason = f"{one.reason.rstrip('.')}. {note}, which is not followed{advice}"
    return replace(one, reason=reason, stops=False, ansible_reads=True)


def _may_have(link: Path, one: Unresolved) -> bool:
    """Whether a link can lead to what is missing, by the directory that it is or lies in, and by its own name."""
    if looks_full(one.name):
        return "source of collections" in one.reason and not _OF_COLLECTIONS.isdisjoint(link.parts)
    directories = [local_directory(kind) for kind in sections_of(one.kind)]
    if not any(directory in link.parts for directory in directories):
        return False
    is_file = link.suffix and link.name not in directories
    return not is_file or one.kind in ("filter", "test") or link.stem.removeprefix("_") == one.name
