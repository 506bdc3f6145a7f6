# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Targets that a project's link refuses: one error, and nothing is changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.target import TargetError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._link.samples import (
    asking,
    fill_venv,
    listing,
    make_project,
    project_link,
    users,
)


def dangling(root: Path) -> None:
    os.symlink("nowhere", root / "projects" / "target")


def circle(root: Path) -> None:
    os.symlink("other", root / "projects" / "target")
    os.symlink("target", root / "projects" / "other")


def a_file(root: Path) -> None:
    (root / "projects" / "target").write_text("")


def a_directory(root: Path) -> None:
    (root / "projects" / "target").mkdir()


def without_python(root: Path) -> None:
    (fill_venv(root / "projects" / "target") / "bin" / "python").unlink()


def without_interpreter(root: Path) -> None:
    without_python(root)
    os.symlink("/removed/python3.12", root / "projects" / "target" / "bin" / "python")


def leftovers(root: Path) -> None:
    path = root / "store" / ".generations" / "aaa"
    path.chmod(0o755)
    (path / "venv.json").unlink()
    os.symlink("../store/site", root / "projects" / "target")


UNUSABLE = {
    dangling: "points to {root}/projects/nowhere, where nothing exists: create the venv first",
    circle: "has a loop of links at {root}/projects/",
    a_file: "points to {root}/projects/target, a file and not a venv",
    a_directory: "a directory without pyvenv.cfg, which is not a venv",
    without_python: "whose Python does not run",
    without_interpreter: "/removed/python3.12 was removed: build it again",
    leftovers: "an incomplete build or a venv without its marker",
}


@pytest.mark.parametrize("existing", [None, "link", "directory"])
@pytest.mark.parametrize("damage", UNUSABLE, ids=lambda damage: damage.__name__)
def test_a_target_that_cannot_be_used_is_one_error_and_nothing_is_changed(
    root: Path, store: Store, project: Path, damage: Any, existing: str | None
) -> None:
    if existing == "link":
        os.symlink("/before", project / "venv")
    elif existing == "directory":
        (project / "venv").mkdir()
    damage(root)
    before = listing(project)
    with pytest.raises(TargetError) as error:
        project_link(project, store).ensure(asking("../target", replace=True))
    assert UNUSABLE[damage].format(root=root) in error.value.message
    assert error.value.message.startswith("target: '../target' ")
    assert listing(project) == before
    assert users(store) == []


@pytest.mark.parametrize(("python", "fits"), [("3.12", True), ("3.11", False), ("3.1", False)])
def test_the_python_must_be_the_projects(store: Store, project: Path, python: str, fits: bool) -> None:
    link = project_link(project, store)
    if fits:
        assert link.ensure(asking("site", python=python)).plan.changed
        return
    with pytest.raises(TargetError) as error:
        link.ensure(asking("site", python=python))
    assert f"has Python 3.12.4, but the project requires =={python}.* (a test)" in error.value.message
    assert listing(project) == []


def test_an_unknown_name_says_where_it_was_looked_for(store: Store, project: Path) -> None:
    with pytest.raises(TargetError, match=f"it is a name in the store {store.path}"):
        project_link(project, store).ensure(asking("reports"))


@pytest.mark.parametrize("target", ["./venv", "venv/", "../news/venv", "../other/venv", "../loop"])
@pytest.mark.parametrize("existing", ["link", "directory"])
def test_a_link_never_leads_to_itself(root: Path, store: Store, project: Path, target: str, existing: str) -> None:
    """Also not by way of a sibling that uses this project's own venv: both would be lost."""
    if existing == "link":
        os.symlink("../../store/site", project / "venv")
    else:
        (fill_venv(project / "venv") / "lib").mkdir()
    os.symlink("../news/venv", make_project(root, "other") / "venv")
    os.symlink("other/venv", root / "projects" / "loop")
    before = os.lstat(project / "venv")
    with pytest.raises(InputError, match="itself; choose another"):
        project_link(project, store).ensure(asking(target, replace=True))
    after = os.lstat(project / "venv")  # to read a link changes its time of access
    assert (after.st_ino, after.st_mode, after.st_ctime_ns) == (before.st_ino, before.st_mode, before.st_ctime_ns)


@pytest.mark.parametrize("target", ["", "..", "a\0b", "a/\0b", "a/b\nc", "../\x1b[0m"])
def test_a_bad_target_is_one_error(store: Store, project: Path, target: str) -> None:
    with pytest.raises(InputError):
        project_link(project, store).ensure(asking(target))
