# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""``first_found``: the names that it tries are those of Ansible's own lookup, and each that is there is followed."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from ansible.plugins.loader import lookup_loader
from small_projects import TASK_KEYWORDS

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.analyse import analyse
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import Analysis
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.first_found import (
    MAX_NAMES,
    first_found_names,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.yaml import Text, line_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core

CORE = Path(__file__).parents[1] / "projects" / "core"
BOTH = {"files": ["a.yml", "b.yml"], "paths": ["x", "../y/"]}


@pytest.mark.parametrize(
    "terms",
    [
        ["a.yml", "b.yml"],
        ["a.yml,b.yml;c.yml"],
        [["a.yml", ["b.yml"]], "c.yml"],
        [BOTH],
        [{"files": "a.yml,b.yml", "paths": "x:y,z;w"}],
        [{"files": ["a.yml;b.yml"], "paths": ["x:y"]}],
        [{"files": ["/etc/a.yml", "b.yml"], "paths": ["x", "/"]}],
        [{"files": ["a.yml"]}, {"files": ["b.yml"], "paths": ["x"], "skip": True}],
        ["a.yml", {"files": ["b.yml"], "paths": ["x"]}, "c.yml"],
        [{"paths": ["x"]}],
    ],
)
@pytest.mark.parametrize("options", [{}, {"paths": ["x", "y"]}, {"paths": "x:y", "skip": True}])
def test_the_names_are_those_of_ansible(terms: list[Any], options: dict[str, Any]) -> None:
    lookup = lookup_loader.get("first_found")
    lookup.set_options(direct=options)
    with warnings.catch_warnings():
        theirs = list(dict.fromkeys(name.replace("//", "/") for name in lookup._process_terms(terms, {})))
    assert first_found_names(terms, options) == theirs


def test_the_files_may_be_an_option() -> None:
    assert first_found_names([], {"files": ["a"], "paths": ["x"]}) == ["x/a"]


def test_a_template_is_not_split_and_keeps_its_line() -> None:
    (name, other) = first_found_names([Text.at("{{ a | default('x,y') }}.yml,b", 7)], {})
    assert (name, other, line_of(name)) == ("{{ a | default('x,y') }}.yml", "b", 7)


def test_the_work_is_bounded() -> None:
    many = [f"{number}" for number in range(2000)]
    assert len(first_found_names([{"files": many, "paths": many}], {})) == MAX_NAMES
    deep: list[Any] = ["a"]
    for _level in range(500):
        deep = [deep]
    assert first_found_names(deep, {}) == []


def analysed(root: Path, task: dict[str, Any], *, where: str = "roles/web/tasks", **play: Any) -> Analysis:
    """A role with a task; ``where`` has ``default.yml``, which names a collection, and many files beside it."""
    (root / "roles/web/tasks").mkdir(parents=True)
    (root / where).mkdir(parents=True, exist_ok=True)
    (root / "site.yml").write_text(json.dumps([{"hosts": "all", "roles": ["web"], **play}]))
    (root / "roles/web/tasks/main.yml").write_text(json.dumps([task]))
    (root / where / "default.yml").write_text('- a.b.name:\n    x: "{{ 1 | a.b.name }}"\n')
    for number in range(30):
        (root / where / f"os_{number}.yml").write_text("- c.d.name:\n    x: '{{ 1 | c.d.name }}'\n")
    return analyse(root, ["site.yml"], core=Core(CORE), source=lambda _name: None, task_keywords=TASK_KEYWORDS)


NAMES = ["for_{{ ansible_distribution }}.yml", "default.yml"]
CALLS = [
    "{{ lookup('first_found', params) }}",
    "{{ lookup('ansible.builtin.first_found', params) }}",
    "{{ query('first_found', params) | first }}",
    "{{ q('first_found', params, skip=true)[0] }}",
    "{{ lookup('first_found', params.files, paths=params.paths) }}",
    "{{ lookup('first_found', params['files'], paths=['.']) }}",
    "{{ lookup('first_found', ['for_' ~ ansible_distribution ~ '.yml', 'default.yml']) }}",
    "{{ lookup('first_found', {'files': ['x.yml', 'default.yml'], 'paths': ['.']}) }}",
    "{{ lookup('first_found', 'x.yml', 'default.yml') }}",
    "{{ lookup('first_found', files=['x.yml', 'default.yml'], paths=['.', role_path]) }}",
    "{{ chosen }}",
]
PARAMS = {"params": {"files": NAMES, "paths": ["."]}, "chosen": "{{ lookup('first_found', params) }}"}


@pytest.mark.parametrize("keyword", ["with_first_found", "with_ansible.builtin.first_found"])
@pytest.mark.parametrize(
    "terms",
    [
        NAMES,
        [",".join(NAMES)],
        [{"files": NAMES}],
        [{"files": NAMES, "paths": ["."], "skip": True}],
        {"files": NAMES, "paths": "none:.,other"},
        [{"files": NAMES, "paths": ["{{ role_path }}/tasks"]}],
        [{"files": NAMES[:1]}, {"files": NAMES[1:]}],
        "{{ params }}",
        ["{{ params }}"],
        [{"files": "{{ params.files }}", "paths": "{{ params.paths }}"}],
    ],
)
@pytest.mark.parametrize("action", ["include_tasks", "ansible.builtin.include_tasks"])
def test_a_loop_over_it_is_followed(tmp_path: Path, keyword: str, terms: Any, action: str) -> None:
    analysis = analysed(tmp_path, {action: "{{ item }}", keyword: terms, "vars": PARAMS})
    assert {one.collection for one in analysis.evidence} == {"a.b"}
    assert analysis.dynamic


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("action", "where"),
    [
        ("include_tasks", "roles/web/tasks"),
        ("include_tasks", "roles/web"),
        ("include_tasks", "tasks"),
        ("include_vars", "roles/web/vars"),
        ("template", "roles/web/templates"),
    ],
)
def test_a_call_of_it_is_followed(tmp_path: Path, call: str, action: str, where: str) -> None:
    argument = {"src": call, "dest": "/x"} if action == "template" else {"file": call}
    analysis = analysed(tmp_path, {action: argument, "vars": PARAMS}, where=where)
    assert {one.collection for one in analysis.evidence} == {"a.b"}


