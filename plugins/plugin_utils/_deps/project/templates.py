# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Template files: those that a task refers to, and those that these include."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from .actions import Action
from .context import TOO_DEEP, Context, Finder, text_of
from .jinja import DELIMITERS
from .scan import IncludedTemplate, is_template
from .yaml import Text

#: Actions whose ``src`` is a template, by the last part of their name.
_ACTIONS = frozenset({"template", "win_template"})
_ENDINGS = (".j2", ".jinja", ".jinja2")
#: Actions that take their ``src`` as it is, whatever its ending.
_VERBATIM = frozenset({
    "assemble", "copy", "fetch", "file", "script", "slurp", "synchronize", "unarchive", "win_copy",
})  # fmt: skip


class Templates:
    """Reads template files, each once for the options that it is rendered with."""

    def __init__(self, finder: Finder, again: Callable[[Callable[[], None]], None]) -> None:
        self._finder = finder
        self._again = again
        #: What each template includes, by its path and delimiters.
        self._read: dict[tuple[Path, tuple[tuple[str, str], ...]], list[IncludedTemplate]] = {}
        self._followed: set[tuple[Any, ...]] = set()

    def of_action(self, action: Action, context: Context, path: Path) -> None:
        """The templates that an action renders."""
        for name, options in self._sources(action, context, path):
            for found in self._finder.files(name, "templates", context, path):
                self.file(found, replace(context, first=None, last=found.parent), options)

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
        # See ``searchpath`` in plugins/action/template.py and in plugins/lookup/template.py.
        context = replace(context, first=None) if one.is_rendered else context
        for found in self._finder.included(one, context):
            inner = replace(context, first=found.parent) if one.is_rendered else context
            self.file(found, inner.deeper(one.location), dict(one.options))

    def file(self, path: Path, context: Context, options: dict[str, Any]) -> None:
        """A template file; what it includes may be other files where it is used from elsewhere."""
        scope = self._finder.scopes.inside(("template", path), context.known)
        delimiters = {key: str(value) for key, value in options.items() if key in DELIMITERS and isinstance(value, str)}
        key = (path, tuple(delimiters.items()))
        if key not in self._read:
            self._read[key] = []
            text = self._finder.text(path, context)
            self._read[key] = self._finder.findings.template(text, context.files.shown(path), delimiters, scope)
        from_here = (key, *context.search_directories("templates")) if self._read[key] else None
        if from_here is not None and from_here not in self._followed:
            self._followed.add(from_here)
            self.included(self._read[key], context.with_scope(scope), path)

    def _sources(self, action: Action, context: Context, path: Path) -> Iterator[tuple[Text, dict[str, Any]]]:
        """The arguments that name a template, with the options for it.

        They are ``src`` of the template actions, ``template`` of ``k8s``, any that ends like one elsewhere, and ``src``
        of the modules for network devices if it is there: ``ActionModule._handle_src_option`` of ansible.netcommon
        renders what the modules whose name ends in ``_config`` are given.
        """
        last = action.name.rpartition(".")[2]
        source = text_of(action.arguments.get("src"))
        if last in _ACTIONS:
            if source is not None:
                yield source, dict(action.arguments)
            return
        if last in _VERBATIM:
            return
        if last.endswith("_config") and source is not None and not is_template(source):
            if self._finder.existing(source, "templates", context, context.location(path, source)):
                yield source, {}
            return
        template = action.arguments.get("template")
        for one in (action.arguments.get("src"), *(template if isinstance(template, list) else [template])):
            options = one if isinstance(one, dict) else {}
            value = text_of(options.get("path") if options else one)
            if value is not None and ((last == "k8s" and value is not source) or self._ends_as_one(value, context)):
                yield value, options

    def _ends_as_one(self, name: Text, context: Context) -> bool:
        """Whether a name can be that of a template; the literal end of one often tells, which costs nothing."""
        end = name.rpartition("}")[2]
        if "." in end:
            return end.endswith(_ENDINGS)
        return any(one.endswith(_ENDINGS) for one in self._finder.values.patterns(name, context.known))
