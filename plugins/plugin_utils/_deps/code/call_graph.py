# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which functions of a closure a plugin gets to, by the names that they use, and which imports these require."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import normalise_name

from .closure import Member
from .demands import demanding
from .guards import MAX_SOURCES, Function

#: The top of a file runs when it is imported; all that a plugin file defines may be called by Ansible.
_ALWAYS, _SOMETIMES = 2, 1


@dataclass(frozen=True)
class CallGraph:
    """``levels`` of functions by file and name; ``used`` names by file, in functions that are always reached.

    ``sometimes_used`` are those of all ways but of options that nobody sets, ``read`` what is read anywhere.
    ``required`` are flags without which the plugin gives up, ``sometimes_required`` those on some ways only, and
    ``together`` those sets of them of which it needs any one. Without a ``dispensable`` one some function returns.
    ``demanded`` are the normalised names of libraries that it asks for by name on every way, and fails without.
    """

    levels: Mapping[tuple[Path, str], int]
    required: frozenset[str]
    sometimes_required: frozenset[str]
    used: frozenset[tuple[Path, str]]
    together: frozenset[frozenset[str]] = frozenset()
    sometimes_used: frozenset[tuple[Path, str]] = frozenset()
    read: frozenset[str] = frozenset()
    dispensable: frozenset[str] = frozenset()
    demanded: frozenset[str] = frozenset()

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


def call_graph(
    members: Iterable[Member],
    starts: frozenset[Path],
    *,
    defaults: Mapping[str, Any] | None = None,
    not_called: frozenset[str] = frozenset(),
) -> CallGraph:
    """Follow names from the plugin's own files ``starts`` through the closure.

    ``defaults`` are the values of options that nobody sets. ``not_called`` are functions of the plugin's file that are
    plugins of their own: who hands them out does not call them.
    """
    functions = [(member.code.path, function) for member in members for function in _of_common_system(member)]
    by_name: dict[str, list[Function]] = {}
    for _path, function in functions:
        by_name.setdefault(_called(function), []).append(function)
    levels: dict[int, int] = {}
    queue: deque[tuple[Function, int]] = deque()
    for path, function in functions:
        is_other = function.name in not_called and path in starts
        level = 0 if is_other else _start(function, path in starts)
        queue.extend([(function, level)] if level else [])
    while queue:
        function, level = queue.popleft()
        if levels.get(id(function), 0) >= level:
            continue
        levels[id(function)] = level
        handed_out = not_called if function.name in _HANDING_OUT else frozenset()
        for branch in function.branches:
            holds = branch.certain and branch.test.holds(defaults or {})
            queue.append((branch.function, level if holds else _SOMETIMES))
        for name in function.always - handed_out:
            queue.extend((target, level) for target in by_name.get(name, ()))
        for name in function.sometimes - function.always - handed_out:
            queue.extend((target, _SOMETIMES) for target in by_name.get(name, ()))
    return _summary(functions, levels)


def _start(function: Function, own: bool) -> int:
    """How surely a function runs without being called by another; ``own``: it is of the plugin's file."""
    if not function.name:
        return _ALWAYS
    if not own or function.is_branch:
        return 0
    return _ALWAYS if function.owner or function.name in _ENTRIES else _SOMETIMES


def _of_common_system(member: Member) -> Iterator[Function]:
    """The functions of a file without those that Linux does not run.

    Core's ``get_platform_subclass`` replaces a class by the one below it whose ``platform`` is that of the host.
    """
    functions = member.code.functions
    classes = {one.name: one for one in functions if one.name and one.name == one.owner}
    linux = {name for name, one in classes.items() if one.platform == "Linux"}
    if not linux:
        yield from functions
        return
    replaced = {(base, one.name) for one in functions if one.owner in linux for base in classes[one.owner].bases}
    for one in functions:
        platform = classes[one.owner].platform if one.owner in classes else ""
        elsewhere = platform not in ("", "Linux", *_ANY_PLATFORM)
        is_replaced = bool(platform) and one.name != one.owner and (one.owner, one.name) in replaced
        if not (elsewhere or is_replaced):
            yield one


def _called(function: Function) -> str:
    """The name by which others reach a function; constructors by that of their class, of which there are many."""
    return f"{function.owner}.__init__" if function.name == "__init__" else function.name


#: What core's base classes for many systems say for their platform.
_ANY_PLATFORM = frozenset({"Generic"})
#: Functions of a plugin file that Ansible itself calls.
_ENTRIES = frozenset({"main", "run_module", "filters", "tests"})
#: Parts of a file that name functions without calling them: the table of filters is at its top, or in a class.
_HANDING_OUT = frozenset({"", "filters", "tests", "FilterModule", "TestModule"})


def _summary(functions: list[tuple[Path, Function]], levels: dict[int, int]) -> CallGraph:
    named: dict[tuple[Path, str], int] = {}
    required: set[str] = set()
    sometimes_required: set[str] = set()
    used: set[tuple[Path, str]] = set()
    sometimes_used: set[tuple[Path, str]] = set()
    read: set[str] = set()
    together: set[frozenset[str]] = set()
    failing = {function.name for _path, function in functions if function.fails}
    behind: dict[str, set[str]] = {}
    for _path, function in functions:
        for name, sources in function.results.items() if not function.name else ():
            known = behind.setdefault(name, set())
            known.update(sources if len(known) < MAX_SOURCES else ())
    for path, function in functions:
        level = levels.get(id(function), 0)
        key = (path, function.name)
        named[key] = max(level, named.get(key, 0))
        read |= function.always | function.sometimes
        if level and function.name and (level == _ALWAYS or not function.is_branch):
            sometimes_used |= {(path, name) for name in function.always | function.sometimes}
        if level == _ALWAYS and function.name:
            used |= {(path, name) for name in function.always}
        for flag in function.required_flags if level else ():
            if flag.fails or flag.calls & failing:
                flags = flag.flags.union(*(behind.get(name, ()) for name in flag.flags))
                (required if level == _ALWAYS and flag.certain else sometimes_required).update(flags)
                together |= {flag.flags} if level == _ALWAYS and flag.together else set()
    asked = [one for _path, function in functions for one in function.required_flags]
    dispensable = {flag for one in asked if one.returns for flag in one.flags}
    sometimes_required -= required
    return CallGraph(
        named,
        frozenset(required),
        frozenset(sometimes_required),
        frozenset(used),
        together=frozenset(together),
        sometimes_used=frozenset(sometimes_used),
        read=frozenset(read),
        dispensable=frozenset(dispensable),
        demanded=_demanded(functions, levels),
    )


def _demanded(functions: list[tuple[Path, Function]], levels: dict[int, int]) -> frozenset[str]:
    fatal = demanding((function.name, one) for _path, function in functions for one in function.passes)
    asking = (function for _path, function in functions if levels.get(id(function), 0) == _ALWAYS)
    handed = (one for function in asking for one in function.named)
    return frozenset(normalise_name(one.value) for one in handed if (one.called, one.place) in fatal)
