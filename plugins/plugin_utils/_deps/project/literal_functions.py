# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What filters, methods and operators make of literal values: functions of values, whose work and memory are bounded.

Each is what the function of that name in jinja2, in ``plugins/filter/core.py`` of ansible-core or of Python's texts
does. What it makes is never longer than a name can be: the size is counted before anything is made.
"""

from __future__ import annotations

import itertools
import json
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from .scope import ANY
from .yaml import load_yaml

Options = Sequence[Any]
Function = Callable[..., Any]

#: A text is not longer: it is no name.
MAX_CHARACTERS = 10_000
#: Combinations of what the arguments of one function can be.
MAX_WAYS = 1000
#: Steps that the search for one regular expression may take, at worst.
MAX_STEPS = 100_000
#: What costs as much as one step of the search more than a step.
_REPEATS = re.compile(r"\\.|[*+?{|]", re.S)
_GROUP_REPEATED = re.compile(r"\)[*+?{]")
#: Groups that look around or refer back: their work cannot be told.
_SPECIAL_GROUP = re.compile(r"\(\?(?![:P]|P<)|\(\?P=|\\[1-9]")
_CONVERSION = re.compile(r"%(?:\((?P<key>\w+)\))?(?P<form>[-+ 0#]*\d{0,3}(?:\.\d{0,3})?)(?P<kind>[sdi%])|%", re.A)
_FIELD = re.compile(r"\{\{|\}\}|\{(?P<key>\w*)(?::(?P<form>[<>^]?0?\d{0,3}[sd]?))?\}|[{}]", re.A)


class UnknownError(Exception):
    """What the function makes is not told."""


class Some(list[Any]):
    """A list that has some of its items, in any order: the run chooses them."""

    __slots__ = ()


def ways(function: Function, arguments: Sequence[Options], named: Mapping[str, Options]) -> list[Any]:
    """What a function can make of all that its arguments can be; ``*`` where that is not told.

    A way in which the values do not fit the function makes nothing: Ansible stops there.
    """
    found: list[Any] = []
    every = itertools.product(*arguments, *named.values())
    for number, way in enumerate(every):
        if number >= MAX_WAYS:
            return [*found, ANY]
        positional, options = way[: len(arguments)], dict(zip(named, way[len(arguments) :], strict=True))
        try:
            found.append(function(*positional, **options))
        except UnknownError:
            found.append(ANY)
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, re.error):
            continue
    return found


def _bounded(size: int) -> None:
    if size > MAX_CHARACTERS:
        raise UnknownError


def _text(value: Any) -> str:
    """A text or a number as a text; other values have no place in names."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return str(value)
    raise UnknownError


def _whole(value: Any) -> str:
    """A text of which nothing is unknown."""
    if not isinstance(value, str):
        raise TypeError
    if ANY in value:
        raise UnknownError
    _bounded(len(value))
    return value


def _exact(value: Any) -> list[Any]:
    if isinstance(value, Some) or value == ANY:
        raise UnknownError
    if not isinstance(value, list):
        raise TypeError
    return value


def join(items: Any, d: Any = "", attribute: Any = None) -> str:
    """The filter ``join``."""
    parts = [_text(item if attribute is None else _member(item, attribute)) for item in _exact(items)]
    between = _text(d)
    _bounded(sum(map(len, parts)) + len(between) * len(parts))
    return between.join(parts)


def percent(text: Any, *values: Any) -> str:
    """``text % values``, and the filter ``format``."""
    if len(values) == 1 and isinstance(values[0], (list, tuple)):
        values = tuple(_exact(values[0]))
    members = values[0] if len(values) == 1 and isinstance(values[0], Mapping) else {}
    left = iter(values)

    def converted(match: re.Match[str]) -> str:
        if match["kind"] is None:
            raise UnknownError
        if match["kind"] == "%":
            return "%"
        value = members[match["key"]] if match["key"] else next(left, None)
        if value is None:
            raise TypeError
        return _formed(value, "%" + match["form"] + match["kind"], match["kind"])

    return _put_in(_CONVERSION, text, converted)