@pytest.mark.parametrize(
    "loop", ["{{ query('first_found', params) }}", "{{ lookup('first_found', params, wantlist=true) }}"]
)
def test_a_loop_over_a_call_of_it_is_followed(tmp_path: Path, loop: str) -> None:
    analysis = analysed(tmp_path, {"include_tasks": "{{ item }}", "loop": loop, "vars": PARAMS})
    assert {one.collection for one in analysis.evidence} == {"a.b"}


def test_the_files_of_a_loop_are_searched_among_files_too(tmp_path: Path) -> None:
    task = {"include_tasks": "{{ item }}", "with_first_found": NAMES}
    assert {one.collection for one in analysed(tmp_path, task, where="roles/web/files").evidence} == {"a.b"}


def test_files_of_variables_are_followed(tmp_path: Path) -> None:
    call = "{{ lookup('first_found', ['x.yml', 'default.yml'], paths=['vars']) }}"
    analysis = analysed(tmp_path, {"debug": {}}, where="vars", vars_files=[call])
    assert {one.collection for one in analysis.evidence} == {"a.b"}


def test_variables_of_a_task_are_its_own(tmp_path: Path) -> None:
    tasks = [
        {
            "include_tasks": "{{ item }}",
            "with_first_found": ["{{ params }}"],
            "vars": {"params": {"files": [f"{name}.yml"]}},
        }
        for name in "abcdefghijklmnopqrstuvwxyz"
    ]
    (tmp_path / "site.yml").write_text(json.dumps([{"hosts": "all", "tasks": tasks}]))
    for name in "abcdefghijklmnopqrstuvwxyz":
        (tmp_path / f"{name}.yml").write_text(f"- {name}.b.name:\n")
    analysis = analyse(tmp_path, ["site.yml"], core=Core(CORE), source=lambda _name: None, task_keywords=TASK_KEYWORDS)
    assert len({one.collection for one in analysis.evidence}) == 26
    assert not analysis.dynamic
