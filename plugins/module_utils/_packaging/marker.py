# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Environment markers (PEP 508): checked against their grammar and spelt in one way, never evaluated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

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


class MarkerError(Exception):
    """The text is no marker; the message says where it stops being one."""


def normalise_marker(text: str) -> str:
    """``python_version<"3.12"`` as ``python_version < '3.12'``; raises :class:`MarkerError`."""
    tokens = _tokens(text.strip())
    end = _expression(tokens, 0, depth=0)
    if end < len(tokens):
        raise MarkerError(f"the marker does not end before {tokens[end][1]!r}")
    return re.sub(r"\( | \)", lambda match: match.group().strip(), " ".join(word for _kind, word in tokens))


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise MarkerError(f"the marker cannot be read at {text[position : position + 20]!r}")
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
            raise MarkerError(f"{text!r} is no variable of a marker")
        return word
    return text


def _expression(tokens: Sequence[tuple[str, str]], start: int, *, depth: int) -> int:
    """The index behind the comparisons that begin at ``start``, joined by ``and`` and ``or``."""
    end = _comparison(tokens, start, depth=depth)
    while end < len(tokens) and tokens[end][0] == "join":
        end = _comparison(tokens, end + 1, depth=depth)
    return end


def _comparison(tokens: Sequence[tuple[str, str]], start: int, *, depth: int) -> int:
    if depth > MAX_DEPTH:
        raise MarkerError(f"the marker has more than {MAX_DEPTH} brackets in each other")
    kinds = [kind for kind, _word_ in tokens[start : start + 3]]
    if kinds[:1] == ["bracket"] and tokens[start][1] == "(":
        end = _expression(tokens, start + 1, depth=depth + 1)
        if end >= len(tokens) or tokens[end][1] != ")":
            raise MarkerError("a bracket of the marker is not closed")
        return end + 1
    sides = {kinds[0], kinds[2]} if len(kinds) == 3 and kinds[1] == "operator" else set()
    if not sides or not sides <= {"string", "variable"} or sides == {"string"}:
        raise MarkerError("the marker is not made of comparisons such as python_version < '3.12'")
    return start + 3
