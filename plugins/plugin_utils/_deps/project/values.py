# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a templated name can become, told from the literal values that the project gives its variables.

Nothing is rendered: the tree of an expression is read, literals and variables with literal values are put in, and
everything else becomes ``*``. The answer is a list of shell patterns.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import nodes

from .jinja import MARKERS, JinjaError, parsed

#: More values than this make a name as good as unknown.
MAX_VALUES = 15
MAX_ITEMS = 64
MAX_NESTING = 3
#: A name of a file is not longer, and is not put together in more steps.
MAX_CHARACTERS = 10_000
MAX_STEPS = 500
ANY = "*"
#: Filters that leave a name as it is, as far as files are concerned.
_TRANSPARENT = frozenset({"string", "trim", "mandatory", "replace", "regex_replace", "bool", "quote"})


class Values:
    """Literal values by variable, collected from everywhere in the project; which play sets them is not asked."""

    def __init__(self) -> None:
        self._values: dict[str, list[Any]] = {}
        self._steps = 0

    def learn(self, variables: Any) -> None:
        """Take over the literals of a mapping of variables."""
        for name, value in variables.items() if isinstance(variables, Mapping) else ():
            values = self._values.setdefault(str(name), [])
            if value not in values and len(values) <= MAX_VALUES:
                values.append(value)

    def patterns(self, text: str, local: Mapping[str, Any], nesting: int = 0) -> list[str]:
        """What ``text`` can become, as shell patterns; the text itself when it is no template.

        ``local`` holds the values of variables that only hold here: a loop's item, a role's path.
        """
        if not any(marker in text for marker in MARKERS):
            return [str(text)]
        self._steps = self._steps + 1 if nesting else 0
        if len(text) > MAX_CHARACTERS or self._steps > MAX_STEPS:
            return [ANY]
        try:
            return _products([self._piece(node, local, nesting) for node in _output(parsed(text))])
        except (JinjaError, RecursionError):
            return [ANY]

    def items(self, loop: Any, local: Mapping[str, Any]) -> list[Any]:
        """The literal items of a loop: a list, or a template that ends at one; nested lists are flattened once."""
        lists = [loop]
        if isinstance(loop, str):
            if len(loop) > MAX_CHARACTERS:
                return []
            try:
                output = list(_output(parsed(loop if "{{" in loop else "{{ " + loop + " }}")))
                lists = self._objects(output[0], local, 0) if len(output) == 1 else []
            except (JinjaError, RecursionError):
                return []
        items: list[Any] = []
        for value in lists:
            for item in value if isinstance(value, list) else ():
                items.extend(item if isinstance(item, list) else [item])
        return items

    def objects(self, node: nodes.Node, local: Mapping[str, Any]) -> list[Any]:
        """The values that an expression can have, as far as literals tell; empty for what is unknown."""
        return self._objects(node, local, 0)

    def _piece(self, node: nodes.Node, local: Mapping[str, Any], nesting: int) -> list[str]:
        if isinstance(node, nodes.TemplateData):
            return [node.data]
        values = [value for value in self._objects(node, local, nesting) if isinstance(value, str) and value]
        if nesting >= MAX_NESTING or len(values) > MAX_ITEMS:
            return [ANY]
        found: dict[str, None] = {}
        for value in dict.fromkeys(values):
            found.update(dict.fromkeys(self.patterns(value, local, nesting + 1)))
            if len(found) > MAX_ITEMS:
                return [ANY]
        return list(found) or [ANY]

    def _objects(self, node: nodes.Node, local: Mapping[str, Any], nesting: int) -> list[Any]:
        """The values that an expression can have, as far as literals tell; empty for what is unknown."""
        if isinstance(node, nodes.Const):
            return [node.value]
        if isinstance(node, nodes.Name):
            return list(local[node.name]) if node.name in local else self._values.get(node.name, [])
        if isinstance(node, (nodes.Getattr, nodes.Getitem)):
            key = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", None)
            holders = self._objects(node.node, local, nesting)
            return [value[key] for value in holders if isinstance(value, Mapping) and key in value]
        if isinstance(node, nodes.List):
            return [[value for item in node.items for value in self._objects(item, local, nesting)]]
        if isinstance(node, nodes.CondExpr):
            branches = [node.expr1, *([node.expr2] if node.expr2 is not None else [])]
            return self._union(branches, local, nesting)
        if isinstance(node, (nodes.Add, nodes.Concat)):
            parts = node.nodes if isinstance(node, nodes.Concat) else [node.left, node.right]
            pieces = [self._piece(part, local, nesting) for part in parts]
            return list(_products(pieces))
        if isinstance(node, nodes.Filter):
            return self._filtered(node, local, nesting)
        return []

    def _filtered(self, node: nodes.Filter, local: Mapping[str, Any], nesting: int) -> list[Any]:
        values = self._objects(node.node, local, nesting) if node.node is not None else []
        name = node.name.rpartition(".")[2]
        if name in ("default", "d", "ternary"):
            return [*(values if name != "ternary" else []), *self._union(node.args, local, nesting)]
        if name == "lower":
            return [value.lower() for value in values if isinstance(value, str)]
        if name == "basename":
            return [value.rpartition("/")[2] for value in values if isinstance(value, str)]
        if name == "dirname":
            return [value.rpartition("/")[0] for value in values if isinstance(value, str)]
        return values if name in _TRANSPARENT and not node.args else []

    def _union(self, parts: list[Any], local: Mapping[str, Any], nesting: int) -> list[Any]:
        """All that any of the parts can be; a part that is unknown adds ``*``."""
        found: list[Any] = []
        for part in parts:
            found.extend(self._objects(part, local, nesting) or [ANY])
        return found


def _output(template: nodes.Template) -> Iterator[nodes.Node]:
    """The parts that a template puts out one after the other; control structures count as one unknown part."""
    for node in template.body:
        if isinstance(node, nodes.Output):
            yield from node.nodes
        else:
            yield node


def _products(pieces: list[list[str]]) -> list[str]:
    """Every way to put one choice of each piece together, in order; too many of them become one pattern."""
    ways = list(itertools.islice(itertools.product(*pieces), MAX_ITEMS + 1))
    if len(ways) > MAX_ITEMS:
        ways = [tuple(piece[0] if len(piece) == 1 else ANY for piece in pieces)]
    return list(dict.fromkeys("".join(way) for way in ways))
