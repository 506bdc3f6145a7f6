# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The items of a task's loop, as far as literals tell: ``loop``, and the ``with_*`` whose lookup only rearranges."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from .jinja import has_markers
from .scope import ANY, LoopItems, Scope
from .value_filters import pairs_of, product, subelements, together
from .values import Values
from .yaml import Fields

#: Loops over the terms themselves; the globs of ``fileglob`` are read as patterns.
_PLAIN = frozenset({"loop", "list", "items", "flattened", "random_choice", "fileglob"})
_LISTS = frozenset({"nested", "cartesian", "together", "subelements"})


def loop_scope(task: Fields, values: Values, outer: Scope, known: Mapping[str, Any]) -> Scope:
    """The scope of a task, which has the variables that its loop sets; no value where they are unknown.

    ``known`` has what the terms of the loop can use, the variables of the task beside those of ``outer``.
    """
    control = task.get("loop_control")
    control = control if isinstance(control, dict) else {}
    for key, value in task.items():
        if key == "loop" or key.startswith("with_"):
            items = LoopItems(partial(_apart, key, value, values, known), lambda: values.known)
            found: dict[str, list[Any] | LoopItems] = {str(control.get("loop_var") or "item"): items}
            if control.get("index_var"):
                found[str(control["index_var"])] = []
            return Scope(found, outer)
    return outer


def _apart(key: str, value: Any, values: Values, local: Mapping[str, Any]) -> list[Any]:
    with values.apart():
        items = loop_items(key, value, values, local)
        return [*items, ANY] if values.cut or values.doubt else items


def loop_items(key: str, value: Any, values: Values, local: Mapping[str, Any]) -> list[Any]:
    """The items of ``loop:`` or ``with_…:``; see the lookup of that name in ansible-core for what it makes of them."""
    name = key.removeprefix("with_").rpartition(".")[2]
    if name in _PLAIN:
        terms = _terms(value, values, local)
        return terms if name in ("loop", "list") else _flat(terms, deep=name == "flattened")
    if name == "first_found":
        return list(values.first_found(value, local))
    if name == "indexed_items":
        return [[ANY, item] for item in _flat(_terms(value, values, local))]
    if name == "dict":
        mappings = value if isinstance(value, list) else [value]
        return list(pairs_of([option for one in mappings for option in values.options(one, local)]))
    if not isinstance(value, list) or name not in _LISTS:
        return []
    lists = [_terms(one, values, local) for one in value]
    if name == "subelements":
        return subelements(values.options(value[0], local), [value[1]]) if len(value) > 1 else []
    combine = together if name == "together" else product
    return combine(lists[:1], [[one] for one in lists[1:]])


def _terms(value: Any, values: Values, local: Mapping[str, Any]) -> list[Any]:
    """The terms of a list, where a template that ends at a list stands for that, or of what one template ends at."""
    if not isinstance(value, list):
        options = values.options(value, local)
        if options or not isinstance(value, str) or _is_template(value):
            return [item for option in options for item in (option if isinstance(option, list) else [option])]
        return [value]
    found: list[Any] = []
    for one in value:
        options = values.options(one, local) if _is_template(one) else []
        found += [option for option in options if isinstance(option, list)] or [one]
    return found


def _is_template(value: Any) -> bool:
    return isinstance(value, str) and has_markers(value)


def _flat(terms: list[Any], *, deep: bool = False) -> list[Any]:
    """Lists in a list as their items, at one level or at all."""
    found, pending = [], [(term, True) for term in reversed(terms)]
    while pending:
        term, opens = pending.pop()
        if isinstance(term, list) and opens:
            pending.extend((item, deep) for item in reversed(term))
        else:
            found.append(term)
    return found
