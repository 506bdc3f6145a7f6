# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which files of a directory are read, compared with the action include_vars of ansible-core."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.action.include_vars import ActionModule
from ansible.utils.display import Display
from small_projects import analysed, dynamic, play

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.files import Files
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.variable_files import DirectoryOptions

NAMES = [
    "a.yml",
    "b.yaml",
    "c.json",
    "d.conf",
    "e",
    ".hidden.yml",
    "skip.yml",
    "old.d/a.yml",
    ".dir/a.yml",
    "1/2/3/4/5/6/7/a.yml",
    "1/a.yml",
]
OPTIONS: list[dict[str, Any]] = [
    {"ignore_unknown_extensions": True, **options}
    for options in (
        {},
        {"extensions": ["conf"]},
        {"extensions": ["yml", "conf"], "depth": 2},
        {"extensions": "yml"},
        {"ignore_files": ["skip.yml"]},
        {"ignore_files": "skip.yml b.yaml"},
        {"ignore_files": ["^s.*", "a.yml"]},
        {"files_matching": "^a"},
        {"files_matching": "ki|b"},
        {"depth": 1},
        {"depth": 3, "files_matching": "a"},
        {"depth": 0},
    )
]


def read_by_ansible(directory: Path, arguments: dict[str, Any]) -> set[str]:
    """What the action reads, without a task and its templating."""
    action = ActionModule.__new__(ActionModule)
    action._task = SimpleNamespace(args={**arguments, "dir": str(directory)}, _role=None)
    action._loader, action._display = DataLoader(), Display()
    try:
        action._set_args()
    except AnsibleError as error:  # a text for extensions, since ansible-core 2.20
        pytest.skip(str(error))
    action._set_dir_defaults()
    action.included_files, action.show_content = [], True
    for found, names in action._traverse_dir_depth():
        action._load_files_in_dir(found, names)
    return {os.path.relpath(path, directory) for path in action.included_files}


@pytest.mark.parametrize("arguments", OPTIONS, ids=str)
def test_the_files_that_ansible_includes(tmp_path: Path, arguments: dict[str, Any]) -> None:
    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    written = {key: str(value) if isinstance(value, int) else value for key, value in arguments.items()}
    options = DirectoryOptions.of(written)
    assert options.unknown == ()
    found = options.files(Files(tmp_path), tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in found} == read_by_ansible(tmp_path, arguments)


@pytest.mark.parametrize(
    "option",
    [
        "files_matching: '(a+)+$'",
        "files_matching: 'a.*a.*a.*b'",
        "ignore_files: ['(']",
        "ignore_files: ['{{ unknown }}']",
        "depth: '{{ unknown }}'",
        "extensions: '{{ unknown }}'",
    ],
)
def test_options_that_are_not_applied_are_said(tmp_path: Path, option: str) -> None:
    files = {"site.yml": play(f"include_vars: {{dir: inner, {option}}}"), "inner/a.yml": "a: '{{ x | a.b.c }}'\n"}
    analysis = analysed(tmp_path, files)
    assert {one.name for one in analysis.unresolved} == {"a.b.c"}
    assert any("not applied" in one for one in dynamic(analysis))
