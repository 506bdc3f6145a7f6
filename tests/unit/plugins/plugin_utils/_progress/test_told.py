# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a task tells is in the directory of its run, in the one format, also where no callback listens."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import read_progress
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.run_record import RunRecord
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress.told import told_progress

TASK = SimpleNamespace(no_log=False, _uuid="1")


def read(tmp_path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((tmp_path / "progress.json").read_text())
    assert read_progress(str(tmp_path / "progress.json")) is not None
    return content


def test_it_is_written(tmp_path: Path) -> None:
    with told_progress(TASK, "a", str(tmp_path)) as progress:
        assert progress.is_heard
        progress.tell({"step": "Download", "done": 5, "total": 10, "percent": 40.0, "rate": 7, "peers": 2})
        told = read(tmp_path)
    assert (told["state"], told["step"], told["percent"], told["rate"], told["peers"]) == (
        "running",
        "Download",
        40,
        7,
        2,
    )
    assert read(tmp_path)["state"] == "succeeded"


def test_the_cost_is_that_of_the_droplet(tmp_path: Path) -> None:
    """Whatever the host says."""
    run: dict[str, Any] = {
        "run": "3f1c5ad86cf1",
        "provider": "digitalocean",
        "info_hash": "5a" * 20,
        "name": "",
        "dest": "/d",
        "host": "",
    }
    record = RunRecord(**run, started=1.0, expires=2, state="running", pid=1, hourly=0.5)
    record.write(str(tmp_path / "run.json"))
    with told_progress(TASK, "a", str(tmp_path)) as progress:
        progress.tell({"step": "Download", "microdollars": 7})
        assert "microdollars" not in read(tmp_path)
        replace(record, created=time.time() - 3600).write(str(tmp_path / "run.json"))
        progress.tell({"step": "Verify", "microdollars": 7})
        assert 500_000 <= read(tmp_path)["microdollars"] < 501_000


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"done": "x", "total": -1},
        {"percent": 1e9},
        {"step": {"a": 1}, "rate": "fast"},
        {"done": True, "total": 1.5},
    ],
    ids=str,
)
def test_a_host_may_say_anything(tmp_path: Path, said: dict[str, Any]) -> None:
    with told_progress(TASK, "a", str(tmp_path)) as progress:
        progress.tell(said)
        told = read(tmp_path) if (tmp_path / "progress.json").exists() else None
    assert told is None or (told["percent"] == 0 and "rate" not in told)
    read(tmp_path)


def test_a_task_that_failed(tmp_path: Path) -> None:
    with told_progress(TASK, "a", str(tmp_path)) as progress:
        progress.ended({"failed": True})
    assert read(tmp_path)["state"] == "failed"


@pytest.mark.parametrize(("task", "option"), [(TASK, None), (SimpleNamespace(no_log=True, _uuid="1"), "here")])
def test_where_nothing_is_to_be_written(tmp_path: Path, task: Any, option: str | None) -> None:
    with told_progress(task, "a", str(tmp_path) if option else None) as progress:
        assert not progress.is_heard
        progress.tell({"step": "x", "done": 1, "total": 2})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["relative", "/nowhere/at/all", ["a"]])
def test_a_directory_that_is_not_there(path: object) -> None:
    with pytest.raises(VenvError, match="^run_directory: "), told_progress(TASK, "a", path):
        pass


def test_a_directory_in_which_others_can_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(VenvError) as raised, told_progress(TASK, "a", str(tmp_path)):
        pass
    assert raised.value.code == "store"
