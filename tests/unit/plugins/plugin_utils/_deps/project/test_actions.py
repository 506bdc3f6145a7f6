# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Every spelling of an action."""

from __future__ import annotations

import pytest
from ansible.parsing.splitter import parse_kv
from small_projects import TASK_KEYWORDS

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.actions import (
    actions_of,
    first_word,
    free_form,
    pairs,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.yaml import load_yaml

SPELLINGS = {
    "a mapping": ("acme.web.site: {path: x}", "acme.web.site", {"path": "x"}),
    "pairs": ("acme.web.site: path=x owner='a b'", "acme.web.site", {"path": "x", "owner": "a b"}),
    "no arguments": ("acme.web.site:", "acme.web.site", {}),
    "action as text": ("action: acme.web.site path=x", "acme.web.site", {"path": "x"}),
    "action as a mapping": ("action: {module: acme.web.site, path: x}", "acme.web.site", {"path": "x"}),
    "action with pairs in module": ("action: {module: acme.web.site path=x}", "acme.web.site", {"path": "x"}),
    "local_action as text": ("local_action: acme.web.site path=x", "acme.web.site", {"path": "x"}),
    "local_action as a mapping": ("local_action: {module: acme.web.site, path: x}", "acme.web.site", {"path": "x"}),
    "args": ("acme.web.site:\n  args: {path: x}", "acme.web.site", {"path": "x"}),
    "free form": ("ansible.builtin.command: echo a=b", "ansible.builtin.command", {"a": "b"}),
}


@pytest.mark.parametrize(("text", "name", "arguments"), SPELLINGS.values(), ids=SPELLINGS)
def test_spellings(text: str, name: str, arguments: dict[str, str]) -> None:
    task = load_yaml(f"- name: t\n  {text}\n  when: x\n  with_items: [1]\n  register: r\n".encode(), "f")[0]
    (action,) = actions_of(task, TASK_KEYWORDS)
    assert (action.name, dict(action.arguments), action.line) == (name, arguments, 2)


@pytest.mark.parametrize("text", ["name: nothing to do", "block: []", "name: t\n  tags: [a]"])
def test_no_action(text: str) -> None:
    assert actions_of(load_yaml(f"- {text}\n".encode(), "f")[0], TASK_KEYWORDS) == []


def test_two_actions_are_both_seen() -> None:
    task = load_yaml(b"- {acme.web.site: {}, acme.web.page: {}}\n", "f")[0]
    assert [one.name for one in actions_of(task, TASK_KEYWORDS)] == ["acme.web.site", "acme.web.page"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1 b=2", {"a": "1", "b": "2"}),
        ("""a="x y" b='z w'""", {"a": "x y", "b": "z w"}),
        ("a={{ x | default('p q') }}/y b=2", {"a": "{{ x | default('p q') }}/y", "b": "2"}),
        (r"""a='{{ x | replace(\".\", \"-\") }}' b=2""", {"a": """{{ x | replace(".", "-") }}""", "b": "2"}),
        (r"""a="x\"y\\z" """, {"a": r"""x"y\z"""}),
        ("no pairs here", {}),
        ("{" * 50_000 + " a=1", {}),
    ],
)
def test_pairs(text: str, expected: dict[str, str]) -> None:
    assert pairs(text) == expected


@pytest.mark.parametrize("text", [r"""a='{{ x | b(\"c\") }}'""", r"""a="x\"y\\z" b='\'' """])
def test_escapes_are_read_as_ansible_does(text: str) -> None:
    assert pairs(text) == parse_kv(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my file.yml", "my file.yml"),
        ("my file.yml name=x", "my file.yml"),
        ("name=x my file.yml", "my file.yml"),
        ("{{ 'a b' if x == 'y' else 'c' }}.yml", "{{ 'a b' if x == 'y' else 'c' }}.yml"),
        ("a-b=c.yml", "a-b=c.yml"),
        ("", ""),
        ("x=1", ""),
    ],
)
def test_the_free_form(text: str, expected: str) -> None:
    assert free_form(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a b", "a"), ("'a b' c", "a b"), ("creates=/x a b", "a"), ("{{ x }}/a b", "{{ x }}/a"), ("", "")],
)
def test_the_first_word(text: str, expected: str) -> None:
    assert first_word(text) == expected
