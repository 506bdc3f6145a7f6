# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What filters make of literals is what Ansible makes of them; a choice keeps all of its items."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.value_filters import filtered
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.values import Values

KNOWN: dict[str, Any] = {
    "text": "Some/Path.Of/file",
    "names": ["b", "a"],
    "more": ["c"],
    "deep": [["a"], ["b", ["c"]]],
    "table": {"x": "1", "y": "2"},
    "users": [{"name": "u", "keys": ["k", "l"]}, {"name": "v", "keys": ["m"]}],
    "inner": [trust_as_template("{{ names[1] }}"), trust_as_template("{{ 'x' }}-{{ table.x }}")],
    "nested": [{"name": "u", "auth": {"keys": ["k"]}}],
}
EXPRESSIONS = [
    "text | lower",
    "text | upper",
    "text | basename",
    "text | dirname",
    "text | capitalize",
    "text | replace('/', '-')",
    "text | split('/')",
    "names | list",
    "names | unique",
    "names + more",
    "deep | flatten",
    "table | dict2items",
    "table.keys() | list",
    "table.values() | list",
    "users | subelements('keys')",
    "nested | subelements('auth.keys')",
    "names | product(more) | list",
    "names | zip(more + more) | list",
    "names | zip_longest(more) | list",
    "users | map(attribute='name') | list",
    "users[1]['keys'][0]",
    "users[0]['name']",
    "names[1]",
    "table.get('x')",
    "table.get('z', 'none')",
    "unknown | default('d')",
    "lookup('vars', 'text')",
    "query('dict', table)",
    "query('items', names, more)",
    "query('nested', names, more)",
    "query('together', names, more + more)",
    "[names, more]",
    "{'k': names}",
    "text ~ '.yml'",
    "'a.b.%s' % 'c'",
    "'%s.%s.%%%02d' % ('a', 'b', 3)",
    "'%(k)s.b' % {'k': 'a'}",
    "'a.%s.%s' | format('b', 'c')",
    "'a.{}.{}'.format('b', 'c')",
    "'{1}.{0}.{k:>3}'.format('b', 'a', k='c')",
    "['a', 'b', names[0]] | join('.')",
    "users | join('.', attribute='name')",
    "'.'.join(names)",
    "text | regex_replace('^(\\w+)/', '\\1.')",
    "text | regex_replace('PATH', 'x', ignorecase=true)",
    "text | regex_replace('[a-z]', '-', count=2)",
    "'x' | extract(table)",
    "0 | extract(names)",
    "'x' | extract({'x': {'y': ['a', 'b']}}, ['y', 1])",
    "['y', 'x'] | map('extract', table) | list",
    "names | map('upper') | list",
    "names | map('regex_replace', '$', '.yml') | list",
    "names | product(['.yml']) | map('join') | list",
    "['a%s', '%sb'] | map('format', 1) | list",
    "dict(a='b', c=names)['c']",
    "dict(names | zip(more + more)).b",
    "table | dict2items(key_name='k', value_name='v')",
    "table | dict2items | items2dict",
    "users | items2dict(key_name='name', value_name='keys')",
    '\'["a", {"b": "c"}]\' | from_json',
    "'{a: [b, c]}' | from_yaml",
    "unknown | default(default_value='d')",
    "lookup('vars', 'unknown', default='d')",
    "'a;b'.split(';')",
    "'a.b.c'.split('.', 1)",
    "'a.b.c'.rsplit('.', 1)[0]",
    "'a.b.c'.split('.')[-1]",
    "'a.b.c'.split('.')[:2] | join('.')",
    "'a.b.yml'[:-4]",
    "' a '.strip()",
    "'a'.upper().lower().title()",
    "'a_b'.replace('_', '.')",
    "'v1'.removeprefix('v')",
    "'a.b'.partition('.')",
    "['a', 'b.yml'] | path_join",
    "'a/b.yml' | splitext",
    "('a/b.yml' | splitext)[0]",
    "(names + more) | join('.')",
    "'b,c' | split(',') | map('regex_replace', '^', 'a.') | join(':')",
    "inner | join('.')",
    "'%s' % inner[1]",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_is_what_ansible_makes_of_it(expression: str) -> None:
    values = Values()
    values.learn(KNOWN)
    template = "{{ " + expression + " }}"
    by_ansible = Templar(loader=DataLoader(), variables=KNOWN).template(trust_as_template(template))
    assert values.options(template, {}) == [_plain(by_ansible)]


def _plain(value: Any) -> Any:
    """Tuples as lists: what counts is what they hold."""
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


@pytest.mark.parametrize("name", ["select", "reject", "selectattr", "rejectattr", "sort", "difference", "reverse"])
def test_a_selection_keeps_all_that_can_be_left(name: str) -> None:
    assert filtered(name, [["a", "b"]], [["x"]]) == [["a", "b"]]


@pytest.mark.parametrize("name", ["first", "last", "random", "min", "max"])
def test_a_choice_can_be_any_item(name: str) -> None:
    assert filtered(name, [["a", "b"]], []) == ["a", "b"]


@pytest.mark.parametrize("name", ["to_json", "no.such.filter", "lower"])
def test_what_is_not_known_is_nothing(name: str) -> None:
    assert filtered(name, ["a"], [["x"]]) is None


@pytest.mark.parametrize("name", ["product", "union", "subelements", "zip", "flatten", "combine"])
def test_values_of_another_shape_are_left_out(name: str) -> None:
    for value in ("text", ["a"], {"a": "b"}, 1, None, [{"a": 1}]):
        assert isinstance(filtered(name, [value], [[None], [3]]), list)


def test_combinations_are_limited() -> None:
    many = [str(number) for number in range(3000)]
    (found,) = filtered("product", [many], [[many]]) or [[]]
    assert len(found) == 10_000
