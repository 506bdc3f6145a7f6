# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Amounts that no limit could be compared with, and names that name nothing, are refused before anybody is asked."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.modules.torrent_price import request_of

GIVEN = {"size": "s", "region": "r", "image": "i", "deadline": 60, "max_cost": 1.0, "budget": 0.0, "spent": 0.0}


def test_what_can_be_meant() -> None:
    wanted, spending = request_of(GIVEN)
    assert (wanted.deadline, spending.max_cost) == (60, 1.0)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("size", ""), ("region", ""), ("image", ""), ("deadline", 0), ("deadline", -5),
        ("max_cost", float("nan")), ("max_cost", float("inf")), ("max_cost", -1.0),
        ("budget", float("nan")), ("budget", float("inf")), ("budget", -0.5),
        ("spent", float("nan")), ("spent", -1.0),
    ],
)  # fmt: skip
def test_what_cannot(option: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        request_of({**GIVEN, option: value})
    assert caught.value.message.startswith(f"{option}: ")
