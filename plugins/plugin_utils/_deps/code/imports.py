# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The imports of one Python file, each with what guards it. The code is parsed by findimports and never run."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeGuard

from ..project.names import parts_of
from .guards import names_used

try:
    from findimports import ImportFinder
except ImportError:  # The action plugin says that it is missing before an analysis starts.
    ImportFinder = object

#: The time that Python takes for a dotted name grows with the square of its parts.
_LONG_NAME = re.compile(r"(?<!\w)(?:\w{1,80}[ \t\\\r\n]{0,8}\.[ \t\\\r\n]{0,8}){60}")
_FSTRING = re.compile(r"""(?<!\w)(?:f|rf|fr)(?P<quote>\"{3}|'{3}|"|')""", re.IGNORECASE)
MAX_FIELDS = 500
#: More than any plugin has; each is looked at together with all that stands around it.
MAX_IMPORTS = 2000
_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


@dataclass(frozen=True)
class Import:
    """``name`` is the dotted name that is imported (``a.b.c`` for ``from a.b import c``), ``level`` the leading dots.

    ``guard``: hard, guarded (a missing module is caught), fallback (the second choice when another is missing) or
    unlikely (other Python, other system, type checkers). ``flags``: the names by which the code later asks whether
    the import worked. ``bound``: the name that it gets, empty when something else takes its place where it is
    missing. ``function``: the innermost function around it, empty at the top of the file; ``conditional``: an ``if``
    in that function decides. ``attempt`` numbers the ``try`` that holds it.
    """

    name: str
    line: int
    level: int = 0
    guard: str = "hard"
    flags: frozenset[str] = frozenset()
    bound: str = ""
    function: str = ""
    conditional: bool = False
    attempt: int = 0

    @property
    def top(self) -> str:
        """The first word of the name."""
        return self.name.partition(".")[0]


def parse_python(source: bytes) -> ast.Module:
    """The tree of a source, taken for UTF-8 whatever codec it names. Raises what ``ast.parse`` raises.

    For an error or a warning Python looks for the line in the file of that name: there is none.
    """
    text = source.decode("utf-8-sig", errors="replace")
    if _LONG_NAME.search(text):
        raise ValueError("it has a dotted name of more than 60 parts")
    if _has_long_fstring(text):
        raise ValueError(f"it has an f-string of more than {MAX_FIELDS} fields")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, filename="")


def _has_long_fstring(text: str) -> bool:
    """Whether an f-string has more fields than Python reads in time: that grows with their number and its length."""
    start = _FSTRING.search(text)
    while start is not None:
        quote = start["quote"]
        end = text.find(quote, start.end())
        stop = end if end >= 0 else len(text)
        if text.count("{", start.end(), stop) > MAX_FIELDS:
            return True
        start = _FSTRING.search(text, stop + len(quote))
    return False


def imports_of(tree: ast.Module, filename: str) -> tuple[Import, ...]:
    """All imports of a parsed file, in the order of the file."""
    finder = _Finder(filename)
    finder.visit(tree)
    return tuple(finder.found)


def _is_name(text: object) -> TypeGuard[str]:
    """Whether a literal can be the name of a module; anything else is a path, or is made when the code runs."""
    return isinstance(text, str) and bool(parts_of(text))


