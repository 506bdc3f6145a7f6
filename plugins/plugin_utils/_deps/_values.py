# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a templated name can become, told from the literal values that the project gives its variables.

Nothing is rendered: ``{{ variable }}`` is replaced by the literals seen under that name, all else by ``*``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._jinja import plain_name

#: More values than this make a name as good as unknown.
MAX_VALUES = 15
MAX_NESTING = 4
ANY = "*"
_SEGMENT = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_DEFAULT = re.compile(r"\|\s*(?:d|default)\(\s*(['\"])(.*?)\1")
_QUOTED = re.compile(r"(?<!\[)(['\"])((?:(?!\1).)*)\1(?!\s*\])")


class Values:
    """Literal values by variable, collected from everywhere in the project; which play sets them is not asked."""

    def __init__(self) -> None:
        self._values: dict[str, list[Any]] = {}

    def learn(self, variables: Any) -> None:
        """Take over the literals of a mapping of variables."""
        for name, value in variables.items() if isinstance(variables, Mapping) else ():
            values = self._values.setdefault(str(name), [])
            if value not in values and len(values) <= MAX_VALUES:
                values.append(value)

    def values(self, name: str, local: Mapping[str, Any]) -> list[Any]:
        """The values of a dotted name; ``local`` (a loop's item, a role's path) goes first."""
        head, *rest = name.split(".")
        values = list(local[head]) if head in local else self._values.get(head, [])
        for part in rest:
            values = [value[part] for value in values if isinstance(value, Mapping) and part in value]
        return values

    def patterns(self, text: str, local: Mapping[str, Any], nesting: int = 0) -> list[str]:
        """What ``text`` can become, as shell patterns: ``*`` stands where nothing is known."""
        pieces: list[list[str]] = []
        end = 0
        for match in _SEGMENT.finditer(text):
            pieces.append([text[end:match.start()]])
            pieces.append(self._segment(match[1], local, nesting) or [ANY])
            end = match.end()
        pieces.append([text[end:]])
        combined = itertools.islice(itertools.product(*pieces), MAX_VALUES + 1)
        found = list(dict.fromkeys("".join(parts) for parts in combined))
        return found if len(found) <= MAX_VALUES else [_SEGMENT.sub(ANY, text)]

    def items(self, loop: Any, local: Mapping[str, Any]) -> list[Any]:
        """The literal items of a loop: a list, or a variable that holds one; nested lists are flattened once."""
        if isinstance(loop, str):
            match = _SEGMENT.fullmatch(loop.strip())
            name = plain_name(match[1] if match else loop)
            values = self.values(name, local) if name else []
        else:
            values = [loop]
        items: list[Any] = []
        for value in values:
            for item in value if isinstance(value, list) else ():
                items.extend(item if isinstance(item, list) else [item])
        return items

    def _segment(self, expression: str, local: Mapping[str, Any], nesting: int) -> list[str]:
        if nesting >= MAX_NESTING:
            return []
        head, _bar, filters = expression.partition("|")
        name = plain_name(head)
        if name is None:
            return _literals(expression)
        found: list[str] = []
        for value in self.values(name, local):
            if isinstance(value, str):
                found.extend(self.patterns(value, local, nesting + 1))
        default = _DEFAULT.search("|" + filters)
        if default:
            found.append(default[2])
        if "basename" in filters:
            found = [value.rpartition("/")[2] for value in found]
        if "lower" in filters:
            found = [value.lower() for value in found]
        return found if len(found) <= MAX_VALUES else []


def _literals(expression: str) -> list[str]:
    """The strings that a conditional can end at: ``'a.yml' if x else 'b.yml'``, ``x | ternary('a', 'b')``."""
    if " if " not in expression and "ternary" not in expression:
        return []
    return list(dict.fromkeys(_branches(expression)))


def _branches(expression: str) -> Iterator[str]:
    """Strings that are not compared with anything."""
    for match in _QUOTED.finditer(expression):
        before = expression[: match.start()].rstrip()
        after = expression[match.end():].lstrip()
        if not before.endswith(("=", " in", "<", ">", "get(")) and not after.startswith(("==", "!=", "in ")):
            yield match[2]
