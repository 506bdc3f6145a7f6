# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Files of progress: what is written is whole and private, and what is read is data."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils import _progress
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import (
    ProgressFile,
    check_ident,
    measures_of,
    read_progress,
)


@pytest.fixture(name="path")
def fixture_path(tmp_path: Path) -> Path:
    return tmp_path / "progress.json"


def read(path: Path) -> dict[str, Any]:
    found = read_progress(str(path))
    assert found is not None
    return dict(found)


@pytest.mark.parametrize(
    ("said", "measures"),
    [
        ({"rate": 5, "peers": 0, "step": "x"}, {"rate": 5, "peers": 0}),
        ({"rate": -1, "peers": "3"}, {}),
        ({"rate": 1.5, "peers": True}, {}),
        ({}, {}),
    ],
)
def test_what_is_measured_is_a_count(said: dict[str, Any], measures: dict[str, int]) -> None:
    assert measures_of(said) == measures


def test_what_is_measured_is_read(path: Path) -> None:
    progress = ProgressFile(str(path), interval=0)
    progress.update("Download", 1, 2, rate=5, peers=3)
    assert (read(path)["rate"], read(path)["peers"]) == (5, 3)
    path.write_text(json.dumps({**read(path), "rate": "fast", "more": 1}))
    assert {"rate", "more"}.isdisjoint(read(path))


@pytest.mark.parametrize("ident", ["", "no hex", '"}', "0" * 15, "٠" * 16, "\x1b[2J"])
def test_an_id_that_is_none_is_an_error(ident: str) -> None:
    check_ident("0123456789abcdef")
    with pytest.raises(InputError, match="^progress_id: ") as caught:
        check_ident(ident)
    assert "\x1b" not in caught.value.message


def test_what_is_written_is_read(path: Path) -> None:
    writer = ProgressFile(str(path), interval=0)
    writer.update("Unpack", 1, 4)
    found = read(path)
    assert found == dict(writer.progress)
    assert (found["state"], found["percent"], found["step"], found["done"], found["total"]) == (
        "running", 25.0, "Unpack", 1, 4,
    )  # fmt: skip
    assert found["pid"] == os.getpid()
    writer.finish()
    assert (read(path)["state"], read(path)["percent"], read(path)["eta"]) == ("succeeded", 100.0, 0)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_percent_never_falls_and_is_100_at_the_end_only(path: Path) -> None:
    writer = ProgressFile(str(path), interval=0)
    shown = []
    for done, total in ((1, 2), (1, 10), (5, 5), (0, 0), (7, 5)):
        writer.update("Step", done, total)
        shown.append(read(path)["percent"])
    assert shown == [50.0, 50.0, 99.9, 99.9, 99.9]
    assert read(path)["total"] == 7


def test_the_same_step_is_written_only_now_and_then(path: Path) -> None:
    writer = ProgressFile(str(path), interval=3600)
    writer.update("Fetch", 1, 100)
    writer.update("Fetch", 2, 100)
    assert read(path)["done"] == 1
    writer.update("Unpack", 3, 100)
    assert read(path)["done"] == 3
    writer.update("Unpack", 4, 100)
    writer.finish("failed")
    assert (read(path)["state"], read(path)["done"]) == ("failed", 4)


@pytest.mark.parametrize(
    ("error", "state"), [(None, "succeeded"), (ValueError, "failed"), (KeyboardInterrupt, "stopped")]
)
def test_the_last_state_is_written_however_the_block_ends(path: Path, error: Any, state: str) -> None:
    try:
        with ProgressFile(str(path)) as writer:
            writer.update("Step", 1, 2)
            if error:
                raise error
    except (ValueError, KeyboardInterrupt):
        pass
    assert read(path)["state"] == state
    writer.update("Later", 2, 2)
    writer.finish("succeeded")
    assert read(path)["state"] == state and read(path)["step"] == "Step"


