# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What prevents a share is found before anything is built, in check mode as in a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from controller import Controller, Run


class Projects:
    """Two projects that need the same package, and no venv yet."""

    def __init__(self, controller: Controller, directory: Path, wheelhouse: Path) -> None:
        self._controller = controller
        self._wheelhouse = wheelhouse
        self.store = directory / "store"
        self.paths = [directory / "one", directory / "two"]
        for path in self.paths:
            path.mkdir(parents=True)
            (path / "requirements.txt").write_text("six\n")

    def play(self, playbook: str, *arguments: str, **variables: Any) -> Run:
        given = {
            "shared_venv_projects": ",".join(map(str, self.paths)),
            "shared_venv_parent": str(self.paths[0]),
            "shared_venv_store": str(self.store),
            "shared_venv_find_links": str(self._wheelhouse),
            "shared_venv_offline": "true",
            "shared_venv_pip": "false",
            **variables,
        }
        typed = [text for name, value in given.items() for text in ("-e", f"{name}={value}")]
        return self._controller.playbook(f"mobile_ansible.venv.{playbook}", *typed, *arguments, cwd=self.store.parent)


@pytest.fixture(name="projects")
def fixture_projects(controller: Controller, tmp_path: Path, wheelhouse: Path) -> Projects:
    return Projects(controller, tmp_path / "work", wheelhouse)


@pytest.mark.parametrize("arguments", [[], ["--check"]], ids=["run", "check"])
@pytest.mark.parametrize(
    ("playbook", "kind", "message"),
    [
        ("share", "directory", "is a directory and not a link: run the playbook mobile_ansible.venv.migrate"),
        ("share", "file", "is a file at the path of the link to the venv: move it away"),
        ("migrate", "file", "is a file at the path of the link to the venv: move it away"),
    ],
)
def test_a_link_that_cannot_be_made(
    projects: Projects, playbook: str, kind: str, message: str, arguments: list[str]
) -> None:
    occupied = projects.paths[1] / "venv"
    if kind == "directory":
        occupied.mkdir()
    else:
        occupied.touch()
    ended = projects.play(playbook, *arguments)
    assert ended.returncode == 2, ended.output
    assert f"{occupied} {message}" in ended.stdout
    assert not projects.store.exists()
    assert not (projects.paths[0] / "venv").exists()


def test_a_directory_for_results_is_made_when_it_is_missing(projects: Projects) -> None:
    reports = projects.store.parent / "some" / "reports"
    checked = projects.play("share", "--check", shared_venv_report="some/reports")
    assert (checked.returncode, reports.exists()) == (0, False), checked.output
    ended = projects.play("share", shared_venv_report="some/reports")
    assert ended.returncode == 0, ended.output
    assert '"healthy": true' in (reports / "localhost.json").read_text()


def test_a_directory_for_results_that_cannot_be_made_is_said_first(projects: Projects) -> None:
    (projects.store.parent / "file").touch()
    ended = projects.play("share", shared_venv_report="file/reports")
    assert ended.returncode == 2, ended.output
    assert not projects.store.exists()


def test_a_relative_path_of_wheels_is_an_error(projects: Projects) -> None:
    ended = projects.play("share", shared_venv_find_links="wheels")
    assert ended.returncode == 2 and "shared_venv_find_links: 'wheels' is a relative path" in ended.stdout, ended.output
    assert not projects.store.exists()
