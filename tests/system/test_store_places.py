# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where no store and no link can be: one error before anything is built, from every module, in check mode too."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import another_user
import pytest
from another_user import PYTHON, UID, AnotherUser
from disks import mounted

pytestmark = pytest.mark.skipif(another_user.missing() is not None, reason=str(another_user.missing()))

SIX = ["six==1.17.0"]


@pytest.fixture(name="project", scope="module")
def fixture_project(them: AnotherUser) -> Path:
    """A project of theirs."""
    project = them.home / "news"
    project.mkdir()
    (project / "requirements.txt").write_text("six\n")
    (project / "site.yml").write_text("- hosts: localhost\n")
    subprocess.run(["chown", "-R", f"{UID}:{UID}", str(project)], check=True)
    return project


def directory_of_root(them: AnotherUser) -> tuple[str, str]:
    return f"{them.directory}/venvs", f"has no permission to write to {them.directory}"


def below_one_of_root(them: AnotherUser) -> tuple[str, str]:
    return f"{them.directory}/team/a/venvs", f"has no permission to write to {them.directory}"


def closed_to_them(them: AnotherUser) -> tuple[str, str]:
    return "/root/venvs", "cannot be used: /root/venvs: Permission denied"


def of_a_third(them: AnotherUser) -> tuple[str, str]:
    theirs = them.home / "third"
    theirs.mkdir(exist_ok=True)
    os.chown(theirs, 12345, 12345)
    return f"{theirs}", "belongs to another user (uid 12345)"


def is_a_file(them: AnotherUser) -> tuple[str, str]:
    return f"{own_file(them)}", "is a file and not a directory"


def below_a_file(them: AnotherUser) -> tuple[str, str]:
    return f"{own_file(them)}/venvs", "is a file and not a directory"


def read_only(them: AnotherUser) -> tuple[str, str]:
    return f"{them.directory}/read-only/venvs", "is on a read-only file system"


def closed_by_themselves(them: AnotherUser) -> tuple[str, str]:
    closed = them.home / "closed"
    closed.mkdir(exist_ok=True)
    os.chown(closed, UID, UID)
    closed.chmod(0o555)
    return f"{closed}/venvs", f"has no permission to write to {closed}"


def in_a_home_that_is_not_there(them: AnotherUser) -> tuple[str, str]:
    return "~nobody/venvs", "/nonexistent/venvs cannot be used: "


def of_nobody_known(them: AnotherUser) -> tuple[str, str]:
    return "~no-such-user/venvs", "the home directory ~no-such-user does not exist"


def relative(them: AnotherUser) -> tuple[str, str]:
    return "some/venvs", "is a relative path"


def with_a_name_that_is_too_long(them: AnotherUser) -> tuple[str, str]:
    return f"{them.home}/{'n' * 300}", "File name too long"


def own_file(them: AnotherUser) -> Path:
    file = them.home / "file"
    file.write_text("")
    os.chown(file, UID, UID)
    return file


PLACES = [
    directory_of_root,
    below_one_of_root,
    closed_to_them,
    of_a_third,
    is_a_file,
    below_a_file,
    read_only,
    closed_by_themselves,
    in_a_home_that_is_not_there,
    of_nobody_known,
    relative,
    with_a_name_that_is_too_long,
]


def changes(them: AnotherUser, project: Path) -> dict[str, dict[str, Any]]:
    """What needs a store that it can make or change."""
    venv = {"module": "shared_venv", "packages": SIX, "python": PYTHON, "offline": True}
    venv["find_links"] = [str(them.wheels)]
    return {
        "a venv": {**venv, "name": "site"},
        "a venv in check mode": {**venv, "name": "site", "_ansible_check_mode": True},
    }


def looks(them: AnotherUser, project: Path) -> dict[str, dict[str, Any]]:
    """What only reads a store, or makes it where something is to be kept."""
    return {
        "info": {"module": "shared_venv_info"},
        "prune": {"module": "shared_venv_prune"},
        "a link by name": {"module": "venv_symlink", "project": str(project), "target": "site"},
        "verify": {"module": "shared_venv_verify", "projects": [str(project)], "target": "site"},
        "a migration": {"module": "venv_migration_test", "projects": [str(project)]},
        "a union": {"module": "requirements_union", "projects": [str(project)], "offline": True},
        "a run": {"module": "venv_playbook", "venv": "site", "playbook": str(project / "site.yml")},
        "absent": {"module": "shared_venv", "name": "site", "state": "absent"},
        "previous": {"module": "shared_venv", "name": "site", "generation": "previous"},
    }


