# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which directories results go into, and what becomes of what is there already."""

from __future__ import annotations

import io
import os
import tarfile
import time
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.extract import (
    ArchiveError,
    ExtractionLimits,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.project_files import RESULTS_MARKER
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._playbook.results import (
    results_directory,
)

LIMITS = ExtractionLimits(size=1 << 20, files=100, depth=8)
NOBODY = 65534


def archive(files: dict[str, str], links: dict[str, str] | None = None) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as packed:
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            packed.addfile(info)
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            packed.addfile(info, io.BytesIO(text.encode()))
    stream.seek(0)
    return stream


def run_into(path: Path, files: dict[str, str], links: dict[str, str] | None = None) -> list[str]:
    """What a run does; returns what was left out."""
    with results_directory(str(path), playbook="p", host="h") as results, results.staging() as staging:
        left_out = staging.receive(archive(files, links), LIMITS).left_out
        staging.commit()
        return left_out


def content(path: Path) -> dict[str, str]:
    """All that is in a directory, our mark left out."""
    found = {str(item.relative_to(path)): item for item in path.rglob("*") if item.name != RESULTS_MARKER}
    return {name: item.read_text() if item.is_file() else "/" for name, item in found.items()}


FIRST = {"ansible.log": "1", "events.jsonl": "1", "artifacts/a": "1", "artifacts/old/b": "1"}


def test_a_run_replaces_what_the_run_before_it_left(tmp_path: Path) -> None:
    run_into(tmp_path / "results", FIRST)
    (tmp_path / "results/notes").write_text("mine")
    run_into(tmp_path / "results", {"ansible.log": "2", "artifacts/a": "2"})
    expected = {"ansible.log": "2", "artifacts": "/", "artifacts/a": "2", "notes": "mine"}
    assert content(tmp_path / "results") == expected


def test_a_run_that_brings_nothing_changes_nothing(tmp_path: Path) -> None:
    run_into(tmp_path / "results", FIRST)
    before = content(tmp_path / "results")
    run_into(tmp_path / "results", {})
    with pytest.raises(ArchiveError):
        run_into(tmp_path / "results", {"ansible.log": "2", "artifacts/x": "3" * (LIMITS.size + 1)})
    with pytest.raises(ArchiveError), results_directory(str(tmp_path / "results"), playbook="p", host="h") as results:
        with results.staging() as staging:
            staging.receive(io.BytesIO(b"no archive"), LIMITS)
    assert content(tmp_path / "results") == before


def test_files_of_an_earlier_run_are_not_taken_for_those_of_this_one(tmp_path: Path) -> None:
    for files in (FIRST, {}):
        with results_directory(str(tmp_path / "results"), playbook="p", host="h") as results:
            with results.staging() as staging:
                staging.receive(archive(files), LIMITS)
                staging.commit()
            told = results.files(staging)
        assert told["artifacts"] == (["a", "old/b"] if files else [])
        assert told["log"] == (f"{tmp_path}/results/ansible.log" if files else None)


@pytest.mark.parametrize("exists", [False, True])
def test_a_directory_in_which_nothing_was_put_is_as_before(tmp_path: Path, exists: bool) -> None:
    path = tmp_path / "results"
    if exists:
        path.mkdir()
    run_into(path, {})
    assert (path.exists(), exists and os.listdir(path)) == (exists, exists and [])


@pytest.mark.parametrize("name", ["artifacts/mine", "ansible.log", "events.jsonl", "notes", ".hidden", "\x1b[2J"])
def test_a_directory_of_the_user_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    path = tmp_path / "results" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    before = content(tmp_path / "results")
    with pytest.raises(InputError) as caught:
        run_into(tmp_path / "results", FIRST)
    assert f"{tmp_path}/results was not created by a run and is not empty" in caught.value.message
    assert "\x1b" not in caught.value.message
    assert (content(tmp_path / "results"), os.listdir(tmp_path)) == (before, ["results"])


@pytest.mark.parametrize("kind", ["link", "dangling link", "directory"])
def test_a_mark_that_we_did_not_make(tmp_path: Path, kind: str) -> None:
    (tmp_path / "results").mkdir()
    mark = tmp_path / "results" / RESULTS_MARKER
    (tmp_path / "elsewhere").touch()
    if kind == "directory":
        mark.mkdir()
    else:
        mark.symlink_to(tmp_path / "elsewhere" if kind == "link" else "none")
    with pytest.raises(InputError, match="was not created by a run"):
        run_into(tmp_path / "results", FIRST)
    assert os.listdir(tmp_path / "results") == [RESULTS_MARKER]


@pytest.mark.skipif(os.geteuid() != 0, reason="files of another user can be made by root only")
@pytest.mark.parametrize("whose", ["directory", "mark"])
def test_what_belongs_to_another_user(tmp_path: Path, whose: str) -> None:
    run_into(tmp_path / "results", {"ansible.log": "theirs"})
    os.chown(tmp_path / "results" / (RESULTS_MARKER if whose == "mark" else ""), NOBODY, NOBODY)
    with pytest.raises(InputError, match=r"belongs to another user \(uid 65534\)|was not created by a run"):
        run_into(tmp_path / "results", FIRST)
    assert content(tmp_path / "results") == {"ansible.log": "theirs"}


@pytest.mark.parametrize("spelt", ["link", "link/", "./link/."])
@pytest.mark.parametrize("target", ["ours", "empty", "none"])
def test_a_link_in_place_of_the_directory(tmp_path: Path, spelt: str, target: str) -> None:
    run_into(tmp_path / "ours", {"ansible.log": "1"})
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(InputError, match=f"is a link; use the directory to which it points, {tmp_path}/{target}"):
        run_into(Path(f"{tmp_path}/{spelt}"), FIRST) if spelt == "link" else enter(f"{tmp_path}/{spelt}")
    assert (content(tmp_path / "ours"), os.listdir(tmp_path / "empty")) == ({"ansible.log": "1"}, [])
    assert not (tmp_path / "none").exists()


def enter(path: str) -> None:
    with results_directory(path, playbook="p", host="h"):
        pass


def test_a_file_in_place_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("mine")
    with pytest.raises(InputError, match="is not a directory"):
        enter(str(tmp_path / "results"))
    assert (tmp_path / "results").read_text() == "mine"


def test_links_that_were_put_where_results_go_are_replaced_and_not_followed(tmp_path: Path) -> None:
    run_into(tmp_path / "results", {"ansible.log": "1"})
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("mine")
    (tmp_path / "results/artifacts").symlink_to(outside)
    (tmp_path / "results/events.jsonl").symlink_to(outside / "precious")
    run_into(tmp_path / "results", FIRST)
    assert content(outside) == {"precious": "mine"}
    assert content(tmp_path / "results") == {**FIRST, "artifacts": "/", "artifacts/old": "/"}


def test_what_is_no_part_of_results_is_left_out(tmp_path: Path) -> None:
    sent = {"ansible.log": "1", ".bashrc": "evil", RESULTS_MARKER: "x", "artifacts/a": "a", "sub/ansible.log": "x"}
    left_out = run_into(tmp_path / "results", sent, links={"artifacts/link": "/etc"})
    assert content(tmp_path / "results") == {"ansible.log": "1", "artifacts": "/", "artifacts/a": "a"}
    assert len(left_out) == 4


@pytest.mark.parametrize("sent", [{"ansible.log/x": "1"}, {"artifacts": "1"}, {"events.jsonl/x": "1"}])
def test_what_is_of_another_kind_than_it_should_be(tmp_path: Path, sent: dict[str, str]) -> None:
    run_into(tmp_path / "results", {"ansible.log": "1", **sent} if "ansible.log/x" not in sent else sent)
    expected = {} if "ansible.log/x" in sent else {"ansible.log": "1"}
    assert not (tmp_path / "results").exists() if not expected else content(tmp_path / "results") == expected


def test_what_a_killed_run_has_left_is_swept(tmp_path: Path) -> None:
    run_into(tmp_path / "results", {"ansible.log": "1"})
    for name, age in ((".incoming-old", 3600), (".incoming-new", 0)):
        (tmp_path / "results" / name).mkdir()
        os.utime(tmp_path / "results" / name, times=(time.time() - age,) * 2)
    with results_directory(str(tmp_path / "results"), playbook="p", host="h") as results, results.staging() as one:
        os.utime(one.path, times=(0, 0))
        with results.staging():
            assert Path(one.path).is_dir(), "that of a run that lives stays"
    assert sorted(os.listdir(tmp_path / "results")) == [".incoming-new", RESULTS_MARKER, "ansible.log"]


def test_new_directories_have_names_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    paths = set()
    for _turn in range(3):
        with (
            results_directory(None, playbook="a/../site one.yml", host="../h") as results,
            results.staging() as staging,
        ):
            staging.receive(archive({"ansible.log": "1"}), LIMITS)
            staging.commit()
            paths.add(results.path)
    assert len(paths) == 3
    assert {Path(path).parent for path in paths} == {tmp_path / "mobile_ansible.venv/runs"}
    assert {os.stat(path).st_mode & 0o777 for path in paths} == {0o700}


@pytest.mark.parametrize("path", [None, "/proc/nobody/can/make/this"])
def test_a_directory_that_cannot_be_made_is_named(monkeypatch: pytest.MonkeyPatch, path: str | None) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nobody")
    named = path or "/proc/nobody/mobile_ansible.venv/runs"
    with pytest.raises(InputError) as caught, results_directory(path, playbook="p", host="h"):
        pass
    assert caught.value.message.startswith(f"results: {named} cannot be used (No such file or directory: /proc/nobody")
