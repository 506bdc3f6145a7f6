# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Users of distributions that give each a group of their own, and a umask of 002."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path
from typing import Any

import another_user
import pytest
from another_user import PYTHON, AnotherUser
from shared_venv_process import SharedVenvProcess, installed

pytestmark = pytest.mark.skipif(another_user.missing() is not None, reason=str(another_user.missing()))

SIX = ["six==1.17.0"]
#: Runs what follows with the umask of such a distribution.
WITH_THAT_UMASK = ("sh", "-c", 'umask 002; exec "$@"', "sh")


def user_with_a_group_of_their_own() -> pwd.struct_passwd:
    """A user of this machine, not root, who is alone in the group of the same name."""
    gids = [entry.pw_gid for entry in pwd.getpwall()]
    for user in pwd.getpwall():
        try:
            group = grp.getgrgid(user.pw_gid)
        except KeyError:
            continue
        if user.pw_uid and group.gr_name == user.pw_name and not group.gr_mem and gids.count(user.pw_gid) == 1:
            return user
    pytest.skip("no user here has a group of their own")


@pytest.fixture(name="user")
def fixture_user() -> pwd.struct_passwd:
    return user_with_a_group_of_their_own()


@pytest.fixture(name="home")
def fixture_home(them: AnotherUser, user: pwd.struct_passwd) -> Path:
    """Their home directory; they and their group can write everything on the way to the store."""
    home = them.directory / f"home-{os.urandom(4).hex()}"
    for directory in (home, home / ".local", home / ".local" / "share", home / "project"):
        directory.mkdir()
        os.chown(directory, user.pw_uid, user.pw_gid)
        directory.chmod(0o2775)
    return home


def build(them: AnotherUser, user: pwd.struct_passwd, home: Path, **options: Any) -> dict[str, Any]:
    as_them = ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    started = SharedVenvProcess.start(
        prefix=(*as_them, *WITH_THAT_UMASK),
        runs_in=PYTHON,
        search=(str(them.directory / "search"),),
        environment={**them.environment, "HOME": str(home)},
        packages=SIX,
        python=PYTHON,
        find_links=[str(them.wheels)],
        offline=True,
        **options,
    )
    return started.result()


def test_a_group_of_ones_own_can_write_on_the_way(them: AnotherUser, user: pwd.struct_passwd, home: Path) -> None:
    first = build(them, user, home, name="site")
    assert not first.get("failed"), first["msg"]
    assert first["path"] == f"{home}/.local/share/ansible-venvs/site"
    assert installed(first["path"]) == SIX
    again = build(them, user, home, name="site")
    assert (again.get("msg"), again["changed"]) == (None, False)
    linked = build(them, user, home, path=str(home / "project" / "venv"))
    assert not linked.get("failed"), linked["msg"]


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_group_that_another_user_has_cannot(
    them: AnotherUser, user: pwd.struct_passwd, home: Path, check: bool
) -> None:
    shared = next(entry.pw_gid for entry in pwd.getpwall() if entry.pw_uid not in (0, user.pw_uid))
    os.chown(home / ".local", user.pw_uid, shared)
    (home / ".local").chmod(0o775)
    answer = build(them, user, home, name="site", _ansible_check_mode=check)
    assert answer.get("error_code") == "store", answer
    assert f"others can write to {home}/.local " in answer["msg"]
    assert not (home / ".local" / "share" / "ansible-venvs").exists()
