# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Filters whose result literals tell: from what a value can be to what the filter makes of it.

A choice among items keeps all of them, because which of them the run takes is not asked.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from .literal_functions import Some
from .scope import ANY

Options = Sequence[Any]
Arguments = Sequence[Options]

#: What one filter may combine.
MAX_COMBINATIONS = 10_000
#: Characters of all texts, and items of a list, that one filter or lookup may make.
MAX_MADE = 1_000_000


def filtered(name: str, values: Options, arguments: Arguments, attribute: Options = ()) -> list[Any] | None:
    """What the filter ``name`` makes of ``values``; None for one that is not known here.

    Each of ``values``, of ``arguments`` and of the keyword ``attribute`` is everything that it can be.
    """
    if name in _SAME and not arguments:
        return list(values)
    if name in _TEXTS and not arguments:
        return [_TEXTS[name](value) for value in values if isinstance(value, str)]
    if name in _SELECTIONS:
        return [Some(value) for value in values if isinstance(value, list)]
    if name in _CHOICES and not arguments:
        return list(_items(values))
    if name in _COMBINED:
        return _marked(_COMBINED[name](values, arguments), [values, *arguments])
    if name == "map" and attribute:
        made = [[found for item in _items(values) for key in attribute for found in members(item, key)]]
        return _marked(made, [values, attribute])
    if name == "extract" and arguments:
        return _extracted(values, arguments)
    return None


def _marked(made: list[Any], options: Arguments) -> list[Any]:
    """Lists that were made of several that can be, or of none that is known, have some of their items."""
    if all(len(one) == 1 and not isinstance(one[0], Some) and one[0] != ANY for one in options):
        return made
    return [Some(one) if isinstance(one, list) else one for one in made]


def _extracted(keys: Options, arguments: Arguments) -> list[Any]:
    """The members by ``keys`` of what the first argument can be, and theirs by more keys; an unknown key is any."""
    found: list[Any] = []
    for key, more in itertools.product(keys or [ANY], arguments[1] if len(arguments) > 1 else [[]]):
        holders = list(arguments[0])
        for one in (key, *(more if isinstance(more, list) else [more])):
            holders = [inner for holder in holders for inner in members(holder, None if one == ANY else one)]
        found += holders
    return found


def members(holder: Any, key: Any) -> list[Any]:
    """What ``holder[key]`` can be; every member where the key is None, which stands for an unknown one."""
    if isinstance(holder, Mapping):
        return list(holder.values()) if key is None else [holder[key]] if key in holder else []
    if isinstance(holder, list):
        number = int(key) if isinstance(key, int) or (isinstance(key, str) and key.isdecimal()) else None
        if key is None or (isinstance(holder, Some) and number is not None):
            return list(holder)
        return [holder[number]] if number is not None and -len(holder) <= number < len(holder) else []
    return []


def looked_up(name: str, terms: Arguments) -> list[Any] | None:
    """What the lookup ``name`` gives for ``terms``, each of which is everything that it can be; None for another."""
    found = _looked_up(name, terms)
    return _marked(found, terms) if found is not None else None


def _looked_up(name: str, terms: Arguments) -> list[Any] | None:
    if name == "dict":
        return [list(pairs_of([option for term in terms for option in term]))]
    if name in ("items", "list"):
        items = (
            item for term in terms for option in term for item in (option if isinstance(option, list) else [option])
        )
        found = list(itertools.islice(items, MAX_MADE + 1))
        return [found if len(found) <= MAX_MADE else [ANY]]
    if name in ("nested", "cartesian", "together") and terms:
        return [(together if name == "together" else product)(terms[0], terms[1:])]
    if name == "subelements" and len(terms) > 1:
        return [subelements(terms[0], terms[1])]
    return [[option for term in terms for option in term]] if name == "fileglob" else None


def pairs_of(values: Options) -> list[dict[str, Any]]:
    """The items of mappings as ``with_dict`` and ``dict2items`` give them."""
    return [
        {"key": key, "value": item} for value in values if isinstance(value, Mapping) for key, item in value.items()
    ]


def subelements(values: Options, keys: Options) -> list[list[Any]]:
    """Each item beside each of what it holds under one of ``keys``: ``users`` and ``authorized.keys``."""
    found = []
    for item in _items([*values, *([list(value.values()) for value in values if isinstance(value, Mapping)])]):
        for key in keys:
            inner = [item]
            for part in str(key).split("."):
                inner = [one for holder in inner for one in members(holder, part)]
            found += [[item, one] for one in _items(inner)]
    return found


def product(values: Options, others: Arguments) -> list[list[Any]]:
    """Every combination of an item of each list, as ``with_nested`` gives them."""
    ways = itertools.product(list(_items(values)), *(list(_items(other)) for other in others))
    return [list(way) for way in itertools.islice(ways, MAX_COMBINATIONS // max(1, len(others)))]


def together(values: Options, others: Arguments) -> list[list[Any]]:
    """The items of lists side by side, as ``with_together`` gives them."""
    return [list(way) for way in itertools.zip_longest(_items(values), *(_items(other) for other in others))]


def _items(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from value


def _flattened(values: Options, _arguments: Arguments = ()) -> list[Any]:
    found: list[Any] = []
    pending = list(reversed(values))
    for _step in range(MAX_MADE):
        if not pending:
            return [found]
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(reversed(value))
        else:
            found.append(value)
    return [[ANY]]


def _joined(values: Options, arguments: Arguments) -> list[Any]:
    """Lists put together, or mappings: what either has, the result has."""
    every = [*values, *(value for argument in arguments for value in argument)]
    items = list(itertools.islice(_items(every), MAX_MADE + 1))
    return [items if len(items) <= MAX_MADE else [ANY], *(value for value in every if isinstance(value, Mapping))]


def _selected(values: Options, arguments: Arguments) -> list[Any]:
    """As :func:`_joined`, where what is there twice is left out."""
    return [Some(one) if isinstance(one, list) else one for one in _joined(values, arguments)]


#: What leaves a value as it is, as far as names of files and plugins are concerned.
_SAME = frozenset({"string", "trim", "mandatory", "bool", "quote", "list", "expanduser", "expandvars", "realpath"})
_TEXTS: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "capitalize": str.capitalize,
    "title": str.title,
    "basename": lambda text: text.rpartition("/")[2],
    "dirname": lambda text: text.rpartition("/")[0],
}
_SELECTIONS = frozenset({
    "difference", "intersect", "reject", "rejectattr", "reverse", "select", "selectattr", "shuffle", "sort", "unique",
})  # fmt: skip
_CHOICES = frozenset({"first", "last", "max", "min", "random"})
_COMBINED: dict[str, Callable[[Options, Arguments], list[Any]]] = {
    "+": _joined,
    "combine": _joined,
    "flatten": _flattened,
    "product": lambda values, arguments: [product(values, arguments)],
    "subelements": lambda values, arguments: [subelements(values, arguments[0] if arguments else [])],
    "symmetric_difference": _selected,
    "union": _selected,
    "zip": lambda values, arguments: [together(values, arguments)],
    "zip_longest": lambda values, arguments: [together(values, arguments)],
}
#: Filters of texts, which have to be whole before.
TEXT_FILTERS = frozenset(_TEXTS)