class _Finder(ImportFinder):
    """findimports' visitor, with the ancestors of each import kept and its reading of doctests switched off."""

    def __init__(self, filename: str) -> None:
        super().__init__(filename)
        self.found: list[Import] = []
        self._above: list[ast.AST] = []
        self._assigned: dict[ast.AST, tuple[set[str], set[str]]] = {}

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
        self._add(full_name, level or 0, node, imported_as or name.partition(".")[0])

    def visit_Call(self, node: ast.Call, depth: int) -> None:  # noqa: N802
        """``importlib.import_module("x")`` and ``__import__("x")`` with a literal name."""
        called = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
        first = node.args[0] if node.args else None
        name = getattr(first, "value", None)
        if called in ("import_module", "__import__") and _is_name(name):
            self._add(name, 0, node, "")
        self.generic_visit(node, depth)

    def _add(self, name: str, level: int, node: ast.AST, bound: str) -> None:
        if len(self.found) >= MAX_IMPORTS:
            raise ValueError(f"it has more than {MAX_IMPORTS} imports")
        around = _ImportContext(self._assigned)
        for parent, child in zip(self._above, self._above[1:], strict=False):
            around.enter(parent, child)
        guarded = around.guard != "hard"
        self.found.append(
            Import(
                name,
                getattr(node, "lineno", 1),
                level,
                around.guard,
                flags=frozenset({*around.flags, *([bound] if bound else [])}) if guarded else frozenset(),
                bound="" if bound in around.stubs else bound,
                function=around.function,
                conditional=around.conditional,
                attempt=around.attempt,
            )
        )


class _ImportContext:
    """What stands around an import, gathered from the top of the file inwards."""

    def __init__(self, assigned: dict[ast.AST, tuple[set[str], set[str]]]) -> None:
        self._assigned = assigned
        self.guard = "hard"
        self.flags: set[str] = set()
        self.stubs: set[str] = set()
        self.function = ""
        self.conditional = False
        self.attempt = 0

    def enter(self, parent: ast.AST, child: ast.AST) -> None:
        """Go from ``parent`` into its ``child``."""
        if isinstance(parent, ast.Try) and _catches_missing(parent):
            self._enter_try(parent, child)
        elif isinstance(parent, ast.With):
            names = _declared(parent)
            if names:
                self.guard = "guarded"
                self.flags |= {f"deps:{name}" for name in names}
        elif isinstance(parent, ast.If):
            self.conditional = self.conditional or bool(self.function)
            if _unlikely(parent, child):
                self.guard = "unlikely"
        elif isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.function, self.flags, self.conditional = parent.name, set(), False

    def _enter_try(self, parent: ast.Try, child: ast.AST) -> None:
        self.attempt = self.attempt or parent.lineno
        if self.guard != "unlikely" and isinstance(child, ast.ExceptHandler):
            self.guard = "fallback"
        elif child in parent.body:
            if self.guard == "hard" and not _raises(parent):
                self.guard = "guarded"
            self.stubs |= self._names(parent)[0]
        self.flags |= self._names(parent)[1]

    def _names(self, parent: ast.Try) -> tuple[set[str], set[str]]:
        """What gets a value in the handlers of a ``try``, and in all of it; gathered once for all its imports."""
        if parent not in self._assigned:
            everything = [*parent.body, *parent.orelse, *parent.handlers]
            self._assigned[parent] = (_assigned(parent.handlers), _assigned(everything))
        return self._assigned[parent]


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


def _assigned(parts: Iterable[ast.AST]) -> set[str]:
    """The names that get a value in the parts of a ``try``."""
    names: set[str] = set()
    for part in parts:
        for step in ast.walk(part):
            if isinstance(step, ast.Name) and isinstance(step.ctx, ast.Store):
                names.add(step.id)
            elif isinstance(step, ast.alias):
                names.add(step.asname or step.name.partition(".")[0])
            elif isinstance(step, (ast.ClassDef, ast.FunctionDef)):
                names.add(step.name)
    return names


def _declared(node: ast.With) -> list[str]:
    """The names of ``with deps.declare("x"):`` (community.general), where a failure waits for ``deps.validate()``."""
    calls = [item.context_expr for item in node.items]
    return [
        str(getattr(call.args[0], "value", ""))
        for call in calls
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "declare" and call.args
    ]


def _unlikely(node: ast.If, child: ast.AST) -> bool:
    """A branch for type checkers, Python 2 or another system."""
    words = names_used(node.test)
    if words & {"TYPE_CHECKING", "PY2"}:
        return child in node.body
    if "PY3" in words:
        return child in node.orelse
    return bool(words & {"version_info", "platform", "IS_WINDOWS_PLATFORM"})
