# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Walks a project as Ansible would: plays, blocks, handlers, roles, everything that they include and import."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from ..model import FileLocation
from .actions import Action, actions_of, free_form, unquoted
from .context import TOO_DEEP, Context, Finder, text_of
from .documents import are_tasks
from .files import Files
from .forms import (
    IMPORT_PLAYBOOK,
    without_hosts,
    wrong_at_run_time,
    wrong_in_block,
    wrong_in_import,
    wrong_in_metadata,
    wrong_in_play,
    wrong_in_role,
    wrong_in_task,
)
from .keywords import BLOCK_SECTIONS, SECTIONS, Keywords
from .loops import loop_scope
from .names import looks_full, split_playbook
from .role_directory import RoleDirectory
from .role_files import role_files
from .roles import (
    RoleSearch,
    missing_in_collection,
    named_dependency,
    role_context,
)
from .scan import Findings, is_template
from .scope import ANY, Scope
from .task_hosts import HostGraph
from .templates import Templates
from .values import Values
from .variables import Variables
from .visited import TemplatedNames
from .yaml import Fields, Text, UnusableFileError, line_of, unless_empty, yaml_error

#: The largest projects have 60,000.
MAX_TASKS = 150_000
_INCLUDES = frozenset({"include_tasks", "import_tasks", "include"})
_ROLES = frozenset({"include_role", "import_role"})
#: Those that Ansible follows when it gets there; it follows the others before the first task.
_AT_RUN_TIME = frozenset({"include_tasks", "include", "include_role"})


