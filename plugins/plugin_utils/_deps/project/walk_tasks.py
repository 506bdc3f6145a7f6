# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Walks tasks as Ansible would: blocks, and the files of tasks, roles, variables and templates that actions name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Container, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from .actions import Action, actions_of, free_form, unquoted
from .context import TOO_DEEP, Context, Finder, text_of
from .documents import are_tasks
from .forms import unknown_in_include, wrong_in_block, wrong_in_task
from .keywords import BLOCK_SECTIONS, Keywords
from .loops import loop_scope
from .roles import RoleSearch
from .scan import Findings, is_template
from .scope import ANY, Scope
from .task_hosts import HostGraph
from .templates import Templates
from .values import Values
from .variables import Variables
from .visited import TemplatedNames
from .yaml import Fields, Text, UnusableFileError, is_text, line_of, unless_empty, yaml_error

#: The largest projects have 60,000.
MAX_TASKS = 150_000
_INCLUDES = frozenset({"include_tasks", "import_tasks", "include"})
_ROLES = frozenset({"include_role", "import_role"})
#: Those that Ansible follows when it gets there; it follows the others before the first task.
_AT_RUN_TIME = frozenset({"include_tasks", "include", "include_role"})


class TaskWalker(ABC):
    """Walks lists of tasks; what :class:`Walker` has found so far is here."""

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
        self.keywords.wrong(wrong_in_task(task, actions, are_handlers=context.are_handlers), task, context, path)
        wrong_keys = unknown_in_include(task, actions)
        self.keywords.wrong(wrong_keys, task, context, path, stops=self.findings.wrong_keys_stop)
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
            if _is_templated(action) or isinstance(task.get("args"), str):
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
        if action.short not in _INCLUDES | _ROLES:
            for one in self._with_given(action, task.get("args"), context):
                self.keywords.options(one.short, one.arguments, context, path)
                self.templates.of_action(one, context, path)

    def _with_given(self, action: Action, shared: Any, context: Context) -> Iterator[Action]:
        """The action with each mapping of arguments that a template in their place can be, which its line names."""
        whole = Text.at(free_form(action.raw), action.line)
        for template in (one for one in (whole, shared) if isinstance(one, str) and is_template(one)):
            for given in self.values.options(template, context.known):
                if isinstance(given, dict):
                    placed = {key: Text.at(one, action.line) if is_text(one) else one for key, one in given.items()}
                    yield replace(action, arguments={**placed, **action.arguments}, raw="")

    @abstractmethod
    def _role(self, name: str, context: Context, path: Path, parts: dict[str, Any]) -> None:
        """Walk the role that a name means; ``parts`` are ``tasks_from`` and its like."""

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

    def _shared(self, key: tuple[Any, ...], context: Context) -> Context:
        """The context of a file or role, which holds for all that include it."""
        runs, scope = self.hosts.file(key, context.runs), self.finder.scopes.inside(key, context.local)
        return replace(context, runs=runs, within=(*context.within, key), local=scope, own=None)


def _is_templated(action: Action) -> bool:
    values = (value for value in action.arguments.values() if isinstance(value, str))
    return any(map(is_template, (action.raw, *action.arguments, *values)))
