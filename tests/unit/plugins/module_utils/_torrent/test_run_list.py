# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What another terminal is told of runs, from files that may be damaged, or not files at all."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import ProgressFile, process_start
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.run_list import listed_runs
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.run_record import RunRecord, RunStep

FIRST, SECOND = "1" * 12, "0" * 12
RECORD = RunRecord(
    run=FIRST,
    provider="digitalocean",
    info_hash="a" * 40,
    name="a\x1b[31mname",
    dest="/srv/in",
    host="203.0.113.7",
    started=1790000000.0,
    expires=1790003600,
    state="running",
    pid=os.getpid(),
    pid_started=process_start(os.getpid()),
    steps=(RunStep("boot", 1790000001.0, 1790000020.0), RunStep("download", 1790000020.0)),
)


def add(state: Path, record: RunRecord) -> Path:
    directory = state / "runs" / record.run
    directory.mkdir(parents=True)
    record.write(str(directory / "run.json"))
    return directory


def test_a_run_is_told_with_its_progress(tmp_path: Path) -> None:
    directory = add(tmp_path, replace(RECORD, hourly=0.36, created=1790000000.0, destroyed=1790003600.0))
    (tmp_path / "runs" / FIRST / "receipt.json").write_text("{}")
    with ProgressFile(str(directory / "progress.json"), interval=0) as progress:
        progress.update("Download", 50, 200, eta=30, rate=1000, peers=4)
        (told,) = listed_runs(str(tmp_path))
    assert told == {
        "run": FIRST,
        "provider": "digitalocean",
        "info_hash": "a" * 40,
        "name": "a\x1b[31mname",
        "dest": "/srv/in",
        "host": "203.0.113.7",
        "state": "running",
        "step": "download",
        "percent": 25.0,
        "rate": 1000,
        "peers": 4,
        "eta": told["eta"],
        "started": "2026-09-21T14:13:20Z",
        "expires": "2026-09-21T15:13:20Z",
        "hourly": 0.36,
        "cost": 0.36,
        "receipt": str(tmp_path / "runs" / FIRST / "receipt.json"),
        "error": None,
    }
    assert told["eta"] >= 30


def test_the_latest_run_is_the_last_and_one_can_be_selected(tmp_path: Path) -> None:
    add(tmp_path, RECORD)
    add(tmp_path, replace(RECORD, run=SECOND, started=1790000001.0, state="failed", error="no peers", pid_started=1))
    assert [(one["run"], one["state"], one["error"]) for one in listed_runs(str(tmp_path))] == [
        (FIRST, "running", None),
        (SECOND, "failed", "no peers"),
    ]
    assert [one["run"] for one in listed_runs(str(tmp_path), run=SECOND)] == [SECOND]
    assert listed_runs(str(tmp_path), run="2" * 12) == []


def test_a_run_whose_process_was_killed_died(tmp_path: Path) -> None:
    add(tmp_path, replace(RECORD, pid_started=1))
    assert listed_runs(str(tmp_path))[0]["state"] == "died"


def _as_link(directory: Path) -> None:
    directory.rename(directory.with_name("elsewhere"))
    directory.symlink_to("elsewhere")


def _as_file(directory: Path) -> None:
    _as_link(directory)
    directory.unlink()
    directory.write_text("")


def _with_a_link(directory: Path) -> None:
    (directory / "run.json").rename(directory / "other")
    (directory / "run.json").symlink_to("other")


def _as_of_another(directory: Path) -> None:
    replace(RECORD, run="2" * 12).write(str(directory / "run.json"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda directory: (directory / "run.json").write_text("{"),
        lambda directory: (directory / "run.json").write_text(json.dumps({"schema": 1})),
        lambda directory: (directory / "run.json").write_text(" " * (1 << 20)),
        lambda directory: (directory / "run.json").unlink(),
        _as_link,
        _as_file,
        _with_a_link,
        _as_of_another,
    ],
    ids=["cut", "keys", "large", "missing", "directory is a link", "directory is a file", "file is a link", "another"],
)
def test_a_damaged_run_hides_no_other(tmp_path: Path, damage: Any) -> None:
    add(tmp_path, RECORD)
    damage(add(tmp_path, replace(RECORD, run=SECOND)))
    damaged, whole = listed_runs(str(tmp_path))
    assert (damaged["run"], damaged["state"], whole["run"], whole["error"]) == (SECOND, "damaged", FIRST, None)
    assert str(tmp_path) in damaged["error"]
    assert damaged.keys() == whole.keys()


def test_a_damaged_progress_leaves_the_rest(tmp_path: Path) -> None:
    (add(tmp_path, RECORD) / "progress.json").write_text("{")
    (told,) = listed_runs(str(tmp_path))
    assert (told["state"], told["percent"], told["dest"]) == ("running", None, "/srv/in")
    assert "progress.json is not a progress file" in told["error"]


def test_what_is_no_run_is_not_told(tmp_path: Path) -> None:
    assert listed_runs(str(tmp_path)) == []
    (tmp_path / "runs" / "README").mkdir(parents=True)
    assert listed_runs(str(tmp_path)) == []


def test_what_is_no_state_directory_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(InputError, match="directory: .*runs cannot be read: Not a directory"):
        listed_runs(str(tmp_path))
    with pytest.raises(InputError, match="directory: "):
        listed_runs("/\0")


def test_a_time_beyond_all_years_is_not_told(tmp_path: Path) -> None:
    add(tmp_path, replace(RECORD, started=1 << 52, expires=1 << 52))
    assert listed_runs(str(tmp_path))[0]["expires"] is None