class Walker:
    """Collects into ``findings``; a file is walked once for each role that it is seen from."""

    def __init__(
        self,
        *,
        findings: Findings,
        values: Values,
        roles: RoleSearch,
        task_keywords: Container[str],
        play_keywords: Collection[str] = (),
    ) -> None:
        self.findings = findings
        self.values = values
        self.roles = roles
        self.task_keywords = task_keywords
        self.play_keywords = play_keywords
        self.finder = Finder(findings, values)
        self.templated = TemplatedNames(values)
        self.templates = Templates(self.finder, self.templated.again)
        self.variables = Variables(self.finder, self.templates)
        self.keywords = Keywords(findings, self.templates, self.variables)
        self.hosts = HostGraph()
        self.walked = 0
        #: Whether a play was walked.
        self.is_begun = False
        self.bases: dict[Path, None] = {}
        self.role_directories: dict[Path, None] = {}
        self.role_scopes: dict[tuple[Any, ...], Scope] = {}

    # -- playbooks ---------------------------------------------------------------------------------------------

    def found_playbook(
        self,
        path: Path,
        files: Files,
        nesting: int = 0,
        *,
        stops: bool = False,
        static: bool = True,
        collection: str = "",
    ) -> bool:
        """Walk a playbook that the user did not name; whether it can be used, which is reported when it cannot.

        ``stops``: Ansible reads it before the first task. ``static`` and ``collection``: see :class:`Context`.
        """
        try:
            self.playbook(path, files, nesting, static=static, collection=collection)
        except UnusableFileError as error:
            self.findings.unusable(error, stops=stops)
            return False
        return True

    def playbook(
        self, path: Path, files: Files, nesting: int = 0, *, static: bool = True, collection: str = ""
    ) -> None:
        """Walk a playbook: a list of plays and imported playbooks. Raises UnusableFileError for what is none."""
        if self.finder.visited.before(("playbook", path), path.parent, static=static):
            return
        document = files.readable_yaml(path)
        if not isinstance(document, list) or not document:
            raise yaml_error(files.shown(path), line_of(document), "a playbook is a list of at least one play")
        base = path.parent
        self.bases.setdefault(base)
        context = Context(files, base, (base,), nesting=nesting, static=static).with_local(playbook_dir=[str(base)])
        context = context.of_collection(self.roles.collection_around(path, files) or collection)
        self.variables.beside(base, context)
        for play in document:
            if not isinstance(play, Fields):
                raise yaml_error(files.shown(path), line_of(play), "a play is a mapping with hosts: and tasks:")
            imported = next((play[name] for name in IMPORT_PLAYBOOK if play.get(name)), None)
            if imported is not None and "hosts" not in play:
                self.keywords.wrong(wrong_in_import(play), play, context, path)
                self.variables.learn(play.get("vars"))
                self._keywords(play, context, path)
                self._imported_playbook(imported, context, path)
            else:
                self._play(play, context, path)

    def _imported_playbook(self, value: Any, context: Context, path: Path) -> None:
        location = context.location(path, value)
        nesting = context.deeper(location).nesting
        name = Text.at(free_form(str(value)), location.line)
        if split_playbook(name) is not None:
            self.collection_playbook(name, location, nesting, static=context.static)
            return
        found = self.finder.files(name, "", context, path)
        if is_template(name):
            follow = partial(self._imported_playbook, value, context, path)
            self.templated.again(follow)
            context = self.templated.certain(context, follow, is_sure=self.finder.is_sure)
        for one in found:
            self.found_playbook(
                one,
                context.files,
                nesting,
                stops=context.static,
                static=context.static,
                collection=context.collection,
            )

    def collection_playbook(self, name: Text, location: FileLocation, nesting: int = 0, *, static: bool = True) -> None:
        """Walk ``namespace.collection.playbook``, which ``location`` names."""
        self.findings.name("playbook", name, location)
        collection, playbook = split_playbook(name) or ("", "")
        content = self.roles.library.open(collection)
        found = content.playbook(playbook) if content is not None else None
        if content is not None and found is not None:
            self.found_playbook(found, content.files, nesting, stops=static, static=static, collection=collection)
            return
        reason = missing_in_collection(collection, "playbook", playbook, known=content is not None)
        self.findings.missing("playbook", name, location, reason, stops=static)

    def _play(self, play: Fields, outer: Context, path: Path) -> None:
        context = outer.with_search(play.get("collections")).running(self.hosts.play(play))
        self.variables.learn(play.get("vars"))
        self.variables.files(play.get("vars_files"), context, path)
        self._keywords(play, context, path)
        self.keywords.prompts(play, context, path)
        self.variables.learn(self.keywords.prompted(play))
        if self.play_keywords:
            unknown = [name for name in play if name not in self.play_keywords]
            self.keywords.unknown("play", unknown, play, context, path)
        self.keywords.wrong(without_hosts(play), play, context, path, stops=not self.is_begun)
        self.is_begun = True
        self.keywords.wrong(wrong_in_play(play), play, context, path)
        self.keywords.wrong(wrong_at_run_time(play), play, context, path, stops=False)
        roles = [] if play.get("roles") is None else play["roles"]
        if not isinstance(roles, list):
            raise yaml_error(context.files.shown(path), line_of(roles), "roles are a list")
        for role in roles:
            self._role_entry(role, context, path)
        for section in SECTIONS:
            self.tasks(play.get(section), context, path)

    # -- roles -------------------------------------------------------------------------------------------------

    def _role_entry(self, entry: Any, context: Context, path: Path) -> None:
        """An item of ``roles:`` or of a role's dependencies."""
        self.keywords.wrong(wrong_in_role(entry), entry, context, path)
        if isinstance(entry, Fields):
            name = text_of(entry.get("role")) or text_of(entry.get("name"))
            own = {key: value for key, value in entry.items() if key not in ("role", "name", "when", "tags", "vars")}
            self.values.learn(own)
            self.findings.variables(Fields(own), context.files.shown(path), context.known)
            self.variables.learn(entry.get("vars"))
            self._keywords(entry, context, path)
            context = self._inside(entry, context)
        else:
            name = text_of(entry)
        if name is not None:
            self._role(name, context, path, {})
            if is_template(name):
                self.templated.again(partial(self._role, name, context, path, {}))

    def _role(self, name: str, context: Context, path: Path, parts: dict[str, Any]) -> None:
        follow = partial(self._role, name, context, path, parts)
        if self._is_too_deep(name, context, path):
            return
        location = context.location(path, name)
        context = context.deeper(location)
        sure = {name, *Values().patterns(name, context.known)}
        patterns = self.values.patterns(name, context.known)
        doubt, note = self.values.doubt, self.values.note
        is_open = any(ANY in pattern for pattern in patterns)
        found, problems = self._roles_of(patterns, context)
        settable = [] if is_open else self.values.settable(name, context.known, patterns)
        others = [one for one in self._roles_of(settable, context)[0] if one not in found]
        is_templated = is_template(name)
        # What a literal name means is followed however much was spent.
        followed = [
            one for roles in (found, others) if not is_templated or self.values.spend(len(roles)) for one in roles
        ]
        note = note or self.values.note
        is_sure = len(patterns) == 1 and not (others or doubt or note)
        inner = self.templated.certain(context, follow, is_sure=is_sure) if is_templated else context
        for problem in problems:
            self.findings.missing("role", name, location, problem, stops=inner.static)
        inner = inner.at_run_time() if is_open else inner
        for one in followed:
            self._named_role(one, location, inner, path, parts, said="" if one in sure else name)
        if is_open or others or doubt or note:
            self.findings.unknown(name, location, note or ("" if is_open else doubt))

    def _roles_of(self, patterns: Iterable[str], context: Context) -> tuple[list[str], list[str]]:
        """The names of roles that patterns can mean, and why some cannot be told."""
        found = [[one] if ANY not in one else self.roles.matching(one, context) for one in patterns]
        names = [name for one in found if not isinstance(one, str) for name in one]
        return list(dict.fromkeys(names)), [one for one in found if isinstance(one, str)]

    def _named_role(
        self, name: str, location: FileLocation, context: Context, path: Path, parts: dict[str, Any], *, said: str
    ) -> None:
        """Walk the role ``name``; where a variable has it, which ``said`` names, it may be meant for something else."""
        found = self.roles.find(name, context)
        if context.within and self.roles.is_at_base(found, context):
            self.finder.visited.searched_at_base(context.within)
        full = "" if said else self.roles.perhaps_missing(name, found, context)
        if full:
            name, found = full, self.roles.find(full, context)
        self.roles.uses.add(name, found, location, context, path, is_sure=not said)
        if looks_full(name):
            self.findings.name("role", name, location)
        if isinstance(found, RoleDirectory):
            if found.collection and not looks_full(name):
                self.findings.name("role", f"{found.collection}.{name}", location)
            self.role(found, context, parts, path, said=said)
        elif looks_full(name) or not said:
            self.findings.missing("role", name, location, found, stops=context.static and not said)
        else:
            self.findings.unknown(said, location, f"{name}: {found}")

    def role(self, role: RoleDirectory, outer: Context, parts: dict[str, Any], path: Path, *, said: str = "") -> None:
        """Walk a role; ``parts`` are ``tasks_from`` and its like, which the file ``path`` names.

        ``said``: see :meth:`_named_role`. Of one that was walked before, those are followed that are templates: they
        may be more files by now.
        """
        names = {part: str(parts.get(f"{part}_from") or "main") for part in ("tasks", "handlers", "vars", "defaults")}
        may_lack = bool(said) and {*names.values()} != {"main"}
        key = ("role", role.path, role.collection, *names.values(), may_lack)
        outer = self._shared(key, outer)
        is_known = self.finder.visited.before(key, outer.base, outer.within, static=outer.static)
        sections = [section for section, name in names.items() if not is_known or is_template(name)]
        if not sections:
            return
        self.role_directories.setdefault(role.path)
        meta = role.files.yaml_file(role.path / "meta" / "main")
        metadata = self._metadata(meta, role, stops=outer.static) if meta is not None else None
        context = role_context(role, outer, metadata)
        context = context.with_scope(self.role_scopes.setdefault(key, context.local))
        location = outer.location(path, None)
        follow = partial(self.role, role, outer, parts, path, said=said)
        files = partial(
            role_files, role, parts=parts, context=context, finder=self.finder, location=location, said=said
        )
        for section in ("defaults", "vars"):
            chosen = files(section=section) if section in sections else []
            inner = self._chosen(names[section], context, follow)
            for one in chosen:
                self.variables.file(one, context, stops=inner.static, are_defaults=section == "defaults")
        if isinstance(metadata, Fields) and meta is not None and not is_known:
            self.keywords.wrong(wrong_in_metadata(metadata), metadata, replace(context, static=outer.static), meta)
            self.keywords.searched(metadata.get("collections"), context, meta)
            dependencies = metadata.get("dependencies")
            for dependency in dependencies if isinstance(dependencies, list) else ():
                self._role_entry(named_dependency(dependency), replace(context, directories=outer.directories), meta)
        for section in ("tasks", "handlers"):
            chosen = files(section=section) if section in sections else []
            inner = self._chosen(names[section], context, follow)
            for one in chosen:
                self.task_file(one, inner)

    def _chosen(self, name: str, context: Context, follow: Callable[[], None]) -> Context:
        """The context of the files of a role that ``name`` has chosen last: ``main``, or what ``tasks_from`` says."""
        return self.templated.certain(context, follow, is_sure=self.finder.is_sure) if is_template(name) else context

    def _metadata(self, path: Path, role: RoleDirectory, *, stops: bool) -> Any:
        try:
            metadata = unless_empty(role.files.readable_yaml(path))
            if metadata is not None and not isinstance(metadata, Fields):
                raise yaml_error(role.files.shown(path), line_of(metadata), "the metadata of a role is a mapping")
            return metadata
        except UnusableFileError as error:
            self.findings.unusable(error, stops=stops)
            return None

    def _shared(self, key: tuple[Any, ...], context: Context) -> Context:
        """The context of a file or role, which holds for all that include it."""
        context = replace(context.running(self.hosts.file(key, context.runs)), within=(*context.within, key))
        return context.with_scope(self.finder.scopes.inside(key, context.local))

    # -- tasks -------------------------------------------------------------------------------------------------

    def task_file(self, path: Path, context: Context) -> None:
        """Walk a file of tasks or handlers."""
        key = ("tasks", path, context.role, context.search)
        context = self._shared(key, context)
        if self.finder.visited.before(key, context.base, context.within, static=context.static):
            return
        try:
            # Ansible takes any empty document for no tasks.
            self.tasks(unless_empty(context.files.readable_yaml(path)), context.inside(path), path)
        except UnusableFileError as error:
            self.findings.unusable(error, stops=context.static)

    def tasks(self, value: Any, context: Context, path: Path) -> None:
        """Walk a list of tasks and blocks."""
        if value is None:
            return
        self.walked += len(value) if isinstance(value, list) else 0
        if self.walked > MAX_TASKS:
            shown = context.files.shown(path)
            raise InputError(
                f"{shown}, line {line_of(value)}: with these there are more than {MAX_TASKS} tasks, counted each time "
                "that they are included; choose fewer playbooks, or include less",
                file=shown,
            )
        if not isinstance(value, list):
            raise yaml_error(context.files.shown(path), line_of(value), "tasks are a list")
        for task in value:
            if isinstance(task, Fields):
                self._task(task, context, path)
            elif task is not None:
                location = context.location(path, task, line_of(value))
                self.findings.missing("file", location.file, location, "a task must be a mapping", stops=context.static)

    def _task(self, task: Fields, outer: Context, path: Path) -> None:
        self.variables.learn(task.get("vars"))
        context = self._inside(task, outer).with_own(task.get("vars"))
        context = context.with_scope(loop_scope(task, self.values, context.local, context.known))
        context = context.with_own(task.get("vars"))
        self._keywords(task, context, path)
        for section in BLOCK_SECTIONS:
            if task.get(section) is not None:
                self.tasks(task[section], context.deeper(context.location(path, task)), path)
        actions = actions_of(task, self.task_keywords)
        if any(section in task for section in BLOCK_SECTIONS):
            self.keywords.unknown("block", [one.name for one in actions], task, context, path)
            self.keywords.wrong(wrong_in_block(task), task, context, path)
            return
        self.keywords.wrong(wrong_in_task(task, actions), task, context, path)
        for action in actions:
            location = context.location(path, None, action.line)
            others = tuple(one.name for one in actions if one is not action)
            self.findings.name(
                "module",
                action.name,
                location,
                context.search,
                context.runs,
                context.known,
                beside=others,
                static=context.static and not action.is_value,
            )
            self.keywords.options(action.short, action.arguments, context, path)
            self.keywords.bare_arguments(action.short, action.arguments, context, path)
            self._follow(action, task, context, path)
            if _is_templated(action):
                self.templated.again(partial(self._follow, action, task, context, path))

    def _inside(self, holder: Fields, outer: Context) -> Context:
        """The context of what a block, a task or a role's entry runs."""
        return outer.with_search(holder.get("collections")).running(self.hosts.inside(outer.runs, holder))

    def _follow(self, action: Action, task: Fields, context: Context, path: Path) -> None:
        """Go where the action leads: files of tasks, roles, variables, templates."""
        arguments = action.arguments
        applied = arguments.get("apply")
        if isinstance(applied, Fields) and action.short in _INCLUDES | _ROLES:
            context = context.running(self.hosts.inside(context.runs, applied))
            self.variables.learn(applied.get("vars"))
            self._keywords(applied, context, path)
        context = context.at_run_time() if action.short in _AT_RUN_TIME else context
        if action.short in _INCLUDES:
            self._included_tasks(action, context, path)
        elif action.short in _ROLES:
            name = text_of(arguments.get("name")) or text_of(arguments.get("role"))
            if name is not None:
                self._role(name, context, path, dict(arguments))
        elif action.short == "include_vars":
            self.variables.include(action, context, path)
        elif action.short in ("set_fact", "add_host"):
            self._facts(action, context, path)
        self.templates.of_action(action, context, path)

    def _included_tasks(self, action: Action, context: Context, path: Path) -> None:
        raw = action.raw
        file = text_of(action.arguments.get("file")) or Text.at(unquoted(free_form(raw)), line_of(raw, action.line))
        if self._is_too_deep(file, context, path):
            return
        found = self.finder.files(file, "tasks", context, path) if file else []
        inner = context.deeper(context.location(path, file))
        if is_template(file):
            follow = partial(self._included_tasks, action, context, path)
            inner = self.templated.certain(inner, follow, is_sure=self.finder.is_sure)
        for one in found:
            if not is_template(file) or self._may_be_tasks(one, file, context):
                self.task_file(one, inner)

    def _may_be_tasks(self, path: Path, name: Text, context: Context) -> bool:
        """Whether a file that the template ``name`` can mean has tasks, or can have them behind a password."""
        document = self.finder.document(path, context)
        if document is None and context.files.is_encrypted(path):
            return not any(ANY in pattern for pattern in self.values.patterns(name, context.known))
        return are_tasks(document)

    def _facts(self, action: Action, context: Context, path: Path) -> None:
        """Variables that a task sets, whose names may be templates."""
        whole, location = free_form(action.raw), context.location(path, None, action.line)
        given = [one for one in self.values.options(whole, context.known) if isinstance(one, dict)] if whole else [{}]
        pairs = [pair for one in (action.arguments, *given) for pair in one.items()]
        named = {name: value for key, value in pairs for name in self.values.patterns(str(key), context.known)}
        for name in (*named, *([] if given else [ANY])):
            if ANY in name:
                self.variables.unfollowed(name, action.short, location)
        self.values.learn(named)
        self.findings.variables(named, context.files.shown(path), context.known)

    def _keywords(self, holder: Fields, context: Context, path: Path) -> None:
        """Everything of a play, block or task but its tasks: keywords that name plugins, values with Jinja."""
        self.keywords.read(holder, context, path)

    def _is_too_deep(self, name: str, context: Context, path: Path) -> bool:
        """Whether a templated name is not followed because of the nesting, which is said; others are an error then."""
        if not (context.is_deep and is_template(name)):
            return False
        self.findings.unknown(name, context.location(path, name), TOO_DEEP)
        return True


def _is_templated(action: Action) -> bool:
    values = (value for value in action.arguments.values() if isinstance(value, str))
    return any(map(is_template, (action.raw, *action.arguments, *values)))
