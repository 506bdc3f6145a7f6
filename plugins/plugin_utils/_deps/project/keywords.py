# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The keywords of plays, blocks and tasks: the plugins that they name, and the Jinja in their values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .actions import EXPRESSIONS, key_of, pairs, unescaped
from .context import Context
from .jinja import JinjaError, encrypts, parsed_expression
from .names import FALSE_TEXTS, short_name
from .plugin_options import PLUGIN_KEYWORDS, named_plugins
from .scan import Findings, OpenName, is_template, texts
from .templates import Templates
from .variables import Variables
from .wrong_values import COMMON, wrong_values
from .yaml import Fields, Text, is_text

#: Keys of plays, and of blocks, whose tasks and roles are walked.
HANDLERS = "handlers"
SECTIONS = ("pre_tasks", "tasks", "post_tasks", HANDLERS)
BLOCK_SECTIONS = ("block", "rescue", "always")
_BARE_ARGUMENTS = {"assert": "that", "debug": "var"}
WALKED = frozenset({*SECTIONS, *BLOCK_SECTIONS, "roles"})


class Keywords:
    """Reads keywords into ``findings``."""

    def __init__(self, findings: Findings, templates: Templates, variables: Variables) -> None:
        self._findings = findings
        self._templates = templates
        self._variables = variables

    def read(self, holder: Fields, context: Context, path: Path) -> None:
        """Everything of a play, block or task but its tasks: keywords that name plugins, values with Jinja."""
        file, local = context.files.shown(path), context.known
        self.wrong(wrong_values(holder, COMMON), holder, context, path)
        for key, value in holder.items():
            if key in WALKED:
                continue
            if key in PLUGIN_KEYWORDS and isinstance(value, str):
                self._findings.name(PLUGIN_KEYWORDS[key], value, context.location(path, value), local=local)
            elif key.startswith("with_"):
                location = context.location(path, key_of(holder, key))
                self._findings.name("lookup", key.removeprefix("with_"), location, static=context.static)
                if short_name(key.removeprefix("with_")) == "password" and any(map(encrypts, texts(value))):
                    self._findings.name("filter", "ansible.builtin.password_hash", location)
            elif key == "register" and isinstance(value, str):
                self._variables.unfollowed(value, "register", context.location(path, value))
            elif key == "collections":
                self.searched(value, context, path)
            elif key == "module_defaults":
                self._module_defaults(value, context, path)
            self._templates_in(key, value, context, path)
        self._findings.variables(holder.get("vars"), file, local)

    def _templates_in(self, key: str, value: Any, context: Context, path: Path) -> None:
        """Everything with Jinja in the value of a keyword."""
        file, local = context.files.shown(path), context.known
        if key in EXPRESSIONS:
            included = self._findings.expression(value, file, local)
        else:
            included = self._findings.value(_as_read(value), file, local)
        self._templates.included(included, context, path)
        if key == "loop_control" and isinstance(value, dict):
            self._templates.included(self._findings.expression(value.get("break_when"), file, local), context, path)

    def searched(self, value: Any, context: Context, path: Path) -> None:
        """The collections that a play, block, task or role lists for its short names."""
        names = tuple(str(one) for one in (value if isinstance(value, list) else [value]) if is_text(one))
        if names and not any(map(is_template, names)):
            self._findings.searched.setdefault(names, context.location(path, value))

    def prompts(self, play: Fields, context: Context, path: Path) -> None:
        """What a person is asked for is not known; ``encrypt`` hashes as the filter ``password_hash`` does.

        See ``Display.do_var_prompt``.
        """
        prompts = play.get("vars_prompt")
        for prompt in prompts if isinstance(prompts, list) else [prompts]:
            if isinstance(prompt, Fields) and isinstance(prompt.get("name"), str):
                location = context.location(path, prompt["name"])
                self._variables.unfollowed(prompt["name"], "vars_prompt", location)
            if isinstance(prompt, Fields) and str(prompt.get("encrypt") or "no").lower() not in FALSE_TEXTS:
                location = context.location(path, key_of(prompt, "encrypt"))
                self._findings.name("filter", "ansible.builtin.password_hash", location)

    @staticmethod
    def prompted(play: Fields) -> dict[str, Any]:
        """The variables of ``vars_prompt`` that have a default, which is their value where nobody answers."""
        prompts = play.get("vars_prompt")
        entries = [one for one in prompts if isinstance(one, Fields)] if isinstance(prompts, list) else []
        return {str(one["name"]): one["default"] for one in entries if "name" in one and one.get("default") is not None}

    def bare_arguments(self, action: str, arguments: Mapping[str, Any], context: Context, path: Path) -> None:
        """``assert: that:`` and ``debug: var:`` take bare expressions."""
        expression = arguments.get(_BARE_ARGUMENTS.get(action, ""))
        included = self._findings.expression(expression, context.files.shown(path), context.known)
        self._templates.included(included, context, path)

    def _module_defaults(self, value: Any, context: Context, path: Path) -> None:
        """Defaults by static names of actions and groups, which ``collections:`` does not reach."""
        for entry in value if isinstance(value, list) else [value]:
            for name, options in entry.items() if isinstance(entry, dict) else ():
                kind = "action_group" if name.startswith("group/") else "module"
                location = context.location(path, name)
                name = name.removeprefix("group/")
                self._findings.name(kind, name, location, (), context.runs, static=context.static)
                if isinstance(options, dict):
                    self.options(short_name(name), options, context, path)

    def options(self, action: str, arguments: Mapping[str, Any], context: Context, path: Path) -> None:
        """The plugins that options of an action name."""
        for option, name in named_plugins(action, arguments):
            location = context.location(path, name)
            if is_template(name) or option.optional:
                self._findings.open_names.append(
                    OpenName(option.kind, name, location, context.search, context.runs, context.known, option.optional)
                )
            else:
                self._findings.name(option.kind, name, location, context.search, context.runs)

    def unknown(self, kind: str, names: Iterable[str], holder: Fields, context: Context, path: Path) -> None:
        """Keys of a play or a block that Ansible refuses: neither has an action."""
        for name in names:
            location = context.location(path, key_of(holder, name))
            reason = f"a {kind} has no keyword of this name"
            self._findings.missing("keyword", name, location, reason, stops=context.static)

    def wrong(
        self, found: Iterable[tuple[str, str]], holder: Any, context: Context, path: Path, *, stops: bool = True
    ) -> None:
        """Keys of ``holder`` that Ansible refuses, each with the reason; before the first task where it ``stops``."""
        for name, reason in found:
            key = key_of(holder, name) if isinstance(holder, Fields) and name in holder else holder
            self._findings.missing("keyword", name, context.location(path, key), reason, stops=stops and context.static)


def _as_read(value: Any) -> Any:
    """A value as Ansible reads it: in a free form that does not parse as it stands, quotes are escaped."""
    if not isinstance(value, Text) or "\\" not in value or not is_template(value) or not pairs(value):
        return value
    try:
        parsed_expression(value)
    except JinjaError:
        return unescaped(value)
    return value
