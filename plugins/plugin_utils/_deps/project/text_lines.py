# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The lines in the file of the words of a scalar whose own lines are others: YAML folds lines, but keeps the words."""

from __future__ import annotations

import re
from collections.abc import Sequence

WORD = re.compile(r"[\w.]+")
_SPACE = re.compile(r"\s")
#: What stands for one character between double quotes.
_ESCAPED = re.compile(r"\\(?:[^xuU]|x..|u.{4}|U.{8})")


def word_lines(value: str, source: Sequence[str]) -> list[int]:
    """The number in ``source`` of the line of each word of ``value``; nothing where the words are not the same."""
    words = WORD.findall(value)
    return _lines(words, source) or _lines(words, [_ESCAPED.sub(" ", line) for line in source])


def _lines(words: Sequence[str], source: Sequence[str]) -> list[int]:
    found = [(word, number) for number, line in enumerate(source) for word in WORD.findall(line)]
    if not words or not found:
        return []
    first = found[0][1]
    for start, (word, number) in enumerate(found):
        if number > first:
            break
        part = found[start : start + len(words)] if word == words[0] else []
        if [one for one, _number in part] == words:
            return [number for _word, number in part]
    return []


def with_lines(value: str, source: Sequence[str]) -> tuple[str, int] | None:
    """``value`` with the line breaks of ``source`` between its words, and the line of its first word there.

    None where there is no blank to break the line at.
    """
    lines = word_lines(value, source)
    if not lines:
        return None
    parts: list[str] = []
    end, before = 0, lines[0]
    for match, line in zip(WORD.finditer(value), lines, strict=True):
        gap = value[end : match.start()].replace("\n", " ")
        if line > before:
            gap, count = _SPACE.subn("\n" * (line - before), gap, count=1)
            if not count:
                return None
        parts += [gap, match[0]]
        end, before = match.end(), line
    return "".join([*parts, value[end:].replace("\n", " ")]), lines[0]
