# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What expressions and texts with expressions can be: the tree is read, and functions of literals are worked out.

What is known of an expression is every value that it can have; nothing is known where that list is empty, and ``*``
stands for the part of a text that is not known. All work and all that it makes is accounted for.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jinja2 import nodes

from ..limits import CHARACTERS_PER_CANDIDATE
from . import calls, choices
from .first_found import first_found_names
from .jinja import JinjaError, has_markers
from .literal_functions import Some
from .scope import ANY, Scope
from .template_parts import MAX_CHARACTERS, Local, TemplateScope, is_readable, output_in, outside, put_out
from .value_filters import filtered, members
from .yaml import ENCRYPTED, Scalar, Text

#: Variables in the values of variables.
MAX_NESTING = 10


class Expressions:
    """Reads what belongs to one name.

    ``spend`` accounts for work and says whether it may be done. ``learned`` has the values that the project gives a
    variable anywhere. ``is_settable``: a variable that has a value by ``default()`` alone can have another one.
    """

    def __init__(
        self, spend: Callable[[int], bool], learned: Callable[[str], list[Any]], *, is_settable: bool = False
    ) -> None:
        self.spend = spend
        self.learned = learned
        self.is_settable = is_settable
        #: The templates that are being put in: one that is met again inside of itself says nothing.
        self._open: set[Any] = set()

    def patterns(self, text: str, local: Local, nesting: int) -> list[str]:
        if getattr(text, "inert", False):
            return [ANY] if text.lstrip().startswith(ENCRYPTED) else [str(text)]
        if not has_markers(text):
            return [str(text)]
        if text in self._open:
            return []
        if nesting >= MAX_NESTING or len(text) > MAX_CHARACTERS or not self.spend(1):
            return [ANY]
        self._open.add(text)
        try:
            output, local = output_in(text, local)
            return self.named([self.piece(node, local, nesting) for node in output])
        except (JinjaError, RecursionError):
            return [ANY]
        finally:
            self._open.discard(text)

    def piece(self, node: nodes.Node, local: Local, nesting: int) -> list[str]:
        """The texts that a part of a template can put out; an empty one counts where there are others."""
        if isinstance(node, nodes.TemplateData):
            return [node.data]
        if isinstance(node, nodes.If):
            return self._branches(node, local, nesting)
        found: dict[str, None] = {}
        for value in dict.fromkeys(_texts(self.objects(node, local, nesting))):
            found.update(dict.fromkeys(self.patterns(value, outside(local), nesting + 1) if value else [value]))
        return list(found) if any(found) else [ANY]

    def _branches(self, node: nodes.If, local: Local, nesting: int) -> list[str]:
        """What each branch of ``{% if %}`` can put out; nothing, where there is no ``{% else %}``."""
        found: dict[str, None] = {}
        for body in (node.body, *(one.body for one in node.elif_), node.else_):
            pieces = [self.piece(one, local, nesting) for one in put_out(body)]
            found.update(dict.fromkeys(self.named(pieces) if pieces else [""]))
        return list(found)

    def named(self, pieces: list[list[str]]) -> list[str]:
        """Every way to put one choice of each piece together, in order; too many of them become one pattern."""
        found: dict[str, None] = {}
        for way in itertools.product(*pieces):
            name = "".join(way)
            if not self.spend(1 + len(name) // CHARACTERS_PER_CANDIDATE):
                return ["".join(piece[0] if len(piece) == 1 else ANY for piece in pieces)]
            if name.strip():
                found[name] = None
        return list(found) or [ANY]

    def known(self, node: nodes.Node, local: Local, nesting: int) -> list[Any]:
        """As :meth:`objects`, where a value that is one expression stands for what that can be."""
        return [
            one
            for value in self.objects(node, local, nesting)
            for one in self._meanings(value, outside(local), nesting)
        ]

    def _meanings(self, value: Any, local: Local, nesting: int) -> list[Any]:
        """What a value can be that may be one expression; any other is itself."""
        if not is_readable(value):
            return [value]
        try:
            output, inner = output_in(value, local)
        except JinjaError:
            return [value]
        if len(output) != 1 or isinstance(output[0], (nodes.TemplateData, nodes.If)):
            return [value]
        if nesting >= MAX_NESTING or value in self._open or not self.spend(1):
            return []
        self._open.add(value)
        try:
            return self.known(output[0], inner, nesting + 1)
        finally:
            self._open.discard(value)

    def settled(self, value: Any, local: Local, nesting: int) -> list[Any]:
        """What a value can be, with the templates in its lists and mappings."""
        if isinstance(value, str):
            found: list[Any] = []
            for one in self._meanings(value, local, nesting):
                if isinstance(one, str):
                    found += self.patterns(one, local, nesting + 1)
                else:
                    found += self.settled(one, local, nesting + 1) if nesting < MAX_NESTING else []
            return found
        if not isinstance(value, (list, Mapping)) or nesting >= MAX_NESTING:
            return [value]
        inner = value.values() if isinstance(value, Mapping) else value
        if not self.spend(len(value)):
            return []
        options = [self.settled(one, local, nesting + 1) or [ANY] for one in inner]
        if isinstance(value, Mapping):
            return list(choices.mappings([*map(str, value)], options))
        return [Some(one) if isinstance(value, Some) else one for one in choices.lists(options)]

    def objects(self, node: nodes.Node, local: Local, nesting: int) -> list[Any]:
        """The values that an expression can have, as far as literals tell; empty for what is unknown."""
        if not self.spend(1):
            return []
        reader = _READERS.get(type(node))
        return reader(self, node, local, nesting) if reader is not None else []

    def _constant(self, node: nodes.Const, _local: Local, _nesting: int) -> list[Any]:
        return [node.value]

    def _name(self, node: nodes.Name, local: Local, nesting: int) -> list[Any]:
        return self.variable(node.name, local, nesting)

    def _listed(self, node: nodes.List | nodes.Tuple, local: Local, nesting: int) -> list[Any]:
        return choices.lists([found for one in node.items if (found := self.union([one], local, nesting))])

    def _conditional(self, node: nodes.CondExpr, local: Local, nesting: int) -> list[Any]:
        return self.union([one for one in (node.expr1, node.expr2) if one is not None], local, nesting)

    def _either(self, node: nodes.BinExpr, local: Local, nesting: int) -> list[Any]:
        return self.union([node.left, node.right], local, nesting)

    def _negative(self, node: nodes.Neg, local: Local, nesting: int) -> list[Any]:
        return [-one for one in self.known(node.node, local, nesting) if isinstance(one, (int, float))]

    def _mappings(self, node: nodes.Dict, local: Local, nesting: int) -> list[Any]:
        """Every way to give each member one of the values that it can have."""
        members_of = [
            [
                (str(key), value)
                for key in self.objects(one.key, local, nesting)
                for value in self.objects(one.value, local, nesting) or [ANY]
            ]
            for one in node.items
        ]
        known = [options for options in members_of if options]
        return [dict(way) for way in itertools.product(*known)] if self.spend(choices.count(known)) else []

    def first_found(self, terms: Any, options: Mapping[str, Any], local: Local, nesting: int) -> list[Text]:
        def meaning(text: str) -> list[Any]:
            return self._meanings(text, local, nesting) if is_readable(text) else []

        return first_found_names(terms, options, meaning)

    def variable(self, name: str, local: Local, nesting: int) -> list[Any]:
        if isinstance(local, TemplateScope):
            return self._assigned(name, local, nesting)
        found, is_everywhere = local.lookup(name) if isinstance(local, Scope) else (local.get(name, ()), name in local)
        return list(found) if is_everywhere else [*found, *self.learned(name)]

    def _assigned(self, name: str, local: TemplateScope, nesting: int) -> list[Any]:
        """What a variable can be that the template itself may set."""
        found: list[Any] = []
        for one in local.assigned.get(name, (None,)):
            if one is None:
                found += self.variable(name, local.outer, nesting)
            elif nesting < MAX_NESTING and one not in self._open:
                self._open.add(one)
                found += self.known(one, local, nesting + 1) or [ANY]
                self._open.discard(one)
        return found

    def _member(self, node: nodes.Getattr | nodes.Getitem, local: Local, nesting: int) -> list[Any]:
        """A member of a mapping or list, by its name or by all names that it can have; of ``vars``, a variable."""
        inner = node.node
        if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Slice):
            return calls.sliced_value(self, inner, node.arg, local, nesting)
        keys: list[Any] = [node.attr] if isinstance(node, nodes.Getattr) else self._keys(node.arg, local, nesting)
        if getattr(inner, "name", "") == "vars" or getattr(getattr(inner, "node", None), "name", "") == "hostvars":
            return [value for key in keys for value in self.variable(str(key), local, nesting)]
        holders = self.known(inner, local, nesting)
        found = [value for holder in holders for key in keys or [None] for value in members(holder, key)]
        return found if self.spend(len(found)) else []

    def _keys(self, node: nodes.Node, local: Local, nesting: int) -> list[Any]:
        if isinstance(node, nodes.Const):
            return [node.value]
        if isinstance(node, nodes.Neg):
            return self.objects(node, local, nesting)
        patterns = self.piece(node, local, nesting)
        return [] if any(ANY in pattern for pattern in patterns) else patterns

    def _together(self, node: nodes.Add | nodes.Concat, local: Local, nesting: int) -> list[Any]:
        """Lists, mappings or texts one after the other, and sums of numbers."""
        parts: list[Any] = list(node.nodes) if isinstance(node, nodes.Concat) else [node.left, node.right]
        if isinstance(node, nodes.Add):
            left, right = (self.known(part, local, nesting) for part in parts)
            if any(isinstance(value, list) for value in (*left, *right)):
                return filtered("+", left, [right]) or []
            if _is_number(node.left, left) or _is_number(node.right, right):
                return _sums(left, right) if self.spend(len(left) * len(right)) else []
        return list(self.named([self.piece(part, local, nesting) for part in parts]))

    def union(self, parts: list[Any], local: Local, nesting: int) -> list[Any]:
        """All that any of the parts can be; a part that is unknown adds ``*``, and ``omit`` nothing."""
        found: list[Any] = []
        for part in parts:
            if getattr(part, "name", "") != "omit":
                found.extend(self.objects(part, local, nesting) or [ANY])
        return found


