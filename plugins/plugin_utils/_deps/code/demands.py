# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Libraries that code asks for by name: ``requires("pyyaml")``, where ``requires`` fails for the name it is given."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from .conditions import conjuncts, last_word, names_used

#: Core's function for the message of a missing library, with the places of the library's name.
_MESSAGE = "missing_required_lib"
_NAMED_PLACES = ("0", "library")
_SIMPLE = (ast.Expr, ast.Raise, ast.Assign, ast.Return)
_ENTERED = (ast.If, ast.Try, ast.With)
_Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
#: A distribution's name, with or without a range of versions.
_LIBRARY = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?) {0,3}(?:[<>=!~][^\s]{0,40})?")
#: Parameters that one function hands on.
MAX_PASSED = 200


class Handed(NamedTuple):
    """What a call hands over: ``place`` is the number or the name of the argument in ``called``.

    ``value`` is a text that may name a library or, in ``Function.passes``, the place of a parameter.
    """

    called: str
    place: str
    value: str


def named_libraries(statement: ast.Expr) -> Iterator[Handed]:
    """The texts that a statement such as ``requires("pyyaml")`` hands over, if they can name a library."""
    call = statement.value
    if not isinstance(call, ast.Call):
        return
    for place, node in _arguments(call):
        text = getattr(node, "value", None)
        named = _LIBRARY.fullmatch(text) if isinstance(text, str) else None
        if named is not None:
            yield Handed(last_word(call.func), place, named[1])


def passed_parameters(definition: _Definition) -> set[Handed]:
    """The parameters that a function hands on to be asked for, whatever its other parameters are."""
    places = _places(definition.args)
    calls = list(_calls(definition.body, frozenset(places))) if places else []
    if any(last_word(call.func) == _MESSAGE for call, _free in calls):
        _add_copies(definition, places)
    found: set[Handed] = set()
    for call, free in calls:
        for place, node in _arguments(call):
            own = places.get(_first_name(node), frozenset())
            if own & free and len(found) < MAX_PASSED:
                found |= {Handed(last_word(call.func), place, one) for one in own}
    return found


def demanding(passes: Iterable[tuple[str, Handed]]) -> set[tuple[str, str]]:
    """The functions that fail for a library that is missing, each with a place for its name.

    ``passes`` are the names of functions, each with a parameter that it hands on.
    """
    passing: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for name, one in passes:
        passing.setdefault((one.called, one.place), set()).add((name, one.value))
    found = {(_MESSAGE, place) for place in _NAMED_PLACES}
    waiting = list(found)
    while waiting:
        more = passing.get(waiting.pop(), set()) - found
        found |= more
        waiting.extend(more)
    return found


def _places(arguments: ast.arguments) -> dict[str, frozenset[str]]:
    """The places of each parameter: its number and its name."""
    positional = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    positional = positional[1:] if positional[:1] in (["self"], ["cls"]) else positional
    places = {name: frozenset({str(number), name}) for number, name in enumerate(positional)}
    places.update((one.arg, frozenset({one.arg})) for one in arguments.kwonlyargs)
    return places


def _add_copies(definition: _Definition, places: dict[str, frozenset[str]]) -> None:
    """The variables of a function that get a parameter as it is, or a text that begins with it."""
    for node in ast.walk(definition):
        if isinstance(node, ast.Assign) and _first_name(node.value) in places:
            for target in node.targets:
                if isinstance(target, ast.Name):
                    places.setdefault(target.id, places[_first_name(node.value)])


def _calls(body: list[ast.stmt], parameters: frozenset[str]) -> Iterator[tuple[ast.Call, frozenset[str]]]:
    """The calls that may ask for something, each with the parameters that alone decide whether it is made."""
    waiting = [(step, parameters) for step in body]
    while waiting:
        step, free = waiting.pop()
        within, handlers = free, frozenset[str]()
        if isinstance(step, ast.If):
            within = free.intersection(*map(names_used, conjuncts(step.test)))
        elif isinstance(step, ast.Try):
            handlers = free & names_used(*step.body)
        elif isinstance(step, _SIMPLE):
            whole = getattr(step, "value", None)
            inner = (node for node in ast.walk(step) if isinstance(node, ast.Call))
            yield from ((node, free) for node in inner if node is whole or last_word(node.func) == _MESSAGE)
        if isinstance(step, _ENTERED) and within:
            parts = (getattr(step, name, []) for name in ("body", "orelse", "finalbody"))
            waiting += [(one, within) for part in parts for one in part]
            waiting += [(one, handlers) for part in getattr(step, "handlers", []) for one in part.body if handlers]


def _arguments(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """The arguments of a call, each with its number or its name."""
    yield from ((str(number), node) for number, node in enumerate(call.args))
    yield from ((one.arg, one.value) for one in call.keywords if one.arg)


def _first_name(node: ast.AST | None) -> str:
    """The variable that a text begins with: ``lib``, ``f"{lib}>={version}"``, ``"{0}>={1}".format(lib, version)``."""
    if isinstance(node, ast.JoinedStr):
        return _first_name(node.values[0]) if node.values else ""
    if isinstance(node, ast.FormattedValue):
        return _first_name(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _first_name(node.left)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        template = getattr(node.func.value, "value", "")
        starts = isinstance(template, str) and template.startswith(("{}", "{0}")) and node.args
        return _first_name(node.args[0]) if starts else ""
    return node.id if isinstance(node, ast.Name) else ""
