# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which imports of a plugin it cannot do without, and which one of several that do the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import normalise_name

from ..code.call_graph import CallGraph
from ..code.closure import Member
from ..code.imports import Import
from .declared import parsed
from .match import Match

_TRUST = ("declared", "documentation", "hint", "table", "system")


@dataclass(frozen=True)
class ThirdPartyImport:
    """An import of a file of the closure, with the distribution that has it, None where nobody names one."""

    member: Member
    code: Import
    match: Match | None

    @property
    def path(self) -> Path:
        """The file."""
        return self.member.code.path

    @property
    def names(self) -> frozenset[str]:
        """The normalised names by which code can ask for it: of its distributions, and of the import itself."""
        requirements = filter(None, map(parsed, self.match.requirements if self.match is not None else ()))
        return frozenset(map(normalise_name, (self.code.top, self.code.name, *(one.name for one in requirements))))


@dataclass
class _Choice:
    """Imports of which one is enough, each with those that it takes; ``certain``: the plugin fails without any."""

    alternatives: list[list[ThirdPartyImport]]
    certain: bool


def required_imports(imports: Sequence[ThirdPartyImport], graph: CallGraph) -> frozenset[int]:
    """The positions of the imports without which normal use of the plugin fails."""
    required = {position for position, one in enumerate(imports) if _is_required(one, graph)}
    _add_unasked(imports, graph, required)
    _add_earlier(imports, required)
    _leave_probed(imports, graph, required)
    position = {id(one): number for number, one in enumerate(imports)}
    for choice in (*_attempts(imports, graph), *_together(imports, graph), *_documented(imports)):
        numbers = [{position[id(one)] for one in alternative} for alternative in choice.alternatives]
        every = set().union(*numbers)
        if choice.certain or required & every:
            ranks = [_rank(alternative) for alternative in choice.alternatives]
            required = (required - every) | numbers[ranks.index(min(ranks))]
    return frozenset(required)


def _is_required(one: ThirdPartyImport, graph: CallGraph) -> bool:
    """Whether the plugin fails without this import, whatever else it tries."""
    code, line = one.code, one.match.documented if one.match is not None else None
    level = graph.level(one.path, code.function)
    if not one.member.certain or code.guard == "fallback" or level == 0:
        return False
    promised = line is not None and not line.conditional
    if code.guard == "hard" and not code.function and not code.conditional:
        return True
    if line is not None and line.optional:
        return False
    if graph.requires(code.flags) or (code.guard == "guarded" and graph.demanded & one.names):
        return True
    if line is not None and line.conditional:
        return False
    if code.guard == "hard":
        return promised or (level == 2 and not code.conditional)
    if graph.sometimes_requires(code.flags):
        return promised
    if not code.function:
        return (one.path, code.bound) in graph.used and not code.flags & graph.dispensable
    return promised or (bool(code.bound) and level == 2 and not code.conditional)


def _add_unasked(imports: Sequence[ThirdPartyImport], graph: CallGraph, required: set[int]) -> None:
    """What the file catches and never asks about, uses, and documents without a condition: the use itself fails."""
    bound: dict[tuple[Path, int], set[str]] = {}
    for one in imports:
        bound.setdefault((one.path, one.code.block), set()).add(one.code.bound)
    for number, one in enumerate(imports):
        code, line = one.code, one.match.documented if one.match is not None else None
        promised = line is not None and not line.conditional and one.member.certain
        if promised and code.guard == "guarded" and not code.function:
            asked = (code.flags - bound[(one.path, code.block)]) & graph.read
            if not asked and (one.path, code.bound) in graph.sometimes_used:
                required.add(number)


def _add_earlier(imports: Sequence[ThirdPartyImport], required: set[int]) -> None:
    """What stands before a required import in the same ``try`` is required too: without it that one is not tried."""
    last: dict[tuple[Path, int, int], int] = {}
    for number in sorted(required):
        one = imports[number]
        if one.code.block and one.code.guard != "hard":
            last[(one.path, one.code.block, one.code.alternative)] = number
    for number, one in enumerate(imports):
        key = (one.path, one.code.block, one.code.alternative)
        if number < last.get(key, 0) and one.code.guard != "unlikely":
            required.add(number)


