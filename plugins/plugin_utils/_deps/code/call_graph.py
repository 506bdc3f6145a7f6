# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which functions of a closure a plugin gets to, by the names that they use, and which imports these require."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .closure import Member
from .guards import Function

#: The top of a file runs when it is imported; all that a plugin file defines may be called by Ansible.
_ALWAYS, _SOMETIMES = 2, 1


@dataclass(frozen=True)
class CallGraph:
    """``levels`` of functions by file and name; ``used`` names by file, in functions that are always reached.

    ``required`` are flags without which the plugin gives up, ``sometimes_required`` those on some ways only.
    """

    levels: Mapping[tuple[Path, str], int]
    required: frozenset[str]
    sometimes_required: frozenset[str]
    used: frozenset[tuple[Path, str]]

    def requires(self, flags: frozenset[str]) -> bool:
        """Whether the plugin gives up when an import with these ``flags`` is missing."""
        return self._is_among(flags, self.required)

    def sometimes_requires(self, flags: frozenset[str]) -> bool:
        """Whether it gives up on some ways only."""
        return self._is_among(flags, self.sometimes_required)

    @staticmethod
    def _is_among(flags: frozenset[str], among: frozenset[str]) -> bool:
        if flags & among:
            return True
        declared = {flag for flag in flags if flag.startswith("deps:")}
        return "deps:*" in among and any(f"-{flag}" not in among for flag in declared)

    def level(self, path: Path, function: str) -> int:
        """2 when a function is reached on every way, 1 on some, 0 never. The top of a file is always reached."""
        return _ALWAYS if not function else self.levels.get((path, function), 0)


def call_graph(members: Iterable[Member], starts: frozenset[Path]) -> CallGraph:
    """Follow names from the plugin's own files ``starts`` through the closure."""
    functions = [(member.code.path, function) for member in members for function in member.code.functions]
    by_name: dict[str, list[tuple[Path, Function]]] = {}
    for path, function in functions:
        by_name.setdefault(_called(function), []).append((path, function))
    levels: dict[int, int] = {}
    queue: deque[tuple[Function, int]] = deque()
    for path, function in functions:
        if not function.name or (path in starts and function.name in _ENTRIES):
            queue.append((function, _ALWAYS))
        elif path in starts:
            queue.append((function, _ALWAYS if function.owner else _SOMETIMES))
    while queue:
        function, level = queue.popleft()
        if levels.get(id(function), 0) >= level:
            continue
        levels[id(function)] = level
        for name in function.always:
            queue.extend((target, level) for _path, target in by_name.get(name, ()))
        for name in function.sometimes - function.always:
            queue.extend((target, _SOMETIMES) for _path, target in by_name.get(name, ()))
    return _summary(functions, levels)


def _called(function: Function) -> str:
    """The name by which others reach a function; constructors by that of their class, of which there are many."""
    return f"{function.owner}.__init__" if function.name == "__init__" else function.name


#: Functions of a plugin file that Ansible itself calls.
_ENTRIES = frozenset({"main", "run_module", "filters", "tests"})


def _summary(functions: list[tuple[Path, Function]], levels: dict[int, int]) -> CallGraph:
    named: dict[tuple[Path, str], int] = {}
    required: set[str] = set()
    sometimes_required: set[str] = set()
    used: set[tuple[Path, str]] = set()
    failing = {function.name for _path, function in functions if function.fails}
    for path, function in functions:
        level = levels.get(id(function), 0)
        key = (path, function.name)
        named[key] = max(level, named.get(key, 0))
        if level == _ALWAYS and function.name:
            used |= {(path, name) for name in function.always}
        for flag in function.required_flags if level else ():
            if flag.fails or flag.calls & failing:
                (required if level == _ALWAYS and flag.certain else sometimes_required).update(flag.flags)
    return CallGraph(named, frozenset(required), frozenset(sometimes_required - required), frozenset(used))
