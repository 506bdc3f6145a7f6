# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Collects what the walk finds; reads values of any shape for Jinja names and for variables that name a plugin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import nodes

from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import shortened

from ..facts import KnownFacts
from ..model import Dynamic, FileLocation, Reference, Unresolved
from .connections import can_be_local
from .jinja import JinjaError, JinjaName, has_markers
from .known_names import KnownNames
from .plugin_options import PLUGIN_VARIABLES, plugin_names
from .template_parts import Local, TemplateScope
from .text_lines import with_lines
from .tree import leads_out
from .yaml import ENCRYPTED, Text, UnusableFileError, line_in, line_of

_CALLS = {"lookup": "lookup(…)"}
_SHOWN = 120
_MAX_READ = 10_000


@dataclass(frozen=True)
class OpenName:
    """The name of a plugin that an expression gives: its values are known when all of the project was read.

    ``optional``: Ansible goes on with another plugin where there is none of this name.
    """

    kind: str
    expression: str | nodes.Node
    location: FileLocation
    search: tuple[str, ...] = ()
    runs: int | None = None
    local: Local = field(default_factory=dict)
    optional: bool = False

    @property
    def shown(self) -> str:
        """The expression as it stands in the file, as far as that is known."""
        if isinstance(self.expression, str):
            return self.expression
        return f"{_CALLS.get(self.kind, self.kind)} by a name that is not a literal"


@dataclass(frozen=True)
class IncludedTemplate:
    """A template file that a text includes, by its name or by an expression."""

    name: str | nodes.Node
    location: FileLocation
    #: The options with which it is rendered, as far as they are literals.
    options: Mapping[str, str] = field(default_factory=dict)
    #: What the variables can be that the text sets itself.
    assigned: Mapping[str, Sequence[nodes.Expr | None]] = field(default_factory=dict)
    #: Whether the lookup ``template`` renders it, which searches what that includes beside it.
    is_rendered: bool = False


