# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is packed, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook import archive_contents
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.archive_contents import ArchiveContents
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.pack import pack_entries
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.unpack import unpack


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
    pack_entries(contents.entries, str(to))
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


def followed(project: Path, to: Path) -> tuple[ArchiveContents, Path]:
    """The project with what its links lead to, packed and unpacked."""
    contents = ArchiveContents(lambda path, by: None)
    contents.add_tree(str(project), "project")
    contents.follow_links()
    pack_entries(contents.entries, str(to / "a.tar.gz"))
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
    contents = ArchiveContents(admit)
    contents.add_tree(str(project), "project")
    with pytest.raises(InputError) as caught:
        contents.follow_links()
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


def test_pipes_behind_links_are_refused(project: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (project / "link").symlink_to(tmp_path / "pipe")
    with pytest.raises(InputError, match="neither a file"):
        followed(project, tmp_path)


@pytest.mark.parametrize(("above", "below"), [(".config", "gh/hosts.yml"), (".ansible", "galaxy_token")])
def test_a_link_to_what_is_above_credentials_brings_all_but_them(
    project: Path, tmp_path: Path, above: str, below: str
) -> None:
    for name in (below, "other", *(["tmp/x"] if above == ".ansible" else [])):
        (tmp_path / above / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / above / name).write_text(name)
    (project / "linked").symlink_to(tmp_path / above)
    contents, out = followed(project, tmp_path)
    assert {str(one.relative_to(out / "linked")) for one in (out / "linked").rglob("*")} == {"other"}
    assert contents.credentials == [str(tmp_path / above / below.split("/", maxsplit=1)[0])]
    assert contents.is_left_out(str(project / "linked" / below))
    assert not contents.is_left_out(str(project / "linked/other"))


def test_of_a_named_directory_above_credentials_all_but_them(tmp_path: Path) -> None:
    for name in (".config/gh/hosts.yml", ".config/other"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    contents = ArchiveContents()
    contents.add_named(str(tmp_path / ".config"), root=str(tmp_path), name="project")
    assert [entry.name for entry in contents.entries] == ["project/.config", "project/.config/other"]
    contents.add_named(str(tmp_path / ".config/gh"), root=str(tmp_path), name="project")
    assert contents.name_of(str(tmp_path / ".config/gh/hosts.yml")) == "project/.config/gh/hosts.yml"


def test_a_file_to_which_several_ways_lead_is_withdrawn_from_all_of_them(project: Path, tmp_path: Path) -> None:
    shared, between = tmp_path / "shared", tmp_path / "between"
    shared.mkdir()
    between.mkdir()
    (shared / "pw").write_text("secret")
    (shared / "other").write_text("plain")
    (project / "aa").symlink_to(shared / "pw")
    (project / "dd").symlink_to(between)
    (between / "link").symlink_to(shared)
    os.link(shared / "pw", project / "hard")
    contents = ArchiveContents(lambda path, by: None)
    contents.add_tree(str(project), "project")
    contents.follow_links()
    assert sorted(contents.withdraw(str(shared / "pw"))) == ["project/aa", "project/dd/link/pw", "project/hard"]
    names = {entry.name for entry in contents.entries}
    assert names.isdisjoint({"project/aa", "project/dd/link/pw", "project/hard"})
    assert "project/dd/link/other" in names
    assert contents.withdraw(str(shared / "absent")) == []


@pytest.mark.parametrize("link", ["aaa", "zzz"])
def test_what_has_a_place_in_the_tree_keeps_it(project: Path, tmp_path: Path, link: str) -> None:
    """A directory outside that leads back takes the name of nothing, whatever the order of the names."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/play.yml").symlink_to(project / "site.yml")
    (tmp_path / "outside/roles").symlink_to(project / "roles")
    (project / link).symlink_to(tmp_path / "outside")
    contents, out = followed(project, tmp_path)
    assert contents.name_of(str(project / "site.yml")) == "project/site.yml"
    assert contents.outside == [str(tmp_path / "outside")]
    assert os.readlink(out / link / "play.yml") == "../site.yml"
    assert (out / link / "roles/b/tasks/main.yml").read_text() == "roles/a/tasks/main.yml"


def test_what_leads_back_into_a_tree_does_not_bring_what_was_left_out(project: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    for name, target in (("venv", "env"), ("history", ".git"), ("role", "roles/a")):
        (tmp_path / "outside" / name).symlink_to(project / target)
    (project / "link").symlink_to(tmp_path / "outside")
    contents, out = followed(project, tmp_path)
    assert [path.name for path in (out / "link").iterdir()] == ["role"]
    assert contents.outside == [str(tmp_path / "outside")]


def test_what_leads_back_to_an_unnamed_file_brings_it_in_its_place(project: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/run").symlink_to(project / "run.sh")
    (project / "link").symlink_to(tmp_path / "outside")
    contents = ArchiveContents(lambda path, by: None)
    contents.add_named(str(project / "link"), root=str(project), name="project")
    contents.follow_links()
    assert contents.name_of(str(project / "run.sh")) == "project/run.sh"
    assert {entry.name: entry.target for entry in contents.entries if not entry.is_directory} == {
        "project/run.sh": None, "project/link/run": "../run.sh",
    }  # fmt: skip
    assert contents.outside == [str(tmp_path / "outside")]


@pytest.mark.parametrize(("first", "second"), [("shared/roles/r", "shared"), ("shared", "shared/roles/r")])
def test_links_may_overlap_in_any_order(project: Path, tmp_path: Path, first: str, second: str) -> None:
    (tmp_path / "shared/roles/r").mkdir(parents=True)
    (tmp_path / "shared/roles/r/x").write_text("x")
    (project / "l1").symlink_to(tmp_path / first)
    (project / "l2").symlink_to(tmp_path / second)
    contents, out = followed(project, tmp_path)
    whole, part = (out / "l1", out / "l2") if first == "shared" else (out / "l2", out / "l1")
    assert (whole / "roles/r/x").read_text() == (part / "x").read_text() == "x"
    assert contents.outside == [str(tmp_path / "shared")]


def test_a_link_outside_to_what_is_above_it_is_followed_once(project: Path, tmp_path: Path) -> None:
    (tmp_path / "shared/sub").mkdir(parents=True)
    (tmp_path / "shared/sub/up").symlink_to("..")
    (tmp_path / "shared/x").write_text("x")
    (project / "link").symlink_to(tmp_path / "shared/sub")
    contents, out = followed(project, tmp_path)
    assert (out / "link/up/x").read_text() == "x"
    assert (out / "link/up/sub/up/sub/up/x").read_text() == "x"
    assert contents.outside == [str(tmp_path / "shared/sub"), str(tmp_path / "shared")]


def test_a_device_that_each_host_has_stays_a_link(project: Path, tmp_path: Path) -> None:
    (tmp_path / "off").symlink_to("/dev/null")
    (project / "off").symlink_to("/dev/null")
    (project / "chain").symlink_to(tmp_path / "off")
    contents, out = followed(project, tmp_path)
    assert [os.readlink(out / name) for name in ("off", "chain")] == ["/dev/null"] * 2
    assert contents.outside == []
    assert (out / "off").read_text() == ""


def test_a_link_to_a_device_needs_no_trust_and_no_whole_project(project: Path, tmp_path: Path) -> None:
    (project / "files/off").symlink_to("/dev/null")
    contents = ArchiveContents()
    for path in ("files", "files/off"):
        contents.add_named(str(project / path), root=str(project), name="project")
    pack_entries(contents.entries, str(tmp_path / "a.tar.gz"))
    unpack(str(tmp_path / "a.tar.gz"), str(tmp_path / "out"))
    assert os.readlink(tmp_path / "out/project/files/off") == "/dev/null"


def test_a_link_to_what_this_user_may_not_look_for_is_said(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may look everywhere."""

    def denied(path: str) -> bool:
        return path == str(tmp_path / "private/key")

    monkeypatch.setattr(archive_contents, "is_hidden", denied)
    (project / "key").symlink_to(tmp_path / "private/key")
    contents, out = followed(project, tmp_path)
    assert contents.credentials == [str(project / "key")]
    assert not os.path.lexists(out / "key")


@pytest.mark.parametrize("target", ["/dev", "/dev/tty", "/proc/self/environ", "/proc/cpuinfo", "/sys"])
def test_a_link_to_what_the_kernel_makes_is_named(project: Path, tmp_path: Path, target: str) -> None:
    if not os.path.exists(target):
        pytest.skip("this system has no such directory")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/link").symlink_to(target)
    (project / "linked").symlink_to(tmp_path / "outside")
    with pytest.raises(InputError) as caught:
        followed(project, tmp_path)
    assert caught.value.message.startswith(f"{tmp_path}/outside/link is a link to /")
    assert caught.value.message.endswith("replace the link with a copy of what is to be sent, or remove it")


@pytest.mark.parametrize("deep", [True, False])
def test_a_link_to_a_pipe_is_named(project: Path, tmp_path: Path, deep: bool) -> None:
    (tmp_path / "outside").mkdir()
    os.mkfifo(tmp_path / "outside/pipe")
    (project / "link").symlink_to(tmp_path / "outside" / ("." if deep else "pipe"))
    with pytest.raises(InputError) as caught:
        followed(project, tmp_path)
    assert f"{project}/link is a link that leads to {tmp_path}/outside/pipe, which is neither" in caught.value.message


def test_a_whole_directory_is_packed_with_all_that_is_in_it_and_links_as_they_are(tmp_path: Path) -> None:
    root = tmp_path / "role"
    for name in (".git/HEAD", ".ssh/id", "__pycache__/x.pyc", "tasks/main.yml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "handlers").symlink_to("./tasks")
    contents = ArchiveContents()
    contents.add_whole(str(root), "roles/web")
    pack_entries(contents.entries, str(tmp_path / "a.tar.gz"))
    unpack(str(tmp_path / "a.tar.gz"), str(tmp_path / "out"))
    out = tmp_path / "out/roles/web"
    assert {str(one.relative_to(out)) for one in out.rglob("*")} == {
        str(one.relative_to(root)) for one in root.rglob("*")
    }
    assert os.readlink(out / "handlers") == "./tasks"
