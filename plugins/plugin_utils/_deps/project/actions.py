# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The action of a task in every spelling, as ansible-core's ``ModuleArgsParser`` reads it."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .names import short_name
from .yaml import Fields, Text, line_in, line_of

#: The keys whose value is a bare expression.
EXPRESSIONS = frozenset({"when", "until", "changed_when", "failed_when"})
#: Longer texts are no ``a=1 b=2``.
MAX_CHARACTERS = 100_000
#: Of the escapes that ``parse_kv`` decodes, those that decide where a text in quotes ends (``parsing/splitter.py``).
_ESCAPED = re.compile(r"""\\([\\'"])""")


@dataclass(frozen=True)
class Action:
    """``name`` as written; ``arguments`` with text values where they were text; ``raw`` the free-form rest.

    ``is_value``: the name is the value of ``action`` or ``local_action``, which Ansible looks up when it gets there.
    """

    name: str
    line: int
    arguments: Mapping[str, Any] = field(default_factory=dict)
    raw: str = ""
    is_value: bool = False

    @property
    def short(self) -> str:
        """The name without ``ansible.builtin.`` or ``ansible.legacy.``."""
        return short_name(self.name)


def actions_of(task: Fields, keywords: Container[str]) -> list[Action]:
    """The action of ``task``: one, none (a block, an empty task), or several, which is the author's error.

    All are returned then, so that none goes unseen. ``keywords`` are the keys that are no action.
    """
    shared = task.get("args")
    found = []
    for key in ("action", "local_action"):
        if task.get(key):
            found.append(_from_action(task[key], line_of(key_of(task, key), task.line)))
    for key, value in task.items():
        if key and key not in keywords and not key.startswith("with_"):
            found.append(_from_value(str(key), value, line_of(key, task.line)))
    if isinstance(shared, dict):
        found = [replace(one, arguments={**shared, **one.arguments}) for one in found if one]
    return [_with_module_argument(one) for one in found if one is not None]


def key_of(fields: Fields, name: str) -> Any:
    """The key as it stands in the file, which knows its line."""
    return next((key for key in fields if key == name), name)


def free_form(text: str) -> str:
    """What a free form says beside its ``a=1``: a path may have blanks (``parse_kv`` in ``parsing/splitter.py``)."""
    if "=" not in text or len(text) > MAX_CHARACTERS:
        return text.strip()
    words = [word for word in _words(text.strip()) if not _assigned(word)]
    return " ".join(words)


def first_word(text: str) -> str:
    """The first word of a command, without its quotes: the path of a script may have blanks in them."""
    return unquoted(_first(free_form(text))[0])


def _assigned(word: str) -> bool:
    name, equals, _value = word.partition("=")
    return bool(equals) and name.isidentifier()


def pairs(text: str) -> dict[str, Any]:
    """``a=1 b="two words"`` as a dict; what is not a pair is left out."""
    if len(text) > MAX_CHARACTERS:
        return {}
    words = ((number, *word.partition("=")) for number, word in _numbered_words(text))
    return {
        name: Text.at(_ESCAPED.sub(r"\1", unquoted(value)), line_in(text, number, name))
        for number, name, equals, value in words
        if equals and name.isidentifier()
    }


def unescaped(text: Text) -> Text:
    """A free form without the backslashes that ``parse_kv`` removes: ``a="{{ b | c(\\"d\\") }}"``."""
    made = Text.at(_ESCAPED.sub(r"\1", text), text.line, inert=text.inert)
    made.source = text.source
    return made


def _numbered_words(text: str) -> Iterator[tuple[int, str]]:
    """The words with the line of the text in which each starts."""
    number, end = 1, 0
    for word in _words(text):
        yield number, word
        number += text.count("\n", end, end + len(word) + 1)
        end += len(word) + 1


def _first(text: str) -> tuple[Text, Text]:
    """The first word, which may be a template with spaces in it, and the rest."""
    text = (text if isinstance(text, Text) else Text.at(text, 1)).rest(0)
    first = next(_words(text[:MAX_CHARACTERS]))
    return Text.at(first, text.line), text.rest(len(first))


def _words(text: str) -> Iterator[str]:
    """Split at spaces outside of quotes and braces, in one pass."""
    word, quote, depth = "", "", 0
    for previous, character in zip(" " + text, text, strict=False):
        if quote:
            quote = "" if character == quote and previous != "\\" else quote
        elif character in "\"'":
            quote = character
        elif character in "{}":
            depth = max(0, depth + (1 if character == "{" else -1))
        elif character.isspace() and not depth:
            yield word
            word = ""
            continue
        word += character
    yield word


def _from_action(value: Any, line: int) -> Action | None:
    """``action: copy src=a`` and ``action: {module: copy, src: a}``."""
    if isinstance(value, dict):
        name = value.get("module")
        if not isinstance(name, str):
            return None
        first, rest = _first(name)
        arguments = {**pairs(rest), **{key: item for key, item in value.items() if key != "module"}}
        return Action(first, line_of(name, line), arguments, rest, is_value=True)
    if isinstance(value, str) and value.strip():
        first, rest = _first(value)
        return Action(first, line_of(value, line), pairs(rest), rest, is_value=True)
    return None


def _from_value(name: str, value: Any, line: int) -> Action:
    """``copy: src=a`` and ``copy: {src: a}``."""
    if isinstance(value, dict):
        return Action(name, line, dict(value))
    if isinstance(value, str):
        return Action(name, line, pairs(value), value.rest(0) if isinstance(value, Text) else value.strip())
    return Action(name, line)


def _with_module_argument(action: Action) -> Action:
    """``module: copy`` beside ``action:`` free keys: the old spelling where the action is called ``module``."""
    if action.name == "module" and action.raw:
        first, rest = _first(action.raw)
        return Action(first, action.line, {**pairs(rest), **dict(action.arguments)}, rest)
    return action


def unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
