# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Does a plugin give up when a guarded import is missing? Looks for the ``if not HAS_X: fail_json(...)`` of a file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from .conditions import (
    OptionTest,
    branch_name,
    conjuncts,
    joint_tests,
    last_word,
    names_used,
    none_of,
    option_test,
    settled,
)
from .demands import Handed, named_libraries, passed_parameters

_FAILING = frozenset(
    {"fail_json", "fail_json_aws", "missing_required_lib", "fail", "exit_json", "exit", "disabled", "_disable_plugin"}
)
_NAMED = (ast.Name, ast.Attribute)
#: Names behind one name that are followed; a variable is set in few places.
MAX_SOURCES = 16
#: A function with more statements than this does something before it gives up.
_SHORT = 3
#: What a run may pass by without entering.
_PASSED_BY = (ast.IfExp, ast.Lambda)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = (*_FUNCTIONS, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True)
class RequiredFlag:
    """A branch on ``flags``. ``certain``: on every way through, and one flag is enough; ``together``: it takes all.

    ``fails``: it gives up. ``calls`` are the names that the branch uses: one of them may do nothing but give up.
    ``returns``: without the flag the function returns.
    """

    flags: frozenset[str]
    certain: bool
    together: bool
    fails: bool
    calls: frozenset[str] = frozenset()
    returns: bool = False


@dataclass(frozen=True)
class Branch:
    """The part of a function that only runs with some values of an option. ``certain``: the test is always made."""

    test: OptionTest
    function: Function
    certain: bool


@dataclass
class Function:
    """A function or the top of a file (name ``""``): what it uses, and which flags it gives up on.

    ``always`` and ``sometimes`` are names that it uses on every way through and on some ways only; ``required_flags``
    the flags of imports that it asks for; ``fails``: it does nothing but give up. ``results`` are names that hold what
    functions returned; at the top of a file also functions by what they return, and new names of what is imported. A
    class that is made for one system has its ``platform`` (core's ``get_platform_subclass``) and its ``bases``.
    ``named`` are texts that it always hands to other functions, ``passes`` its own parameters.
    """

    name: str
    owner: str = ""
    always: set[str] = field(default_factory=set)
    sometimes: set[str] = field(default_factory=set)
    required_flags: list[RequiredFlag] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    results: dict[str, set[str]] = field(default_factory=dict)
    fails: bool = False
    platform: str = ""
    bases: frozenset[str] = frozenset()
    named: set[Handed] = field(default_factory=set)
    passes: set[Handed] = field(default_factory=set)

    @property
    def is_branch(self) -> bool:
        """Whether it is a part of another function; no name of a function has a blank."""
        return " " in self.name


def functions_of(tree: ast.Module) -> tuple[Function, ...]:
    """Every function of a file and, as the first, its top level."""
    found: list[Function] = []
    _read_function(tree, Function(""), found)
    return tuple(found)


def _read_function(node: ast.AST, function: Function, found: list[Function]) -> None:
    found.append(function)
    body = list(getattr(node, "body", []))
    function.fails = bool(body) and isinstance(body[-1], ast.Raise) and len(body) <= _SHORT
    _read_steps(body, function, found)


def _read_steps(body: list[ast.stmt], function: Function, found: list[Function]) -> None:
    tests: list[ast.expr] = []
    for step, following in zip(body, [*body[1:], None], strict=False):
        returns = isinstance(step, ast.If) and not step.orelse and _returns(step)
        tests = [*tests, step.test] if isinstance(step, ast.If) and returns else []
        if tests and isinstance(following, ast.Raise):
            # ``if HAS_X: return use()``, and giving up below, is as good as an ``else``.
            function.required_flags.append(RequiredFlag(*_flags(none_of(tests), function, wanted=True), fails=True))
        _read(step, function, found, certain=True)


def _returns(step: ast.If) -> bool:
    return isinstance(step.body[-1], ast.Return)


def _read(node: ast.AST, function: Function, found: list[Function], *, certain: bool) -> None:
    """Read one statement or expression; ``certain`` is False where it may be passed by."""
    if isinstance(node, _FUNCTIONS):
        for part in (*node.decorator_list, node.args):
            _read(part, function, found, certain=certain)
        _read_function(node, Function(node.name, function.owner, passes=passed_parameters(node)), found)
    elif isinstance(node, ast.ClassDef):
        _read_class(node, found)
    elif isinstance(node, ast.ImportFrom):
        _read_aliases(node, found)
    elif isinstance(node, ast.If):
        _read_if(node, function, found, certain=certain)
    elif isinstance(node, ast.ExceptHandler):
        _read_handler(node, function, found, certain=certain)
    else:
        _read_other(node, function, found, certain=certain)


