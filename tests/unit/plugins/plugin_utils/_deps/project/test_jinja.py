# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Names of plugins in Jinja, found without rendering."""

from __future__ import annotations

import pytest
from jinja2 import nodes

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.jinja import (
    JinjaError,
    names_in_expression,
    names_in_template,
    names_in_text,
    parsed,
)

VALUES = [
    ("plain text", []),
    ("{{ x }}", []),
    ("{{ x | acme.web.slug }}", [("filter", "acme.web.slug")]),
    ("{{ x | default('a') | acme.web.slug(1) }}", [("filter", "acme.web.slug"), ("filter", "default")]),
    ("{{ 'yes' if x is acme.web.alive else 'no' }}", [("test", "acme.web.alive")]),
    ("{% if x is not acme.web.alive(3) %}y{% endif %}", [("test", "acme.web.alive")]),
    ("{{ lookup('acme.web.page', 'a') }}", [("lookup", "acme.web.page")]),
    ("{{ query('dig', 'a') }} {{ q('dig', 'a') }}", [("lookup", "dig"), ("lookup", "dig")]),
    ("{{ lookup('template', 'a.j2') }}", [("lookup", "template"), ("template", "a.j2")]),
    ("{{ lookup(which, 'a') }}", [("lookup", "")]),
    ("{{ x | map(which) }}", [("filter", ""), ("filter", "map")]),
    ("{{ x | map(attribute='a') }}", [("filter", "map")]),
    ("{{ x | selectattr('a', which) }}", [("filter", "selectattr"), ("test", "")]),
    ("{{ x | ansible.builtin.map('a.b.c') }}", [("filter", "a.b.c"), ("filter", "ansible.builtin.map")]),
    ("{% set f = 'a.b.c' %}{{ x | map(f) }}", [("filter", ""), ("filter", "map")]),
    ("{% set f = which %}{{ lookup(f) }}", [("lookup", "")]),
    ("{% for f in ['a', 'b'] %}{{ lookup(f) }}{% endfor %}", [("lookup", "")]),
    ("{% for f in which %}{% include f %}{% endfor %}", [("template", "")]),
    ("{% include ['a.j2', which] %}", [("template", ""), ("template", "a.j2")]),
    ("{{ lookup('template', 'a.j2', 'b.j2') }}", [("lookup", "template"), ("template", "a.j2"), ("template", "b.j2")]),
    (
        "{{ x | map('acme.web.slug') | select('acme.web.alive') }}",
        [("filter", "acme.web.slug"), ("filter", "map"), ("filter", "select"), ("test", "acme.web.alive")],
    ),
    ("{{ x | selectattr('a', 'acme.web.alive') }}", [("filter", "selectattr"), ("test", "acme.web.alive")]),
    ("{% include 'part.j2' %}{% import 'macros.j2' as m %}", [("template", "macros.j2"), ("template", "part.j2")]),
    ("{% filter acme.web.slug %}x{% endfilter %}", [("filter", "acme.web.slug")]),
    ("{% raw %}{{ x | not.a.name }}{% endraw %}", []),
    ("{% do x.append(1) %}{% for i in y %}{% continue %}{% endfor %}", []),
]


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_names_in_values(text: str, expected: list[tuple[str, str]]) -> None:
    assert sorted((one.kind, one.name) for one in names_in_text(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x is acme.web.alive and y | acme.web.slug == 'a'", ["acme.web.alive", "acme.web.slug"]),
        ("{{ x is acme.web.alive }}", ["acme.web.alive"]),
        ("x is acme.web.alive('{{')", ["acme.web.alive"]),
        ("'{%' in (y | acme.web.slug)", ["acme.web.slug"]),
        ("x is match('}}{{ a | b }}')", ["match"]),
        ("{{ x | acme.web.slug }} == 'a'", ["acme.web.slug"]),
        ("x == 1  # a comment", JinjaError),
        ("false", []),
        ("x ==", JinjaError),
    ],
)
def test_names_in_bare_expressions(text: str, expected: object) -> None:
    if expected is JinjaError:
        with pytest.raises(JinjaError):
            names_in_expression(text)
    else:
        assert sorted(one.name for one in names_in_expression(text)) == expected


def test_lines_count_within_the_text() -> None:
    assert [one.line for one in names_in_text("\n{{ a | x }}\n\n{{ b | y }}")] == [4, 2]


@pytest.mark.parametrize(
    ("text", "delimiters"),
    [
        ("#jinja2: variable_start_string:'[%', variable_end_string:'%]'\n[% a | x %] {{ b | y }}", {}),
        ("\n[% a | x %] {{ b | y }}", {"variable_start_string": "[%", "variable_end_string": "%]", "trim_blocks": "1"}),
    ],
)
def test_templates_may_choose_their_delimiters(text: str, delimiters: dict[str, str]) -> None:
    assert [(one.name, one.line) for one in names_in_template(text, delimiters)] == [("x", 2)]


@pytest.mark.parametrize("text", ["{{ " + "(" * 100_000, "{{ x" + "}" * 1_000_000, "{{ " + "-" * 50_000 + "1 }}"])
def test_deep_nesting_is_an_error_like_any_other(text: str) -> None:
    with pytest.raises(JinjaError):
        names_in_text(text)


def test_delimiters_that_jinja_refuses() -> None:
    with pytest.raises(JinjaError, match="delimiters"):
        names_in_template("x", {"variable_start_string": "{%"})


@pytest.mark.parametrize(
    "text",
    [
        r"{{ 'it\'s' | a.b.c }}",
        r'{{ "say \"x\"" | a.b.c }}',
        r"{{ 'it\'s' ~ ('C:\\' | a.b.c) }}",
        r"{{ 'it\'s' | a.b.c }}" + " " * 3000,
        r"{% if 'it\'s' | a.b.c %}{% endif %}",
    ],
)
def test_quotes_with_a_backslash_do_not_end_a_string(text: str) -> None:
    assert [one.name for one in names_in_text(text)] == ["a.b.c"]


@pytest.mark.parametrize(
    ("text", "value"), [(r"{{ '\1' }}", r"\1"), (r"{{ 'it\'s' }}", r"it\'s"), (r"{{ '\n' }}", r"\n")]
)
def test_a_backslash_in_a_value_stays_one(text: str, value: str) -> None:
    """As ansible-playbook shows it."""
    (constant,) = parsed(text).find_all(nodes.Const)
    assert constant.value == value
