# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What was planned is packed as it was planned, or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook import pack
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.archive_contents import ArchiveContents
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.archive_entry import ArchiveEntry
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.pack import pack_entries
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.unpack import unpack


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name in ("site.yml", "roles/a/tasks/main.yml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


def packed(project: Path, to: Path) -> Path:
    contents = ArchiveContents()
    contents.add_tree(str(project), "project")
    pack_entries(contents.entries, str(to))
    return to


def test_permissions_and_times_travel(project: Path, tmp_path: Path) -> None:
    (project / "site.yml").chmod(0o755)
    os.utime(project / "site.yml", (5, 7.5))
    unpack(str(packed(project, tmp_path / "a.tar.gz")), str(tmp_path / "out"))
    there = (tmp_path / "out/project/site.yml").stat()
    assert (there.st_mode & 0o700, there.st_mtime) == (0o700, 7)


def test_equal_trees_give_equal_bytes(project: Path, tmp_path: Path) -> None:
    first, second = packed(project, tmp_path / "a"), packed(project, tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_mode & 0o777 == 0o600


def test_a_file_that_becomes_shorter_is_named(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def larger(descriptor: int) -> os.stat_result:
        values = list(before(descriptor))
        values[stat.ST_SIZE] += 5
        return os.stat_result(values)

    before = os.fstat
    contents = ArchiveContents()
    contents.add_tree(str(project), "project")
    monkeypatch.setattr(pack, "os", SimpleNamespace(**{**vars(os), "fstat": larger}))
    with pytest.raises(InputError, match=f"{project}/.* has not as many bytes as its size says"):
        pack_entries(contents.entries, str(tmp_path / "a.tar.gz"))


@pytest.mark.skipif(not os.path.exists("/proc/cpuinfo"), reason="only Linux has files that are longer than their size")
def test_a_file_that_is_longer_than_nothing_is_named(tmp_path: Path) -> None:
    contents = ArchiveContents(entries=[ArchiveEntry("/proc/cpuinfo", "cpuinfo")])
    with pytest.raises(InputError, match="/proc/cpuinfo has not as many bytes as its size says"):
        pack_entries(contents.entries, str(tmp_path / "a.tar.gz"))


@pytest.mark.parametrize("kind", ["link", "pipe", "file", "link above"])
def test_what_takes_the_place_of_a_planned_file_is_not_sent(project: Path, tmp_path: Path, kind: str) -> None:
    secret = tmp_path / "secret"
    (project / "inner").mkdir()
    planned = project / "inner" / "planned.txt"
    for path in (secret / "planned.txt", planned):
        path.parent.mkdir(exist_ok=True)
        path.write_text(str(path))
    contents = ArchiveContents()
    contents.add_tree(str(project), "project")
    planned.rename(project.parent / "moved")
    if kind == "link":
        planned.symlink_to(secret / "planned.txt")
    elif kind == "pipe":
        os.mkfifo(planned)
    elif kind == "file":
        planned.write_text("new")
    else:
        planned.parent.rmdir()
        planned.parent.symlink_to(secret)
    replaced = planned.parent if kind == "link above" else planned
    with pytest.raises(InputError, match=f"{replaced} was replaced while it was sent; run this again"):
        pack_entries(contents.entries, str(tmp_path / "archive.tar.gz"))
