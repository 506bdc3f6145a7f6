# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Whether an environment marker holds in a venv. Its text is one that ``normalise_marker`` has accepted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .version import Version, allows

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOKEN = re.compile(r"\s*('[^']*'|\"[^\"]*\"|===|==|~=|!=|<=|>=|<|>|not in\b|[a-z_]+|[()])")


def holds(marker: str, values: Mapping[str, str]) -> bool:
    """Whether ``marker`` holds where its variables have ``values``; the empty one does everywhere."""
    tokens = _TOKEN.findall(marker)
    return _Reader(tokens, values).alternatives() if tokens else True


class _Reader:
    """Reads tokens from left to right; ``and`` binds more closely than ``or``."""

    def __init__(self, tokens: list[str], values: Mapping[str, str]) -> None:
        self._tokens = tokens[::-1]
        self._values = values

    def alternatives(self) -> bool:
        result = self._conditions()
        while self._tokens[-1:] == ["or"]:
            self._tokens.pop()
            result = self._conditions() or result
        return result

    def _conditions(self) -> bool:
        result = self._comparison()
        while self._tokens[-1:] == ["and"]:
            self._tokens.pop()
            result = self._comparison() and result
        return result

    def _comparison(self) -> bool:
        token = self._tokens.pop()
        if token == "(":
            result = self.alternatives()
            self._tokens.pop()
            return result
        left, operator, right = self._value(token), self._tokens.pop(), self._value(self._tokens.pop())
        return _compare(left, operator, right)

    def _value(self, token: str) -> str:
        return token[1:-1] if token[0] in "'\"" else self._values.get(token, "")


def _compare(left: str, operator: str, right: str) -> bool:
    """As versions where both are, else as texts."""
    if operator in ("in", "not in"):
        return (left in right) == (operator == "in")
    if _is_version(left) and _is_version(right.replace(".*", "")):
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


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except ValueError:
        return False
    return True
