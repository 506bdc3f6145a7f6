# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Names that hold an option, as ``engine = module.params["engine"]``: a test of the name is one of the option."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence

from .conditions import option_of


def name_options_in_tests(nodes: Sequence[ast.AST]) -> None:
    """Put the option in the place of the name, in each ``if`` of a function that gives the name no other value.

    ``nodes`` are all of a file.
    """
    if not any(isinstance(node, ast.Assign) and option_of(node.value) for node in nodes):
        return
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = list(ast.walk(node))
            options = _options(inner)
            for one in inner if options else ():
                if isinstance(one, ast.If):
                    one.test = _Naming(options).visit(one.test)


def _options(nodes: list[ast.AST]) -> dict[str, ast.expr]:
    """What is assigned to each name that gets one value only, where that is an option."""
    stored = Counter(node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load))
    stored.update(node.arg for node in nodes if isinstance(node, ast.arg))
    options = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and option_of(node.value):
            target = node.targets[0]
            if isinstance(target, ast.Name) and stored[target.id] == 1:
                options[target.id] = node.value
    return options


class _Naming(ast.NodeTransformer):
    def __init__(self, options: dict[str, ast.expr]) -> None:
        self._options = options

    def visit_Name(self, node: ast.Name) -> ast.expr:  # noqa: N802 (the name that NodeTransformer calls)
        return self._options.get(node.id, node)
