# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a templated name can become, without rendering."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.values import Values

KNOWN = {
    "one": "a",
    "nested": "{{ one }}/x",
    "empty": "",
    "paths": {"tasks": "t.yml"},
    "names": ["p", "q"],
    "circle": "{{ circle }}",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain.yml", ["plain.yml"]),
        ("{{ one }}.yml", ["a.yml"]),
        ("{{ nested }}.yml", ["a/x.yml"]),
        ("{{ unknown }}.yml", ["*.yml"]),
        ("{{ empty }}.yml", ["*.yml"]),
        ("{{ paths.tasks }}", ["t.yml"]),
        ("{{ paths['tasks'] }}", ["t.yml"]),
        ("{{ item }}.yml", ["p.yml", "q.yml"]),
        ("{{ item.file }}", ["*"]),
        ("{{ unknown | default('d') }}.yml", ["d.yml"]),
        ("{{ one | upper }}.yml", ["*.yml"]),
        ("{{ 'x' if one == 'y' else 'z' }}.yml", ["x.yml", "z.yml"]),
        ("{{ 'x' if one == 'y' else 'z-' + unknown }}", ["x", "z-*"]),
        ("{{ 'z-' ~ unknown }}", ["z-*"]),
        ("{{ one is defined | ternary('x', 'y') }}", ["x", "y"]),
        ("{{ (one == 'a') | ternary('x', 'y') }}", ["x", "y"]),
        ("{% if one %}x{% endif %}.yml", ["*.yml"]),
        ("{{ circle }}", ["*"]),
        ("{{ does not parse", ["*"]),
    ],
)
def test_patterns(text: str, expected: list[str]) -> None:
    values = Values()
    values.learn(KNOWN)
    assert values.patterns(text, {"item": ["p", "q"]}) == expected


@pytest.mark.parametrize(
    ("loop", "expected"),
    [
        (["a", ["b", "c"]], ["a", "b", "c"]),
        ("{{ names }}", ["p", "q"]),
        ("names", ["p", "q"]),
        ("{{ ['x', 'y'] }}", ["x", "y"]),
        ("{{ unknown }}", []),
        ("{{ names | sort }}", []),
    ],
)
def test_items_of_loops(loop: object, expected: list[str]) -> None:
    values = Values()
    values.learn(KNOWN)
    assert values.items(loop, {}) == expected


def test_a_thousand_values_are_as_good_as_none() -> None:
    values = Values()
    assert values.patterns("{{ item }}.yml", {"item": [str(number) for number in range(1000)]}) == ["*.yml"]
