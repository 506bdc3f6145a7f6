# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The imports of one Python file, each with what guards it. findimports walks the tree."""

from __future__ import annotations

import ast
from typing import Any, TypeGuard

from ..project.names import parts_of
from .import_context import Facts, ImportContext
from .imports import Import

try:
    from findimports import ImportFinder
except ImportError:  # The action plugin says that it is missing before an analysis starts.
    ImportFinder = object

#: More than any plugin has; each is looked at together with all that stands around it.
MAX_IMPORTS = 2000


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

    def processDocstring(self, docstring: str | None, lineno: int | None, depth: int) -> None:  # noqa: N802 (of findimports)
        """Doctests are documentation: they import nothing when a plugin runs, and real ones fail to parse."""

    def processImport(  # noqa: N802 (of findimports)
        self, name: str, imported_as: str | None, full_name: str, level: int | None, node: ast.stmt
    ) -> None:
        """Called by findimports for every name that is imported."""
        self._add(full_name, level or 0, node, imported_as or name.partition(".")[0])

    def visit_Call(self, node: ast.Call, depth: int) -> None:  # noqa: N802 (of findimports)
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
