# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What filters, methods and lookups make of what their arguments can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jinja2 import nodes

from ..limits import CHARACTERS_PER_CANDIDATE
from .choices import MAX_CHOICES, count, lists
from .jinja import LOOKUPS
from .literal_functions import FILTERS, METHODS, OPEN_FUNCTIONS, Function, Some, mapping, percent, sliced, ways
from .scope import ANY
from .template_parts import Local, outside
from .value_filters import TEXT_FILTERS, filtered, looked_up, members, pairs_of

if TYPE_CHECKING:
    from .expressions import Expressions

#: What the search for a regular expression costs.
_COSTS = {"regex_replace": 20}


def formatted_text(reader: Expressions, node: nodes.Mod, local: Local, nesting: int) -> list[Any]:
    """A text with ``%``, and what is put into it."""
    return _applied(reader, percent, [node.left, node.right], [], local, nesting, is_open=True)


def sliced_value(reader: Expressions, node: nodes.Expr, ends: nodes.Slice, local: Local, nesting: int) -> list[Any]:
    """A part of a list or text."""
    arguments = [node, *(one or nodes.Const(None) for one in (ends.start, ends.stop, ends.step))]
    return _applied(reader, sliced, arguments, [], local, nesting)


def filtered_value(reader: Expressions, node: nodes.Filter, local: Local, nesting: int) -> list[Any]:
    """What a filter makes."""
    name = node.name.rpartition(".")[2]
    if name in FILTERS and node.node is not None:
        arguments = [node.node, *node.args]
        return _applied(
            reader, FILTERS[name], arguments, node.kwargs, local, nesting,
            is_open=name in OPEN_FUNCTIONS, cost=_COSTS.get(name, 1),
        )  # fmt: skip
    if name in ("default", "d"):
        values = reader.known(node.node, local, nesting) if node.node is not None else []
        values = values or [ANY] * (reader.is_settable and _is_unset(reader, node.node, local))
        return [*values, *reader.union(_given(node, node.args[:1], ("default_value",)), local, nesting)]
    if name == "ternary":
        return reader.union(_given(node, node.args, ("true_val", "false_val", "none_val")), local, nesting)
    read = reader.piece if name in TEXT_FILTERS else reader.known
    values = read(node.node, local, nesting) if node.node is not None else []
    named = next((one.value for one in node.kwargs if one.key == "attribute"), None)
    attribute = reader.known(named, local, nesting) if named is not None else []
    if name == "map" and named is None:
        return _mapped(reader, node, values, local, nesting)
    options = [reader.known(argument, local, nesting) for argument in node.args]
    return _paid(reader, filtered(name, values, options, attribute) or [])


def _is_unset(reader: Expressions, node: nodes.Node | None, local: Local) -> bool:
    """Whether nothing in the project sets the variable that an expression is, or that it is a member of."""
    while isinstance(node, (nodes.Getattr, nodes.Getitem)):
        node = node.node
    return isinstance(node, nodes.Name) and node.name not in outside(local) and not reader.learned(node.name)


def _mapped(reader: Expressions, node: nodes.Filter, values: list[Any], local: Local, nesting: int) -> list[Any]:
    """The filter that ``map`` names, for each item of lists."""
    called = node.args[0].value if node.args and isinstance(node.args[0], nodes.Const) else None
    found = []
    for value in values if isinstance(called, str) else ():
        if isinstance(value, list) and value and reader.spend(len(value)):
            options = []
            for item in value:
                one = nodes.Filter(nodes.Const(item), called, node.args[1:], node.kwargs, None, None)
                options.append(filtered_value(reader, one, local, nesting))
            if not any(options):
                continue
            options = [one or [ANY] for one in options]
            found += [Some(one) if isinstance(value, Some) else one for one in lists(options)]
    return found


def called(reader: Expressions, node: nodes.Call, local: Local, nesting: int) -> list[Any]:
    """The methods of mappings and texts, and the lookups whose result the project itself tells."""
    if isinstance(node.node, nodes.Name) and node.node.name == "dict":
        return _applied(reader, mapping, node.args, node.kwargs, local, nesting, is_open=True)
    if isinstance(node.node, nodes.Name):
        return _looked_up(reader, node, local, nesting) if node.node.name in LOOKUPS and node.args else []
    if not isinstance(node.node, nodes.Getattr):
        return []
    method = node.node.attr
    if method in METHODS:
        arguments = [node.node.node, *node.args]
        is_open = method in OPEN_FUNCTIONS
        return _applied(reader, METHODS[method], arguments, node.kwargs, local, nesting, is_open=is_open)
    holders = reader.known(node.node.node, local, nesting)
    if method == "get" and node.args:
        keys, *others = [reader.known(argument, local, nesting) for argument in node.args]
        found = [value for holder in holders for key in keys or [None] for value in members(holder, key)]
        return [*found, *(value for default in others[:1] for value in default)]
    if method in ("keys", "values", "items"):
        entries = pairs_of(holders)
        found = [[one["key"], one["value"]] if method == "items" else one[method[:-1]] for one in entries]
        return [found if len(holders) == 1 else Some(found)]
    return []


def _looked_up(reader: Expressions, node: nodes.Call, local: Local, nesting: int) -> list[Any]:
    arguments = [reader.known(argument, local, nesting) for argument in node.args]
    kind = str(arguments[0][0]).rpartition(".")[2] if arguments[0] else ""
    if kind == "vars":
        names = [str(name) for argument in arguments[1:] for name in argument]
        found = [value for name in names for value in reader.variable(name, local, nesting)]
        return [*found, *reader.union(_given(node, [], ("default",)), local, nesting)]
    if kind == "first_found":
        options: dict[Any, Any] = {one.key: reader.union([one.value], local, nesting) for one in node.kwargs}
        spread = reader.known(node.dyn_kwargs, local, nesting) if node.dyn_kwargs is not None else []
        for given in spread:
            options.update(given if isinstance(given, Mapping) else {})
        found = reader.first_found(arguments[1:], options, local, nesting)
        is_list = getattr(node.node, "name", "") != "lookup" or "wantlist" in options
        return [[name] for name in found] if is_list else list(found)
    return _paid(reader, looked_up(kind, arguments[1:]) or [])


def _applied(
    reader: Expressions,
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
    options = [_arguments(reader, one, local, nesting) or [ANY] * is_open for one in arguments]
    named = {one.key: _arguments(reader, one.value, local, nesting) or [ANY] * is_open for one in keywords}
    amount = cost * min(count([*options, *named.values()]), MAX_CHOICES)
    return _paid(reader, ways(function, options, named)) if reader.spend(amount) else []


def _arguments(reader: Expressions, node: nodes.Node, local: Local, nesting: int) -> list[Any]:
    return [
        one for value in reader.known(node, local, nesting) for one in reader.settled(value, outside(local), nesting)
    ]


def _paid(reader: Expressions, found: list[Any]) -> list[Any]:
    """What was made, when there is enough left to pay for it."""
    return found if reader.spend(sum(map(_cost, found))) else []


def _cost(value: Any) -> int:
    if isinstance(value, str):
        return len(value) // CHARACTERS_PER_CANDIDATE
    return len(value) if isinstance(value, list) else 0


def _given(node: nodes.Filter | nodes.Call, arguments: list[Any], names: tuple[str, ...]) -> list[Any]:
    """The ``arguments`` of a filter or lookup, with those of its keywords that are called by one of ``names``."""
    return [*arguments, *(one.value for one in node.kwargs if one.key in names)]