#: Filters and operators that make numbers.
_NUMBER_FILTERS = frozenset({"abs", "count", "float", "int", "length", "round", "sum"})
_MAX_DIGITS = 15
_NUMBER_NODES = (nodes.Div, nodes.FloorDiv, nodes.Mul, nodes.Neg, nodes.Pow, nodes.Sub)

#: What reads a node, by its kind.
_READERS: Mapping[type[nodes.Node], Callable[[Expressions, Any, Local, int], list[Any]]] = {
    nodes.Add: Expressions._together,
    nodes.And: Expressions._either,
    nodes.Call: calls.called,
    nodes.Concat: Expressions._together,
    nodes.CondExpr: Expressions._conditional,
    nodes.Const: Expressions._constant,
    nodes.Dict: Expressions._mappings,
    nodes.Filter: calls.filtered_value,
    nodes.Getattr: Expressions._member,
    nodes.Getitem: Expressions._member,
    nodes.List: Expressions._listed,
    nodes.Mod: calls.formatted_text,
    nodes.Name: Expressions._name,
    nodes.Neg: Expressions._negative,
    nodes.Or: Expressions._either,
    nodes.Tuple: Expressions._listed,
}


def _is_number(node: nodes.Node, values: list[Any]) -> bool:
    """Whether a part of a sum is a number: neither a text nor a list can be added to one."""
    if isinstance(node, nodes.Filter):
        return node.name.rpartition(".")[2] in _NUMBER_FILTERS
    return isinstance(node, _NUMBER_NODES) or any(_summand(value) is not None for value in values)


def _summand(value: Any) -> float | None:
    """A number, None for anything else; those of YAML are texts here."""
    if isinstance(value, Scalar) and len(value) <= _MAX_DIGITS and value.isdecimal():
        return int(value)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _sums(left: list[Any], right: list[Any]) -> list[Any]:
    """All sums, none where a part can be something that is not known."""
    numbers = [[_summand(value) for value in values] for values in (left, right)]
    if any(None in one for one in numbers):
        return []
    return [sum(one) for one in itertools.product(*numbers)]


def _texts(values: list[Any]) -> Iterator[str]:
    """The texts among values, and the numbers as texts."""
    for value in values:
        if isinstance(value, str) or (isinstance(value, (int, float)) and not isinstance(value, bool)):
            yield value if isinstance(value, str) else str(value)