def formatted(text: Any, *values: Any, **members: Any) -> str:
    """The method ``format`` of texts; a field is a position or a name."""
    numbers = itertools.count()

    def converted(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        key = match["key"]
        if key is None:
            raise UnknownError
        value = members[key] if key and not key.isdecimal() else values[int(key) if key else next(numbers)]
        form = match["form"] or ""
        return _formed(value, "{:" + form + "}", form[-1:])

    return _put_in(_FIELD, text, converted)


def _put_in(fields: re.Pattern[str], text: Any, converted: Callable[[re.Match[str]], str]) -> str:
    if not isinstance(text, str):
        raise TypeError
    found, size, end = [], len(text), 0
    for match in fields.finditer(text):
        value = converted(match)
        size += len(value)
        _bounded(size)
        found += [text[end : match.start()], value]
        end = match.end()
    return "".join([*found, text[end:]])


def _formed(value: Any, form: str, kind: str) -> str:
    """One value in the form that a text asks for; all values of YAML are texts here, so also numbers."""
    text = _text(value)
    if ANY in text:
        return ANY
    given: Any = int(text) if kind in ("d", "i") else text
    return form.format(given) if form.startswith("{") else str(form % given)


def replaced(text: Any, old: Any, new: Any, count: Any = -1) -> str:
    """The filter and the method ``replace``."""
    if not all(isinstance(one, str) for one in (text, old, new)):
        raise TypeError
    _bounded(len(text) + text.count(old) * len(new))
    return str(text.replace(old, new, int(count)))


def _pattern(pattern: Any, text: str, flags: int) -> re.Pattern[str]:
    """A regular expression whose search ends soon: each repetition may begin anew at each character."""
    if pattern == ANY or _SPECIAL_GROUP.search(pattern) or _GROUP_REPEATED.search(pattern) or len(pattern) > 1000:
        raise UnknownError
    repeats = sum(1 for match in _REPEATS.finditer(pattern.replace("(?", "(")) if not match[0].startswith("\\"))
    if (len(text) + 2) ** (repeats + 1) * (1 + len(pattern) // 10) > MAX_STEPS:
        raise UnknownError
    return re.compile(pattern, flags)


def regex_replaced(
    text: Any, pattern: Any = "", replacement: Any = "", ignorecase: Any = False, multiline: Any = False, count: Any = 0
) -> str:
    """The filter ``regex_replace``."""
    text, replacement = _whole(text), _whole(replacement)
    flags = (re.I if ignorecase else 0) | (re.M if multiline else 0)
    _bounded((len(text) + 1) * (len(replacement) + replacement.count("\\") * len(text)))
    return _pattern(pattern, text, flags).sub(replacement, text, count=int(count))


def split(text: Any, by: Any = None, limit: Any = -1) -> list[str]:
    """The filter and the method ``split``."""
    if not isinstance(text, str):
        raise TypeError
    parts = text.split(None if by is None else by, int(limit))
    return Some(parts) if ANY in text else parts


def sliced(value: Any, start: Any = None, stop: Any = None, step: Any = None) -> Any:
    """``value[start:stop:step]``."""
    if isinstance(value, str):
        return _whole(value)[slice(start, stop, step)]
    return _exact(value)[slice(start, stop, step)]


def _member(holder: Any, key: Any) -> Any:
    for part in str(key).split("."):
        holder = holder[int(part)] if isinstance(holder, list) else holder[part]
    return holder


def items_to_dict(items: Any, key_name: Any = "key", value_name: Any = "value") -> dict[str, Any]:
    """The filter ``items2dict``."""
    return {_text(item[key_name]): item[value_name] for item in _exact(items)}


def dict_to_items(mapping: Any, key_name: Any = "key", value_name: Any = "value") -> list[Any]:
    """The filter ``dict2items``."""
    return [{str(key_name): key, str(value_name): value} for key, value in mapping.items()]


def mapping(*pairs: Any, **members: Any) -> dict[str, Any]:
    """``dict(…)``."""
    found: dict[str, Any] = {}
    for one in pairs[:1]:
        entries = one.items() if isinstance(one, Mapping) else _exact(one)
        found.update((str(key), value) for key, value in entries)
    return {**found, **members}


def from_json(text: Any) -> Any:
    """The filter ``from_json``."""
    return json.loads(_whole(text))


def from_yaml(text: Any) -> Any:
    """The filter ``from_yaml``."""
    try:
        return load_yaml(_whole(text).encode(), "")
    except InputError as error:
        raise UnknownError from error


def path_joined(paths: Any) -> str:
    """The filter ``path_join``."""
    parts = [_text(part) for part in _exact([paths] if isinstance(paths, str) else paths)]
    _bounded(sum(map(len, parts)) + len(parts))
    return posixpath.join(*parts)


def _of_text(method: str) -> Function:
    """A method of texts that makes nothing longer."""

    def function(text: Any, *arguments: Any) -> Any:
        if not all(one is None or isinstance(one, (str, int)) for one in arguments):
            raise TypeError
        found = getattr(_whole(text), method)(*arguments)
        return list(found) if isinstance(found, tuple) else found

    return function


#: Those that put texts together: what is unknown of one leaves ``*`` in its place.
OPEN_FUNCTIONS = frozenset({"format", "join", "path_join"})
FILTERS: Mapping[str, Function] = {
    "dict2items": dict_to_items,
    "format": percent,
    "from_json": from_json,
    "from_yaml": from_yaml,
    "items2dict": items_to_dict,
    "join": join,
    "path_join": path_joined,
    "regex_replace": regex_replaced,
    "replace": replaced,
    "split": split,
    "splitext": lambda text: list(posixpath.splitext(_whole(text))),
}
METHODS: Mapping[str, Function] = {
    "format": formatted,
    "join": lambda by, items: join(items, by),
    "replace": replaced,
    "split": split,
    **{
        name: _of_text(name)
        for name in (
            "capitalize", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "rpartition", "rsplit",
            "rstrip", "splitlines", "strip", "swapcase", "title", "upper",
        )
    },
}  # fmt: skip
