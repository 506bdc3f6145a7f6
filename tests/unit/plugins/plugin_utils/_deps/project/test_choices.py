# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""All ways are told, and of too many what is sure of all of them."""

from __future__ import annotations

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.choices import (
    MAX_CHOICES,
    count,
    lists,
    mappings,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.literal_functions import Some
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.scope import ANY

MANY = [list(range(MAX_CHOICES)), [0, 1]]


def test_each_way_is_one() -> None:
    assert lists([["a", "b"], ["c"]]) == [["a", "c"], ["b", "c"]]
    assert mappings(["x", "y"], [["a", "b"], ["c"]]) == [{"x": "a", "y": "c"}, {"x": "b", "y": "c"}]
    assert (count([["a", "b"], ["c"]]), count([]), count([["a"], []])) == (2, 1, 0)


def test_too_many_lists_become_one_that_has_some_of_all_items() -> None:
    (one,) = lists(MANY)
    assert isinstance(one, Some) and one == [*range(MAX_CHOICES), 0, 1]


def test_of_too_many_mappings_what_is_sure_is_kept() -> None:
    assert mappings(["x", "y", "z"], [*MANY, ["sure"]]) == [{"x": ANY, "y": ANY, "z": "sure"}]


def test_a_long_list_of_what_is_sure_is_one_list() -> None:
    sure = [[number] for number in range(MAX_CHOICES * 2)]
    assert lists(sure) == [list(range(MAX_CHOICES * 2))]
    assert not isinstance(lists(sure)[0], Some)
