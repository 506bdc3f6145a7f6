# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The imports of one Python file, each with what guards it. The code is parsed by findimports and never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import findimports

_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_DECLARERS = frozenset({"declare"})


@dataclass(frozen=True)
class Import:
    """``name`` is the dotted name that is bound (``a.b.c`` for ``from a.b import c``), ``level`` the leading dots.

    ``guard``: hard, guarded (a missing module is caught), fallback (the second choice when another is missing) or
    unlikely (other Python, other system, type checkers). ``flags``: the names by which the code later asks whether
    the import worked. ``function``: the innermost function around it, empty at the top of the file. ``attempt``
    numbers the ``try`` that holds it.
    """

    name: str
    line: int
    level: int = 0
    guard: str = "hard"
    flags: frozenset[str] = frozenset()
    function: str = ""
    attempt: int = 0

    @property
    def top(self) -> str:
        """The first word of the name."""
        return self.name.partition(".")[0]


def imports_of(tree: ast.Module, filename: str) -> tuple[Import, ...]:
    """All imports of a parsed file, in the order of the file."""
    finder = _Finder(filename)
    finder.visit(tree)
    return tuple(finder.found)


class _Finder(findimports.ImportFinder):  # type: ignore[misc]  # findimports has no type hints
    """findimports' visitor, with the ancestors of each import kept and its reading of doctests switched off."""

    def __init__(self, filename: str) -> None:
        super().__init__(filename)
        self.found: list[Import] = []
        self._above: list[ast.AST] = []

    def visit(self, node: ast.AST, depth: int = 0) -> Any:
        """Visit a node with its ancestors known."""
        self._above.append(node)
        try:
            return super().visit(node, depth)
        finally:
            self._above.pop()

    def processDocstring(self, docstring: str | None, lineno: int | None, depth: int) -> None:  # noqa: N802
        """Doctests are documentation: they import nothing when a plugin runs, and real ones fail to parse."""

    def processImport(  # noqa: N802
        self, name: str, imported_as: str | None, full_name: str, level: int | None, node: ast.stmt
    ) -> None:
        """Called by findimports for every name that is imported."""
        self._add(full_name, level or 0, node, {imported_as or name.partition(".")[0]})

    def visit_Call(self, node: ast.Call, depth: int) -> None:  # noqa: N802
        """``importlib.import_module("x")`` and ``__import__("x")`` with a literal name."""
        called = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
        first = node.args[0] if node.args else None
        if called in ("import_module", "__import__") and isinstance(first, ast.Constant):
            if isinstance(first.value, str) and first.value and not first.value.startswith("."):
                self._add(first.value, 0, node, set())
        self.generic_visit(node, depth)

    def _add(self, name: str, level: int, node: ast.AST, bound: set[str]) -> None:
        guard, flags, attempt = _guard_of(self._above)
        function = next(
            (one.name for one in reversed(self._above) if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))), ""
        )
        names = frozenset(flags | bound) if guard != "hard" else frozenset()
        self.found.append(Import(name, getattr(node, "lineno", 1), level, guard, names, function, attempt))


def _guard_of(above: list[ast.AST]) -> tuple[str, set[str], int]:
    """The guard of the innermost node of ``above``, the names that tell whether it worked, the number of the try."""
    guard, flags, attempt = "hard", set[str](), 0
    for parent, child in zip(above, above[1:], strict=False):
        if isinstance(parent, ast.Try) and _catches_missing(parent):
            if isinstance(child, ast.ExceptHandler):
                guard = "fallback"
            elif child in parent.body:
                if guard == "hard" and not _raises(parent):
                    guard = "guarded"
                attempt = parent.lineno
            flags |= _assigned(parent)
        elif isinstance(parent, ast.With) and _declares(parent):
            guard = "guarded"
            flags |= {"deps"}
        elif isinstance(parent, ast.If) and _unlikely(parent, child):
            return "unlikely", flags, attempt
        elif isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef)):
            flags = set()
    return guard, flags, attempt


def _catches_missing(node: ast.Try) -> bool:
    return any(_catches(handler) for handler in node.handlers)


def _catches(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or getattr(kind, "id", getattr(kind, "attr", "")) in _IMPORT_ERRORS for kind in kinds)


def _raises(node: ast.Try) -> bool:
    """Whether every handler gives up: then the import is as good as unguarded."""
    return bool(node.handlers) and all(
        any(isinstance(step, ast.Raise) or _fails(step) for step in handler.body) for handler in node.handlers
    )


def _fails(step: ast.stmt) -> bool:
    call = step.value if isinstance(step, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return False
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    return name in ("fail_json", "exit", "raise_from", "fail")


def _assigned(node: ast.Try) -> set[str]:
    """The names that the try sets on one way or another."""
    names: set[str] = set()
    for part in (*node.body, *node.orelse, *node.handlers):
        for step in ast.walk(part):
            if isinstance(step, ast.Name) and isinstance(step.ctx, ast.Store):
                names.add(step.id)
            elif isinstance(step, ast.alias):
                names.add(step.asname or step.name.partition(".")[0])
    return names


def _declares(node: ast.With) -> bool:
    """``with deps.declare("x"):`` of community.general, which keeps a missing import for ``deps.validate()``."""
    calls = (item.context_expr for item in node.items)
    return any(isinstance(call, ast.Call) and getattr(call.func, "attr", "") in _DECLARERS for call in calls)


def _unlikely(node: ast.If, child: ast.AST) -> bool:
    """A branch for type checkers, Python 2 or another system."""
    words = set(_words(node.test))
    if "TYPE_CHECKING" in words:
        return child in node.body
    if "PY2" in words:
        return child in node.body
    if "PY3" in words:
        return child in node.orelse
    if words & {"version_info", "platform", "IS_WINDOWS_PLATFORM"}:
        return True
    return False


def _words(test: ast.expr) -> Iterator[str]:
    for node in ast.walk(test):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
