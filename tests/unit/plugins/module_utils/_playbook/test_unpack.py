# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What an archive may do when it is unpacked."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.unpack import unpack


def evil(path: Path, *members: tuple[str, str, str]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, kind, target in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind.encode(), target
            archive.addfile(info, io.BytesIO(b""))
    return path


@pytest.mark.parametrize(
    "members",
    [
        [("../out", "0", "")],
        [("/abs", "0", "")],
        [("a/../../out", "0", "")],
        [("link", "2", "/etc")],
        [("link", "2", "../..")],
        [("link", "2", "/dev")],
        [("link", "2", "/dev/null/../../etc/passwd")],
        [("link", "2", "/dev/null"), ("link", "0", "")],
        [("hard", "1", "site.yml")],
        [("pipe", "6", "")],
        [("device", "3", "")],
        [("a/b/c/d", "5", ""), ("a/b/c/d/z", "2", "../../../.."), ("h", "2", "a/b/c/d/z/..")],
        [("a/b/c/d", "5", ""), ("a/b/c/d/z", "2", "../../../.."), ("h", "2", "a/b/c/d/z/.."), ("h/x", "2", "y")],
        [("h", "2", "."), ("h/x", "2", "y")],
        [("h", "5", ""), ("h", "2", "y")],
    ],
)
def test_an_archive_cannot_leave_its_directory(tmp_path: Path, members: list[tuple[str, str, str]]) -> None:
    path = evil(tmp_path / "evil", *members)
    with pytest.raises(InputError):
        unpack(str(path), str(tmp_path / "in"))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["evil", "in"]
    assert [path for path in (tmp_path / "in").rglob("*") if path.is_symlink()] == []


def test_links_inside_lead_where_they_led(tmp_path: Path) -> None:
    path = evil(tmp_path / "good", ("up", "2", "."), ("a/b", "5", ""), ("a/b/c", "2", "../../f"), ("f", "0", ""))
    unpack(str(path), str(tmp_path / "in"))
    assert os.path.realpath(tmp_path / "in/up/up/a/b/c") == str(tmp_path / "in/f")


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    path = evil(tmp_path / "evil", ("link", "2", "."), ("link/file", "0", ""))
    with pytest.raises((InputError, OSError)):
        unpack(str(path), str(tmp_path / "in"))
    assert not (tmp_path / "in/file").exists()
