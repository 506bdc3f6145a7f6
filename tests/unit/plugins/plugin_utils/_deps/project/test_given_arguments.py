# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Arguments that a template gives as a whole: ``package: "{{ options }}"`` and ``args: "{{ options }}"``."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_projects import analysed, missing, play

VARIABLES = "vars: {options: {name: x, use: acme.gone.one, src: a.j2}}"
SPELLINGS = {
    "in place of the arguments": '{action}: "{{{{ options }}}}"',
    "args": '{{{action}: , args: "{{{{ options }}}}"}}',
    "action": "action: {action} {{{{ options }}}}",
    "local_action": "local_action: {action} {{{{ options }}}}",
    "item": '{{{action}: "{{{{ item }}}}", loop: [{{use: acme.gone.one, src: a.j2}}]}}',
    "fact": '{{{action}: "{{{{ fact }}}}"}}',
}


@pytest.mark.parametrize("action", ["package", "ansible.builtin.service"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_options_that_name_plugins(tmp_path: Path, spelling: str, action: str) -> None:
    analysis = analysed(tmp_path, {"site.yml": playbook(spelling, action)})
    assert missing(analysis) == {"acme.gone.one"}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_templates(tmp_path: Path, spelling: str) -> None:
    files = {"site.yml": playbook(spelling, "template"), "templates/a.j2": "{{ 1 | acme.gone.two }}\n"}
    assert missing(analysed(tmp_path, files), "filter") == {"acme.gone.two"}


def test_the_place_is_the_task_where_another_file_has_the_variable(tmp_path: Path) -> None:
    files = {
        "site.yml": play('package: "{{ options }}"'),
        "group_vars/all.yml": "\n\n\n\n\n\n\noptions: {use: acme.gone.one}\n",
    }
    (found,) = analysed(tmp_path, files).unresolved
    assert (found.location.file, found.location.line) == ("site.yml", 3)


@pytest.mark.parametrize("task", ['package: "{{ unknown }}"', '{package: {name: x}, args: "{{ name }}"}', "package: x"])
def test_what_is_no_mapping_gives_nothing(tmp_path: Path, task: str) -> None:
    assert not analysed(tmp_path, {"site.yml": play(task, keywords="vars: {name: text}")}).unresolved


def playbook(spelling: str, action: str) -> str:
    task = SPELLINGS[spelling].format(action=action)
    fact = "set_fact: {fact: {use: acme.gone.one, src: a.j2}}"
    return play(task, *([fact] if spelling == "fact" else []), keywords=VARIABLES)
