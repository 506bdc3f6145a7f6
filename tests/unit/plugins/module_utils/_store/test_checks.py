# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which names and places a store accepts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._checks import (
    check_name,
    check_nobody_else_writes,
    check_path,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["site", "dr-daily-report_media", "A.b-c_1", "x" * 100])
def test_good_names_stay(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.catalogue(31)
@pytest.mark.parametrize(
    "name", ["", ".", "..", ".hidden", "-x", "a/b", "../x", "a\nb", "a\0b", "x" * 300, "a b", "é", "{{ x }}", "a\n"]
)
def test_bad_names_are_refused_with_the_name(name: str) -> None:
    with pytest.raises(InputError, match="^name: ") as caught:
        check_name(name)
    assert repr(name)[1:20] in caught.value.message


@pytest.mark.parametrize("char", ["$", "`", '"', "'", "\n", ":", "\\", ";", "#", "\0", "*"])
def test_paths_that_break_scripts_are_refused(char: str) -> None:
    with pytest.raises(InputError, match="^store: "):
        check_path(f"/srv/a{char}b", option="store")


@pytest.mark.catalogue(27)
@pytest.mark.parametrize(
    ("path", "expected"), [("/srv/venvs/", "/srv/venvs"), ("/srv/a b", "/srv/a b"), ("/srv/x/../y", "/srv/y")]
)
def test_paths_become_absolute_without_a_trailing_slash(path: str, expected: str) -> None:
    assert check_path(path, option="store") == expected


@pytest.mark.catalogue(33)
def test_a_folder_that_others_can_write_is_refused(tmp_path: Path) -> None:
    open_folder = tmp_path / "open"
    open_folder.mkdir()
    open_folder.chmod(0o777)
    with pytest.raises(StoreError, match=f"others can write to {open_folder}"):
        check_nobody_else_writes(str(open_folder / "store"))


@pytest.mark.catalogue(33)
def test_a_link_into_a_folder_that_others_can_write_is_refused(tmp_path: Path) -> None:
    open_folder = tmp_path / "open"
    (open_folder / "store").mkdir(parents=True)
    open_folder.chmod(0o775)
    (tmp_path / "link").symlink_to(open_folder / "store")
    with pytest.raises(StoreError, match=f"others can write to {open_folder}"):
        check_nobody_else_writes(str(tmp_path / "link"))


def test_a_sticky_folder_on_the_way_is_accepted(tmp_path: Path) -> None:
    sticky = tmp_path / "sticky"
    sticky.mkdir()
    sticky.chmod(0o1777)
    check_nobody_else_writes(str(sticky / "store"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another user")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    os.chown(theirs, 12345, 12345)
    with pytest.raises(StoreError, match="belongs to another user"):
        check_nobody_else_writes(str(theirs / "store"))
