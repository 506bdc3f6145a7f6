# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What an ``if`` asks for, where that is known before a plugin runs: system, Python, options with a default."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_NAMED = (ast.Name, ast.Attribute)
#: Names for the system, as in ``sys.platform``, ``platform.system()``, ``os.name`` and ``os.uname().sysname``.
_SYSTEM_NAMES = frozenset({"platform", "system", "sysname", "uname", "get_platform"})
_COMMON = frozenset({"linux", "linux2", "posix"})
_OTHER = frozenset(
    {
        *("aix", "cygwin", "darwin", "dragonfly", "freebsd", "hp-ux", "java", "macos", "netbsd", "nt", "openbsd"),
        *("solaris", "sunos", "win", "win32", "windows"),
    }
)
#: Constants of plugins and of their libraries, with their value under Python 3 on Linux.
_CONSTANTS = {"TYPE_CHECKING": False, "PY2": False, "PY3": True, "IS_WINDOWS_PLATFORM": False}
#: The oldest Python of managed hosts, and one that is newer than all.
_PYTHONS = ((3, 9), (3, 1000))
_ORDER: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


@dataclass(frozen=True)
class OptionTest:
    """A test for the value of an option; without ``values`` for any that is true. ``negated``: for all others."""

    option: str
    values: tuple[Any, ...] | None
    negated: bool = False

    def holds(self, defaults: Mapping[str, Any]) -> bool | None:
        """Whether it holds when nobody sets the option; None where that is not known."""
        if self.option not in defaults:
            return None
        default = defaults[self.option]
        # True and 1 are different values of options.
        among = any(default is one or (type(default) is type(one) and default == one) for one in self.values or ())
        return (bool(default) if self.values is None else among) != self.negated

    def otherwise(self) -> OptionTest:
        """The test for the other branch."""
        return OptionTest(self.option, self.values, not self.negated)


def settled(test: ast.expr) -> bool | None:
    """What a test comes to on the common system, Linux with Python 3.9 or newer; None where that is not known."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = settled(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        decides = isinstance(test.op, ast.Or)
        parts = [settled(part) for part in test.values]
        return decides if decides in parts else None if None in parts else not decides
    if isinstance(test, _NAMED):
        return _CONSTANTS.get(last_word(test))
    if isinstance(test, ast.Call):
        return _starts_with(test)
    return _compared(test) if isinstance(test, ast.Compare) and len(test.ops) == 1 else None


def option_test(test: ast.expr) -> OptionTest | None:
    """The option that a test asks for; None for any other test."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = option_test(test.operand)
        return inner.otherwise() if inner is not None else None
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        values = _literals(test.comparators[0])
        # ``x is None`` asks whether there is an x, of an import as well; ``x == "a"`` asks for a choice.
        name = option_of(test.left, named=values is not None and all(isinstance(value, str) for value in values))
        negated = isinstance(test.ops[0], (ast.NotEq, ast.NotIn, ast.IsNot))
        known = isinstance(test.ops[0], (ast.Eq, ast.NotEq, ast.In, ast.NotIn, ast.Is, ast.IsNot))
        return OptionTest(name, values, negated) if name and known and values is not None else None
    name = option_of(test)
    return OptionTest(name, None) if name else None


def option_of(node: ast.expr, *, named: bool = False) -> str:
    """The option of ``params["x"]``, ``params.get("x")``, ``get_option("x")`` or, where it is ``named``, ``x``."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        key = node.slice.value
    elif isinstance(node, ast.Call) and last_word(node.func) in ("get", "get_option") and len(node.args) == 1:
        key = getattr(node.args[0], "value", None)
    else:
        key = last_word(node) if named and isinstance(node, _NAMED) else None
    return key if isinstance(key, str) else ""


def branch_name(node: ast.If, *, taken: bool) -> str:
    """The name of a branch among the functions of a file; no identifier is like it."""
    return f"{'if' if taken else 'else'} {node.lineno}:{node.col_offset}"


def conjuncts(test: ast.expr) -> Iterator[ast.expr]:
    """The tests that all have to hold."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for part in test.values:
            yield from conjuncts(part)
    else:
        yield test


