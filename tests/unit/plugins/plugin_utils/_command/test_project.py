# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which playbooks belong to which project, and which cannot be analysed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._command.project import (
    PlaybookProject,
    found_projects,
    projects_of,
)


@pytest.fixture(name="current")
def fixture_current(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        (tmp_path / name / "playbooks").mkdir(parents=True)
        (tmp_path / name / "ansible.cfg").touch()
        for playbook in ("site.yml", "playbooks/more.yml"):
            (tmp_path / name / playbook).touch()
    (tmp_path / "a" / "link").symlink_to(tmp_path / "b" / "playbooks")
    os.mkfifo(tmp_path / "a" / "pipe")
    (tmp_path / "a" / "dangling").symlink_to("nothing")
    return tmp_path / "a"


@pytest.mark.parametrize(
    ("playbooks", "expected"),
    [
        (["site.yml"], {"a": ("site.yml",)}),
        (["playbooks/more.yml", "site.yml"], {"a": ("playbooks/more.yml", "site.yml")}),
        (["site.yml", "../b/site.yml"], {"a": ("site.yml",), "b": ("site.yml",)}),
        (["link/more.yml"], {"b": ("playbooks/more.yml",)}),
        (["link/../site.yml"], {"b": ("site.yml",)}),
        (["mine.own.play", "site.yml"], {"a": ("mine.own.play", "site.yml")}),
    ],
)
def test_each_project_with_its_playbooks(
    current: Path, playbooks: list[str], expected: dict[str, tuple[str, ...]]
) -> None:
    found = projects_of(playbooks, current=str(current))
    assert found == [PlaybookProject(str(current.parent / name), names) for name, names in expected.items()]
    directories = [one.directory for one in found_projects(playbooks, current=str(current))]
    assert set(directories) == {one.root for one in found}


@pytest.mark.parametrize(
    ("playbook", "said"),
    [
        ("none.yml", "none.yml does not exist"),
        ("not.a.file.yml", "not.a.file.yml does not exist"),
        ("-", "- does not exist"),
        ("playbooks", "playbooks is a directory"),
        ("dangling", "dangling is a link that leads nowhere"),
        ("pipe", "pipe is not a regular file.*--venv-profile"),
        ("/dev/null", "/dev/null is not a regular file"),
    ],
)
def test_what_cannot_be_analysed(current: Path, playbook: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        projects_of(["site.yml", playbook], current=str(current))


def test_standard_input_is_no_file_of_a_project(current: Path) -> None:
    saved = os.dup(0)
    try:
        with open(current / "site.yml", encoding="utf-8") as stream:
            os.dup2(stream.fileno(), 0)
        with pytest.raises(InputError, match="is not a regular file"):
            projects_of(["/dev/stdin"], current=str(current))
    finally:
        os.dup2(saved, 0)
        os.close(saved)
