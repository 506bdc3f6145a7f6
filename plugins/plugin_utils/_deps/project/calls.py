# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What filters, methods and lookups make of what their arguments can be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from jinja2 import nodes

from .expressions import CHARACTERS, MAX_WAYS, Expressions, lists
from .jinja import LOOKUPS
from .literal_functions import FILTERS, METHODS, OPEN_FUNCTIONS, Function, Some, mapping, percent, sliced, ways
from .scope import ANY
from .template_parts import Local, outside
from .value_filters import TEXT_FILTERS, filtered, looked_up, members, pairs_of

#: What the search for a regular expression costs.
_COSTS = {"regex_replace": 20}


class Calls(Expressions):
    """Works out calls; see :class:`Expressions`."""

    def _percent(self, node: nodes.Mod, local: Local, nesting: int) -> list[Any]:
        return self._applied(percent, [node.left, node.right], [], local, nesting, is_open=True)

    def _sliced(self, node: nodes.Expr, ends: nodes.Slice, local: Local, nesting: int) -> list[Any]:
        arguments = [node, *(one or nodes.Const(None) for one in (ends.start, ends.stop, ends.step))]
        return self._applied(sliced, arguments, [], local, nesting)

    def _filtered(self, node: nodes.Filter, local: Local, nesting: int) -> list[Any]:
        name = node.name.rpartition(".")[2]
        if name in FILTERS and node.node is not None:
            arguments = [node.node, *node.args]
            return self._applied(
                FILTERS[name], arguments, node.kwargs, local, nesting,
                is_open=name in OPEN_FUNCTIONS, cost=_COSTS.get(name, 1),
            )  # fmt: skip
        if name in ("default", "d"):
            values = self._known(node.node, local, nesting) if node.node is not None else []
            values = values or [ANY] * (self._is_settable and self._is_unset(node.node, local))
            return [*values, *self._union(_given(node, node.args[:1], ("default_value",)), local, nesting)]
        if name == "ternary":
            return self._union(_given(node, node.args, ("true_val", "false_val", "none_val")), local, nesting)
        read = self._piece if name in TEXT_FILTERS else self._known
        values = read(node.node, local, nesting) if node.node is not None else []
        named = next((one.value for one in node.kwargs if one.key == "attribute"), None)
        attribute = self._known(named, local, nesting) if named is not None else []
        if name == "map" and named is None:
            return self._mapped(node, values, local, nesting)
        options = [self._known(argument, local, nesting) for argument in node.args]
        return self._paid(filtered(name, values, options, attribute) or [])

    def _is_unset(self, node: nodes.Node | None, local: Local) -> bool:
        """Whether nothing in the project sets the variable that an expression is, or that it is a member of."""
        while isinstance(node, (nodes.Getattr, nodes.Getitem)):
            node = node.node
        return isinstance(node, nodes.Name) and node.name not in outside(local) and not self._learned(node.name)

    def _mapped(self, node: nodes.Filter, values: list[Any], local: Local, nesting: int) -> list[Any]:
        """The filter that ``map`` names, for each item of lists."""
        called = node.args[0].value if node.args and isinstance(node.args[0], nodes.Const) else None
        found = []
        for value in values if isinstance(called, str) else ():
            if isinstance(value, list) and value and self._spend(len(value)):
                options = []
                for item in value:
                    one = nodes.Filter(nodes.Const(item), called, node.args[1:], node.kwargs, None, None)
                    options.append(self._filtered(one, local, nesting))
                if not any(options):
                    continue
                options = [one or [ANY] for one in options]
                found += [Some(one) if isinstance(value, Some) else one for one in lists(options)]
        return found

    def _called(self, node: nodes.Call, local: Local, nesting: int) -> list[Any]:
        """The methods of mappings and texts, and the lookups whose result the project itself tells."""
        if isinstance(node.node, nodes.Name) and node.node.name == "dict":
            return self._applied(mapping, node.args, node.kwargs, local, nesting, is_open=True)
        if isinstance(node.node, nodes.Name):
            return self._looked_up(node, local, nesting) if node.node.name in LOOKUPS and node.args else []
        if not isinstance(node.node, nodes.Getattr):
            return []
        method = node.node.attr
        if method in METHODS:
            arguments = [node.node.node, *node.args]
            is_open = method in OPEN_FUNCTIONS
            return self._applied(METHODS[method], arguments, node.kwargs, local, nesting, is_open=is_open)
        holders = self._known(node.node.node, local, nesting)
        if method == "get" and node.args:
            keys, *others = [self._known(argument, local, nesting) for argument in node.args]
            found = [value for holder in holders for key in keys or [None] for value in members(holder, key)]
            return [*found, *(value for default in others[:1] for value in default)]
        if method in ("keys", "values", "items"):
            entries = pairs_of(holders)
            found = [[one["key"], one["value"]] if method == "items" else one[method[:-1]] for one in entries]
            return [found if len(holders) == 1 else Some(found)]
        return []

    def _looked_up(self, node: nodes.Call, local: Local, nesting: int) -> list[Any]:
        arguments = [self._known(argument, local, nesting) for argument in node.args]
        kind = str(arguments[0][0]).rpartition(".")[2] if arguments[0] else ""
        if kind == "vars":
            names = [str(name) for argument in arguments[1:] for name in argument]
            found = [value for name in names for value in self._variable(name, local, nesting)]
            return [*found, *self._union(_given(node, [], ("default",)), local, nesting)]
        if kind == "first_found":
            options = {one.key: self._union([one.value], local, nesting) for one in node.kwargs}
            found = self._first_found(arguments[1:], options, local, nesting)
            is_list = getattr(node.node, "name", "") != "lookup" or "wantlist" in options
            return [[name] for name in found] if is_list else list(found)
        return self._paid(looked_up(kind, arguments[1:]) or [])

    def _applied(
        self,
        function: Function,
        arguments: Sequence[nodes.Node],
        keywords: Sequence[Any],
        local: Local,
        nesting: int,
        *,
        is_open: bool = False,
        cost: int = 1,
    ) -> list[Any]:
        """What a function of literals makes of all that its arguments can be."""
        options = [self._arguments(one, local, nesting) or [ANY] * is_open for one in arguments]
        named = {one.key: self._arguments(one.value, local, nesting) or [ANY] * is_open for one in keywords}
        count = math.prod(map(len, [*options, *named.values()]))
        return self._paid(ways(function, options, named)) if self._spend(cost * min(count, MAX_WAYS)) else []

    def _arguments(self, node: nodes.Node, local: Local, nesting: int) -> list[Any]:
        return [
            one for value in self._known(node, local, nesting) for one in self._settled(value, outside(local), nesting)
        ]

    def _paid(self, found: list[Any]) -> list[Any]:
        """What was made, when there is enough left to pay for it."""
        size = sum(len(one) if isinstance(one, list) else len(one) // CHARACTERS for one in found if _has_size(one))
        return found if self._spend(size) else []


def _given(node: nodes.Filter | nodes.Call, arguments: list[Any], names: tuple[str, ...]) -> list[Any]:
    """The ``arguments`` of a filter or lookup, with those of its keywords that are called by one of ``names``."""
    return [*arguments, *(one.value for one in node.kwargs if one.key in names)]


def _has_size(value: Any) -> bool:
    return isinstance(value, (str, list))
