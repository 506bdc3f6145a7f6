# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The items of loops are those that Ansible's own lookups give."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import lookup_loader
from ansible.template import Templar, trust_as_template

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.loops import loop_items, loop_scope
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.scope import Scope
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.values import Values
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.yaml import load_yaml

KNOWN = {"names": ["a", "b"], "table": {"x": "1", "y": "2"}, "users": [{"keys": ["k", "l"]}, {"keys": ["m"]}]}
LOOPS: list[tuple[str, Any]] = [
    ("items", ["a", ["b", "c"]]),
    ("items", "{{ names }}"),
    ("items", ["{{ names }}", "c"]),
    ("list", ["a", ["b", "c"]]),
    ("dict", "{{ table }}"),
    ("dict", {"x": "1"}),
    ("nested", [["a", "b"], ["c"]]),
    ("nested", ["{{ names }}", ["c"]]),
    ("together", [["a", "b"], ["c", "d"]]),
]


@pytest.mark.parametrize(("name", "value"), LOOPS)
def test_items_are_those_of_the_lookup(name: str, value: Any) -> None:
    values = Values()
    values.learn(KNOWN)
    terms = Templar(loader=DataLoader(), variables=KNOWN).template(_trusted(value))
    by_ansible = lookup_loader.get(name).run(terms if isinstance(terms, list) else [terms], variables={})
    assert loop_items(f"with_{name}", value, values, {}) == [_plain(item) for item in by_ansible]


def test_subelements_are_those_of_the_lookup() -> None:
    """The lookup leaves their key out of the first; nothing that a name is made of is lost by keeping it."""
    by_ansible = lookup_loader.get("subelements").run([deepcopy(KNOWN["users"]), "keys"], variables={})
    values = Values()
    values.learn(KNOWN)
    items = loop_items("with_subelements", ["{{ users }}", "keys"], values, {})
    assert [item[1] for item in items] == [item[1] for item in by_ansible]


def _trusted(value: Any) -> Any:
    if isinstance(value, list):
        return [_trusted(item) for item in value]
    return trust_as_template(value) if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("loop: [a, b]", {"item": ["a", "b"]}),
        ("loop: [[a, b]]", {"item": [["a", "b"]]}),
        ("loop: [a]\nloop_control: {loop_var: one, index_var: at}", {"one": ["a"], "at": []}),
        ("loop: '{{ unknown }}'", {"item": []}),
        ("with_items: names", {"item": ["a", "b"]}),
        ("with_items: some.file", {"item": ["some.file"]}),
        ("with_flattened: [[a], [b, [c]]]", {"item": ["a", "b", "c"]}),
        ("with_indexed_items: [a]", {"item": [["*", "a"]]}),
        ("with_fileglob: vars/*.yml", {"item": ["vars/*.yml"]}),
        ("with_sequence: count=3", {"item": []}),
        ("with_a.b.c: [a]", {"item": []}),
        ("with_nested: []", {"item": []}),
        ("with_subelements: [x]", {"item": []}),
        ("debug:", {}),
    ],
)
def test_the_variables_of_a_loop(text: str, expected: dict[str, list[Any]]) -> None:
    values = Values()
    values.learn(KNOWN)
    assert dict(loop_scope(load_yaml(text.encode(), "f"), values, Scope(), {})) == expected
