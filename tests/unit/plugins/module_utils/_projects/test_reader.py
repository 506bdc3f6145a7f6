# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Whole projects: which files count, what each format says, and on which line."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects import files as project_files
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.entry import parse_projects
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.reader import (
    read_project,
    read_projects,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.toml import TomlFile
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._projects.samples import (
    PROJECT,
    assert_read,
    assert_refused,
    lines,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path


READ: dict[str, tuple[dict[str, str], list[str], list[tuple[str, str, int]]]] = {
    "a group in a file": (
        {"requirements.txt": "six", "requirements-dev.txt": "-r requirements.txt\nmypy"},
        ["dev"],
        [("six", "requirements.txt", 1), ("mypy", "requirements-dev.txt", 2)],
    ),
    "a group in a directory": (
        {"requirements.txt": "six", "requirements/dev.txt": "mypy"},
        ["dev"],
        [("six", "requirements.txt", 1), ("mypy", os.path.join("requirements", "dev.txt"), 1)],
    ),
    "both kinds of file": (
        {
            "requirements.txt": "six\n-e .\n-c c.txt",
            "c.txt": "idna<4",
            "pyproject.toml": PROJECT + 'dependencies = ["idna"]',
        },
        [],
        [("idna", "pyproject.toml", 4), ("six", "requirements.txt", 1), ("idna<4", "c.txt", 1)],
    ),
    "only settings of tools": (
        {"pyproject.toml": "[tool.x]\ny = 1\n", "requirements.txt": "six"},
        [],
        [("six", "requirements.txt", 1)],
    ),
}


@pytest.mark.parametrize("case", READ)
def test_what_a_project_needs_and_where_it_says_so(tmp_path: Path, case: str) -> None:
    assert_read(tmp_path, *READ[case])


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "nothing": ({}, "has no requirements.txt, no pyproject.toml"),
    "only a program": ({"setup.py": "install_requires=['six']"}, "setup.py: dependencies that are computed"),
    "a program beside settings of tools": (
        {"setup.py": "", "setup.cfg": "[flake8]", "pyproject.toml": "[tool.x]"},
        "setup.py: dependencies that are computed",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_one_error(tmp_path: Path, case: str) -> None:
    assert_refused(tmp_path, *REFUSED[case])


def test_files_can_be_named(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "requirements.txt": "six",
            "deps/main.in": "idna\n-r ../more.txt",
            "more.txt": "x",
            "dev-requirements.txt": "y",
        },
    )
    project = read_project(str(tmp_path), files=["deps/main.in"], groups=["dev"], name="called")
    assert [line for line, _file, _line in lines(project)] == ["idna", "x", "y"]
    assert {one.location.project for one in project.declared} == {"called"}
    for name in ("../x", "/etc/passwd", "missing.txt"):
        with pytest.raises(InputError):
            read_project(str(tmp_path), files=[name])


def test_a_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none is not a directory of this host"):
        read_project(str(tmp_path / "none"))


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements.txt", "setup.cfg", ".python-version"])
def test_a_file_that_is_a_link_out_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("six")
    project = tmp_path / "project"
    project.mkdir()
    (project / "requirements.txt").write_text("six")
    (project / name).unlink(missing_ok=True)
    (project / name).symlink_to(tmp_path / "secret")
    with pytest.raises(InputError, match="is outside the project's directory"):
        read_project(str(project))


PYTHONS = [
    ({"pyproject.toml": PROJECT + "requires-python = '>= 3.9, <4'"}, [("<4,>=3.9", 4)]),
    ({"setup.cfg": "[options]\npython_requires = >=3.8\ninstall_requires = six"}, [(">=3.8", 2)]),
    ({"pylock.toml": "requires-python = '>=3.10'\n[[packages]]\nname='x'\nversion='1'"}, [(">=3.10", 1)]),
    ({"requirements.txt": "", ".python-version": "# mine\n3.12.4\n3.11\n"}, [("==3.12.*", 2)]),
    ({"requirements.txt": "", ".python-version": "\n"}, []),
]


@pytest.mark.parametrize(("files", "expected"), PYTHONS)
def test_the_python_that_is_asked_for(tmp_path: Path, files: dict[str, str], expected: list[tuple[str, int]]) -> None:
    assert [(one.versions, one.location.line) for one in read_project(write(tmp_path, files)).python] == expected


def test_a_python_that_is_no_version_is_noted(tmp_path: Path) -> None:
    project = read_project(write(tmp_path, {"requirements.txt": "", ".python-version": "my-env\n"}))
    assert project.python == ()
    assert project.notes == (
        f"{tmp_path}/.python-version, line 1: 'my-env' is not a version of Python, such as 3.12; it is ignored",
    )


def test_projects_of_one_name_are_called_by_their_paths(tmp_path: Path) -> None:
    for name in ("a/app", "b/app", "other"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "requirements.txt").write_text("six")
    options = parse_projects([str(tmp_path / name) for name in ("a/app", "b/app", "other")])
    projects = read_projects(options)
    assert [one.name for one in projects] == [str(tmp_path / "a/app"), str(tmp_path / "b/app"), "other"]
    assert [one.requirements[0].location.project for one in projects] == [one.name for one in projects]


@pytest.mark.parametrize(("python", "versions"), [("3.12", "==3.12.*"), (">= 3.11, <4", "<4,>=3.11")])
def test_a_python_for_one_project(tmp_path: Path, python: str, versions: str) -> None:
    (tmp_path / "requirements.txt").write_text("six")
    (tmp_path / ".python-version").write_text("3.11")
    (project,) = read_projects(parse_projects([{"path": str(tmp_path), "python": python}]))
    assert [(one.versions, str(one.location)) for one in project.python] == [(versions, "option projects")]


def test_a_file_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []

    def counted(path: str, text: str, *, project: str) -> TomlFile:
        parsed.append(os.path.basename(path))
        return TomlFile(path, text, project=project)

    monkeypatch.setattr(project_files, "TomlFile", counted)
    python = "requires-python = '>=3.9'\ndependencies = ['six', 'me[a]']\n"
    extras = "[project.optional-dependencies]\na = ['idna']\n"
    found = read_project(
        write(tmp_path, {"pyproject.toml": PROJECT + python + extras, "requirements.txt": "-e .[a]\n"})
    )
    assert [one.line for one in found.requirements] == ["six", "idna"]
    assert parsed == ["pyproject.toml"]
