# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Says in one way what Python can say in several: that an import may be missing, and that a plugin gives up then."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from typing import Any

from .guards import gives_up

_BODIES = ("body", "orelse", "finalbody")
_LITERALS = (ast.List, ast.Set, ast.Tuple)
_JOINED = {"any": ast.Or, "all": ast.And}
#: Items of a loop over flags, and tests in it, that are read one by one.
MAX_ITEMS = 50
MAX_TESTS = 5


def use_plain_forms(tree: ast.Module) -> None:
    """Write ``with suppress(ImportError)`` as ``try``, and each way to give up without a flag as an ``if``."""
    tree.body = _steps(tree.body)


def _steps(steps: list[ast.stmt]) -> list[ast.stmt]:
    return [one for step in steps for one in _step(step)]


def _step(step: ast.stmt) -> list[ast.stmt]:
    for part in (step, *getattr(step, "handlers", ()), *getattr(step, "cases", ())):
        for name in _BODIES:
            inner = getattr(part, name, None)
            if isinstance(inner, list):
                setattr(part, name, _steps(inner))
    plain = _PLAIN.get(type(step))
    return [one if one is step else _at(one, step) for one in plain(step)] if plain is not None else [step]


def _at(new: ast.stmt, old: ast.stmt) -> ast.stmt:
    return ast.fix_missing_locations(ast.copy_location(new, old))


def _suppressing(step: ast.With) -> list[ast.stmt]:
    """``with suppress(ImportError): import x``."""
    for item in step.items:
        call = item.context_expr
        if isinstance(call, ast.Call) and _name(call.func) == "suppress" and call.args:
            kinds = ast.Tuple(call.args, ast.Load())
            return [ast.Try(step.body, [ast.ExceptHandler(kinds, None, [ast.Pass()])], [], [])]
    return [step]


def _asserting(step: ast.Assert) -> list[ast.stmt]:
    return _giving_up(ast.If(ast.UnaryOp(ast.Not(), step.test), [ast.Raise()], []))


def _expression(step: ast.Expr) -> list[ast.stmt]:
    """``HAS_X or module.fail_json()``."""
    value = step.value
    if not isinstance(value, ast.BoolOp):
        return [step]
    tests, body = value.values[:-1], ast.Expr(value.values[-1])
    test = tests[0] if len(tests) == 1 else ast.BoolOp(value.op, tests)
    return _giving_up(ast.If(ast.UnaryOp(ast.Not(), test) if isinstance(value.op, ast.Or) else test, [body], []))


def _giving_up(step: ast.If) -> list[ast.stmt]:
    """``if not HAS_X or unusable(): fail()`` fails without x whatever the rest is: each part is one ``if``."""
    if any(isinstance(node, ast.Call) and _name(node.func) in _JOINED for node in ast.walk(step.test)):
        step.test = _Joined().visit(step.test)
    if not isinstance(step.test, ast.BoolOp) or not isinstance(step.test.op, ast.Or) or step.orelse:
        return [step]
    if not gives_up(step.body):
        return [step]
    first, *others = step.test.values
    return [ast.If(first, step.body, []), *(ast.If(one, [ast.Raise()], []) for one in others)]


class _Joined(ast.NodeTransformer):
    """``any([A, B])`` as ``A or B``, ``all(one for one in (A, B))`` as ``A and B``."""

    def visit_Call(self, node: ast.Call) -> ast.expr:  # noqa: N802 (the name that NodeTransformer calls)
        operator = _JOINED.get(_name(node.func))
        items = _items(node.args[0]) if operator is not None and len(node.args) == 1 else None
        if operator is None or not items:
            return node
        return items[0] if len(items) == 1 else ast.BoolOp(operator(), items)


def _items(node: ast.expr) -> list[ast.expr] | None:
    """The items of a literal, or of a generator over one that leaves them as they are."""
    if isinstance(node, (ast.GeneratorExp, ast.ListComp)) and len(node.generators) == 1:
        (generator,) = node.generators
        is_same = isinstance(node.elt, ast.Name) and node.elt.id == _name(generator.target) and not generator.ifs
        return _items(generator.iter) if is_same else None
    return list(node.elts) if isinstance(node, _LITERALS) and len(node.elts) <= MAX_ITEMS else None


def _loop(step: ast.For) -> list[ast.stmt]:
    """``for found, name in ((HAS_X, "x"), …): if not found: fail(name)`` as an ``if`` for each item."""
    tests = [one for one in step.body if isinstance(one, ast.If) and gives_up(one.body)][:MAX_TESTS]
    ways = list(_ways(step)) if tests else []
    return [step, *(_with(test, way) for way in ways for test in tests)]


def _ways(step: ast.For) -> Iterator[dict[str, ast.expr]]:
    """What the names of a loop stand for, for each item of a literal."""
    iterated = step.iter
    if isinstance(iterated, ast.Call) and _name(iterated.func) == "items" and isinstance(iterated.func, ast.Attribute):
        holder = iterated.func.value
        if not isinstance(holder, ast.Dict) or len(holder.keys) > MAX_ITEMS or None in holder.keys:
            return
        rows = [[key, value] for key, value in zip(holder.keys, holder.values, strict=True) if key is not None]
    else:
        rows = [list(one.elts) if isinstance(one, (ast.List, ast.Tuple)) else [one] for one in _items(iterated) or ()]
    names = [_name(one) for one in (step.target.elts if isinstance(step.target, ast.Tuple) else [step.target])]
    yield from (dict(zip(names, row, strict=True)) for row in rows if len(row) == len(names) and all(names))


def _with(test: ast.If, values: dict[str, ast.expr]) -> ast.If:
    """A copy of a test, which gives up, about the ``values`` of an item."""
    return ast.If(_Values(values).visit(copy.deepcopy(test.test)), [ast.Raise()], [])


class _Values(ast.NodeTransformer):
    def __init__(self, values: dict[str, ast.expr]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:  # noqa: N802 (the name that NodeTransformer calls)
        return self._values.get(node.id, node)


def _name(node: ast.AST) -> str:
    return str(getattr(node, "id", getattr(node, "attr", "")))


_PLAIN: dict[type[ast.stmt], Callable[[Any], list[ast.stmt]]] = {
    ast.With: _suppressing,
    ast.Assert: _asserting,
    ast.Expr: _expression,
    ast.If: _giving_up,
    ast.For: _loop,
}


def written_defaults(tree: ast.Module) -> dict[str, object]:
    """The defaults of options that an argument spec has: ``x=dict(default=1)`` and ``{"x": {"default": 1}}``."""
    found: dict[str, object] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            pairs = [(getattr(key, "value", None), value) for key, value in zip(node.keys, node.values, strict=True)]
        elif isinstance(node, ast.Call) and _name(node.func) == "dict":
            pairs = [(one.arg, one.value) for one in node.keywords]
        else:
            continue
        for name, value in pairs:
            default = _default(value) if isinstance(name, str) else None
            if default is not None:
                found.setdefault(str(name), default)
    return found


def _default(node: ast.expr) -> object:
    """The literal default in the description of an option."""
    if isinstance(node, ast.Dict):
        pairs = {getattr(key, "value", None): value for key, value in zip(node.keys, node.values, strict=True)}
    elif isinstance(node, ast.Call) and _name(node.func) == "dict":
        pairs = {one.arg: one.value for one in node.keywords}
    else:
        return None
    return getattr(pairs.get("default"), "value", None)
