# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A name that comes from a variable is said to be open where something sets the variable that is not followed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from small_projects import analysed, dynamic, play

ACTION = "action: \"{{ m | default('debug') }}\""
ENCRYPTED = "$ANSIBLE_VAULT;1.1;AES256\n6162\n"
#: A task or a keyword that sets ``m`` perhaps, and the files beside the playbook.
SETS: dict[str, tuple[str, str, Mapping[str, str]]] = {
    "a key of set_fact": ('set_fact: {"{{ k }}": a.b.c}', "", {}),
    "a part of a key": ('set_fact: {"m{{ k }}": a.b.c}', "", {}),
    "a key in free form": ('set_fact: "{{ k }}=a.b.c"', "", {}),
    "all of set_fact": ('set_fact: "{{ k }}"', "", {}),
    "a key of add_host": ('add_host: {name: web, "{{ k }}": a.b.c}', "", {}),
    "a registered name": ("{command: id, register: m}", "", {}),
    "a question": ("debug:", "vars_prompt: [{name: m}]", {}),
    "a question with a default": ("debug:", "vars_prompt: [{name: m, default: debug}]", {}),
    "a name of include_vars": ('include_vars: {file: more.yml, name: "{{ k }}"}', "", {"more.yml": "a: b\n"}),
    "an encrypted file": ("debug:", "vars_files: more.yml", {"more.yml": ENCRYPTED}),
    "encrypted variables of all": ("debug:", "", {"group_vars/all.yml": ENCRYPTED}),
}


@pytest.mark.parametrize("case", SETS)
def test_a_variable_that_may_be_set_is_dynamic(tmp_path: Path, case: str) -> None:
    task, keywords, files = SETS[case]
    analysis = analysed(tmp_path, {"site.yml": play(task, ACTION, keywords=keywords), **files})
    assert [one for one in dynamic(analysis) if "m can have a value that is not followed" in one]


@pytest.mark.parametrize("case", SETS)
def test_nothing_is_said_where_no_name_comes_from_it(tmp_path: Path, case: str) -> None:
    task, keywords, files = SETS[case]
    analysis = analysed(
        tmp_path,
        {"site.yml": play(task, 'debug: {msg: "{{ m | default(1) }}"}', "debug: {var: m}", keywords=keywords), **files},
    )
    assert not [one for one in dynamic(analysis) if "not followed" in one]


@pytest.mark.parametrize(
    "use",
    [
        "include_role: {name: \"{{ m | default('web') }}\"}",
        "include_tasks: \"{{ m | default('more.yml') }}\"",
        "template: {src: \"{{ m | default('a.j2') }}\", dest: /a}",
        "debug: {msg: \"{{ lookup(m | default('env'), 'HOME') }}\"}",
        '{action: "{{ item }}", loop: "{{ m | default([\'debug\']) }}"}',
        'vars: {n: "{{ m | default(\'debug\') }}"}\n    action: "{{ n }}"',
    ],
)
def test_all_kinds_of_names_are_said(tmp_path: Path, use: str) -> None:
    files = {"more.yml": "[]", "a.j2": "a", "roles/web/tasks/main.yml": "[]"}
    analysis = analysed(tmp_path, {"site.yml": play('set_fact: {"{{ k }}": a}', use), **files})
    assert dynamic(analysis)


@pytest.mark.parametrize(
    "task",
    [
        'set_fact: {"x{{ k }}": a.b.c}',
        'set_fact: {"{{ item }}": a.b.c}\n    loop: [x, y]',
        "set_fact: {x: a.b.c}",
        'set_fact: {x: "{{ k }}"}',
        "{command: id, register: x}",
        "set_fact: \"{{ {'x': 1} }}\"",
        "add_host: name={{ k }} groups=web",
    ],
)
def test_another_variable_is_no_doubt(tmp_path: Path, task: str) -> None:
    analysis = analysed(tmp_path, {"site.yml": play(task, ACTION)})
    assert not dynamic(analysis)


def test_a_variable_that_the_project_sets_is_known(tmp_path: Path) -> None:
    tasks = ('set_fact: {"{{ k }}": a.b.c}', 'action: "{{ m }}"')
    assert not dynamic(analysed(tmp_path, {"site.yml": play(*tasks, keywords="vars: {m: debug}")}))
