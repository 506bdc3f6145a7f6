# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Environment markers (PEP 508): one grammar, by which they are checked, spelt in one way, and evaluated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .version import allows, is_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_DEPTH = 20

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'[^'\n]*'|\"[^\"\n]*\")|(?P<operator>===|==|~=|!=|<=|>=|<|>|\bnot\s+in\b|\bin\b)"
    r"|(?P<join>\band\b|\bor\b)|(?P<bracket>[()])|(?P<variable>[a-z][a-z_.]*))"
)
_VARIABLES = {
    "extra",
    "implementation_name",
    "implementation_version",
    "os_name",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_full_version",
    "python_version",
    "sys_platform",
}
#: Spellings from before PEP 508 that files still have.
_OLD = {
    "os.name": "os_name",
    "platform.machine": "platform_machine",
    "platform.python_implementation": "platform_python_implementation",
    "platform.version": "platform_version",
    "python_implementation": "platform_python_implementation",
    "sys.platform": "sys_platform",
}


def normalise_marker(text: str) -> str:
    """``python_version<"3.12"`` as ``python_version < '3.12'``; ``ValueError`` says where the text is no marker."""
    tokens = _tokens(text.strip())
    _Reader(tokens, {}).whole()
    return re.sub(r"\( | \)", lambda match: match.group().strip(), " ".join(word for _kind, word in tokens))


def holds(marker: str, values: Mapping[str, str]) -> bool:
    """Whether ``marker`` holds where its variables have ``values``; the empty one does everywhere."""
    return not marker or _Reader(_tokens(marker), values).whole()


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise ValueError(f"the marker cannot be read at {text[position : position + 20]!r}")
        tokens.append((match.lastgroup, _word(match.lastgroup, match[match.lastgroup])))
        position = match.end()
    return tokens


def _word(kind: str, text: str) -> str:
    if kind == "string":
        return text if "'" in text[1:-1] else f"'{text[1:-1]}'"
    if kind == "operator":
        return " ".join(text.split())
    if kind == "variable":
        word = _OLD.get(text, text)
        if word not in _VARIABLES:
            raise ValueError(f"{text!r} is not a variable of a marker")
        return word
    return text


class _Reader:
    """Reads tokens from left to right and evaluates what they say; ``and`` binds more closely than ``or``."""

    def __init__(self, tokens: Sequence[tuple[str, str]], values: Mapping[str, str]) -> None:
        self._tokens = tokens
        self._values = values
        self._next = 0

    def whole(self) -> bool:
        """Whether the marker holds; raises ``ValueError`` where something follows it."""
        result = self._alternatives(0)
        if self._next < len(self._tokens):
            raise ValueError(f"the marker does not end before {self._tokens[self._next][1]!r}")
        return result

    def _alternatives(self, depth: int) -> bool:
        result = self._conditions(depth)
        while self._takes("or"):
            result = self._conditions(depth) or result
        return result

    def _conditions(self, depth: int) -> bool:
        result = self._comparison(depth)
        while self._takes("and"):
            result = self._comparison(depth) and result
        return result

    def _comparison(self, depth: int) -> bool:
        if depth > MAX_DEPTH:
            raise ValueError(f"the marker has more than {MAX_DEPTH} nested brackets")
        if self._takes("("):
            result = self._alternatives(depth + 1)
            if not self._takes(")"):
                raise ValueError("a bracket of the marker is not closed")
            return result
        found = self._tokens[self._next : self._next + 3]
        kinds = [kind for kind, _text in found]
        sides = {kinds[0], kinds[2]} if len(kinds) == 3 and kinds[1] == "operator" else set()
        if not sides or not sides <= {"string", "variable"} or sides == {"string"}:
            raise ValueError("the marker must consist of comparisons such as python_version < '3.12'")
        self._next += 3
        return _compare(self._value(*found[0]), found[1][1], self._value(*found[2]))

    def _takes(self, word: str) -> bool:
        """Go on behind ``word`` if it is next and no string."""
        taken = self._tokens[self._next : self._next + 1] in ([("join", word)], [("bracket", word)])
        self._next += taken
        return taken

    def _value(self, kind: str, text: str) -> str:
        return text[1:-1] if kind == "string" else self._values.get(text, "")


def _compare(left: str, operator: str, right: str) -> bool:
    """As versions where both are, else as texts."""
    if operator in ("in", "not in"):
        return (left in right) == (operator == "in")
    if is_version(left) and is_version(right.replace(".*", "")):
        return allows(f"{operator}{right}", left)
    return {
        "==": left == right,
        "===": left == right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }.get(operator, False)
