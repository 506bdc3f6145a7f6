# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Who can write: the owner's own group is nobody else, and everything that is not known is."""

from __future__ import annotations

import grp
import os
import pwd
import stat
import struct
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store import others
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.others import others_can_change

ME = os.geteuid()
#: Root, whose own group is never private, can give a file to any.
GID = os.getegid() or 4242
SOMEBODY, SERVICE = 4711, 4712


@dataclass
class Directory:
    """The databases of users and groups: name to uid and primary gid, name to gid and members."""

    users: dict[str, tuple[int, int]] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    listed: bool = True

    def getpwall(self) -> list[SimpleNamespace]:
        return [self._user(name) for name in self.users] if self.listed else []

    def getpwnam(self, name: str) -> SimpleNamespace:
        return self._user(name)

    def getpwuid(self, uid: int) -> SimpleNamespace:
        return self._user({uid: name for name, (uid, _gid) in self.users.items()}[uid])

    def _user(self, name: str) -> SimpleNamespace:
        uid, gid = self.users[name]
        return SimpleNamespace(pw_name=name, pw_uid=uid, pw_gid=gid)

    def getgrall(self) -> list[SimpleNamespace]:
        return [self._group(name) for name in self.groups] if self.listed else []

    def getgrgid(self, gid: int) -> SimpleNamespace:
        return self._group({gid: name for name, (gid, _members) in self.groups.items()}[gid])

    def _group(self, name: str) -> SimpleNamespace:
        gid, members = self.groups[name]
        return SimpleNamespace(gr_name=name, gr_gid=gid, gr_mem=members)


@pytest.fixture(name="directory")
def fixture_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Directory:
    """This user is ``me``, alone in a group of that name."""
    directory = Directory({"me": (ME, GID), "other": (SOMEBODY, SOMEBODY)}, {"me": (GID, [])})
    for function in ("getpwall", "getpwnam", "getpwuid"):
        monkeypatch.setattr(pwd, function, getattr(directory, function))
    for function in ("getgrall", "getgrgid"):
        monkeypatch.setattr(grp, function, getattr(directory, function))
    (tmp_path / "nsswitch.conf").write_text("group: files\npasswd: files systemd # of this host\n")
    monkeypatch.setattr(others, "_SWITCH", str(tmp_path / "nsswitch.conf"))
    others._has_no_others.cache_clear()
    return directory


@pytest.fixture(name="place")
def fixture_place(tmp_path: Path) -> Path:
    place = tmp_path / "place"
    place.mkdir()
    os.chown(place, -1, GID)
    place.chmod(0o775)
    return place


def file_in(place: Path) -> Path:
    (place / "file").write_text("")
    os.chown(place / "file", -1, GID)
    return place / "file"


def changeable(path: Path) -> bool:
    others._has_no_others.cache_clear()
    return others_can_change(os.lstat(path), str(path))


def test_the_group_of_the_owner_alone_is_nobody_else(directory: Directory, place: Path) -> None:
    assert not changeable(place)
    file_in(place).chmod(0o664)
    assert not changeable(place / "file")
    place.chmod(0o2775)
    assert not changeable(place)


def test_the_group_of_root_is_one_of_administrators(directory: Directory, place: Path) -> None:
    status = list(os.lstat(place))
    status[stat.ST_GID] = 0
    directory.users, directory.groups = {"me": (ME, 0)}, {"me": (0, [])}
    assert others_can_change(os.stat_result(status), str(place))


def test_the_owner_may_be_listed_in_it(directory: Directory, place: Path) -> None:
    directory.groups["me"] = (GID, ["me"])
    assert not changeable(place)


def test_others_in_the_mode_are_others(directory: Directory, place: Path) -> None:
    place.chmod(0o777)
    assert changeable(place)


def test_another_member_counts(directory: Directory, place: Path) -> None:
    directory.groups["me"] = (GID, ["me", "other"])
    assert changeable(place)


def test_another_user_whose_primary_group_it_is_counts(directory: Directory, place: Path) -> None:
    directory.users["service"] = (SERVICE, GID)
    assert changeable(place)


def test_a_member_that_is_no_user_counts(directory: Directory, place: Path) -> None:
    directory.groups["me"] = (GID, ["gone"])
    assert changeable(place)