@pytest.fixture(name="disk")
def fixture_disk(them: AnotherUser) -> Iterator[None]:
    with mounted(them.directory / "read-only", "-t", "tmpfs", "-o", "mode=755,ro,uid=65534", "tmpfs"):
        yield
    (them.directory / "read-only").rmdir()


def is_one_clear_error(answer: dict[str, Any], expected: str) -> None:
    assert answer.get("failed") and answer.get("error_code") in ("store", "bad_input"), answer
    assert expected in answer["msg"], answer["msg"]
    assert not re.search(r"Errno|Traceback", answer["msg"]), answer["msg"]
    assert re.search(r"choose|correct|give|work as|create", answer["msg"]), "no remedy: " + answer["msg"]


@pytest.mark.usefixtures("disk")
@pytest.mark.parametrize("change", sorted(changes(AnotherUser(Path("/")), Path("/"))))
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_a_store_that_cannot_be_is_said_before_anything_is_built(
    them: AnotherUser, project: Path, place: Callable[[AnotherUser], tuple[str, str]], change: str
) -> None:
    store, expected = place(them)
    before = sorted(them.directory.rglob("*"))
    is_one_clear_error(them.module(**changes(them, project)[change], store=store), expected)
    assert sorted(them.directory.rglob("*")) == before


@pytest.mark.parametrize("look", sorted(looks(AnotherUser(Path("/")), Path("/"))))
@pytest.mark.parametrize(
    "place",
    [of_a_third, below_a_file, of_nobody_known, relative],
    ids=lambda place: place.__name__,
)
def test_a_store_that_is_none_is_said_by_every_module(
    them: AnotherUser, project: Path, place: Callable[[AnotherUser], tuple[str, str]], look: str
) -> None:
    store, expected = place(them)
    before = sorted(them.directory.rglob("*"))
    asked = looks(them, project)[look]
    is_one_clear_error(them.module(**asked, store=store), expected)
    assert sorted(them.directory.rglob("*")) == before


def own_for_reading_only(them: AnotherUser) -> tuple[str, str]:
    store = them.home / "for-reading"
    if not store.exists():
        assert them.module(**changes(them, them.home)["a venv"], store=str(store)).get("msg") is None
        store.chmod(0o555)
    return str(store), f"has no permission to write to {store}"


@pytest.mark.usefixtures("disk")
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize(
    "place",
    [directory_of_root, below_one_of_root, read_only, closed_by_themselves, own_for_reading_only],
    ids=lambda place: place.__name__,
)
def test_advice_needs_no_store_that_can_be_written(
    them: AnotherUser, project: Path, place: Callable[[AnotherUser], tuple[str, str]], check: bool
) -> None:
    store, _expected = place(them)
    before = sorted(them.directory.rglob("*"))
    asked = {**looks(them, project)["a union"], "find_links": [str(them.wheels)], "python": PYTHON, "store": store}
    answer = them.module(**asked, _ansible_check_mode=check)
    assert (answer.get("msg"), answer.get("requirements")) == (None, ["six"])
    # What Ansible itself keeps for a module goes with the task.
    assert [one for one in sorted(them.directory.rglob("*")) if ".ansible" not in one.parts] == before


@pytest.mark.parametrize("module", ["shared_venv_info", "shared_venv_prune"])
def test_a_store_that_is_not_there_yet_is_empty(them: AnotherUser, module: str) -> None:
    answer = them.module(module, store=str(them.directory / "not-there"))
    assert (answer.get("msg"), answer.get("changed")) == (None, False)


def nowhere(them: AnotherUser) -> tuple[str, str]:
    return (
        f"{them.home}/nowhere/x/venv",
        f"the directory {them.home}/nowhere/x does not exist; create it or correct the path",
    )


def in_a_directory_of_root(them: AnotherUser) -> tuple[str, str]:
    return f"{them.directory}/venv", f"has no permission to write to {them.directory}"


def at_the_root(them: AnotherUser) -> tuple[str, str]:
    return "/venv", "has no permission to write to /"


def in_a_directory_of_a_third(them: AnotherUser) -> tuple[str, str]:
    return f"{of_a_third(them)[0]}/venv", "belongs to another user (uid 12345)"


def below_a_file_of_theirs(them: AnotherUser) -> tuple[str, str]:
    return f"{own_file(them)}/venv", f"the directory {them.home}/file does not exist; create it or correct the path"


def read_only_place(them: AnotherUser) -> tuple[str, str]:
    return f"{them.directory}/read-only/venv", "is on a read-only file system"


def of_nobody_known_place(them: AnotherUser) -> tuple[str, str]:
    return "~no-such-user/venv", "the home directory ~no-such-user does not exist"


