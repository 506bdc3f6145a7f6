# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which filters and tests a Python file defines: one file holds many, and their names stand in its code only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from ..code.conditions import last_word
from ..code.imports import parse_python

_METHODS = {"filter": "filters", "test": "tests"}


@lru_cache(maxsize=512)
def defined_names(source: bytes, kind: str) -> frozenset[str]:
    """The names that ``FilterModule.filters`` (or ``TestModule.tests``) of ``source`` hands out, as far as it shows.

    Keys of literal dicts and of ``dict(name=…)`` in the method and in what it names at the top of the file; empty
    when the file does not parse.
    """
    try:
        tree = parse_python(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    top = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    names: set[str] = set()
    for method in _methods(tree, _METHODS[kind]):
        names.update(_keys(method))
        used = set(_used(method))
        names.update(key for name, _own in used if name in top for key in _keys(top[name]))
        own = {name for name, own in used if own and name not in top}
        names.update(_class_keys(tree, own))
    return frozenset(names)


@lru_cache(maxsize=512)
def functions_behind(source: bytes, kind: str) -> dict[str, str]:
    """The functions behind the names that :func:`defined_names` finds, of those for which it shows."""
    names = defined_names(source, kind)
    pairs = (
        (key.value, last_word(value))
        for node in (ast.walk(parse_python(source)) if names else ())
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and key.value in names
    )
    return {name: function for name, function in pairs if function}


def _used(method: ast.FunctionDef) -> Iterator[tuple[str, bool]]:
    """The names that a method uses, and whether they are those of ``self``."""
    for node in ast.walk(method):
        if isinstance(node, ast.Name):
            yield node.id, False
        elif isinstance(node, ast.Attribute):
            yield node.attr, isinstance(node.value, ast.Name) and node.value.id == "self"


def _methods(tree: ast.Module, name: str) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from (item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == name)


def _class_keys(tree: ast.Module, attributes: set[str]) -> Iterator[str]:
    """Keys of the dicts that a class holds as ``attributes``."""
    for node in tree.body:
        for item in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(item, ast.Assign) and any(getattr(target, "id", "") in attributes for target in item.targets):
                yield from _keys(item.value)


def _keys(root: ast.AST) -> Iterator[str]:
    for node in ast.walk(root):
        if isinstance(node, ast.Dict):
            yield from (key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("dict", "update"):
            yield from (keyword.arg for keyword in node.keywords if keyword.arg)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            name = getattr(node.slice, "value", None)
            yield from [name] if isinstance(name, str) else []
