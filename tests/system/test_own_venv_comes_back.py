# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A project gets back the venv that was taken from it and no other, whatever lies there and whenever we are killed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from injection import Steps
from shared_venv_process import SharedVenvProcess, built, installed

SITE = ["six==1.17.0"]
FAILS = ["python", "-c", "import no_such_module"]
WORKS = ["python", "-c", "import six"]


@dataclass(frozen=True)
class Projects:
    """A directory with a store, in which ``site`` is, and projects."""

    root: Path
    template: Path

    @property
    def store(self) -> Path:
        return self.root / "store"

    def make(self, name: str, *, own: str | None = "mine") -> Path:
        """A project; ``own`` is what a note in its own venv says, None for no such venv."""
        project = self.root / name
        project.mkdir()
        if own is not None:
            self.fill(project / "venv", own)
        return project

    def fill(self, directory: Path, note: str) -> None:
        shutil.copytree(self.template, directory, symlinks=True)
        (directory / "note").write_text(note)

    def link(self, project: Path, **options: Any) -> dict[str, Any]:
        answer = run("venv_symlink", project=str(project), target="site", store=str(self.store), **options)
        (link,) = succeeded(answer)["links"]
        return dict(link)

    def migration_test(self, *projects: Path, test: list[str] | None = None, **options: Any) -> dict[str, Any]:
        entries = [{"path": str(one), **({"test": test} if test else {})} for one in projects]
        return run("venv_migration_test", projects=entries, store=str(self.store), **options)


def run(module: str, **options: Any) -> dict[str, Any]:
    return SharedVenvProcess.start(module=module, **options).result()


def succeeded(answer: dict[str, Any]) -> dict[str, Any]:
    assert not answer.get("failed"), answer["msg"]
    return answer


@pytest.fixture(scope="module", name="projects")
def fixture_projects(tmp_path_factory: pytest.TempPathFactory) -> Projects:
    root = tmp_path_factory.mktemp("projects")
    built(store=str(root / "store"), name="site", packages=SITE)
    template = root / "template"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(template)], check=True, env={})
    return Projects(root, template)


def state(directory: Path) -> dict[str, str]:
    """Everything in a directory, with its content; what links lead to is not looked at."""
    return {
        str(path.relative_to(directory)): os.readlink(path)
        if path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else str(path.lstat().st_ino)
        for path in directory.rglob("*")
    }


def litter(projects: Projects, project: Path) -> None:
    """What users have beside a venv, all of it named so that it sorts before or behind a backup of ours."""
    projects.fill(project / "venv.backup-old", "old")
    projects.fill(project / "venv.backup-20990101T000000Z", "handmade")
    projects.fill(project / "venv.backup-20990101T000000Z-1", "handmade too")
    (project / "venv.backup-20990101T000000Z.tar.gz").write_text("an archive")
    (project / "venv.backup-link").symlink_to("venv.backup-old")
    (project / "venv.backup-zzz").symlink_to("nowhere")
    (project / ".venv.new").symlink_to("elsewhere")


def note(project: Path) -> str:
    return (project / "venv" / "note").read_text()


# Only what was taken away comes back ----------------------------------------------------------------------------------


@pytest.mark.catalogue(26)
@pytest.mark.parametrize("undo", [False, True], ids=["its tests fail", "undo"])
def test_what_looks_like_a_backup_is_not_put_back(projects: Projects, undo: bool) -> None:
    """The project had no venv, so there is nothing to put back."""
    project = projects.make(f"nothing-{undo}", own=None)
    litter(projects, project)
    assert projects.link(project)["backups"] == []
    before = state(project)
    answer = succeeded(projects.migration_test(project, test=None if undo else FAILS, undo=undo))
    assert not answer["changed"]
    assert state(project) == before
    assert f"there is no backup beside {project}/venv" in answer["projects"][0]["reason"]
    assert installed(project / "venv") == SITE


@pytest.mark.parametrize("undo", [False, True], ids=["its tests fail", "undo"])
def test_a_projects_own_venv_comes_back_whole(projects: Projects, undo: bool) -> None:
    project = projects.make(f"own-{undo}")
    litter(projects, project)
    before = state(project)
    projects.link(project, replace=True)
    answer = succeeded(projects.migration_test(project, test=None if undo else FAILS, undo=undo))
    assert answer["changed"]
    assert state(project) == before
    assert note(project) == "mine"


def test_the_last_of_two_migrations_is_undone(projects: Projects) -> None:
    project = projects.make("twice", own="first")
    first = projects.link(project, replace=True)["backup"]
    succeeded(run("venv_symlink", project=str(project), store=str(projects.store), state="absent"))
    projects.fill(project / "venv", "second")
    second = projects.link(project, replace=True)
    assert second["backups"] == [first, second["backup"]]
    answer = succeeded(projects.migration_test(project, test=FAILS))
    assert answer["projects"][0]["restored"] == second["backup"]
    assert note(project) == "second"
    assert Path(first, "note").read_text() == "first"