def names_used(*parts: ast.AST) -> frozenset[str]:
    """The last words of all names in ``parts``."""
    return frozenset(last_word(node) for part in parts for node in ast.walk(part) if isinstance(node, _NAMED))


def last_word(node: ast.AST) -> str:
    """The last word of a name: methods are found by it, whatever they are called on."""
    return str(getattr(node, "attr", None) or getattr(node, "id", None) or "")


def _compared(test: ast.Compare) -> bool | None:
    left, right, order = test.left, test.comparators[0], test.ops[0]
    if last_word(left) == "__name__" and _literals(right) == ("__main__",):
        return isinstance(order, ast.Eq)
    if "version_info" in names_used(left):
        return _python(left, right, order)
    if isinstance(order, (ast.In, ast.NotIn)) and _is_system(right):
        left, right = right, left
    values = _literals(right) if _is_system(left) else None
    if values is None or not isinstance(order, (ast.Eq, ast.NotEq, ast.In, ast.NotIn)):
        return None
    systems = {str(value).lower() for value in values}
    if not systems or not systems <= _COMMON | _OTHER:
        return None
    return bool(systems & _COMMON) != isinstance(order, (ast.NotEq, ast.NotIn))


def _starts_with(call: ast.Call) -> bool | None:
    """``sys.platform.startswith("linux")``."""
    if last_word(call.func) != "startswith" or not _is_system(getattr(call.func, "value", call)) or not call.args:
        return None
    systems = {str(value).lower() for value in _literals(call.args[0]) or ()}
    return bool(systems & _COMMON) if systems and systems <= _COMMON | _OTHER else None


def _is_system(node: ast.AST) -> bool:
    names = names_used(node)
    return bool(names & _SYSTEM_NAMES) or names == {"os", "name"}


def _python(left: ast.expr, right: ast.expr, order: ast.cmpop) -> bool | None:
    """A comparison with ``sys.version_info``, or with its first number."""
    wanted = _number(right)
    compare = _ORDER.get(type(order))
    if wanted is None or compare is None:
        return None
    first = last_word(left) == "major" or (
        isinstance(left, ast.Subscript) and isinstance(left.slice, ast.Constant) and left.slice.value == 0
    )
    if first != (len(wanted) == 1 and not isinstance(right, ast.Tuple)):
        return None
    found = {compare(python[: 1 if first else None], wanted) for python in _PYTHONS}
    return found.pop() if len(found) == 1 else None


def _number(node: ast.expr) -> tuple[int, ...] | None:
    """A version that is written as a number or as a tuple of numbers."""
    values = [getattr(item, "value", None) for item in (node.elts if isinstance(node, ast.Tuple) else [node])]
    numbers = tuple(value for value in values if isinstance(value, int))
    return numbers if numbers and len(numbers) == len(values) else None


def _literals(node: ast.expr) -> tuple[Any, ...] | None:
    """The values that a literal, or a list of literals, stands for."""
    items = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]
    values = tuple(item.value for item in items if isinstance(item, ast.Constant))
    return values if values and len(values) == len(items) else None


def joint_tests(node: ast.If) -> Iterator[tuple[ast.expr, list[ast.stmt]]]:
    """What runs only where several tests come out alike, each with one test for all of them.

    It is the end of ``if a: … elif b: … else: …``, and the inside of ``if not a:`` with nothing but ``if not b: …``.
    """
    tests, last = [node.test], node
    while len(last.orelse) == 1 and isinstance(last.orelse[0], ast.If):
        last = last.orelse[0]
        tests.append(last.test)
    if len(tests) > 1:
        yield none_of(tests), last.orelse
    tests, last = [node.test], node
    while len(last.body) == 1 and isinstance(last.body[0], ast.If):
        last = last.body[0]
        tests.append(last.test)
    if len(tests) > 1 and all(isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) for test in tests):
        yield ast.BoolOp(ast.And(), tests), last.body


def none_of(tests: list[ast.expr]) -> ast.expr:
    """A test that holds where none of ``tests`` does."""
    missing: list[ast.expr] = [ast.UnaryOp(ast.Not(), test) for test in tests]
    return missing[0] if len(missing) == 1 else ast.BoolOp(ast.And(), missing)
