# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A backup is what this collection moved there, and nothing that only looks like it."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.backup import (
    RestoreError,
    backups,
    find_backup,
    move_to_backup,
)
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._link.samples import fill_venv, listing

NOW = 1795258800.0
STAMP = "20261121T110000Z"


def made(project: Path, *, now: float = NOW, version: str = "3.9.1") -> Path:
    fill_venv(project / "venv", version)
    return Path(move_to_backup(str(project / "venv"), now=now))


def found(project: Path) -> str | None:
    return find_backup(str(project / "venv"))


@pytest.fixture(name="project")
def fixture_project(tmp_path: Path) -> Path:
    return tmp_path


def test_the_name_says_when_and_which(project: Path) -> None:
    backup = made(project)
    assert re.fullmatch(rf"venv\.backup-{STAMP}[0-9]{{12}}", backup.name)
    assert found(project) == str(backup)
    assert backups(str(project / "venv")) == [str(backup)]
    assert (backup / "bin" / "python").read_text() == "3.9.1"


def test_what_was_never_moved_is_no_backup(project: Path) -> None:
    for name in ("venv.backup-old", "venv.backup-", f"venv.backup-{STAMP}", f"venv.backup-{STAMP}-1", "venv.backup"):
        fill_venv(project / name)
    (project / f"venv.backup-{STAMP}.tar.gz").touch()
    (project / f"venv.backup-{STAMP}x").symlink_to("venv.backup-old")
    assert found(project) is None
    assert backups(str(project / "venv")) == []


@pytest.mark.parametrize("kind", ["directory", "file", "link", "link to the right one"])
def test_something_else_under_a_name_like_that_is_refused(project: Path, kind: str) -> None:
    """Newer than the right one, and of the right form: the right one is not taken in its place without a word."""
    backup = made(project)
    planted = project / "venv.backup-20990101T000000Z123456789012"
    if kind == "directory":
        fill_venv(planted)
    elif kind == "file":
        planted.touch()
    else:
        fill_venv(project / "elsewhere")
        planted.symlink_to(backup.name if kind == "link to the right one" else "elsewhere")
    with pytest.raises(RestoreError, match=f"^{planted} is not the directory that was moved there"):
        found(project)
    assert backups(str(project / "venv")) == [str(backup)]


def test_what_took_the_place_of_a_backup_is_none(project: Path) -> None:
    """Even when its directory has the inode that the right one had."""
    backup = made(project)
    for _attempt in range(20):
        inode = backup.stat().st_ino
        shutil.rmtree(backup)
        fill_venv(backup)
        with pytest.raises(RestoreError, match="it was replaced, copied or changed"):
            found(project)
        if backup.stat().st_ino == inode:
            break


def test_a_copy_is_none(project: Path) -> None:
    backup = made(project)
    shutil.copytree(backup, project / "copy", symlinks=True)
    shutil.rmtree(backup)
    os.rename(project / "copy", backup)
    with pytest.raises(RestoreError):
        found(project)


def test_use_of_a_backup_leaves_it_one(project: Path) -> None:
    """Files come and go in it, its rights change, and the project moves."""
    backup = made(project / "before")
    (backup / "notes").touch()
    (backup / "bin" / "python").unlink()
    backup.chmod(0o500)
    os.rename(project / "before", project / "after")
    assert found(project / "after") == str(project / "after" / backup.name)


def test_what_is_no_venv_can_be_a_backup(project: Path) -> None:
    (project / "venv").mkdir()
    backup = move_to_backup(str(project / "venv"), now=NOW)
    assert found(project) == backup


@pytest.mark.parametrize("later", [0, -86400 * 400, 1, 86400], ids=["same second", "clock went back", "next", "later"])
def test_the_last_of_two_is_the_one(project: Path, later: float) -> None:
    first = made(project)
    second = made(project, now=NOW + later, version="3.9.2")
    assert found(project) == str(second)
    assert backups(str(project / "venv")) == [str(first), str(second)]
    assert listing(project) == [first.name, second.name]
    assert (Path(second) / "bin" / "python").read_text() == "3.9.2"


def test_another_link_of_the_project_has_its_own(project: Path) -> None:
    made(project)
    assert find_backup(str(project / ".venv")) is None
    assert find_backup(str(project / "ven")) is None
