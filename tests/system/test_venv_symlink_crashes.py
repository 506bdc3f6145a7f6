# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""venv_symlink killed before each of its changes, and several at once on one project."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from linking import OWN, SITE, linked, listing, own_venv, start, users
from shared_venv_process import built, installed

#: Kills the process before its nth change on disk; a sitecustomize module, so that the module itself stays as it is.
#: Without a number it counts them.
_KILLER = """
import atexit, os, signal
changes = []
limit = int(os.environ.get("KILL_BEFORE", "-1"))
def killing(function):
    def call(*args, **options):
        if len(changes) == limit:
            os.kill(os.getpid(), signal.SIGKILL)
        changes.append(function)
        return function(*args, **options)
    return call
if "COUNT" in os.environ:
    atexit.register(lambda: open(os.environ["COUNT"], "w").write(str(len(changes))))
for name in ("mkdir", "rename", "replace", "rmdir", "symlink", "unlink"):
    setattr(os, name, killing(getattr(os, name)))
"""


@pytest.fixture(name="killer")
def fixture_killer(tmp_path: Path) -> str:
    """The value of PYTHONPATH with which a process obeys KILL_BEFORE."""
    directory = tmp_path / "killer"
    directory.mkdir()
    (directory / "sitecustomize.py").write_text(_KILLER)
    return os.pathsep.join([str(directory), *sys.path])


def is_killed(killer: str, *, before: int, **options: Any) -> bool:
    """Run the module and kill it before a change on disk; False when it had ended by then."""
    environment = {"PYTHONPATH": killer, "KILL_BEFORE": str(before)}
    process = start(environment=environment, **options).process
    output, errors = process.communicate(timeout=600)
    assert process.returncode in (0, -9), output + errors
    return process.returncode == -9


@pytest.mark.catalogue(2)
def test_kill_9_before_each_change_of_a_replacement(site_store: Path, tmp_path: Path, killer: str) -> None:
    """Nothing of the user's is lost at any moment, and the next run ends what was begun and leaves nothing else."""
    options: dict[str, Any] = {"store": str(site_store), "target": "site", "replace": True}
    between, before = 0, 0
    while True:
        project = tmp_path / f"project-{before}"
        own_venv(project / "venv")
        killed = is_killed(killer, before=before, project=str(project), **options)
        notes = [path.read_text() for path in project.glob("*/notes") if not path.parent.is_symlink()]
        assert notes == ["mine"]
        between += not os.path.lexists(project / "venv")
        is_done = (project / "venv").is_symlink() and str(project / "venv") in users(site_store)
        answer = linked(project=str(project), **options)
        backup = os.path.basename(answer["backups"][0])
        assert answer["changed"] != is_done
        assert listing(project) == ["venv", backup]
        assert (project / backup / "notes").read_text() == "mine"
        assert installed(project / "venv") == SITE
        assert str(project / "venv") in users(site_store)
        assert not [path for path in (site_store / ".roots").iterdir() if path.name.startswith(".")]
        assert not linked(project=str(project), **options)["changed"]
        if not killed:
            break
        before += 1
    assert before >= 5
    assert between >= 1, "no kill came between the backup and the link"


@pytest.mark.parametrize("targets", [("site", "site"), ("site", "twin")], ids=["same", "different"])
def test_runs_at_once_on_one_project(site_store: Path, project: Path, targets: tuple[str, str]) -> None:
    """All succeed; there is one backup, one entry, and one link that says what one of them asked for."""
    own_venv(project / "venv")
    options: dict[str, Any] = {"project": str(project), "store": str(site_store), "replace": True}
    answers = [run.result() for run in [start(target=target, **options) for target in targets * 3]]
    assert [answer.get("msg") for answer in answers] == [None] * 6
    links = [answer["links"][0] for answer in answers]
    assert len([link["backup"] for link in links if link["backup"]]) == 1
    if targets == ("site", "site"):
        assert sum(answer["changed"] for answer in answers) == 1
    text = os.readlink(project / "venv")
    assert os.path.basename(text) in targets
    assert listing(project) == ["requirements.txt", "venv", os.path.basename(links[0]["backups"][0])]
    assert users(site_store).count(str(project / "venv")) == 1


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.destructive)])
def test_kill_9_on_the_way_back_from_an_isolated_venv(site_store: Path, project: Path, killer: str, every: int) -> None:
    """Before the first and the last changes, and at some between, while the isolated venv is removed."""
    built(store=str(project / ".venv-isolated"), name="venv", packages=[OWN])
    options: dict[str, Any] = {"store": str(site_store), "target": "site"}
    linked(project=str(project), **{**options, "target": "./.venv-isolated/venv"})
    counted, count = project.parent / "counted", project.parent / "count"
    shutil.copytree(project, counted, symlinks=True)
    linked(project=str(counted), environment={"PYTHONPATH": killer, "COUNT": str(count)}, **options)
    changes = int(count.read_text())
    assert changes > 50
    moments = (*range(8), *range(20, changes - 12, changes // 4), *range(changes - 12, changes))
    for before in moments[::every]:
        copy = project.parent / f"copy-{before}"
        shutil.copytree(project, copy, symlinks=True)
        assert is_killed(killer, before=before, project=str(copy), **options)
        assert os.path.isfile(copy / "venv" / "bin" / "python")
        linked(project=str(copy), **options)
        assert listing(copy) == ["requirements.txt", "venv"]
        assert installed(copy / "venv") == SITE
        assert str(copy / "venv") in users(site_store)
