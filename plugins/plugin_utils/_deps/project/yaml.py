# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Read YAML that nobody vouches for: bounded before anything is built, with the line of every value.

The tree is built from the parser's events, so that depth and size (aliases counted as if they were expanded) are
checked while it grows. Scalars stay text, as what the analysis reads are names, but numbers and their
like are told apart. Tags are inert: nothing is constructed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import yaml

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import shortened

from ..model import FileLocation
from .text_lines import WORD, word_lines

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 60
MAX_NODES = 200_000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: What an encrypted value begins with.
ENCRYPTED = "$ANSIBLE_VAULT;"
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TAG = "tag:yaml.org,2002:"
_NO_TEXTS = frozenset(f"{_TAG}{kind}" for kind in ("bool", "float", "int", "timestamp"))
#: What tells by the first character of a plain scalar what it is.
_RESOLVERS = {
    first: [pattern for tag, pattern in patterns if tag in _NO_TEXTS]
    for first, patterns in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_FALSE = frozenset({"false", "no", "off"})
_OF_ZERO = frozenset("+-._:0bx")


class UnusableFileError(InputError):
    """One file of the project cannot be read, or is not what it has to be; what other files say is not affected.

    ``is_limit``: only the analysis cannot read it, Ansible can.
    """

    def __init__(self, file: str, reason: str, *, line: int | None = None, is_limit: bool = False) -> None:
        where = {} if line is None else {"line": line}
        super().__init__(f"{file} {reason}" if line is None else f"{file}, line {line}: {reason}", file=file, **where)
        self.location = FileLocation(file, line or 1)
        self.reason = reason
        self.is_limit = is_limit


class Text(str):
    """A scalar: ``line`` is where its content starts; ``inert`` when Ansible does not template it (!unsafe, !vault).

    ``source`` has its lines in the file where they are not those of the text: folded, or with ``\\n`` in quotes.
    """

    # A large project has half a million of them.
    __slots__ = ("_words", "inert", "line", "source")

    line: int
    inert: bool
    source: tuple[str, ...]
    _words: dict[str, int]

    def rest(self, start: int) -> Text:
        """What stands after ``start`` characters and blanks, with its line."""
        start += len(self[start:]) - len(self[start:].lstrip())
        word = WORD.search(self, start)
        line = line_in(self, 1 + self.count("\n", 0, start), word[0] if word is not None else "")
        lines = word_lines(self, self.source) if self.source and word is not None else []
        if lines:
            line = self.line + lines[len(WORD.findall(self, 0, start))]
        rest = Text.at(self[start:].rstrip(), line, inert=self.inert)
        rest.source = self.source[line - self.line :]
        return rest

    @property
    def words(self) -> dict[str, int]:
        """The first line in the file of each word of ``source``."""
        if not hasattr(self, "_words"):
            self._words = {}
            for number, line in enumerate(self.source, start=self.line):
                for word in WORD.findall(line):
                    self._words.setdefault(word, number)
        return self._words

    @classmethod
    def at(cls, value: str, line: int, *, inert: bool = False) -> Text:
        """Make one."""
        text = cls(value)
        text.line = line
        text.inert = inert
        text.source = ()
        return text


class Scalar(Text):
    """What is a number, a boolean or a date to Ansible, because no quotes are around it: ``5``, ``no``, ``1:30``."""

    __slots__ = ()

    @property
    def is_false(self) -> bool:
        """Whether it is as good as nothing in a condition of Python: ``false``, ``0``."""
        return self.lower() in _FALSE or set(self.lower()) <= _OF_ZERO


class Items(list[Any]):
    """A sequence with its ``line``."""

    __slots__ = ("line",)

    line: int


class Fields(dict[str, Any]):
    """A mapping with its ``line``; its keys are :class:`Text`."""

    __slots__ = ("line",)

    line: int


class _Builder:
    """Turns events into Text, Items and Fields; counts what aliases would expand to."""

    def __init__(self, events: Iterator[yaml.Event], text: str, name: str) -> None:
        self._events = events
        self._text = text
        self._name = name
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._nodes = 0

    def document(self) -> Any:
        """The one document of the stream, None when it is empty."""
        value = None
        seen = False
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if seen:
                    raise self._error(event, "a second document starts; Ansible reads files of one document only")
                seen = True
                value = self._value(next(self._events), 0)
        return value

    def _value(self, event: yaml.Event, depth: int) -> Any:
        before = self._nodes
        self._count(event, 1)
        if depth > MAX_DEPTH:
            raise self._error(event, f"it is nested deeper than {MAX_DEPTH} levels", is_limit=True)
        if isinstance(event, yaml.ScalarEvent):
            value: Any = _scalar(event)
            if value is not None and event.style != "|":
                self._with_source(value, event)
        elif isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(event, depth)
        else:
            value = self._mapping(event, depth)
        anchor = getattr(event, "anchor", None)
        if anchor:
            self._anchors[anchor] = (value, self._nodes - before)
        return value

    @cached_property
    def _lines(self) -> list[str]:
        return _BREAK.split(self._text)

    def _with_source(self, value: Text, event: yaml.ScalarEvent) -> None:
        """Note the lines in the file of a scalar whose own lines are others."""
        start = _line(event) - 1
        end = event.end_mark.line if event.end_mark is not None else start
        if start == end and "\n" not in value:
            return
        if event.style == ">":
            start += 1
            while start < end and not self._lines[start].strip():
                start += 1
        value.line = start + 1
        value.source = tuple(self._lines[start : end + 1])

    def _alias(self, event: yaml.Event) -> Any:
        anchor = getattr(event, "anchor", "")
        if anchor not in self._anchors:
            raise self._error(event, f"the alias *{shortened(anchor, 40)} has no anchor before it")
        value, size = self._anchors[anchor]
        self._count(event, size)
        return value

    def _sequence(self, event: yaml.Event, depth: int) -> Items:
        items = Items()
        items.line = _line(event)
        for child in self._events:
            if isinstance(child, yaml.SequenceEndEvent):
                break
            items.append(self._value(child, depth + 1))
        return items

    def _mapping(self, event: yaml.Event, depth: int) -> Fields:
        fields = Fields()
        fields.line = _line(event)
        merged: list[Any] = []
        for child in self._events:
            if isinstance(child, yaml.MappingEndEvent):
                break
            key = self._value(child, depth + 1)
            value = self._value(next(self._events), depth + 1)
            if key == "<<":
                merged.extend(value if isinstance(value, list) else [value])
            elif isinstance(key, str) or key is None:
                fields[key or Text.at("", fields.line)] = value
        for source in merged:
            for key, value in source.items() if isinstance(source, dict) else ():
                fields.setdefault(key, value)
        return fields

    def _count(self, event: yaml.Event, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            what = f"it contains more than {MAX_NODES} values after its aliases are expanded"
            raise self._error(event, what, is_limit=True)

    def _error(self, event: yaml.Event, what: str, *, is_limit: bool = False) -> InputError:
        return yaml_error(self._name, _line(event), what, is_limit=is_limit)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 1


def _scalar(event: yaml.ScalarEvent) -> Text | None:
    tag = event.tag or ""
    if not tag and not event.style and event.value in _NULLS:
        return None
    block = event.style in ("|", ">")
    kind = Scalar if _is_no_text(event, tag) else Text
    return kind.at(event.value, _line(event) + block, inert=tag in ("!vault", "!unsafe", "!vault-encrypted"))


def _is_no_text(event: yaml.ScalarEvent, tag: str) -> bool:
    if tag:
        return tag in _NO_TEXTS
    patterns = () if event.style else _RESOLVERS.get(event.value[:1], ())
    return any(pattern.match(event.value) for pattern in patterns)


def is_text(value: Any) -> bool:
    """Whether a value is a text to Ansible, too."""
    return isinstance(value, str) and not isinstance(value, Scalar)


def unless_empty(value: Any) -> Any:
    """A document, None where Ansible takes it for none: ``[]``, ``0``, ``false``."""
    return None if not value or (isinstance(value, Scalar) and value.is_false) else value


def yaml_error(name: str, line: int, what: str, *, is_limit: bool = False) -> UnusableFileError:
    """The one form in which a bad file is reported."""
    what = shortened(" ".join(what.split()))
    return UnusableFileError(name, f"this YAML cannot be used: {what}", line=line, is_limit=is_limit)


def is_limit(error: InputError) -> bool:
    """Whether only the analysis cannot read a file: of other files all that it refuses is a limit of its own."""
    return error.is_limit if isinstance(error, UnusableFileError) else True


def load_yaml(data: bytes, name: str) -> Any:
    """Parse ``data``; ``name`` is the file in messages. Raises :class:`InputError` with file and line."""
    if len(data) > MAX_BYTES:
        raise yaml_error(name, 1, f"the file is larger than {MAX_BYTES} bytes", is_limit=True)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise yaml_error(name, line, "it is not UTF-8 text") from error
    loader = _LOADER(text)
    try:
        return _Builder(iter(loader.get_event, None), text, name).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise yaml_error(name, mark.line + 1 if mark else 1, str(error.problem or error.context)) from error
    except yaml.YAMLError as error:
        raise yaml_error(name, 1, str(error)) from error
    finally:
        loader.dispose()


def line_of(value: Any, default: int = 1) -> int:
    """The line of a value that came from :func:`load_yaml`."""
    return int(getattr(value, "line", default))


def line_in(text: Any, line: int, word: str) -> int:
    """The line in the file of a ``word`` that is in the given ``line`` of a value, which counts from 1."""
    start = line_of(text)
    return text.words.get(word, start) if getattr(text, "source", ()) else start + line - 1
