# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""How much projects have in common."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.overlap import overlap, pairs


@pytest.mark.parametrize(
    ("packages", "percent"),
    [
        ({"a": "x y z", "b": "x y w"}, 50.0),
        ({"a": "x y", "b": "x y"}, 100.0),
        ({"a": "x", "b": "y"}, 0.0),
        ({"a": "x y", "b": "y z", "c": "z x"}, 100.0),
        ({"a": "x y z", "b": "x", "c": "w"}, 25.0),
        ({"a": "", "b": ""}, 100.0),
        ({"a": "x y z", "b": "x"}, 33.3),
        ({"a": "x", "b": None}, None),
    ],
)
def test_overlap_is_the_part_that_two_or_more_need(packages: dict[str, str | None], percent: float | None) -> None:
    names = {name: None if text is None else frozenset(text.split()) for name, text in packages.items()}
    assert overlap(names).percent == percent


def test_every_pair_has_its_own() -> None:
    found = pairs({"a": frozenset("xy"), "b": frozenset("x"), "c": None})
    assert [(one.projects, one.percent) for one in found] == [
        (("a", "b"), 50.0),
        (("a", "c"), None),
        (("b", "c"), None),
    ]