def _read_other(node: ast.AST, function: Function, found: list[Function], *, certain: bool) -> None:
    if isinstance(node, _NAMED):
        # What only gets a value is not used.
        used = function.always if certain else function.sometimes
        used.update(() if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else {last_word(node)})
    elif isinstance(node, ast.Call):
        _read_call(node, function, certain=certain)
    elif isinstance(node, ast.Assign):
        _read_assignment(node, function)
    elif isinstance(node, ast.Expr):
        function.named.update(named_libraries(node) if certain else ())
    elif isinstance(node, ast.Return) and isinstance(node.value, _NAMED):
        # Who asks the function asks for what it returns.
        _note(found[0], function.name, last_word(node.value))
    _children(node, function, found, certain=certain and not isinstance(node, _PASSED_BY))


def _read_aliases(node: ast.ImportFrom, found: list[Function]) -> None:
    """``from x import y as z``: who uses z uses y."""
    for one in node.names:
        if one.asname:
            found.append(Function(one.asname, always={one.name}))
            _note(found[0], one.asname, one.name)


def _read_handler(node: ast.ExceptHandler, function: Function, found: list[Function], *, certain: bool) -> None:
    """``except lib.Error``: Python asks for the name as soon as anything goes wrong."""
    if node.type is not None:
        _read(node.type, function, found, certain=certain)
    for step in node.body:
        _read(step, function, found, certain=False)


def _read_class(node: ast.ClassDef, found: list[Function]) -> None:
    inner = Function(node.name, node.name, bases=frozenset(map(last_word, node.bases)))
    _read_function(node, inner, found)
    inner.always.update(inner.bases)
    inner.always.add(f"{node.name}.__init__")
    for step in node.body:
        value = getattr(step, "value", None)
        if isinstance(step, ast.Assign) and isinstance(value, ast.Constant) and isinstance(value.value, str):
            inner.platform = value.value if names_used(*step.targets) == {"platform"} else inner.platform


def _read_assignment(node: ast.Assign, function: Function) -> None:
    """``library, error = load()``: what is asked of the variables is asked of the function."""
    if isinstance(node.value, ast.Call) and not node.value.args and not node.value.keywords:
        for name in names_used(*node.targets):
            _note(function, name, last_word(node.value.func))


def _note(function: Function, name: str, source: str) -> None:
    sources = function.results.setdefault(name, set())
    if len(sources) < MAX_SOURCES:
        sources.add(source)


def _children(node: ast.AST, function: Function, found: list[Function], *, certain: bool) -> None:
    annotation = getattr(node, "annotation", None)
    for child in ast.iter_child_nodes(node):
        # An annotation calls nothing, and is often not even looked at.
        _read(child, function, found, certain=certain and child is not annotation)


def _read_call(node: ast.Call, function: Function, *, certain: bool) -> None:
    """A call may name a missing library, or ask for those of ``deps.declare()``."""
    name = last_word(node.func)
    if name == "missing_required_lib":
        function.hints += _texts(node)
    elif name == "validate" and last_word(getattr(node.func, "value", node)) == "deps":
        function.required_flags.append(RequiredFlag(_validated(node), certain, together=False, fails=True))


def _read_if(node: ast.If, function: Function, found: list[Function], *, certain: bool) -> None:
    state = settled(node.test)
    option = option_test(node.test) if function.name else None
    asks = [part for part in conjuncts(node.test) if settled(part) is None and option_test(part) is None]
    _read(node.test, function, found, certain=certain)
    if state is not None:
        _read_settled(node, function, found, certain=certain, taken=state)
    elif option is not None:
        for test, body, taken in ((option, node.body, True), (option.otherwise(), node.orelse, False)):
            branch = Function(branch_name(node, taken=taken), function.owner, results=function.results)
            function.branches.append(Branch(test, branch, certain))
            _read_body(body, branch, found)
    elif function.name and asks and any(option_test(part) for part in conjuncts(node.test)):
        # A flag beside the test of an option: the flag is asked for where the option has the value.
        _read_parts(node, asks, function, found, certain=certain)
    else:
        _read_flags(node, function, found, certain=certain)