class Findings:
    """What was found so far, in the order of the walk, each once; ``facts`` has what is known of texts."""

    def __init__(self, facts: KnownFacts | None = None) -> None:
        self._known = KnownNames(facts)
        #: Each with where it runs, where that was told: numbers of a HostGraph.
        self.references: dict[Reference, set[int]] = {}
        self.unresolved: dict[Unresolved, None] = {}
        #: Those references that Ansible looks up before the first task.
        self.static: set[Reference] = set()
        self.dynamic: dict[Dynamic, None] = {}
        self.open_names: list[OpenName] = []
        #: The lists of the keyword ``collections``, each where it stands first.
        self.searched: dict[tuple[str, ...], FileLocation] = {}
        #: Whether a variable or the configuration lets hosts be reached in a way that can end at the venv's own host.
        self.local_connection = False
        #: Whether Ansible stops for a key that an include has not; its configuration can let it warn.
        self.wrong_keys_stop = True

    def name(
        self,
        kind: str,
        name: str,
        location: FileLocation,
        search: tuple[str, ...] = (),
        runs: int | None = None,
        local: Mapping[str, Any] | None = None,
        beside: tuple[str, ...] = (),
        *,
        static: bool = False,
        required: bool = True,
    ) -> None:
        """A name that the project uses, or a template that ends at one.

        ``runs``, ``local`` and ``static``: see ``Context``.
        """
        if getattr(name, "inert", False) and name.startswith(ENCRYPTED):
            self.unknown("an encrypted value", location)
        elif is_template(name):
            self.open_names.append(OpenName(kind, name, location, search, runs, local or {}))
        elif name:
            reference = Reference(kind, str(name), location, search, beside, required)
            self.references.setdefault(reference, set()).update(() if runs is None else (runs,))
            self.static.update((reference,) if static else ())

    def missing(
        self,
        kind: str,
        name: str,
        location: FileLocation,
        reason: str,
        *,
        stops: bool = False,
        ansible_reads: bool = False,
    ) -> None:
        """A name that leads nowhere, or out of what is read; Ansible stops for none that it reads itself."""
        ansible_reads = ansible_reads or leads_out(reason)
        one = Unresolved(kind, str(name), location, reason, stops and not ansible_reads, ansible_reads)
        if one.stops:
            self.unresolved.pop(one, None)  # An equal one may not have said so.
        self.unresolved.setdefault(one)

    def unusable(self, error: UnusableFileError, *, stops: bool = False, kind: str = "file") -> None:
        """A file that cannot be used; the answer for all other files stands."""
        where, limit = error.location, error.is_limit
        self.missing(kind, where.file, where, error.reason, stops=stops, ansible_reads=limit)

    def unknown(self, expression: str, location: FileLocation, note: str = "") -> None:
        """A name that only the run will know; ``note`` says why, where that is not obvious."""
        shown = shortened(" ".join(str(expression[:_MAX_READ]).split()), _SHOWN)
        self.dynamic.setdefault(Dynamic(f"{shown} ({shortened(note, 2 * _SHOWN)})" if note else shown, location))

    def value(self, value: Any, file: str, local: Mapping[str, Any] | None = None) -> list[IncludedTemplate]:
        """Read a value of any shape; returns the template files that it includes, with their places."""
        return [one for text in texts(value) for one in self._text(text, file, local or {}, bare=False)]

    def expression(self, value: Any, file: str, local: Mapping[str, Any] | None = None) -> list[IncludedTemplate]:
        """Read bare expressions (``when:``): a text, or a list of them."""
        return [one for text in texts(value) for one in self._text(text, file, local or {}, bare=True)]

    def template(
        self, text: str, file: str, delimiters: dict[str, str], local: Mapping[str, Any]
    ) -> list[IncludedTemplate]:
        """Read a template file; returns the templates that it includes."""
        try:
            names = self._known.in_template(text, delimiters)
        except JinjaError as error:
            self.unknown(f"the template does not parse: {error}", FileLocation(file, error.line))
            return []
        return self._names(names, file, None, local)

    def variables(self, value: Any, file: str, local: Mapping[str, Any] | None = None) -> None:
        """References by variables that name a plugin, at any depth (``hosts:`` of a YAML inventory)."""
        for name, item in fields(value):
            kind = PLUGIN_VARIABLES.get(name)
            self.local_connection = self.local_connection or (kind == "connection" and can_be_local(item))
            if kind is not None:
                for one in plugin_names(item):
                    self.name(kind, one, FileLocation(file, line_of(one, line_of(name))), local=local)

    def _text(self, text: Text, file: str, local: Mapping[str, Any], *, bare: bool) -> list[IncludedTemplate]:
        if getattr(text, "inert", False):
            return []
        read = self._known.in_expression if bare else self._known.in_text
        try:
            names = read(str(text))
        except JinjaError as error:
            self.unknown(text, FileLocation(file, line_in(text, error.line, "")), f"does not parse: {error}")
            return []
        return self._names(names, file, text, local, _lines(names, text, read)) if names else []

    def _names(
        self,
        names: Iterable[JinjaName],
        file: str,
        text: Text | None,
        local: Mapping[str, Any],
        lines: Sequence[int] = (),
    ) -> list[IncludedTemplate]:
        """Take the names in a ``text``, or in a whole ``file``; ``lines`` are theirs where the text does not tell."""
        included = []
        for number, one in enumerate(names):
            location = FileLocation(file, lines[number] if lines else line_in(text, one.line, one.name))
            if one.kind == "template":
                name = one.expression or one.name
                included.append(IncludedTemplate(name, location, dict(one.options), one.assigned, one.is_rendered))
            elif one.expression is not None:
                inner = TemplateScope(local, one.assigned) if one.assigned else local
                self.open_names.append(OpenName(one.kind, one.expression, location, local=inner))
            else:
                self.name(one.kind, one.name, location)
        return included


def _lines(names: Sequence[JinjaName], text: Text, read: Callable[[str], Sequence[JinjaName]]) -> list[int]:
    """The lines in the file of names that a text has more than once, or not literally, where it is folded."""
    source = getattr(text, "source", ())
    if not source or all(one.name and text.count(one.name) == 1 for one in names):
        return []
    lined = with_lines(text, source)
    try:
        found = read(lined[0]) if lined is not None else ()
    except JinjaError:
        return []
    if lined is None or [(one.kind, one.name) for one in found] != [(one.kind, one.name) for one in names]:
        return []
    return [text.line + lined[1] + one.line - 1 for one in found]


def is_template(text: str) -> bool:
    """Whether a text has a template in it."""
    return has_markers(text) and not getattr(text, "inert", False)


def texts(value: Any) -> Iterator[Text]:
    """Every text in a value, keys of mappings included."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item  # type: ignore[misc]  # plain strings have no line, line_of() knows
        elif isinstance(item, dict):
            pending.extend(item.keys())
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


def fields(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key with its value, at any depth."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            yield from item.items()
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