def test_the_time_left_follows_the_pace(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(_progress, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    writer = ProgressFile(str(path), interval=0)
    writer.update("Step", 0, 4)
    assert read(path)["eta"] is None
    clock[0] += 10
    writer.update("Step", 1, 4)
    assert read(path)["eta"] == 30
    writer.update("Step", 1, 4, eta=500)
    assert read(path)["eta"] == 500


def test_steps_are_printable_and_cut(path: Path) -> None:
    writer = ProgressFile(str(path), interval=0)
    writer.update("a\x1b[2J\n" + "x" * 1000, 1, 2)
    assert read(path)["step"].startswith("a\\x1b[2J\\x0axxx") and len(read(path)["step"]) <= 401


def test_there_is_none_yet(path: Path) -> None:
    assert read_progress(str(path)) is None


def test_a_writer_that_has_gone_is_dead(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        started = _progress.process_start(process.pid)
        path.write_text(json.dumps({**GOOD, "pid": process.pid, "pid_started": started}))
        assert read(path)["state"] == "running"
        process.communicate(b"\n")
    assert read(path)["state"] == "died"
    path.write_text(json.dumps({**GOOD, "pid": process.pid, "pid_started": None}))
    assert read(path)["state"] == "died"


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="only there a pid that was given anew is noticed")
def test_another_process_with_the_same_pid_is_not_the_writer(path: Path) -> None:
    ProgressFile(str(path)).update("Step", 1, 2)
    value = json.loads(path.read_text())
    path.write_text(json.dumps({**value, "pid_started": value["pid_started"] - 1}))
    assert read(path)["state"] == "died"


GOOD = dict(ProgressFile(None).progress)


@pytest.mark.parametrize(
    "value",
    [
        [],
        None,
        {},
        {**GOOD, "schema": 2},
        {**GOOD, "schema": True},
        {**GOOD, "state": "odd"},
        {**GOOD, "state": ["running"]},
        {**GOOD, "percent": 101},
        {**GOOD, "percent": -1},
        {**GOOD, "percent": float("nan")},
        {**GOOD, "percent": "50"},
        {**GOOD, "percent": True},
        {**GOOD, "step": None},
        {**GOOD, "done": 1.5},
        {**GOOD, "done": 10**400},
        {**GOOD, "eta": -1},
        {**GOOD, "pid": "1"},
        {key: value for key, value in GOOD.items() if key != "updated"},
    ],
)
def test_what_is_not_a_progress_file_is_one_error(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value))
    with pytest.raises(InputError, match=f"{path} is not a progress file of schema 1"):
        read_progress(str(path))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "x" * (1 << 20), "\x00\xff"])
def test_what_is_no_json_is_one_error(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(InputError, match="is not a progress file"):
        read_progress(str(path))


def test_pipes_directories_and_links_are_not_read(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(InputError, match="is not a progress file"):
        read_progress(str(path))
    with pytest.raises(InputError, match="is not a progress file"):
        read_progress(str(path.parent))
    ProgressFile(str(path.parent / "real")).update("Step", 1, 2)
    path.unlink()
    path.symlink_to("real")
    with pytest.raises(InputError, match="cannot be read"):
        read_progress(str(path))


def test_further_keys_are_not_returned_and_texts_are_printable(path: Path) -> None:
    path.write_text(json.dumps({**GOOD, "state": "failed", "ansible_facts": {"x": 1}, "step": "\x1b[2J" * 1000}))
    found = read(path)
    assert set(found) == set(GOOD)
    assert "\x1b" not in found["step"] and len(found["step"]) <= 401


def test_what_a_killed_writer_left_is_replaced_and_links_are_not_followed(path: Path) -> None:
    mine = path.parent / "mine"
    mine.write_text("mine")
    staged = path.parent / f".{path.name}.new"
    staged.symlink_to(mine)
    path.symlink_to(mine)
    ProgressFile(str(path)).update("Step", 1, 2)
    assert read(path)["step"] == "Step" and mine.read_text() == "mine" and not os.path.lexists(staged)
