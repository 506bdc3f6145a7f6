# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is refused for its form; ``tests/system/test_forms_as_ansible.py`` asks ansible-playbook for the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ansible
import pytest
from ansible.playbook.block import Block
from ansible.playbook.handler import Handler
from ansible.playbook.task_include import TaskInclude
from forms_of_playbooks import REFUSED, REFUSED_LATER, TAKEN, Form

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.analyse import analyse
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.core_answers import ask_core
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.forms import (
    NOT_OF_AN_INCLUDE,
    TASK_ONLY,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.yaml import UnusableFileError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core


def analysed(form: Form, directory: Path) -> Any:
    playbook, core = form.written(directory), ask_core()
    return analyse(
        playbook.parent,
        [playbook.name],
        core=Core(Path(ansible.__file__).parent),
        source=lambda _name: None,
        task_keywords=core.task_keywords,
        play_keywords=core.play_keywords,
    )


@pytest.mark.parametrize("name", REFUSED)
def test_what_ansible_refuses_stops_a_run(tmp_path: Path, name: str) -> None:
    try:
        found = analysed(REFUSED[name], tmp_path)
    except UnusableFileError:
        return
    assert any(one.stops and one.kind in ("keyword", "file") for one in found.unresolved), found.unresolved


@pytest.mark.parametrize("name", REFUSED_LATER)
def test_what_ansible_refuses_when_it_gets_there_is_said_and_stops_nothing(tmp_path: Path, name: str) -> None:
    (found,) = analysed(REFUSED_LATER[name], tmp_path).unresolved
    (file,) = REFUSED_LATER[name].files if len(REFUSED_LATER[name].files) == 1 else ("roles/web/vars/main.yml",)
    assert (found.stops, found.kind, found.location.file) == (False, "file", file)


@pytest.mark.parametrize("name", TAKEN)
def test_what_ansible_takes_stops_none(tmp_path: Path, name: str) -> None:
    assert not [one for one in analysed(TAKEN[name], tmp_path).unresolved if one.stops]


def test_a_readme_beside_the_variables_is_no_file_of_them(tmp_path: Path) -> None:
    assert not analysed(TAKEN["group_vars README"], tmp_path).unresolved


def test_the_keywords_that_a_block_has_not_are_those_of_ansible() -> None:
    assert {*Handler.fattributes} - {*Block.fattributes} >= TASK_ONLY


def test_the_keywords_that_an_include_has_not_are_those_of_ansible() -> None:
    known = {*Handler.fattributes} - TaskInclude.VALID_INCLUDE_KEYWORDS - {"async_val", "listen"}
    assert known == NOT_OF_AN_INCLUDE


def test_a_file_that_nothing_includes_may_be_one_of_handlers_or_of_tasks(tmp_path: Path) -> None:
    """As may a task that includes a role, which no handler can."""
    listens, role = {"debug": {}, "listen": "a"}, {"include_role": {"name": "web"}}
    for name, tasks in {"tasks/main.yml": [], "tasks/more.yml": [listens, role]}.items():
        path = tmp_path / "roles" / "web" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(tasks))
    core = ask_core()
    found = analyse(
        tmp_path,
        [],
        core=Core(Path(ansible.__file__).parent),
        source=lambda _name: None,
        task_keywords=core.task_keywords,
        play_keywords=core.play_keywords,
    )
    assert not found.unresolved
