# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a run prepares, what it brings together at its end, and that nothing else stays."""

from __future__ import annotations

import os
import tarfile
import time
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._bounded_reader import MIB
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook import run as runs
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.extract import ExtractionLimits
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.options import DEFAULT_LIMITS, RunRequest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.outcome import RunError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.run import (
    RunDirectory,
    deliver,
    prepared,
    sockets_of,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.time_limit import (
    NO_TIME_LIMIT,
    TimeLimit,
)


def test_nothing_of_a_run_stays_but_its_results(tmp_path: Path) -> None:
    place, warnings = RunDirectory(str(tmp_path / "run"), sockets=str(tmp_path / "sockets")), list[str]()
    with prepared(place, archive=None, warn=warnings.append):
        Path(place.log).write_text("ended")
        Path(place.scaffold, "made", "by", "the", "playbook").mkdir(parents=True)
    assert (os.listdir(place.path), warnings) == ([os.path.basename(place.log)], [])
    assert os.listdir(tmp_path) == ["run"]


def test_what_cannot_be_removed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, warnings = RunDirectory(str(tmp_path / "run")), list[str]()

    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", f"{path}/made/by/root")

    with prepared(place, archive=None, warn=warnings.append):
        monkeypatch.setattr(runs, "remove_tree", refuse)
    assert len(warnings) == 1
    assert f"{place.scaffold}/made/by/root" in warnings[0]


@pytest.mark.parametrize("kind", ["directory", "link", "file"])
def test_a_directory_that_is_there_already_is_not_used(tmp_path: Path, kind: str) -> None:
    (tmp_path / "other").mkdir()
    if kind == "link":
        (tmp_path / "run").symlink_to("other")
    elif kind == "file":
        (tmp_path / "run").touch()
    else:
        (tmp_path / "run").mkdir()
    with pytest.raises(FileExistsError):
        prepared(RunDirectory(str(tmp_path / "run")), archive=None, warn=print).__enter__()
    assert os.listdir(tmp_path / "other") == []


def test_sockets_have_a_short_path() -> None:
    assert sockets_of("/var/a/very/long/path/to/a/directory/of/a/task/run-1") == "/tmp/run-1"


@pytest.fixture
def place(tmp_path: Path) -> RunDirectory:
    made = RunDirectory(str(tmp_path / "run"))
    os.mkdir(made.path)
    Path(made.log).write_text("said")
    Path(made.events).write_text("{}\n")
    return made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "out").mkdir(parents=True)
    (root / "out" / "a.txt").write_text("a")
    (root / "out" / "run.sh").write_text("b")
    (root / "out" / "run.sh").chmod(0o4755)
    (root / "out" / "latest").symlink_to("a.txt")
    return root


def wanted(project: Path, *patterns: str, limits: ExtractionLimits = DEFAULT_LIMITS) -> RunRequest:
    where = str(project)
    return RunRequest(str(project / "site.yml"), where, where, artifacts=patterns, artifact_limits=limits)


def packed(place: RunDirectory) -> dict[str, int]:
    with tarfile.open(place.results) as archive:
        members = archive.getmembers()
    assert all(member.isreg() for member in members)
    return {member.name: member.mode for member in members}


LOGS = {"ansible.log": 0o600, "events.jsonl": 0o600}


def test_what_is_brought_together(place: RunDirectory, project: Path) -> None:
    assert deliver(wanted(project, "out"), place, limit=NO_TIME_LIMIT, artifacts=True) is None
    names = {"artifacts/out/a.txt": 0o600, "artifacts/out/run.sh": 0o700, "artifacts/out/latest": 0o600}
    assert packed(place) == {**LOGS, **names}


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (
            ExtractionLimits(size=1, files=9, depth=9),
            "they are more than 0 MiB: select fewer files, or increase artifacts_limit",
        ),
        (ExtractionLimits(size=MIB, files=2, depth=9), "increase artifacts_files_limit"),
        (ExtractionLimits(size=MIB, files=9, depth=0), "increase artifacts_depth_limit"),
    ],
)
def test_artifacts_above_a_limit_are_an_error_and_the_log_comes_back(
    place: RunDirectory, project: Path, limits: ExtractionLimits, said: str
) -> None:
    trouble = deliver(wanted(project, "**", limits=limits), place, limit=NO_TIME_LIMIT, artifacts=True)
    assert trouble is not None
    assert trouble.startswith("the playbook ended, but its artifacts were not returned: ")
    assert said in trouble
    assert packed(place) == LOGS
    assert not os.path.exists(place.artifacts)


@pytest.mark.parametrize("step", ["matches", "_copy_file", "_pack_results"])
def test_the_time_limit_holds_for_each_step_at_the_end(
    place: RunDirectory, project: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    real, calls = getattr(runs, step), list[int]()

    def hang_once(*given: object, **named: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            time.sleep(60)
        return real(*given, **named)

    monkeypatch.setattr(runs, step, hang_once)
    trouble = deliver(wanted(project, "out"), place, limit=TimeLimit(1), artifacts=True)
    assert trouble is not None
    assert "the timeout of 1 s for the whole run is over" in trouble
    assert packed(place) == LOGS


@pytest.mark.parametrize("step", ["unpack", "_write_helpers", "_make_directories"])
def test_the_time_limit_holds_for_each_step_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(runs, step, lambda *given: time.sleep(60))
    archive = str(tmp_path / "archive") if step == "unpack" else None
    place = RunDirectory(str(tmp_path / "run"))
    if step == "_make_directories":
        os.makedirs(place.scaffold)
    with pytest.raises(RunError, match="the preparation of the playbook was stopped"):
        prepared(place, archive=archive, warn=print, limit=TimeLimit(1)).__enter__()
    assert step == "_make_directories" or not os.path.exists(place.scaffold)


def test_a_pipe_in_place_of_an_artifact_does_not_hang(place: RunDirectory, project: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is not a regular file"):
        runs._copy_file(str(tmp_path / "pipe"), str(tmp_path / "copy"), limit=9)


def test_a_file_that_grows_is_cut(tmp_path: Path) -> None:
    assert runs._copy_file("/proc/self/environ", str(tmp_path / "copy"), limit=3) == 4
    assert (tmp_path / "copy").stat().st_size == 4


@pytest.mark.parametrize("is_sent", [True, False])
def test_paths_in_a_project_that_was_sent_are_relative(tmp_path: Path, place: RunDirectory, is_sent: bool) -> None:
    project = os.path.join(place.shipped, "project") if is_sent else str(tmp_path / "project")
    os.makedirs(project)
    said = f"no\nOrigin: {project}/tasks/main.yml:1:3 ({project}-2/x, {tmp_path}/y)"
    expected = said.replace(f"{project}/", "") if is_sent else said
    assert runs._as_sent(said, project, place) == expected
