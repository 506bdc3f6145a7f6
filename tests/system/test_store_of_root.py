# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Every user of the machine can use a store of root's, and nobody else can change it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import another_user
import pytest
from another_user import BOTH, SIX, UID, AnotherUser, tree
from shared_venv_process import SharedVenvProcess, built, installed

pytestmark = pytest.mark.skipif(another_user.missing() is not None, reason=str(another_user.missing()))


@pytest.mark.catalogue(32)
@pytest.mark.parametrize("parent", [0o755, 0o2755], ids=["plain", "setgid"])
@pytest.mark.parametrize("umask", [0o000, 0o002, 0o077], ids=oct)
def test_nothing_of_a_store_can_be_written_by_others(
    them: AnotherUser, tmp_path_factory: pytest.TempPathFactory, umask: int, parent: int
) -> None:
    """Whatever the umask, every user can use the venv of root's store, and nobody can write to anything in it."""
    directory = Path(tempfile.mkdtemp(prefix="public-"))
    os.chown(directory, 0, UID)
    directory.chmod(parent)
    before = os.umask(umask)
    try:
        answer = built(**them.options(directory / "store"))
    finally:
        os.umask(before)
    assert them.find(directory, "-writable", "-not", "-type", "l") == []
    loose = subprocess.run(
        ["find", str(directory / "store" / ".generations"), "-perm", "/022", "-not", "-type", "l"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loose.stdout == ""
    program = [*another_user.AS_THEM, f"{answer['path']}/bin/python", "-c", "import six; print(six.__version__)"]
    used = subprocess.run(program, cwd="/", env={}, capture_output=True, text=True, check=True)
    assert used.stdout == "1.17.0\n"
    subprocess.run(["rm", "-rf", str(directory)], check=True)


@pytest.fixture(name="roots", scope="module")
def fixture_roots(them: AnotherUser) -> Iterator[Path]:
    """A store of root's that everybody can use, with a venv that has a previous one."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PATH", f"{them.directory / 'bin'}:{os.environ['PATH']}")
        store = them.directory / "store"
        built(**them.options(store))
        built(**them.options(store, packages=BOTH))
        closed = them.directory / "closed"
        closed.mkdir(mode=0o700)
        linked = SharedVenvProcess.start(
            module="venv_symlink", project=str(closed), target=str(store / "site")
        ).result()
        assert not linked.get("failed"), linked["msg"]
    yield store


def test_an_ordinary_user_uses_what_is_in_roots_store(them: AnotherUser, roots: Path) -> None:
    same = them.module("shared_venv", **them.options(roots, packages=BOTH))
    assert (same.get("msg"), same.get("changed")) == (None, False)
    info = them.module("shared_venv_info", store=str(roots), verify=True)
    (venv,) = info["venvs"]
    assert (venv["name"], venv["healthy"], venv["in_use"]) == ("site", True, None)
    assert info["gone_links"] == []
    project = them.home / "linked"
    if not project.exists():
        project.mkdir()
        os.chown(project, UID, UID)
    linked = them.module("venv_symlink", project=str(project), target=str(roots / "site"))
    assert linked.get("changed") is True, linked
    assert installed(project / "venv") == BOTH


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize(
    "change",
    [
        {"name": "new"},
        {"packages": SIX},
        {"packages": [], "generation": "previous"},
        {"packages": [], "state": "absent"},
        {"packages": BOTH, "upgrade": True, "name": "new"},
        {"prune": True},
    ],
    ids=str,
)
def test_an_ordinary_user_cannot_change_roots_store(
    them: AnotherUser, roots: Path, change: dict[str, Any], check: bool
) -> None:
    before = tree(roots)
    if "prune" in change:
        asked: dict[str, Any] = {"store": str(roots), "older_than": "0"}
    else:
        asked = them.options(roots, **{"packages": BOTH, **change})
    answer = them.module(
        "shared_venv_prune" if "prune" in change else "shared_venv", **asked, _ansible_check_mode=check
    )
    assert answer.get("error_code") == "store", answer
    assert f"{roots} belongs to root" in answer["msg"] and "become: true" in answer["msg"]
    assert tree(roots) == before


@pytest.mark.parametrize("where", ["/root/venvs", "/var/venvs", "/proc/venvs"])
def test_an_ordinary_user_cannot_make_a_store_there(them: AnotherUser, where: str) -> None:
    answer = them.module("shared_venv", **them.options(Path(where)))
    assert answer.get("error_code") == "store", answer
    assert answer["msg"].startswith(f"{where} cannot be used: ")
