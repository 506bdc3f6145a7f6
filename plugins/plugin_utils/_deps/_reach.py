# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which functions of a closure a plugin gets to, by the names that they use, and what these demand."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._checks import Function
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._closure import Member

#: The top of a file runs when it is imported; all that a plugin file defines may be called by Ansible.
_ALWAYS, _SOMETIMES = 2, 1


@dataclass(frozen=True)
class Reach:
    """``levels`` of functions by file and name; ``demanded`` flags without which the plugin gives up."""

    levels: Mapping[tuple[Path, str], int]
    demanded: frozenset[str]
    may_demand: frozenset[str]

    def level(self, path: Path, function: str) -> int:
        """2 when a function is reached on every way, 1 on some, 0 never. The top of a file is always reached."""
        return _ALWAYS if not function else self.levels.get((path, function), 0)


def reach(members: Iterable[Member], starts: frozenset[Path]) -> Reach:
    """Follow names from the plugin's own files ``starts`` through the closure."""
    functions = [(member.code.path, function) for member in members for function in member.code.functions]
    by_name: dict[str, list[tuple[Path, Function]]] = {}
    for path, function in functions:
        by_name.setdefault(function.name, []).append((path, function))
        if function.owner and function.name == "__init__":
            by_name.setdefault(function.owner, []).append((path, function))
    levels: dict[int, int] = {}
    queue: deque[tuple[Function, int]] = deque()
    for path, function in functions:
        if not function.name or (path in starts and function.name in _ENTRIES):
            queue.append((function, _ALWAYS))
        elif path in starts:
            queue.append((function, _SOMETIMES))
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


#: Functions of a plugin file that Ansible itself calls.
_ENTRIES = frozenset({"main", "run", "run_module", "parse", "verify_file", "__init__", "exec_command", "_connect", "get"})


def _summary(functions: list[tuple[Path, Function]], levels: dict[int, int]) -> Reach:
    named: dict[tuple[Path, str], int] = {}
    demanded: set[str] = set()
    may_demand: set[str] = set()
    for path, function in functions:
        level = levels.get(id(function), 0)
        key = (path, function.name)
        named[key] = max(level, named.get(key, 0))
        if level == _ALWAYS:
            demanded |= function.demands
            may_demand |= function.may_demand
        elif level:
            may_demand |= function.demands | function.may_demand
    return Reach(named, frozenset(demanded), frozenset(may_demand - demanded))
