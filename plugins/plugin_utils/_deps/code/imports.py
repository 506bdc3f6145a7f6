# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The imports of one Python file, each with what guards it. The code is parsed by findimports and never run."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from typing import Any, TypeGuard

from ..project.names import parts_of
from .import_context import Facts, ImportContext

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


@dataclass(frozen=True)
class Import:
    """``name`` is the dotted name that is imported (``a.b.c`` for ``from a.b import c``), ``level`` the leading dots.

    ``guard``: hard, guarded (a missing module is caught), fallback (the second choice when another is missing) or
    unlikely (other Python, other system, type checkers). ``flags``: the names by which the code later asks whether
    the import worked. ``bound``: the name that it gets, empty when something else takes its place where it is
    missing. ``function``: the innermost function around it, or a branch of it on an option, empty at the top of the
    file; ``conditional``: another ``if`` in that function, or at the top, decides.

    ``attempt`` numbers the ``try`` whose second choices belong together, ``block`` the innermost; ``alternative``
    counts the handlers on the way: 0 is tried first, 1 when that is missing. ``caught``: a missing one does no harm.
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
    block: int = 0
    alternative: int = 0
    caught: bool = False

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
        self._known: dict[ast.AST, Facts] = {}

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
        around = ImportContext(self._known)
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
                bound="" if bound in around.stubs or not around.uses(bound) else bound,
                function=around.function,
                conditional=around.conditional,
                attempt=around.attempt,
                block=around.block,
                alternative=around.alternative,
                caught=around.caught,
            )
        )
