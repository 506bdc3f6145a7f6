# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a templated name can become, told from the literal values that the project gives its variables.

Nothing is rendered: the tree of an expression is read, literals and variables with literal values are put in, and
everything else becomes ``*``. The answer is a list of shell patterns.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from jinja2 import nodes

from ..limits import MAX_CANDIDATES
from .first_found import first_found_names
from .jinja import LOOKUPS, MARKERS, JinjaError, parsed
from .names import split_name
from .scope import ANY, Scope
from .value_filters import TEXT_FILTERS, filtered, looked_up, members, pairs_of
from .yaml import ENCRYPTED, Text

#: What one templated name may stand for.
MAX_CANDIDATES_OF_ONE = 20_000
#: Characters of a name that cost as much as a candidate.
_CHARACTERS = 100
#: Variables in the values of variables.
MAX_NESTING = 10
#: A name of a file is not longer.
MAX_CHARACTERS = 10_000
_CUT = "not all that it can be is followed: too many candidates; choose fewer playbooks, or raise max_candidates"


class Values:
    """Literal values by variable, collected from everywhere in the project; which play sets them is not asked."""

    def __init__(self, limit: int = MAX_CANDIDATES) -> None:
        #: What is left of the work that templated names may make.
        self.left = limit
        #: Whether the last name that was asked for had more candidates than are followed.
        self.cut = False
        #: How many values are known; what was open before may be told when there are more.
        self.known = 0
        self._values: dict[str, dict[Any, Any]] = {}
        self._left_for_one = 0
        #: The templates that are being put in: one that is met again inside of itself says nothing.
        self._open: set[str] = set()

    def learn(self, variables: Any) -> None:
        """Take over the literals of a mapping of variables."""
        for name, value in variables.items() if isinstance(variables, Mapping) else ():
            values = self._values.setdefault(str(name), {})
            key = value if isinstance(value, str) else hash(repr(value))
            if key not in values:
                values[key] = value
                self.more()

    def more(self) -> None:
        """Say that more is known than before."""
        self.known += 1

    def spend(self, amount: int) -> bool:
        """Account for ``amount`` candidates; False when no more can be followed."""
        self.left -= amount
        self.cut = self.cut or self.left < 0
        return self.left >= 0

    @property
    def note(self) -> str:
        """Why not all candidates of the last name are followed; empty where they are."""
        return _CUT if self.cut else ""

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Read something else while a name is read: the values of a loop's variable."""
        before = self._left_for_one, self._open, self.cut
        self._open, self.cut = set(), False
        try:
            yield
        finally:
            self._left_for_one, self._open, cut = before
            self.cut = self.cut or cut

    def _start(self) -> None:
        """Begin with another name."""
        self._left_for_one = min(MAX_CANDIDATES_OF_ONE, self.left)
        self.cut = False
        self._open.clear()

    def patterns(self, name: str | nodes.Node, local: Mapping[str, Any]) -> list[str]:
        """What a text or an expression can become, as shell patterns; a text that is no template is what it is.

        ``local`` holds the values of variables that only hold here: a loop's item, a role's path.
        """
        self._start()
        if isinstance(name, str):
            return self._patterns(name, local, 0)
        try:
            return self._named([self._piece(name, local, 0)])
        except RecursionError:
            return [ANY]

    def items(self, loop: Any, local: Mapping[str, Any]) -> list[Any]:
        """The literal items of a list, or of a template that ends at one."""
        return [item for value in self.options(loop, local) if isinstance(value, list) for item in value]

    def options(self, value: Any, local: Mapping[str, Any]) -> list[Any]:
        """What a value can be: itself, or what a template ends at; a text without braces is a bare expression."""
        if not isinstance(value, str):
            return [value]
        if len(value) > MAX_CHARACTERS:
            return []
        self._start()
        try:
            output = _output(value if "{{" in value else "{{ " + value + " }}")
            return self._known(output[0], local, 0) if len(output) == 1 else []
        except (JinjaError, RecursionError):
            return []

    def first_found(self, terms: Any, local: Mapping[str, Any]) -> list[Text]:
        """The names that the lookup ``first_found`` tries, which may be templates."""
        self._start()
        return self._first_found(terms, {}, local, 0)

    def objects(self, node: nodes.Node, local: Mapping[str, Any]) -> list[Any]:
        """The values that an expression can have, as far as literals tell; empty for what is unknown."""
        self._start()
        return self._objects(node, local, 0)

    def _patterns(self, text: str, local: Mapping[str, Any], nesting: int) -> list[str]:
        if getattr(text, "inert", False):
            return [ANY] if text.lstrip().startswith(ENCRYPTED) else [str(text)]
        if not any(marker in text for marker in MARKERS):
            return [str(text)]
        if text in self._open:
            return []
        if nesting >= MAX_NESTING or len(text) > MAX_CHARACTERS or not self._spend(1):
            return [ANY]
        self._open.add(text)
        try:
            return self._named([self._piece(node, local, nesting) for node in _output(text)])
        except (JinjaError, RecursionError):
            return [ANY]
        finally:
            self._open.discard(text)

    def _piece(self, node: nodes.Node, local: Mapping[str, Any], nesting: int) -> list[str]:
        """The texts that a part of a template can put out; an empty one counts where there are others."""
        if isinstance(node, nodes.TemplateData):
            return [node.data]
        if isinstance(node, nodes.If):
            return self._branches(node, local, nesting)
        found: dict[str, None] = {}
        for value in dict.fromkeys(_texts(self._objects(node, local, nesting))):
            found.update(dict.fromkeys(self._patterns(value, local, nesting + 1) if value else [value]))
        return list(found) if any(found) else [ANY]

    def _branches(self, node: nodes.If, local: Mapping[str, Any], nesting: int) -> list[str]:
        """What each branch of ``{% if %}`` can put out; nothing, where there is no ``{% else %}``."""
        found: dict[str, None] = {}
        for body in (node.body, *(one.body for one in node.elif_), node.else_):
            pieces = [self._piece(one, local, nesting) for one in _put_out(body)]
            found.update(dict.fromkeys(self._named(pieces) if pieces else [""]))
        return list(found)

    def _named(self, pieces: list[list[str]]) -> list[str]:
        """Every way to put one choice of each piece together, in order; too many of them become one pattern."""
        found: dict[str, None] = {}
        for way in itertools.product(*pieces):
            name = "".join(way)
            if not self._spend(1 + len(name) // _CHARACTERS):
                return ["".join(piece[0] if len(piece) == 1 else ANY for piece in pieces)]
            if name.strip():
                found[name] = None
        return list(found) or [ANY]

    def _spend(self, amount: int) -> bool:
        self._left_for_one -= amount
        self.cut = self.cut or self._left_for_one < 0
        return self.spend(amount) and self._left_for_one >= 0

    def _known(self, node: nodes.Node, local: Mapping[str, Any], nesting: int) -> list[Any]:
        """As :meth:`_objects`, where a value that is one expression stands for what that can be."""
        found: list[Any] = []
        for value in self._objects(node, local, nesting):
            output = _output_or_nothing(value)
            if len(output) != 1 or isinstance(output[0], nodes.TemplateData):
                found.append(value)
            elif nesting < MAX_NESTING and value not in self._open and self._spend(1):
                self._open.add(value)
                found.extend(self._known(output[0], local, nesting + 1))
                self._open.discard(value)
        return found

    def _objects(self, node: nodes.Node, local: Mapping[str, Any], nesting: int) -> list[Any]:
        """The values that an expression can have, as far as literals tell; empty for what is unknown."""
        if not self._spend(1):
            return []
        if isinstance(node, nodes.Const):
            return [node.value]
        if isinstance(node, nodes.Name):
            return self._variable(node.name, local)
        if isinstance(node, (nodes.Getattr, nodes.Getitem)):
            return self._member(node, local, nesting)
        if isinstance(node, (nodes.List, nodes.Tuple)):
            return [self._union(node.items, local, nesting)]
        if isinstance(node, nodes.Dict):
            return self._mappings(node, local, nesting)
        if isinstance(node, (nodes.CondExpr, nodes.Or, nodes.And)):
            branches = (node.expr1, node.expr2) if isinstance(node, nodes.CondExpr) else (node.left, node.right)
            return self._union([branch for branch in branches if branch is not None], local, nesting)
        if isinstance(node, (nodes.Add, nodes.Concat)):
            return self._together(node, local, nesting)
        if isinstance(node, nodes.Filter):
            return self._filtered(node, local, nesting)
        return self._called(node, local, nesting) if isinstance(node, nodes.Call) else []

    def _mappings(self, node: nodes.Dict, local: Mapping[str, Any], nesting: int) -> list[Any]:
        """Every way to give each member one of the values that it can have."""
        members_of = [
            [
                (str(key), value)
                for key in self._objects(one.key, local, nesting)
                for value in self._objects(one.value, local, nesting) or [ANY]
            ]
            for one in node.items
        ]
        known = [options for options in members_of if options]
        return [dict(way) for way in itertools.product(*known)] if self._spend(math.prod(map(len, known))) else []

    def _first_found(
        self, terms: Any, options: Mapping[str, Any], local: Mapping[str, Any], nesting: int
    ) -> list[Text]:
        def meaning(text: str) -> list[Any]:
            output = _output_or_nothing(text)
            return self._known(output[0], local, nesting + 1) if len(output) == 1 and nesting < MAX_NESTING else []

        return first_found_names(terms, options, meaning)

    def _variable(self, name: str, local: Mapping[str, Any]) -> list[Any]:
        found, is_everywhere = local.lookup(name) if isinstance(local, Scope) else (local.get(name, ()), name in local)
        return list(found) if is_everywhere else [*found, *self._values.get(name, {}).values()]

    def _member(self, node: nodes.Getattr | nodes.Getitem, local: Mapping[str, Any], nesting: int) -> list[Any]:
        """A member of a mapping or list, by its name or by all names that it can have; of ``vars``, a variable."""
        keys: list[Any] = [node.attr] if isinstance(node, nodes.Getattr) else self._keys(node.arg, local, nesting)
        inner = node.node
        if getattr(inner, "name", "") == "vars" or getattr(getattr(inner, "node", None), "name", "") == "hostvars":
            return [value for key in keys for value in self._variable(str(key), local)]
        holders = self._known(inner, local, nesting)
        found = [value for holder in holders for key in keys or [None] for value in members(holder, key)]
        return found if self._spend(len(found)) else []

    def _keys(self, node: nodes.Node, local: Mapping[str, Any], nesting: int) -> list[Any]:
        if isinstance(node, nodes.Const):
            return [node.value]
        patterns = [] if isinstance(node, nodes.Slice) else self._piece(node, local, nesting)
        return [] if any(ANY in pattern for pattern in patterns) else patterns

    def _together(self, node: nodes.Add | nodes.Concat, local: Mapping[str, Any], nesting: int) -> list[Any]:
        """Lists, mappings or texts one after the other."""
        parts = node.nodes if isinstance(node, nodes.Concat) else [node.left, node.right]
        if isinstance(node, nodes.Add):
            values = [self._known(part, local, nesting) for part in parts]
            if any(isinstance(value, list) for options in values for value in options):
                return filtered("union", [], values) or []
        return list(self._named([self._piece(part, local, nesting) for part in parts]))

    def _filtered(self, node: nodes.Filter, local: Mapping[str, Any], nesting: int) -> list[Any]:
        name = node.name.rpartition(".")[2]
        read = self._piece if name in TEXT_FILTERS else self._known
        values = read(node.node, local, nesting) if node.node is not None else []
        if name in ("default", "d"):
            return [*values, *self._union(_given(node, node.args[:1], ("default_value",)), local, nesting)]
        if name == "ternary":
            return self._union(_given(node, node.args, ("true_val", "false_val", "none_val")), local, nesting)
        arguments = [self._known(argument, local, nesting) for argument in node.args]
        named = next((one.value for one in node.kwargs if one.key == "attribute"), None)
        attribute = self._known(named, local, nesting) if named is not None else []
        found = filtered(name, values, arguments, attribute) or []
        return found if self._spend(sum(len(one) for one in found if isinstance(one, list))) else []

    def _called(self, node: nodes.Call, local: Mapping[str, Any], nesting: int) -> list[Any]:
        """The methods of mappings, and the lookups whose result the project itself tells."""
        arguments = [self._known(argument, local, nesting) for argument in node.args]
        if isinstance(node.node, nodes.Name) and node.node.name in LOOKUPS and arguments:
            kind = str(arguments[0][0]).rpartition(".")[2] if arguments[0] else ""
            if kind == "vars":
                names = [str(name) for argument in arguments[1:] for name in argument]
                found = [value for name in names for value in self._variable(name, local)]
                return [*found, *self._union(_given(node, [], ("default",)), local, nesting)]
            if kind == "first_found":
                options = {one.key: self._union([one.value], local, nesting) for one in node.kwargs}
                found = self._first_found(arguments[1:], options, local, nesting)
                return [[name] for name in found] if node.node.name != "lookup" or "wantlist" in options else found
            return looked_up(kind, arguments[1:]) or []
        if not isinstance(node.node, nodes.Getattr):
            return []
        holders = self._known(node.node.node, local, nesting)
        method = node.node.attr
        if method == "get" and arguments:
            found = [value for holder in holders for key in arguments[0] or [None] for value in members(holder, key)]
            return [*found, *(value for default in arguments[1:2] for value in default)]
        if method in ("keys", "values", "items"):
            entries = pairs_of(holders)
            return [[[one["key"], one["value"]] if method == "items" else one[method[:-1]] for one in entries]]
        return []

    def _union(self, parts: list[Any], local: Mapping[str, Any], nesting: int) -> list[Any]:
        """All that any of the parts can be; a part that is unknown adds ``*``, and ``omit`` nothing."""
        found: list[Any] = []
        for part in parts:
            if getattr(part, "name", "") != "omit":
                found.extend(self._objects(part, local, nesting) or [ANY])
        return found


def _given(node: nodes.Filter | nodes.Call, arguments: list[Any], names: tuple[str, ...]) -> list[Any]:
    """The ``arguments`` of a filter or lookup, with those of its keywords that are called by one of ``names``."""
    return [*arguments, *(one.value for one in node.kwargs if one.key in names)]


def collection_of(pattern: str) -> str:
    """The collection that a pattern of a full name begins with, empty where it has none or it is open."""
    full = split_name(pattern.partition(ANY)[0] + "_")
    return full[0] if full is not None else ""


def _texts(values: list[Any]) -> Iterator[str]:
    """The texts among values, and the numbers as texts."""
    for value in values:
        if isinstance(value, str) or (isinstance(value, (int, float)) and not isinstance(value, bool)):
            yield value if isinstance(value, str) else str(value)


@lru_cache(maxsize=8192)
def _output(text: str) -> list[nodes.Node]:
    """The parts that a template puts out one after the other; control structures count as one unknown part."""
    return _put_out(parsed(text).body)


def _put_out(body: list[nodes.Node]) -> list[nodes.Node]:
    """The parts of a template, or of a part of it, that are put out."""
    return [part for node in body for part in (node.nodes if isinstance(node, nodes.Output) else [node])]


def _output_or_nothing(value: Any) -> list[nodes.Node]:
    """The parts of a value that is a template; nothing for any other."""
    if not isinstance(value, str) or getattr(value, "inert", False) or len(value) > MAX_CHARACTERS:
        return []
    if not any(marker in value for marker in MARKERS):
        return []
    try:
        return _output(value)
    except JinjaError:
        return []