def _read_settled(node: ast.If, function: Function, found: list[Function], *, certain: bool, taken: bool) -> None:
    """A branch that every common system takes; what the other one hints at is still worth knowing."""
    for step in node.body if taken else node.orelse:
        _read(step, function, found, certain=certain)
    _read_body(node.orelse if taken else node.body, Function(branch_name(node, taken=not taken)), found)


def _read_parts(
    node: ast.If, asks: list[ast.expr], function: Function, found: list[Function], *, certain: bool
) -> None:
    """``if option == "x" and not HAS_X`` as one branch within the other."""
    options = [test for test in map(option_test, conjuncts(node.test)) if test is not None]
    inner = function
    for number, test in enumerate(options):
        branch = Function(f"{branch_name(node, taken=True)} {number}", function.owner, results=function.results)
        inner.branches.append(Branch(test, branch, certain if inner is function else True))
        found.append(branch)
        inner = branch
    rest = asks[0] if len(asks) == 1 else ast.BoolOp(ast.And(), asks)
    _read_flags(ast.If(rest, node.body, []), inner, found, certain=True)
    for step in node.orelse:
        _read(step, function, found, certain=False)


def _read_body(body: list[ast.stmt], branch: Function, found: list[Function]) -> None:
    found.append(branch)
    _read_steps(body, branch, found)


def _read_flags(node: ast.If, function: Function, found: list[Function], *, certain: bool) -> None:
    for test, body in joint_tests(node):
        flags, _any_enough, together = _flags(test, function, wanted=True)
        if together and _always_gives_up(body):
            function.required_flags.append(RequiredFlag(flags, certain=False, together=certain, fails=True))
    in_body, in_orelse = gives_up(node.body), gives_up(node.orelse)
    flags, any_enough, together = _flags(node.test, function, wanted=in_body or not in_orelse)
    names = names_used(*node.body, *node.orelse)
    fails = in_body or in_orelse
    always = certain and (not fails or _always_gives_up(node.body) or _always_gives_up(node.orelse))
    returns = not fails and _returns(node) and _asks_whether_missing(node.test)
    function.required_flags.append(
        RequiredFlag(flags, always and any_enough, always and together, fails, names, returns=returns)
    )
    for step in (*node.body, *node.orelse):
        _read(step, function, found, certain=False)


def _asks_whether_missing(test: ast.expr) -> bool:
    """``not HAS_X``, and nothing else."""
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and isinstance(test.operand, _NAMED)


def _flags(test: ast.expr, function: Function, *, wanted: bool) -> tuple[frozenset[str], bool, bool]:
    """The names that a test asks for, whether any one of them makes it ``wanted``, and whether it takes them all."""
    names = names_used(test)
    flags = names.union(*(function.results.get(name, ()) for name in names))
    any_enough = _decides(test, ast.Or, wanted=wanted)
    return flags, any_enough, not any_enough and _decides(test, ast.And, wanted=wanted)


def _decides(test: ast.expr, joined: type[ast.boolop], *, wanted: bool) -> bool:
    """Whether the test comes to ``wanted`` as flags that are ``joined`` do: one is enough, or it takes all."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _decides(test.operand, joined, wanted=not wanted)
    if isinstance(test, ast.BoolOp):
        same = isinstance(test.op, joined) == wanted
        return same and all(_decides(part, joined, wanted=wanted) for part in test.values)
    parts = list(ast.walk(test))
    given = any(isinstance(node, ast.Call) and (node.args or node.keywords) for node in parts)
    return not given and not any(isinstance(node, ast.Subscript) for node in parts)


def gives_up(body: list[ast.stmt]) -> bool:
    """Whether a branch raises at its own level, or fails the module anywhere in what it runs."""
    return any(isinstance(step, ast.Raise) or any(map(_fails, _run(step))) for step in body)


def _always_gives_up(body: list[ast.stmt]) -> bool:
    """Whether it does so on every way through, whatever it asks for on the way."""
    return any(
        _always_gives_up(step.body) and _always_gives_up(step.orelse) if isinstance(step, ast.If) else gives_up([step])
        for step in body
    )


def _run(step: ast.AST) -> Iterator[ast.AST]:
    """The parts of a statement that run with it: what it defines only runs when somebody calls it."""
    waiting = [step]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, _DEFINITIONS):
            yield part
            waiting.extend(ast.iter_child_nodes(part))


def _fails(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return last_word(node.func) in _FAILING
    return isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr in _FAILING


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
