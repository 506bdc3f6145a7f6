# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The variables that hold only in one place: those of a task, of a loop, of a role.

A file or a role is walked once, however often it is included. Its scope is inside of those of all tasks that include
it, so that its variables have every value that any of these gives them, also of those that come later.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, ClassVar

#: What stands for an unknown value, in the patterns of names.
ANY = "*"
#: How often the items of a loop are read again that depend on themselves: a file that includes itself for each child.
MAX_ROUNDS = 10


class LoopItems:
    """The items of a loop: they are read when they are asked for, and again when ``version`` says that more is known.

    Where they depend on themselves, ``tell`` is given what is known of them so far.
    """

    __slots__ = ("_found", "_is_open", "_is_recursive", "_read", "_tell", "_version")

    def __init__(self, tell: Callable[[], list[Any]], version: Callable[[], int]) -> None:
        self._tell = tell
        self._version = version
        self._read = -1
        self._found: list[Any] = []
        self._is_open = False
        self._is_recursive = False

    def items(self) -> list[Any]:
        """The items, ``*`` among them when not all are known."""
        if self._is_open:
            self._is_recursive = True
        elif self._read != self._version():
            self._is_open, self._is_recursive = True, False
            try:
                self._find()
            finally:
                self._is_open = False
            self._read = self._version()
        return self._found

    def _find(self) -> None:
        for _round in range(MAX_ROUNDS):
            before, self._found = len(self._found), self._tell()
            if not self._is_recursive or len(self._found) == before:
                return
        self._found = [*self._found, ANY]


class Scope(Mapping[str, list[Any]]):
    """``values`` by variable, each a list of all that it can have or :class:`LoopItems`, inside of other scopes."""

    __slots__ = ("_outer", "_values")

    #: The names that any scope has: most variables are in none, and need no search.
    _names: ClassVar[set[str]] = set()

    def __init__(self, values: Mapping[str, list[Any] | LoopItems] | None = None, outer: Scope | None = None) -> None:
        self._values = values or {}
        self._names.update(self._values)
        self._outer: dict[Scope, None] = {} if outer is None else {outer: None}

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def __bool__(self) -> bool:
        return True

    def enter(self, outer: Scope) -> bool:
        """Be inside of ``outer`` as well; whether that is new."""
        is_new = outer not in self._outer
        self._outer.setdefault(outer)
        return is_new

    def lookup(self, name: str) -> tuple[list[Any], bool]:
        """The values of a variable, and whether each scope that this is inside of has one.

        Where only some of these know what they are, ``*`` stands for the others.
        """
        found, is_everywhere = self._sources(name)
        if len(found) == 1:
            return found[0], is_everywhere
        values = {_identity(value): value for items in found for value in items or [ANY]}
        return list(values.values()), is_everywhere

    def _sources(self, name: str) -> tuple[list[list[Any]], bool]:
        if name not in self._names:
            return [], False
        pending, seen, found, is_everywhere = [self], {self}, [], True
        while pending:
            scope = pending.pop()
            if name in scope._values:
                value = scope._values[name]
                found.append(value.items() if isinstance(value, LoopItems) else value)
                continue
            is_everywhere = is_everywhere and bool(scope._outer)
            inner = [one for one in scope._outer if one not in seen]
            seen.update(inner)
            pending += reversed(inner)
        return found, is_everywhere and bool(found)

    def __getitem__(self, name: str) -> list[Any]:
        if name not in self:
            raise KeyError(name)
        return self.lookup(name)[0]

    def __contains__(self, name: object) -> bool:
        return bool(self._sources(str(name))[0])

    def __iter__(self) -> Iterator[str]:
        pending, seen, names = [self], {self}, {}
        while pending:
            scope = pending.pop()
            names.update(dict.fromkeys(scope._values))
            pending += [one for one in scope._outer if one not in seen]
            seen.update(scope._outer)
        return iter(names)

    def __len__(self) -> int:
        return sum(1 for _name in self)


def _identity(value: Any) -> Any:
    """What equal values of different places share; a structure is itself."""
    return str(value) if isinstance(value, str) else id(value)


class SharedScopes:
    """The scopes of files and roles, each inside of those of all that include it; ``more`` is told of another one."""

    def __init__(self, more: Callable[[], None]) -> None:
        self._scopes: dict[Hashable, Scope] = {}
        self._more = more

    def inside(self, key: Hashable, outer: Scope) -> Scope:
        """The scope of the file or role ``key``, which is inside of ``outer`` from now on."""
        scope = self._scopes.get(key)
        if scope is None:
            self._scopes[key] = scope = Scope(outer=outer)
        elif scope.enter(outer):
            self._more()
        return scope
