# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Settings that code has beside its options: ``settings = {"check_yaml": True}``, at its top or in a class."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

#: A value that is no literal, or that differs from another one of the same name.
_UNKNOWN = None
_TABLES = (ast.Module, ast.ClassDef)
_GIVING = (ast.Dict, ast.Call, ast.Assign)


def written_switches(nodes: Sequence[ast.AST]) -> tuple[dict[str, bool], dict[str, bool | None]]:
    """The switches of a file, and what it gives as an argument or an item of any name elsewhere.

    ``nodes`` are all of the file. A value is None where it is not known.
    """
    tables = [table for node in nodes if isinstance(node, _TABLES) for table in _tables(node.body)]
    own = {id(table) for table in tables}
    switches = _joined(item for table in tables for item in _items(table))
    given = _joined(
        item for node in nodes if isinstance(node, _GIVING) and id(node) not in own for item in _items(node)
    )
    given.update((name, _UNKNOWN) for name, value in switches.items() if value is _UNKNOWN)
    return {name: value for name, value in switches.items() if value is not None}, given


def settled_switches(files: Iterable[tuple[Mapping[str, bool], Mapping[str, bool | None]]]) -> dict[str, bool]:
    """The switches of several files that nothing in them gives another value, from those of each."""
    known = list(files)
    found = _joined(item for switches, _given in known for item in switches.items())
    given = [one for _switches, one in known]
    return {
        name: value
        for name, value in found.items()
        if value is not None and all(one.get(name, value) is value for one in given)
    }


def _joined(items: Iterable[tuple[str, bool | None]]) -> dict[str, bool | None]:
    found: dict[str, bool | None] = {}
    for name, value in items:
        found[name] = value if found.get(name, value) is value else _UNKNOWN
    return found


def _tables(body: list[ast.stmt]) -> Iterator[ast.expr]:
    """The literal mappings that are assigned there, as ``{"x": True}`` or ``dict(x=True)``."""
    for step in body:
        value = step.value if isinstance(step, (ast.Assign, ast.AnnAssign)) else None
        if isinstance(value, ast.Dict) or (isinstance(value, ast.Call) and getattr(value.func, "id", "") == "dict"):
            yield value


def _items(node: ast.AST) -> Iterator[tuple[str, bool | None]]:
    """What a node gives values by name: a mapping, a call, ``settings["x"] = True``."""
    if isinstance(node, ast.Dict):
        pairs = [(getattr(key, "value", None), value) for key, value in zip(node.keys, node.values, strict=True)]
    elif isinstance(node, ast.Call):
        pairs = [(one.arg, one.value) for one in node.keywords]
    elif isinstance(node, ast.Assign):
        slices = [target.slice for target in node.targets if isinstance(target, ast.Subscript)]
        pairs = [(getattr(key, "value", None), node.value) for key in slices]
    else:
        return
    for name, value in pairs:
        literal = getattr(value, "value", None)
        if isinstance(name, str):
            yield name, literal if isinstance(literal, bool) else _UNKNOWN
