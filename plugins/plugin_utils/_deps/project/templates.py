# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Template files: those that a task refers to, and those that these include."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from .actions import Action
from .context import TOO_DEEP, Context, Finder, text_of
from .scan import IncludedTemplate
from .yaml import Text

#: Actions whose ``src`` is a template, by the last part of their name.
_ACTIONS = frozenset({"template", "win_template"})
_ENDINGS = (".j2", ".jinja", ".jinja2")


class Templates:
    """Reads template files, each once."""

    def __init__(self, finder: Finder, again: Callable[[Callable[[], None]], None]) -> None:
        self._finder = finder
        self._again = again
        self._read: set[Path] = set()

    def of_action(self, action: Action, context: Context, path: Path) -> None:
        """The templates that an action renders."""
        for name in self._sources(action, context):
            for found in self._finder.files(name, "templates", context, path):
                self.file(found, context, dict(action.arguments))

    def included(self, names: list[IncludedTemplate], context: Context, path: Path) -> None:
        """Templates that a value or another template includes; one that is not there is Ansible's to complain of."""
        for one in names:
            if context.is_deep and not isinstance(one.name, str):
                self._finder.findings.unknown("include by a name that is not a literal", one.location, TOO_DEEP)
                continue
            self._include(one, context, path)
            if not isinstance(one.name, str):
                self._again(partial(self._include, one, context, path))

    def _include(self, one: IncludedTemplate, context: Context, path: Path) -> None:
        for found in self._finder.included(one, context):
            self.file(found, context.inside(path).deeper(one.location), {})

    def file(self, path: Path, context: Context, options: dict[str, Any]) -> None:
        """A template file."""
        context = context.with_scope(self._finder.scopes.inside(("template", path), context.known))
        if path in self._read:
            return
        self._read.add(path)
        delimiters = {key: str(value) for key, value in options.items() if isinstance(value, str)}
        text = self._finder.text(path, context)
        names = self._finder.findings.template(text, context.files.shown(path), delimiters, context.known)
        self.included(names, context, path)

    def _sources(self, action: Action, context: Context) -> Iterator[Text]:
        """The arguments that name a template: ``src`` of the template actions, any that ends like one elsewhere."""
        last = action.name.rpartition(".")[2]
        source = text_of(action.arguments.get("src"))
        if last in _ACTIONS:
            if source is not None:
                yield source
            return
        template = action.arguments.get("template")
        if isinstance(template, dict):
            template = template.get("path")
        for value in (source, text_of(template)):
            if value is not None and any(
                name.endswith(_ENDINGS) for name in self._finder.values.patterns(value, context.known)
            ):
                yield value
