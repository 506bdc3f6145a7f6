# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Variables that hold in one place, seen from all that is inside of it."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.scope import (
    LoopItems,
    Scope,
    SharedScopes,
)


def test_the_nearest_scope_decides() -> None:
    outer = Scope({"a": ["far"], "b": ["far"]})
    inner = Scope({"a": ["near"]}, outer)
    assert dict(inner) == {"a": ["near"], "b": ["far"]}
    assert "c" not in inner
    with pytest.raises(KeyError):
        inner["c"]


def test_a_shared_scope_has_the_values_of_all_that_it_is_inside_of() -> None:
    more: list[None] = []
    scopes = SharedScopes(lambda: more.append(None))
    ways = [Scope({"a": [1, "x"]}), Scope({"a": ["x", "y"]}), Scope({"a": []}), Scope()]
    shared = [scopes.inside("file", way) for way in ways][0]
    assert shared.lookup("a") == ([1, "x", "y", "*"], False)
    assert len(more) == 3
    scopes.inside("file", ways[0])
    assert len(more) == 3


def test_scopes_that_are_inside_of_each_other() -> None:
    one = Scope({"a": [1]})
    two = Scope({}, one)
    three = Scope({}, two)
    two.enter(three)
    assert two.lookup("a") == three.lookup("a") == ([1], True)


def test_items_are_read_again_when_more_is_known() -> None:
    known = [1]
    items = LoopItems(lambda: list(range(known[0])), lambda: known[0])
    assert items.items() == [0]
    known[0] = 2
    assert items.items() == [0, 1]


def test_items_that_depend_on_themselves_without_an_end_are_open() -> None:
    count = itertools.count()
    items = LoopItems(lambda: [*items.items(), next(count)], lambda: 1)
    assert items.items()[-1] == "*"
