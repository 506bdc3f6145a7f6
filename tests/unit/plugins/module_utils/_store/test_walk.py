# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The one walk along a path; where it ends is compared with the kernel in test_venv_reference.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.trust import check_trusted
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.walk import (
    PathWalk,
    follow,
    leads_through,
    real_link,
)
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.descriptors import open_descriptors


@pytest.mark.parametrize("path", ["a/b/c", "a/link/c", "a/nothing/c", "a/file/c", "a/circle"])
def test_no_descriptor_is_left_open(tmp_path: Path, path: str) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "a" / "link").symlink_to("b")
    (tmp_path / "a" / "circle").symlink_to("circle")
    (tmp_path / "a" / "file").touch()
    before = open_descriptors()
    follow(str(tmp_path / path))
    assert not open_descriptors() - before


def test_what_is_made_where_nothing_was_is_walked_on(tmp_path: Path) -> None:
    seen = []
    for step in PathWalk(f"{tmp_path}/a/b").steps():
        seen.append((step.path, step.status is not None, step.is_last))
        if step.status is None:
            os.mkdir(step.name, dir_fd=step.parent)
    assert seen[-4:] == [
        (f"{tmp_path}/a", False, False),
        (f"{tmp_path}/a", True, False),
        (f"{tmp_path}/a/b", False, True),
        (f"{tmp_path}/a/b", True, True),
    ]


def test_a_directory_that_cannot_be_entered_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is below it counts as no link."""
    (tmp_path / "closed" / "venv").mkdir(parents=True)
    stat = os.stat

    def refuse(path: str, **options: int | bool | None) -> os.stat_result:
        if path == "venv":
            raise PermissionError
        return stat(path, **options)  # type: ignore[arg-type]  # the options of os.stat

    monkeypatch.setattr(os, "stat", refuse)
    assert follow(f"{tmp_path}/closed/venv/../x").end == f"{tmp_path}/closed/x"


def test_which_link_is_led_through(tmp_path: Path) -> None:
    (tmp_path / "generation").mkdir()
    (tmp_path / "site").symlink_to("generation")
    (tmp_path / "parent").symlink_to("site")
    (tmp_path / "sibling").symlink_to(tmp_path / "parent")
    (tmp_path / "other").symlink_to("generation")
    public = real_link(f"{tmp_path}/site")
    leading = [name for name in ("parent", "sibling", "other", "site") if leads_through(f"{tmp_path}/{name}", public)]
    assert leading == ["parent", "sibling"]


@pytest.mark.parametrize("text", [".", "./", "../sticky"])
def test_the_end_of_a_link_is_checked_as_an_end(tmp_path: Path, text: str) -> None:
    """A directory like /tmp is good enough on the way, and is no store, also by another name."""
    sticky = tmp_path / "sticky"
    sticky.mkdir()
    sticky.chmod(0o1777)
    (sticky / "store").symlink_to(text)
    with pytest.raises(StoreError, match=f"others can write to {sticky} "):
        check_trusted(f"{sticky}/store")
