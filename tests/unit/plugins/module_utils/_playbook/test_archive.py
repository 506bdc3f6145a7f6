# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is packed, what is refused, and what an archive may do when it is unpacked."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.archive import (
    ArchiveContents,
    unpack,
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name in ("site.yml", "roles/a/tasks/main.yml", "files/{{ 7 * 7 }}", "run.sh"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "run.sh").chmod(0o755)
    (root / "roles/b").symlink_to("a")
    (root / "absolute").symlink_to(root / "files")
    for name in (".git/HEAD", "roles/__pycache__/x.pyc", "env/pyvenv.cfg", "env/lib/big", "x.pyc"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    (root / "venv").symlink_to("env")
    return root


def packed(project: Path, to: Path) -> Path:
    contents = ArchiveContents()
    contents.add_tree(str(project), "project")
    contents.write(str(to))
    return to


def test_there_and_back(project: Path, tmp_path: Path) -> None:
    unpack(str(packed(project, tmp_path / "a.tar.gz")), str(tmp_path / "out"))
    out = tmp_path / "out/project"
    found = {str(path.relative_to(out)) for path in out.rglob("*")}
    assert found == {
        "site.yml", "run.sh", "roles", "roles/a", "roles/a/tasks", "roles/a/tasks/main.yml", "roles/b", "absolute",
        "files", "files/{{ 7 * 7 }}",
    }  # fmt: skip
    assert (out / "roles/b/tasks/main.yml").read_text() == "roles/a/tasks/main.yml"
    assert os.readlink(out / "absolute") == "files"
    assert os.access(out / "run.sh", os.X_OK)
    assert (out / "site.yml").stat().st_mtime == int((project / "site.yml").stat().st_mtime)


def test_equal_trees_give_equal_bytes(project: Path, tmp_path: Path) -> None:
    first, second = packed(project, tmp_path / "a"), packed(project, tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("target", ["/etc/passwd", "../beside", "roles/../../beside", "missing/../../beside"])
def test_links_that_lead_out_are_refused(project: Path, target: str) -> None:
    (project / "link").symlink_to(target)
    with pytest.raises(InputError) as caught:
        ArchiveContents().add_tree(str(project), "project")
    assert f"{project}/link is a link to {target}" in caught.value.message


def test_a_link_that_leads_out_and_in_again_leads_inside(project: Path, tmp_path: Path) -> None:
    (tmp_path / "by_link").symlink_to(project)
    (project / "roles/c").symlink_to("../../by_link/roles/a")
    unpack(str(packed(project, tmp_path / "a.tar.gz")), str(tmp_path / "out"))
    assert os.readlink(tmp_path / "out/project/roles/c") == "a"


def followed(project: Path, to: Path) -> tuple[ArchiveContents, Path]:
    """The project with what its links lead to, packed and unpacked."""
    contents = ArchiveContents(lambda path, by: None)
    contents.add_tree(str(project), "project")
    contents.write(str(to / "a.tar.gz"))
    unpack(str(to / "a.tar.gz"), str(to / "out"))
    return contents, to / "out/project"


def test_what_a_link_leads_to_is_packed_once_in_its_place(project: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    for name in ("web/tasks/main.yml", "web/.ssh/id", "other", "web/__pycache__/x"):
        (shared / name).parent.mkdir(parents=True, exist_ok=True)
        (shared / name).write_text(name)
    (shared / "web/beside").symlink_to("../other")
    (shared / "web/back").symlink_to(project / "roles/a")
    (shared / "web/circle").symlink_to(shared / "web")
    for link, target in (("roles/web", "web"), ("second", "web"), ("third", "web/tasks"), ("gone", "none")):
        (project / link).symlink_to(shared / target)
    contents, out = followed(project, tmp_path)
    assert contents.outside == [str(shared / "web"), str(shared / "other")]
    assert contents.credentials == [str(shared / "web/.ssh")]
    assert not (out / "roles/web").is_symlink()
    assert {path.name for path in (out / "roles/web").iterdir()} == {"tasks", "beside", "back", "circle"}
    assert (out / "roles/web/beside").read_text() == "other"
    assert (out / "roles/web/back/tasks/main.yml").read_text() == "roles/a/tasks/main.yml"
    assert os.readlink(out / "roles/web/circle") == "."
    assert (os.readlink(out / "second"), os.readlink(out / "third")) == ("roles/web", "roles/web/tasks")
    assert not os.path.lexists(out / "gone")


def test_what_is_not_admitted_is_not_packed(project: Path, tmp_path: Path) -> None:
    def admit(path: str, by: str) -> None:
        raise InputError(f"{by}: {path}")

    (project / "link").symlink_to(tmp_path / "beside")
    (tmp_path / "beside").touch()
    with pytest.raises(InputError) as caught:
        ArchiveContents(admit).add_tree(str(project), "project")
    assert caught.value.message == f"{project}/link: {tmp_path}/beside"


@pytest.mark.parametrize("deep", ["link", "roles/a/link"])
def test_a_link_to_what_is_above_is_refused(project: Path, tmp_path: Path, deep: str) -> None:
    (project / deep).symlink_to(tmp_path)
    with pytest.raises(InputError, match=f"{deep} is a link to .* contains the directory that is sent"):
        followed(project, tmp_path)


def test_a_link_to_credentials_is_not_followed(project: Path, tmp_path: Path) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/id").touch()
    (project / "keys").symlink_to(tmp_path / ".ssh")
    (project / "key").symlink_to(tmp_path / ".ssh/id")
    contents, out = followed(project, tmp_path)
    assert sorted(contents.credentials) == [f"{project}/key", f"{project}/keys"]
    assert not (out / "key").exists()


def test_pipes_are_refused(project: Path) -> None:
    os.mkfifo(project / "pipe")
    with pytest.raises(InputError, match="neither a file"):
        ArchiveContents().add_tree(str(project), "project")


def test_pipes_behind_links_are_refused(project: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (project / "link").symlink_to(tmp_path / "pipe")
    with pytest.raises(InputError, match="neither a file"):
        followed(project, tmp_path)


def test_size_is_bounded_and_said(project: Path) -> None:
    with (project / "huge").open("wb") as stream:
        stream.truncate(3 * 1024 * 1024)
    contents = ArchiveContents()
    contents.add_tree(str(project), "project")
    contents.check_size(3 + 1, what="project: p")
    said = r"has 7 files of 3.0 MiB, more than the limit of 2 MiB: project/huge \(3.0 MiB\) are the largest"
    with pytest.raises(InputError, match=said):
        contents.check_size(2, what="project: p")


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


def test_a_whole_directory_is_packed_with_all_that_is_in_it_and_links_as_they_are(tmp_path: Path) -> None:
    root = tmp_path / "role"
    for name in (".git/HEAD", ".ssh/id", "__pycache__/x.pyc", "tasks/main.yml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "handlers").symlink_to("./tasks")
    contents = ArchiveContents()
    contents.add_whole(str(root), "roles/web")
    contents.write(str(tmp_path / "a.tar.gz"))
    unpack(str(tmp_path / "a.tar.gz"), str(tmp_path / "out"))
    out = tmp_path / "out/roles/web"
    assert {str(one.relative_to(out)) for one in out.rglob("*")} == {
        str(one.relative_to(root)) for one in root.rglob("*")
    }
    assert os.readlink(out / "handlers") == "./tasks"
