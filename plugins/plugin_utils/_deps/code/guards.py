# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Does a plugin give up when a guarded import is missing? Looks for the ``if not HAS_X: fail_json(...)`` of a file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

_FAILING = frozenset(
    {"fail_json", "fail_json_aws", "missing_required_lib", "fail", "exit_json", "exit", "disabled", "_disable_plugin"}
)
_NAMED = (ast.Name, ast.Attribute)
#: A function with more statements than this does something before it gives up.
_SHORT = 3
#: What a run may pass by without entering.
_PASSED_BY = (ast.ExceptHandler, ast.IfExp, ast.Lambda)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class RequiredFlag:
    """A branch on ``flags``. ``certain``: on every way through, and one flag is enough. ``fails``: it gives up.

    ``calls`` are the names that the branch uses: one of them may do nothing but give up.
    """

    flags: frozenset[str]
    certain: bool
    fails: bool
    calls: frozenset[str] = frozenset()


@dataclass
class Function:
    """A function or the top of a file (name ``""``): what it uses, and which flags it gives up on.

    ``always`` and ``sometimes`` are names that it uses on every way through and on some ways only; ``required_flags``
    the flags of imports that it asks for; ``fails``: it does nothing but give up.
    """

    name: str
    owner: str = ""
    always: set[str] = field(default_factory=set)
    sometimes: set[str] = field(default_factory=set)
    required_flags: list[RequiredFlag] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    fails: bool = False


def functions_of(tree: ast.Module) -> tuple[Function, ...]:
    """Every function of a file and, as the first, its top level."""
    found: list[Function] = []
    _read_function(tree, Function(""), found)
    return tuple(found)


def _read_function(node: ast.AST, function: Function, found: list[Function]) -> None:
    found.append(function)
    body = list(getattr(node, "body", []))
    function.fails = bool(body) and isinstance(body[-1], ast.Raise) and len(body) <= _SHORT
    for step in body:
        _read(step, function, found, certain=True)


def _read(node: ast.AST, function: Function, found: list[Function], *, certain: bool) -> None:
    """Read one statement or expression; ``certain`` is False where it may be passed by."""
    if isinstance(node, _FUNCTIONS):
        for part in (*node.decorator_list, node.args):
            _read(part, function, found, certain=certain)
        _read_function(node, Function(node.name, function.owner), found)
    elif isinstance(node, ast.ClassDef):
        inner = Function(node.name, node.name)
        _read_function(node, inner, found)
        inner.always.update(_name(base) for base in node.bases)
        inner.always.add(f"{node.name}.__init__")
    elif isinstance(node, ast.ImportFrom):
        found += [Function(one.asname, always={one.name}) for one in node.names if one.asname]
    elif isinstance(node, ast.If):
        _read_if(node, function, found, certain=certain)
    else:
        if isinstance(node, _NAMED):
            (function.always if certain else function.sometimes).add(_name(node))
        elif isinstance(node, ast.Call):
            _read_call(node, function, certain=certain)
        _children(node, function, found, certain=certain and not isinstance(node, _PASSED_BY))


def _children(node: ast.AST, function: Function, found: list[Function], *, certain: bool) -> None:
    for child in ast.iter_child_nodes(node):
        _read(child, function, found, certain=certain)


def _read_call(node: ast.Call, function: Function, *, certain: bool) -> None:
    """A call may name a missing library, or ask for those of ``deps.declare()``."""
    name = _name(node.func)
    if name == "missing_required_lib":
        function.hints += _texts(node)
    elif name == "validate" and _name(getattr(node.func, "value", node)) == "deps":
        function.required_flags.append(RequiredFlag(_validated(node), certain, True))


def _read_if(node: ast.If, function: Function, found: list[Function], *, certain: bool) -> None:
    flags, sure = _flags(node.test)
    branches = [*node.body, *node.orelse]
    names = names_used(*branches)
    fails = _gives_up(node.body) or _gives_up(node.orelse)
    function.required_flags.append(RequiredFlag(flags, certain and sure, fails, names))
    main_guard = "__name__" in flags
    _read(node.test, function, found, certain=certain)
    for step in node.body:
        _read(step, function, found, certain=certain and main_guard)
    for step in node.orelse:
        _read(step, function, found, certain=False)


def _flags(test: ast.expr) -> tuple[frozenset[str], bool]:
    """The names that a test asks for, and whether any one of them is enough to enter."""
    conjunction = any(isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And) for node in ast.walk(test))
    calls = any(isinstance(node, (ast.Call, ast.Subscript)) for node in ast.walk(test))
    return names_used(test), not conjunction and not calls


def _gives_up(body: list[ast.stmt]) -> bool:
    """Whether a branch raises or fails the module, at its own level."""
    for step in body:
        if isinstance(step, ast.Raise):
            return True
        for node in ast.walk(step):
            if isinstance(node, ast.Call) and _name(node.func) in _FAILING:
                return True
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr in _FAILING:
                return True
    return False


def _validated(node: ast.Call) -> frozenset[str]:
    """The flags of ``deps.validate(module, "a:b")``: those named, or all (``deps:*``); ``-a:b`` is all but those."""
    spec = getattr(node.args[1], "value", "") if len(node.args) > 1 else ""
    if not isinstance(spec, str) or not spec:
        return frozenset({"deps:*"})
    names = {f"deps:{name}" for name in spec.lstrip("-").split(":")}
    return frozenset({"deps:*", *(f"-{name}" for name in names)} if spec.startswith("-") else names)


def _texts(node: ast.Call) -> Iterator[str]:
    """The library that ``missing_required_lib("x")`` names."""
    first = node.args[0] if node.args else next((one.value for one in node.keywords if one.arg == "library"), None)
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        yield first.value


def names_used(*parts: ast.AST) -> frozenset[str]:
    """The last words of all names in ``parts``."""
    return frozenset(_name(node) for part in parts for node in ast.walk(part) if isinstance(node, _NAMED))


def _name(node: ast.AST) -> str:
    """The last word of a name: methods are found by it, whatever they are called on."""
    return str(getattr(node, "attr", None) or getattr(node, "id", None) or "")
