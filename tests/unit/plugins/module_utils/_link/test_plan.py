# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The steps that a plan holds, and the states of its diff."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.link_path import Occupant
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.plan import (
    LinkPlan,
    LinkState,
    WantedLink,
    plan_absent,
    plan_present,
)

PATH = "/p/venv"
ABSENT = Occupant(PATH, "absent")
RIGHT = Occupant(PATH, "link", "../s/site")
WRONG = Occupant(PATH, "link", "../s/other")
DIRECTORY = Occupant(PATH, "directory")
FILE = Occupant(PATH, "file")
ISOLATED = "/p/.venv-isolated"
LISTED = frozenset({"/s"})
WANTED = WantedLink("../s/site", register_in="/s")


def steps(plan: LinkPlan) -> dict[str, Any]:
    """The steps that a plan takes, without those that it does not."""
    names = ("back_up", "link", "unlink", "register", "forget", "remove_spare")
    return {name: getattr(plan, name) for name in names if getattr(plan, name)}


@pytest.mark.parametrize(
    ("found", "wanted", "expected"),
    [
        (LinkState(ABSENT), WANTED, {"link": "../s/site", "register": "/s"}),
        (LinkState(RIGHT, LISTED), WANTED, {}),
        (LinkState(RIGHT), WANTED, {"register": "/s"}),
        (LinkState(RIGHT, LISTED), WantedLink("../s/site"), {"forget": ("/s",)}),
        (LinkState(WRONG, frozenset({"/old"})), WANTED, {"link": "../s/site", "register": "/s", "forget": ("/old",)}),
        (LinkState(DIRECTORY), WANTED, {"back_up": True, "link": "../s/site", "register": "/s"}),
        (LinkState(RIGHT, LISTED, ISOLATED, spare=True), WANTED, {"remove_spare": True}),
        (LinkState(RIGHT, LISTED, ISOLATED, spare=False), WANTED, {}),
        (LinkState(RIGHT, LISTED, ISOLATED, spare=True), WantedLink("../s/site", "/s", is_isolated=True), {}),
    ],
)
def test_what_is_missing_is_done_and_nothing_else(
    found: LinkState, wanted: WantedLink, expected: dict[str, Any]
) -> None:
    plan = plan_present(found, wanted, replace=True)
    assert steps(plan) == expected
    assert plan.changed == bool(expected)
    assert (plan.before != plan.after) == bool(expected)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (LinkState(ABSENT), {}),
        (LinkState(DIRECTORY), {}),
        (LinkState(FILE), {}),
        (LinkState(WRONG), {"unlink": True}),
        (LinkState(RIGHT, LISTED), {"unlink": True, "forget": ("/s",)}),
        (LinkState(ABSENT, LISTED), {"forget": ("/s",)}),
        (LinkState(RIGHT, LISTED, ISOLATED, spare=True), {"unlink": True, "forget": ("/s",), "remove_spare": True}),
    ],
)
def test_only_a_link_is_removed(found: LinkState, expected: dict[str, Any]) -> None:
    plan = plan_absent(found)
    assert steps(plan) == expected
    assert plan.changed == bool(expected)
    assert (plan.before != plan.after) == bool(expected)


def test_the_diff_says_what_is_and_what_will_be() -> None:
    found = LinkState(DIRECTORY, frozenset({"/old"}), ISOLATED, spare=True)
    plan = plan_present(found, WANTED, replace=True)
    assert plan.path == PATH
    assert plan.before == {"state": "directory", "src": None, "registered_in": ["/old"], "isolated": ISOLATED}
    assert plan.after == {"state": "link", "src": "../s/site", "registered_in": ["/s"], "isolated": None}


@pytest.mark.parametrize(
    ("occupant", "replace", "message"),
    [
        (FILE, False, "is a file at the path of the link to the venv"),
        (FILE, True, "is a file at the path of the link to the venv"),
        (DIRECTORY, False, "replace: true"),
    ],
)
def test_what_is_not_a_link_is_not_replaced_without_a_word(occupant: Occupant, replace: bool, message: str) -> None:
    with pytest.raises(InputError, match=message):
        plan_present(LinkState(occupant), WANTED, replace=replace)
