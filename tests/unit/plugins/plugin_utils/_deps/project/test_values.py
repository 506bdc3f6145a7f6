# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a templated name can become, without rendering."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.values import Values
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.yaml import Text

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
        ("{{ one | upper }}.yml", ["A.yml"]),
        ("{{ nested | upper }}.yml", ["A/X.yml"]),
        ("{{ one | to_json }}.yml", ["*.yml"]),
        ("{{ one | replace('a', 'z') }}", ["z"]),
        ("{{ names[0] }}{{ names[1] }}", ["pq"]),
        ("{{ names[n] }}", ["p", "q"]),
        ("{{ names | first }}", ["p", "q"]),
        ("{{ [unknown, 'a'] | first }}", ["*", "a"]),
        ("{{ {'x': 'a', 'y': unknown}['x'] }}", ["a"]),
        ("{{ paths.values() | first }}", ["t.yml"]),
        ("{{ ({'tasks': 'u.yml'} | combine(paths)).tasks }}", ["u.yml", "t.yml"]),
        ("{{ unknown or 'a' }}", ["*", "a"]),
        ("{{ lookup('vars', 'one') }}{{ vars['one'] }}", ["aa"]),
        ("{{ hostvars[inventory_hostname].one }}", ["a"]),
        ("{{ hostvars['db']['one'] }}", ["a"]),
        ("x{{ '-' ~ one if one else '' }}.yml", ["x-a.yml", "x.yml"]),
        ("{{ 2 }}.yml", ["2.yml"]),
        ("{{ x is defined | ternary('y', omit) }}", ["y"]),
        ("{{ 'x' if one == 'y' else 'z' }}.yml", ["x.yml", "z.yml"]),
        ("{{ 'x' if one == 'y' else 'z-' + unknown }}", ["x", "z-*"]),
        ("{{ 'z-' ~ unknown }}", ["z-*"]),
        ("{{ one is defined | ternary('x', 'y') }}", ["x", "y"]),
        ("{{ (one == 'a') | ternary('x', 'y') }}", ["x", "y"]),
        ("{% if one %}x{% endif %}.yml", ["x.yml", ".yml"]),
        ("{% for one in many %}x{% endfor %}.yml", ["*.yml"]),
        ("{{ circle }}", ["*"]),
        ("{{ does not parse", ["*"]),
    ],
)
def test_patterns(text: str, expected: list[str]) -> None:
    values = Values()
    values.learn(KNOWN)
    assert values.patterns(text, {"item": ["p", "q"]}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ one }}.yml", ["*.yml"]),
        ("x-{{ number }}", ["x-*"]),
        ("{{ derived }}.yml", ["*.yml"]),
        ("{{ one }}", []),
        ("{{ kinds[one] }}.yml", ["n.yml"]),
        ("{{ kinds[one] }}", ["n"]),
        ("{{ kinds[fixed] }}.yml", []),
        ("{{ fixed }}.yml", []),
        ("{{ path }}.yml", []),
        ("{{ item }}.yml", []),
        ("{{ unset | default('d') }}.yml", ["*.yml"]),
        ("{{ unset.member | d('d') }}.yml", ["*.yml"]),
        ("{{ item.member | default('d') }}.yml", []),
        ("{{ fixed | default('d') }}.yml", []),
        ("{% set own = 'a' %}{{ own }}.yml", []),
    ],
)
def test_what_a_name_is_besides_where_defaults_are_set_otherwise(text: str, expected: list[str]) -> None:
    values = Values()
    values.learn({"one": "a", "number": 2, "derived": "{{ one }}", "path": "x/y"}, are_defaults=True)
    values.learn({"fixed": "a", "kinds": {"a": "m", "b": "n"}})
    known = values.patterns(text, {"item": ["p", "q"]})
    assert values.settable(text, {"item": ["p", "q"]}, known) == expected
    assert not any("*" in pattern for pattern in known if "member" not in text)


@pytest.mark.parametrize(
    ("loop", "expected"),
    [
        (["a", ["b", "c"]], ["a", ["b", "c"]]),
        ("{{ names }}", ["p", "q"]),
        ("names", ["p", "q"]),
        ("{{ ['x', 'y'] }}", ["x", "y"]),
        ("{{ unknown }}", []),
        ("{{ names | sort }}", ["p", "q"]),
        ("{{ names | map('upper') }}", ["P", "Q"]),
        ("{{ names | map('to_json') }}", []),
        ("{{ names + ['r'] }}", ["p", "q", "r"]),
        ("{{ names | union(['r']) | unique | list }}", ["p", "q", "r"]),
        ("{{ [names, ['r']] | flatten }}", ["p", "q", "r"]),
        ("{{ 'a,b' | split(',') }}", ["a", "b"]),
    ],
)
def test_items_of_loops(loop: object, expected: list[str]) -> None:
    values = Values()
    values.learn(KNOWN)
    assert values.items(loop, {}) == expected


def test_a_thousand_values_are_followed() -> None:
    items = [str(number) for number in range(1000)]
    assert Values().patterns("{{ item }}.yml", {"item": items}) == [f"{item}.yml" for item in items]


def test_more_values_than_the_limit_become_a_pattern_and_that_is_said() -> None:
    values = Values(limit=100)
    assert values.patterns("{{ item }}{{ item }}.yml", {"item": [str(number) for number in range(30)]}) == ["**.yml"]
    assert "max_candidates" in values.note


def test_one_name_cannot_use_up_what_all_have() -> None:
    values = Values()
    values.learn({f"v{level}": f"{{{{ v{level + 1} }}}}{{{{ v{level + 1} }}}}" for level in range(9)})
    values.learn({"v9": "a"})
    values.learn({"v9": "b"})
    assert values.patterns("{{ v0 }}", {}) != []
    assert "max_candidates" in values.note
    assert values.patterns("{{ v9 }}", {}) == ["a", "b"]
    assert values.note == ""


@pytest.mark.parametrize(
    "value", ["{{ x }}", "{{ x | lower }}", "{{ y if z else x }}", "{{ [x, x] | first }}", "{{ x.x }}", "{{ x ~ x }}"]
)
def test_a_variable_that_is_made_of_itself_ends(value: str) -> None:
    values = Values()
    values.learn({"x": value, "y": "{{ x }}{{ x }}"})
    assert values.patterns("{{ x }}", {}) in (["*"], ["**"])
    assert values.note == ""


def test_an_encrypted_value_is_unknown_and_an_unsafe_one_is_a_text() -> None:
    values = Values()
    values.learn({"secret": Text.at("$ANSIBLE_VAULT;1.1", 1, inert=True), "plain": Text.at("{{ a }}", 1, inert=True)})
    assert values.patterns("{{ secret }}", {}) == ["*"]
    assert values.patterns("{{ plain }}", {}) == ["{{ a }}"]