@pytest.mark.usefixtures("disk")
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize(
    "place",
    [
        nowhere,
        in_a_directory_of_root,
        at_the_root,
        in_a_directory_of_a_third,
        below_a_file_of_theirs,
        read_only_place,
        of_nobody_known_place,
        relative,
    ],
    ids=lambda place: place.__name__,
)
def test_a_path_where_no_link_can_be_is_said_before_anything_is_built(
    them: AnotherUser, place: Callable[[AnotherUser], tuple[str, str]], check: bool
) -> None:
    path, expected = place(them)
    before = sorted(them.directory.rglob("*"))
    venv = changes(them, them.home)["a venv"] | {"name": None, "path": path, "store": str(them.home / "venvs")}
    asked = {option: value for option, value in venv.items() if value is not None}
    is_one_clear_error(them.module(**asked, _ansible_check_mode=check), expected)
    assert sorted(them.directory.rglob("*")) == before


def lock_of_root(them: AnotherUser) -> tuple[str, str]:
    return f"{them.directory}", f"has no permission to write to {them.directory}"


def lock_on_a_read_only_disk(them: AnotherUser) -> tuple[str, str]:
    return f"{them.directory}/read-only", "is on a read-only file system"


@pytest.mark.usefixtures("disk")
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize("place", [lock_of_root, lock_on_a_read_only_disk], ids=lambda place: place.__name__)
def test_a_lock_that_cannot_be_written_is_said_before_anything_is_built(
    them: AnotherUser, place: Callable[[AnotherUser], tuple[str, str]], check: bool
) -> None:
    directory, expected = place(them)
    before = sorted(them.directory.rglob("*"))
    asked = {**changes(them, them.home)["a venv"], "store": str(them.home / "venvs"), "lock": directory}
    is_one_clear_error(them.module(**asked, _ansible_check_mode=check), f"lock: {directory} cannot be written: ")
    is_one_clear_error(them.module(**asked, _ansible_check_mode=check), expected)
    assert sorted(them.directory.rglob("*")) == before


def test_a_lock_that_is_right_need_not_be_written(them: AnotherUser) -> None:
    asked = {**changes(them, them.home)["a venv"], "store": str(them.home / "kept"), "lock": str(them.home / "lock")}
    directory = them.home / "lock"
    directory.mkdir()
    os.chown(directory, UID, UID)
    assert them.module(**asked)["changed"]
    directory.chmod(0o555)
    assert not them.module(**asked)["changed"]
    assert not them.module(**asked, locked=True)["changed"]
    answer = them.module(**{**asked, "packages": [*SIX, "pip"]})
    is_one_clear_error(answer, f"lock: {directory} cannot be written: ")


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_no_project_is_linked_where_one_cannot_be(them: AnotherUser, state: str, check: bool) -> None:
    """The one that cannot be written comes last."""
    root = Path(tempfile.mkdtemp(dir=them.home))
    venv = {**changes(them, root)["a venv"], "name": "site", "store": str(them.home / "shared")}
    assert them.module(**venv).get("msg") is None
    own, closed = root / "own", root / "closed"
    for directory in (root, own, closed):
        directory.mkdir(exist_ok=True)
        os.chown(directory, UID, UID)
    asked = {"module": "venv_symlink", "projects": [str(own), str(closed)], "store": venv["store"]}
    if state == "absent":
        assert them.module(**asked, target="site")["changed"]
    closed.chmod(0o555)
    before = sorted(root.rglob("*"))
    answer = them.module(**asked, target="site", state=state, _ansible_check_mode=check)
    assert answer["error_code"] == "link"
    assert answer["msg"].startswith(f"{closed}/venv cannot be changed: this user (uid {UID}) has no permission to")
    assert sorted(root.rglob("*")) == before


def test_nothing_is_restored_where_one_backup_cannot_be(them: AnotherUser) -> None:
    root = Path(tempfile.mkdtemp(dir=them.home))
    store = str(them.home / "undone")
    assert them.module(**changes(them, root)["a venv"], store=store).get("msg") is None
    projects = [root / "own", root / "closed"]
    for project in projects:
        (project / "venv").mkdir(parents=True)
    subprocess.run(["chown", "-R", f"{UID}:{UID}", str(root)], check=True)
    named = [str(project) for project in projects]
    assert them.module("venv_symlink", projects=named, target="site", store=store, replace=True)["changed"]
    projects[1].chmod(0o555)
    before = sorted(root.rglob("*"))
    answer = them.module("venv_migration_test", projects=named, store=store, undo=True)
    assert answer["error_code"] == "restore"
    assert f"has no permission to write to {projects[1]}; nothing was changed" in answer["msg"]
    assert sorted(root.rglob("*")) == before
