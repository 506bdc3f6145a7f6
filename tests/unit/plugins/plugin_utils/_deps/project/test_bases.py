# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is searched beside the playbook is searched beside each playbook that uses the role or the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_projects import analysed, missing, play, reached

SITE = {
    "site.yml": "- import_playbook: a/a.yml\n- import_playbook: b/b.yml\n",
    "ansible.cfg": "[defaults]\nroles_path=r\n",
}
USES = {
    "tasks": ("include_tasks: own.yml", "{}/own.yml"),
    "tasks in a directory": ("include_tasks: own.yml", "{}/tasks/own.yml"),
    "tasks of several names": ('include_tasks: "{{{{ x }}}}wn.yml"', "{}/own.yml"),
    "a role": ("include_role: {{name: own}}", "{}/roles/own/tasks/main.yml"),
    "a role beside it": ("import_role: {{name: own}}", "{}/own/tasks/main.yml"),
    "in a block": ("block: [{{include_tasks: own.yml}}]", "{}/own.yml"),
}
PLACES = {
    "a role": {"r/shared/tasks/main.yml": "- {task}\n"},
    "a file of the role": {"r/shared/tasks/main.yml": "- include_tasks: x.yml\n", "r/shared/tasks/x.yml": "- {task}\n"},
    "a dependency": {
        "r/shared/meta/main.yml": "dependencies: [other]\n",
        "r/other/tasks/main.yml": "- {task}\n",
        "r/shared/tasks/main.yml": "[]\n",
    },
}


@pytest.mark.parametrize(("task", "file"), USES.values(), ids=USES)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_role_finds_what_each_playbook_has(tmp_path: Path, task: str, file: str, place: dict[str, str]) -> None:
    files = {name: text.format(task=task.format()) for name, text in place.items()}
    for base in "ab":
        files[f"{base}/{base}.yml"] = play(keywords="roles: [shared]")
        files[file.format(base)] = reached(f"of.playbook.{base}")
    assert missing(analysed(tmp_path, SITE | files)) == {"of.playbook.a", "of.playbook.b"}


def test_a_file_of_variables_and_a_template(tmp_path: Path) -> None:
    tasks = "- include_vars: own.yml\n- template: {src: own.j2, dest: /x}\n"
    files = {"r/shared/tasks/main.yml": tasks}
    for base in "ab":
        files[f"{base}/{base}.yml"] = play(keywords="roles: [shared]")
        files[f"{base}/vars/own.yml"] = f"x: '{{{{ 1 | of.vars.{base} }}}}'\n"
        files[f"{base}/templates/own.j2"] = f"{{{{ 1 | of.template.{base} }}}}"
    expected = {f"of.{kind}.{base}" for kind in ("vars", "template") for base in "ab"}
    assert missing(analysed(tmp_path, SITE | files), "filter") == expected


def test_a_file_of_tasks_that_playbooks_of_several_directories_include(tmp_path: Path) -> None:
    files = {"shared/x.yml": "- include_tasks: own.yml\n"}
    for base in "ab":
        files[f"{base}/{base}.yml"] = play("include_tasks: ../shared/x.yml")
        files[f"{base}/own.yml"] = reached(f"of.playbook.{base}")
    assert missing(analysed(tmp_path, SITE | files)) == {"of.playbook.a", "of.playbook.b"}


def test_roles_that_use_each_other_end(tmp_path: Path) -> None:
    files = {
        "r/shared/tasks/main.yml": "- include_role: {name: other}\n- include_tasks: own.yml\n",
        "r/other/tasks/main.yml": "- include_role: {name: shared}\n",
        "a/a.yml": play(keywords="roles: [shared]"),
        "b/b.yml": play(keywords="roles: [other]"),
        "b/own.yml": reached("of.playbook.b"),
    }
    assert missing(analysed(tmp_path, SITE | files)) == {"of.playbook.b"}
