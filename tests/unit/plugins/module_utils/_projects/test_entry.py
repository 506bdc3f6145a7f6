# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The option projects: its forms, names that differ, and the Python that a user adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.entry import (
    ProjectOption,
    parse_projects,
    read_projects,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_the_forms_of_a_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    entries: list[Any] = ["/srv/one/", "~/two", {"path": "/srv/three", "files": [], "groups": ["dev"], "python": 3.12}]
    assert parse_projects(entries) == [
        ProjectOption("/srv/one"),
        ProjectOption("/home/me/two"),
        ProjectOption("/srv/three", files=(), groups=("dev",), python="3.12"),
    ]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([], "is empty"),
        (["one"], "'one' is not an absolute path"),
        ([1], "'1' is neither a path nor a dictionary"),
        ([{"files": []}], "neither a path nor a dictionary with a path"),
        ([{"path": "/x", "file": "y"}], "/x has the unknown keys file"),
        ([{"path": "/x", "files": "y"}], "files of /x must be a list of texts"),
        ([{"path": "/x", "groups": [1]}], "groups of /x must be a list of texts"),
        (["/x", {"path": "/x/"}], "/x is named twice"),
    ],
)
def test_what_is_no_project(entries: list[Any], message: str) -> None:
    with pytest.raises(InputError, match="^projects: ") as caught:
        parse_projects(entries)
    assert message in caught.value.message


def test_projects_of_one_name_are_called_by_their_paths(tmp_path: Path) -> None:
    for name in ("a/app", "b/app", "other"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "requirements.txt").write_text("six")
    options = parse_projects([str(tmp_path / name) for name in ("a/app", "b/app", "other")])
    projects = read_projects(options)
    assert [one.name for one in projects] == [str(tmp_path / "a/app"), str(tmp_path / "b/app"), "other"]
    assert [one.requirements[0].origin.project for one in projects] == [one.name for one in projects]


@pytest.mark.parametrize(("python", "versions"), [("3.12", "==3.12.*"), (">= 3.11, <4", "<4,>=3.11")])
def test_a_python_for_one_project(tmp_path: Path, python: str, versions: str) -> None:
    (tmp_path / "requirements.txt").write_text("six")
    (tmp_path / ".python-version").write_text("3.11")
    (project,) = read_projects([ProjectOption(str(tmp_path), python=python)])
    assert [(one.versions, str(one.origin)) for one in project.python] == [
        ("==3.11.*", f"{tmp_path}/.python-version, line 1"),
        (versions, "option projects"),
    ]


@pytest.mark.parametrize("python", ["", "three", "/usr/bin/python3"])
def test_a_python_that_is_no_version(tmp_path: Path, python: str) -> None:
    (tmp_path / "requirements.txt").write_text("six")
    with pytest.raises(InputError, match=f"^projects: python of {tmp_path.name} is '{python}'"):
        read_projects([ProjectOption(str(tmp_path), python=python)])
