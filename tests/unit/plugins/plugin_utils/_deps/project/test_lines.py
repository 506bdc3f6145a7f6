# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A name is told with the line where it stands in the file, however the YAML around it is written."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from small_projects import TASK_KEYWORDS

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.analyse import analyse
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core

CORE = Path(__file__).parents[1] / "projects" / "core"
VALUES = {
    "folded": ">\n  x\n\n  y {{ 1 | no.such.name }}\n",
    "folded and stripped, blank first": ">-\n\n  x\n\n  {{ 1 |\n     no.such.name }}",
    "folded with deeper lines": ">\n  x\n    y\n    {{ 1 | no.such.name }}\n  z\n",
    "folded with a comment": "> # comment\n  {{ 1\n  | no.such.name }}\n",
    "folded at the end": ">\n  x\n  {{ 1 | no.such.name }}",
    "literal": "|\n  x\n\n  {{ 1 | no.such.name }}\n",
    "literal, blank first": "|\n\n  {{ 1 | no.such.name }}\n",
    "literal with an indicator": "|2-\n\n    {{ 1 | no.such.name }}\n",
    "plain": "x\n  y {{ 1 | no.such.name }}",
    "double quotes": '"x\n\n\n  {{ 1 | no.such.name }}"',
    "double quotes with escaped breaks": '"x\\n\\n{{ 1 | no.such.name }}"',
    "double quotes with joined lines": '"x\\\n  y {{ 1 | no.such.name }}"',
    "single quotes": "'x\n\n  {{ 1 | no.such.name }}'",
    "an anchor and a tag": '&here !!str\n  "x {{ 1 | no.such.name }}"',
}
TASKS = {
    "free form on the next line": "include_tasks:\n    no.such.name\n",
    "folded free form": "include_tasks: >-\n\n    no.such.name\n",
    "literal free form": "include_tasks: |\n    no.such.name\n",
    "folded pairs": "include_tasks: >\n    apply=x\n    file=no.such.name\n",
    "literal pairs": "include_tasks: |\n    apply=x\n\n    file=no.such.name\n",
    "a file of variables": "include_vars: no.such.name\n",
    "folded file of variables": "include_vars: >\n    no.such.name\n",
    "a template": "template: >\n    dest=/x\n    src=no.such.name\n",
    "action": "action: include_tasks no.such.name\n",
    "folded action": "action: >\n    include_tasks\n    no.such.name\n",
    "literal action": "action: |\n    include_tasks\n    file=no.such.name\n",
    "action as a mapping": "action:\n    module: include_tasks\n    file: no.such.name\n",
    "action as a mapping with free form": "action:\n    module: >\n      include_tasks\n      file=no.such.name\n",
    "folded local action": "local_action: >\n    no.such.name\n    x=y\n",
    "tasks_from": "include_role:\n    name: web\n    tasks_from: no.such.name\n",
    "free form with tasks_from": "import_role: name=web tasks_from=no.such.name\n",
    "folded free form with handlers_from": "import_role: >\n    name=web\n    handlers_from=no.such.name\n",
    "a folded role": "include_role:\n    name: >-\n      no.such.name\n",
    "a condition": "debug:\nwhen:\n  - a\n  - b is\n    no.such.name\n",
    "a folded condition": "debug:\nwhen: >-\n  a\n  and b is no.such.name\n",
}


def told(root: Path, text: str) -> list[tuple[str, int]]:
    for directory in ("tasks", "handlers"):
        (root / "roles/web" / directory).mkdir(parents=True)
    (root / "site.yml").write_bytes(text.encode())
    analysis = analyse(root, ["site.yml"], core=Core(CORE), source=lambda _name: None, task_keywords=TASK_KEYWORDS)
    named = [one for one in analysis.unresolved if "no.such.name" in one.name]
    return [(one.location.file, one.location.line) for one in named]


def line_with_name(text: str) -> int:
    (number,) = [number for number, line in enumerate(re.split("\r?\n", text), start=1) if "no.such.name" in line]
    return number


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("breaks", ["\n", "\r\n"])
def test_a_name_in_a_value(tmp_path: Path, value: str, breaks: str) -> None:
    text = "- hosts: all\n  vars:\n    x: y\n    text: " + textwrap.indent(value, "    ").lstrip()
    assert told(tmp_path, text.replace("\n", breaks)) == [("site.yml", line_with_name(text))]


TWICE = {
    "folded": ">\n  no.such.name\n  {{ 1 | no.such.name }}\n",
    "folded, in two expressions": ">\n  {{ 1 | no.such.name }} {{ 1 | upper }}\n\n  {{ 1 |\n  no.such.name }}\n",
    "plain": "no.such.name\n  {{ 1 | no.such.name }}",
    "single quotes": "'no.such.name\n\n  {{ 1 | no.such.name }}'",
    "double quotes": '"no.such.name\\n\n\n  {{ 1 | no.such.name }}"',
    "literal": "|\n  no.such.name\n  {{ 1 | no.such.name }}\n",
    "by an expression": ">\n  x {{ y }}\n  {{ lookup('no.such.' ~ 'name') }}\n",
}


@pytest.mark.parametrize("value", TWICE.values(), ids=TWICE)
def test_a_name_that_is_mentioned_twice(tmp_path: Path, value: str) -> None:
    text = "- hosts: all\n  vars:\n    text: " + textwrap.indent(value, "    ").lstrip()
    is_use = re.compile(r"\| no\.such|^ +no\.such\.name \}\}|lookup").search
    uses = [number for number, line in enumerate(text.split("\n"), start=1) if is_use(line)]
    assert [line for _file, line in sorted(told(tmp_path, text))] == uses


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_a_name_in_a_task(tmp_path: Path, task: str) -> None:
    text = "- hosts: all\n  tasks:\n    - name: x\n" + textwrap.indent(task, "      ")
    assert told(tmp_path, text) == [("site.yml", line_with_name(text))]


def test_an_imported_playbook_and_a_role_of_a_play(tmp_path: Path) -> None:
    text = "- hosts: all\n  roles:\n    - role: >-\n\n        no.such.name\n- import_playbook: >-\n    other\n"
    assert told(tmp_path, text) == [("site.yml", 5)]