@pytest.mark.parametrize("replacement", ["directory", "copy", "file", "link"])
def test_what_took_the_place_of_a_backup_is_not_put_back(projects: Projects, replacement: str) -> None:
    """Undo is one error, and nothing changes, in other projects neither; a test that fails says why it stays a link."""
    other, project = projects.make(f"other-{replacement}"), projects.make(f"replaced-{replacement}")
    projects.link(other, replace=True)
    backup = Path(projects.link(project, replace=True)["backup"])
    os.rename(backup, project / "kept")
    if replacement == "directory":
        projects.fill(backup, "another")
    elif replacement == "copy":
        shutil.copytree(project / "kept", backup, symlinks=True)
    elif replacement == "file":
        backup.touch()
    else:
        backup.symlink_to("kept")
    before = state(other), state(project)
    answer = projects.migration_test(other, project, undo=True)
    assert answer["error_code"] == "restore"
    assert answer["msg"].startswith(f"{backup} is not the directory that was moved there")
    assert (state(other), state(project)) == before
    answer = succeeded(projects.migration_test(project, test=FAILS))
    assert not answer["changed"]
    assert f"its tests failed, but {backup} is not the directory that was moved there" in answer["lines"][0]
    assert (state(other), state(project)) == before


def test_a_backup_that_has_gone_is_not_made_up_for(projects: Projects) -> None:
    project = projects.make("gone")
    litter(projects, project)
    shutil.rmtree(projects.link(project, replace=True)["backup"])
    before = state(project)
    assert not succeeded(projects.migration_test(project, undo=True))["changed"]
    assert state(project) == before


def test_a_file_in_the_place_of_the_link_stays(projects: Projects) -> None:
    project = projects.make("file")
    projects.link(project, replace=True)
    (project / "venv").unlink()
    (project / "venv").write_text("mine")
    answer = succeeded(projects.migration_test(project, undo=True))
    assert answer["projects"][0]["reason"] == f"requested, but {project}/venv is a file now"
    assert (project / "venv").read_text() == "mine"


# Killed ---------------------------------------------------------------------------------------------------------------


def notes(project: Path) -> list[str]:
    return [path.read_text() for path in project.glob("*/note") if not path.parent.is_symlink()]


def users(projects: Projects) -> list[str]:
    return [os.readlink(path) for path in (projects.store / ".roots").iterdir()]


def test_kill_9_at_each_step_of_a_restore(projects: Projects, tmp_path: Path) -> None:
    """The user's venv is there at every moment, the next run puts it back, and nothing stays that was ours."""
    steps = Steps(tmp_path / "steps", projects.root)
    counted = projects.make("restore-counted")
    projects.link(counted, replace=True)
    undo: dict[str, Any] = {"module": "venv_migration_test", "store": str(projects.store), "undo": True}
    SharedVenvProcess.start(environment=steps.counting(), projects=[str(counted)], **undo).result()
    left_a_lock = 0
    for step in range(1, steps.count() + 1):
        project = projects.make(f"restore-{step}")
        projects.link(project, replace=True)
        environment = steps.environment("KILL", at=step)
        victim = SharedVenvProcess.start(environment=environment, projects=[str(project)], **undo)
        output, errors = victim.process.communicate(timeout=600)
        assert victim.process.returncode == -9, (step, output, errors)
        assert notes(project) == ["mine"]
        left_a_lock += (project / ".venv.link-lock").exists() and not (project / "venv").is_symlink()
        succeeded(projects.migration_test(project, undo=True))
        assert os.listdir(project) == ["venv"], step
        assert note(project) == "mine"
        assert str(project / "venv") not in users(projects)
    assert steps.count() > 8
    assert left_a_lock, "no kill left the lock of a restore"


@pytest.mark.parametrize("next_run", ["link", "link that is refused", "absent", "test"])
def test_what_a_killed_restore_left_goes_with_any_next_run(projects: Projects, next_run: str) -> None:
    project = projects.make(f"left-{next_run.replace(' ', '-')}")
    (project / ".venv.link-lock").write_text('{"pid": 1}')
    (project / f".venv.{'0' * 32}.new").symlink_to("staged")
    if next_run == "test":
        succeeded(projects.migration_test(project, test=WORKS))
    elif next_run == "absent":
        succeeded(run("venv_symlink", project=str(project), store=str(projects.store), state="absent"))
    elif next_run == "link":
        projects.link(project, replace=True)
    else:
        options = {"project": str(project), "target": "site", "store": str(projects.store)}
        assert "replace: true" in run("venv_symlink", **options)["msg"]
    assert [name for name in os.listdir(project) if name.startswith(".")] == []
    assert notes(project) == ["mine"]
