# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The record of a run comes back as it was written, and nothing else is taken for one."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import process_start
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.run_record import RunRecord, RunStep

RECORD = RunRecord(
    run="3f1c5ad86cf1",
    provider="digitalocean",
    info_hash="a" * 40,
    name="Ein Büro",
    dest="/srv/in",
    host="203.0.113.7",
    started=1790000000.0,
    expires=1790003600,
    state="running",
    pid=os.getpid(),
    pid_started=process_start(os.getpid()),
    hourly=0.36,
    created=1790000012.0,
    steps=(RunStep("download", 1790000020.0), RunStep("fetch", 1790000030.5, 1790000040.0)),
)


def test_it_comes_back_as_written_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    before = os.umask(0)
    try:
        RECORD.write(str(path))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert RunRecord.read(str(path)) == RECORD
    assert json.loads(path.read_text()) == json.loads(json.dumps(RECORD.as_dict()))
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.json"]


def test_a_record_of_before_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    RECORD.write(str(path))
    ended = replace(RECORD, state="failed", error="no peers", destroyed=1790000900.0, cost=0.0888)
    ended.write(str(path))
    assert RunRecord.read(str(path)) == ended


DAMAGED: dict[str, Any] = {
    "schema": 2,
    "run": "../../etc",
    "provider": "aws",
    "info_hash": "A" * 40,
    "name": 7,
    "dest": "/srv/\0",
    "host": "x" * 5000,
    "started": float("nan"),
    "expires": 10**400,
    "state": "gone",
    "pid": "1",
    "pid_started": True,
    "hourly": "0.01",
    "created": -1,
    "destroyed": [],
    "error": {},
    "cost": float("inf"),
    "steps": [{"name": "download"}],
}


@pytest.mark.parametrize("key", list(DAMAGED))
@pytest.mark.parametrize("is_missing", [False, True])
def test_a_damaged_one_is_one_error(tmp_path: Path, key: str, is_missing: bool) -> None:
    content = {**RECORD.as_dict(), key: DAMAGED[key]}
    if is_missing:
        del content[key]
    path = tmp_path / "run.json"
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="is not the record of a run"):
        RunRecord.read(str(path))


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000, b" " * (1 << 19)])
def test_what_is_no_record_is_one_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(InputError, match="is not the record of a run"):
        RunRecord.read(str(tmp_path / "run.json"))


def test_what_is_no_file_is_one_error(tmp_path: Path) -> None:
    RECORD.write(str(tmp_path / "real.json"))
    (tmp_path / "link.json").symlink_to("real.json")
    os.mkfifo(tmp_path / "fifo.json")
    (tmp_path / "directory.json").mkdir()
    for name in ("missing.json", "link.json", "fifo.json", "directory.json"):
        with pytest.raises(InputError, match=name):
            RunRecord.read(str(tmp_path / name))


def test_a_run_whose_process_is_gone_died() -> None:
    assert RECORD.current_state == "running"
    assert replace(RECORD, pid_started=1).current_state == "died"
    assert replace(RECORD, pid_started=1, state="succeeded").current_state == "succeeded"


def test_the_cost_grows_until_the_droplet_is_gone() -> None:
    hour = 3600.0
    created = 1790000012.0
    assert RECORD.cost_until(created + hour) == 0.36
    assert replace(RECORD, destroyed=created + hour).cost_until(created + 9 * hour) == 0.36
    assert replace(RECORD, destroyed=created + hour, cost=0.35).cost_until(created + 9 * hour) == 0.35
    assert replace(RECORD, hourly=None, created=None, provider="host").cost_until(created) == 0.0