def test_a_second_group_of_the_same_number_counts(directory: Directory, place: Path) -> None:
    directory.groups = {"team": (GID, ["other"]), "me": (GID, [])}
    assert changeable(place)


def test_a_group_without_an_entry_counts(directory: Directory, place: Path) -> None:
    directory.groups = {}
    assert changeable(place)


def test_root_in_the_group_does_not_count(directory: Directory, place: Path) -> None:
    directory.users["root"] = (0, 0)
    directory.groups["me"] = (GID, ["root"])
    assert not changeable(place)


@pytest.mark.parametrize(
    ("sources", "expected"), [("files", False), ("compat systemd", False), ("files sss", True), ("", True)]
)
def test_of_a_group_of_another_name_all_users_must_be_listed(
    directory: Directory, place: Path, sources: str, expected: bool
) -> None:
    """A directory service that does not list its users could hold one whose primary group it is."""
    Path(others._SWITCH).write_text(f"passwd: {sources}\n")
    directory.groups = {"project": (GID, ["me"])}
    assert changeable(place) is expected


def test_a_private_group_is_known_by_its_name_where_users_are_not_listed(directory: Directory, place: Path) -> None:
    Path(others._SWITCH).write_text("passwd: files ldap\n")
    directory.listed = False
    assert not changeable(place)
    directory.groups["me"] = (GID, ["other"])
    assert changeable(place)


def acl(*entries: tuple[int, int, int]) -> bytes:
    """An access control list as the kernel takes it: tag, permissions, id."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


NOBODY = 0xFFFFFFFF
_OWNER, _USER, _GROUP_OF_FILE, _GROUP, _MASK, _REST = 1, 2, 4, 8, 16, 32


@pytest.mark.parametrize(
    ("entry", "mask", "expected"),
    [
        pytest.param((_USER, 7, SOMEBODY), 7, True, id="another user"),
        pytest.param((_USER, 5, SOMEBODY), 7, False, id="another user who reads"),
        pytest.param((_USER, 7, SOMEBODY), 5, False, id="another user, masked"),
        pytest.param((_USER, 7, ME), 7, False, id="the owner by name"),
        pytest.param((_GROUP, 7, SOMEBODY), 7, True, id="another group"),
        pytest.param((_GROUP, 7, GID), 7, False, id="the own group by name"),
    ],
)
@pytest.mark.parametrize("kind", ["directory", "file"])
def test_what_an_access_control_list_gives_to_others_counts(
    directory: Directory, place: Path, kind: str, entry: tuple[int, int, int], mask: int, expected: bool
) -> None:
    """The bits of the group in the mode are the mask then."""
    if kind == "file":
        place = file_in(place)
    rest = [(_OWNER, 7, NOBODY), (_GROUP_OF_FILE, 5, NOBODY), (_MASK, mask, NOBODY), (_REST, 5, NOBODY), entry]
    try:
        os.setxattr(place, "system.posix_acl_access", acl(*sorted(rest)))
    except OSError as error:
        pytest.skip(f"no access control lists here: {error}")
    assert bool(place.stat().st_mode & 0o020) is bool(mask & 2)
    assert changeable(place) is expected


def test_the_group_of_a_file_with_a_list_is_asked_too(directory: Directory, place: Path) -> None:
    rest = [(_OWNER, 7, NOBODY), (_USER, 5, ME), (_GROUP_OF_FILE, 7, NOBODY), (_MASK, 7, NOBODY), (_REST, 5, NOBODY)]
    try:
        os.setxattr(place, "system.posix_acl_access", acl(*rest))
    except OSError as error:
        pytest.skip(f"no access control lists here: {error}")
    assert not changeable(place)
    directory.groups["me"] = (GID, ["other"])
    assert changeable(place)


@pytest.mark.parametrize("why", ["unreadable", "of another kind"])
def test_a_list_that_is_not_understood_counts(
    directory: Directory, place: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    def listxattr(descriptor: int) -> list[str]:
        if why == "unreadable":
            raise PermissionError
        return ["security.selinux", "system.nfs4_acl"]

    assert not changeable(place)
    monkeypatch.setattr(os, "listxattr", listxattr)
    assert changeable(place)


def test_what_is_no_file_and_no_directory_counts(directory: Directory, place: Path) -> None:
    os.mkfifo(place / "pipe")
    os.chown(place / "pipe", -1, GID)
    (place / "pipe").chmod(0o664)
    assert changeable(place / "pipe")
