# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Collects what the walk finds; reads values of any shape for Jinja names and for variables that name a plugin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import shortened

from ..model import (
    Dynamic,
    FileLocation,
    Reference,
    Unresolved,
)
from .connections import can_be_local
from .jinja import (
    MARKERS,
    JinjaError,
    JinjaName,
    names_in_expression,
    names_in_template,
    names_in_text,
)
from .yaml import Text, line_of

#: Variables whose value names a plugin, with its kind.
PLUGIN_VARIABLES = {
    "ansible_connection": "connection",
    "ansible_become_method": "become",
    "ansible_network_os": "network_os",
    "ansible_shell_type": "shell",
}
_SHOWN = 120
_MAX_READ = 10_000


class Findings:
    """What was found so far, in the order of the walk, each once."""

    def __init__(self) -> None:
        #: Each with where it runs, where that was told: numbers of a HostGraph.
        self.references: dict[Reference, set[int]] = {}
        self.unresolved: dict[Unresolved, None] = {}
        #: Those references that Ansible looks up before the first task.
        self.static: set[Reference] = set()
        self.dynamic: dict[Dynamic, None] = {}
        #: Whether a variable or the configuration lets hosts be reached in a way that can end at the venv's own host.
        self.local_connection = False

    def name(
        self,
        kind: str,
        name: str,
        location: FileLocation,
        search: tuple[str, ...] = (),
        runs: int | None = None,
        *,
        static: bool = False,
    ) -> None:
        """A name that the project uses; one that is templated is listed as dynamic.

        ``runs`` and ``static``: see ``Context``.
        """
        if any(marker in name for marker in MARKERS):
            self.unknown(name, location)
        elif name:
            reference = Reference(kind, str(name), location, search)
            self.references.setdefault(reference, set()).update(() if runs is None else (runs,))
            self.static.update((reference,) if static else ())

    def missing(self, kind: str, name: str, location: FileLocation, reason: str, *, stops: bool = False) -> None:
        """A name that leads nowhere."""
        one = Unresolved(kind, str(name), location, reason, stops)
        if stops:
            self.unresolved.pop(one, None)  # An equal one may not have said so.
        self.unresolved.setdefault(one)

    def unknown(self, expression: str, location: FileLocation, *, limit: int = _SHOWN) -> None:
        """A name that only the run will know."""
        shown = " ".join(str(expression[:_MAX_READ]).split())
        self.dynamic.setdefault(Dynamic(shortened(shown, limit), location))

    def value(self, value: Any, file: str) -> list[tuple[str, FileLocation]]:
        """Read a value of any shape; returns the template files that it includes, with their places."""
        return [included for text in texts(value) for included in self._text(text, file, bare=False)]

    def expression(self, value: Any, file: str) -> list[tuple[str, FileLocation]]:
        """Read bare expressions (``when:``): a text, or a list of them."""
        return [included for text in texts(value) for included in self._text(text, file, bare=True)]

    def template(self, text: str, file: str, delimiters: dict[str, str]) -> list[tuple[str, FileLocation]]:
        """Read a template file; returns the templates that it includes."""
        try:
            names = names_in_template(text, delimiters)
        except JinjaError as error:
            self.unknown(f"the template does not parse: {error}", FileLocation(file, error.line))
            return []
        return self._names(names, file, 0)

    def variables(self, value: Any, file: str) -> None:
        """References by variables that name a plugin, at any depth (``hosts:`` of a YAML inventory)."""
        for name, item in fields(value):
            kind = PLUGIN_VARIABLES.get(name)
            self.local_connection = self.local_connection or (kind == "connection" and can_be_local(item))
            if kind and isinstance(item, str):
                self.name(kind, item.strip(), FileLocation(file, line_of(item, line_of(name))))

    def _text(self, text: Text, file: str, *, bare: bool) -> list[tuple[str, FileLocation]]:
        if getattr(text, "inert", False):
            return []
        line = line_of(text)
        try:
            names = names_in_expression(str(text)) if bare else names_in_text(str(text))
        except JinjaError as error:
            said = f"{shortened(' '.join(text[:_MAX_READ].split()), _SHOWN)} (does not parse: {error})"
            self.unknown(said, FileLocation(file, line + error.line - 1), limit=2 * _SHOWN)
            return []
        return self._names(names, file, line - 1)

    def _names(self, names: Iterable[JinjaName], file: str, before: int) -> list[tuple[str, FileLocation]]:
        included = []
        for one in names:
            location = FileLocation(file, before + one.line)
            if one.kind == "template":
                included.append((one.name, location))
            elif one.kind == "dynamic_lookup":
                self.unknown("lookup(…) by a name that is not a literal", location)
            else:
                self.name(one.kind, one.name, location)
        return included


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