def _leave_probed(imports: Sequence[ThirdPartyImport], graph: CallGraph, required: set[int]) -> None:
    """A function that just imports what the file has looked for elsewhere is only called where that was found."""
    probed = {(one.path, one.code.top): False for one in imports if one.code.guard == "guarded"}
    for number in required:
        if imports[number].code.guard == "guarded":
            probed[(imports[number].path, imports[number].code.top)] = True
    for number in list(required):
        one = imports[number]
        line = one.match.documented if one.match is not None else None
        lazy = one.code.guard == "hard" and one.code.function
        if lazy and not probed.get((one.path, one.code.top), True) and line is None:
            required.discard(number)


def _attempts(imports: Sequence[ThirdPartyImport], graph: CallGraph) -> Iterable[_Choice]:
    """``try: import a`` / ``except ImportError: import b``; it has to work where nothing catches that b is missing."""
    attempts: dict[tuple[Path, int], dict[int, list[ThirdPartyImport]]] = {}
    for one in imports:
        if one.code.attempt and one.code.guard in ("guarded", "fallback"):
            of_attempt = attempts.setdefault((one.path, one.code.attempt), {})
            of_attempt.setdefault(one.code.alternative, []).append(one)
    for found in attempts.values():
        last = found[max(found)]
        reached = all(graph.level(one.path, one.code.function) == 2 and not one.code.conditional for one in last)
        certain = reached and any(not one.code.caught for one in last)
        every = [one for number in sorted(found) for one in found[number]]
        if len(found) > 1:
            needed = certain or any(_is_promised_second(one, graph) for one in every)
            yield _Choice([found[number] for number in sorted(found)], needed and last[0].member.certain)


def _is_promised_second(one: ThirdPartyImport, graph: CallGraph) -> bool:
    """Whether a second choice is documented without a condition, and the plugin gives up without any on some ways."""
    line = one.match.documented if one.match is not None else None
    promised = line is not None and not line.conditional and one.code.guard == "fallback"
    return promised and (graph.requires(one.code.flags) or graph.sometimes_requires(one.code.flags))


def _together(imports: Sequence[ThirdPartyImport], graph: CallGraph) -> Iterable[_Choice]:
    """``if a is None and b is None: fail_json()`` about imports that are tried one by one."""
    by_flag: dict[str, dict[int, ThirdPartyImport]] = {}
    for number, one in enumerate(imports):
        for flag in one.code.flags if one.member.certain else ():
            by_flag.setdefault(flag, {})[number] = one
    for flags in graph.together:
        if flags <= by_flag.keys():
            asked = {number: one for flag in flags for number, one in by_flag[flag].items()}
            blocks: dict[tuple[Path, int], list[ThirdPartyImport]] = {}
            for one in (asked[number] for number in sorted(asked)):
                blocks.setdefault((one.path, one.code.block), []).append(one)
            yield _Choice(list(blocks.values()), certain=len(blocks) > 1)


def _documented(imports: Sequence[ThirdPartyImport]) -> Iterable[_Choice]:
    """Imports of which a line of the documentation says that one or the other is required."""
    lines: dict[str, dict[str, list[ThirdPartyImport]]] = {}
    for one in imports:
        line = one.match.documented if one.match is not None else None
        if line is not None and line.is_choice and one.member.certain and one.code.guard in ("guarded", "fallback"):
            lines.setdefault(line.text, {}).setdefault(one.code.top, []).append(one)
    for named in lines.values():
        yield _Choice(list(named.values()), certain=True)


def _rank(alternative: Sequence[ThirdPartyImport]) -> tuple[bool, int]:
    """How little there is for it: a distribution for each import first, then who names these."""
    known = [one.match for one in alternative if one.match is not None and one.match.requirements]
    return len(known) < len(alternative), max((_TRUST.index(one.layer) for one in known), default=len(_TRUST))
