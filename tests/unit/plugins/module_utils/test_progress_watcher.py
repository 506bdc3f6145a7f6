# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The process that writes the last state."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils import _progress_watcher
from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import ProgressFile

#: A run that has a watcher, tells its pid, and ends without a word when it is told to.
RUN = """
import os, subprocess, sys
argv = [sys.executable, "-I", "-S", "-B", sys.argv[1], sys.argv[2], sys.argv[3], str(os.getpid())]
print(subprocess.Popen(argv, start_new_session=True, stdout=subprocess.DEVNULL).pid, flush=True)
sys.stdin.read()
os._exit(0)
"""


@pytest.fixture(name="status")
def fixture_status(tmp_path: Path) -> ProgressFile:
    """A run that is in the middle, and was killed in the middle of a line of its events."""
    status = ProgressFile(str(tmp_path / "status.json"))
    status.update("Step", 1, 2)
    (tmp_path / "events.jsonl").write_text('{"event": "task"}\n{"event"')
    return status


def run_and_end(directory: Path, ident: str) -> None:
    argv = [sys.executable, "-c", RUN, _progress_watcher.__file__, str(directory), ident]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdin
        watcher = os.pidfd_open(int(process.stdout.readline()))
        process.stdin.close()
    wait_for_end(watcher)


def wait_for_end(descriptor: int) -> None:
    assert select.select([descriptor], [], [], 60)[0], "it has not ended"
    os.close(descriptor)


pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs descriptors of processes")


def test_a_run_without_a_last_state_died(tmp_path: Path, status: ProgressFile) -> None:
    run_and_end(tmp_path, status.progress["id"])
    found = json.loads((tmp_path / "status.json").read_text())
    assert found == {**status.progress, "state": "died", "eta": None, "updated": found["updated"]}
    *_lines, half, last = (tmp_path / "events.jsonl").read_text().splitlines()
    assert (half, json.loads(last)["state"]) == ('{"event"', "died")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.jsonl", "status.json"]


def test_a_last_state_and_the_state_of_another_run_stay(tmp_path: Path, status: ProgressFile) -> None:
    before = (tmp_path / "status.json").read_text()
    run_and_end(tmp_path, "another")
    assert (tmp_path / "status.json").read_text() == before
    status.finish("failed")
    before = (tmp_path / "status.json").read_text()
    run_and_end(tmp_path, status.progress["id"])
    assert (tmp_path / "status.json").read_text() == before


def test_it_ends_where_nothing_is_left(tmp_path: Path) -> None:
    run_and_end(tmp_path / "gone", "0")


def test_without_descriptors_of_processes_it_looks_at_its_parent(
    tmp_path: Path, status: ProgressFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    parents = [7, 7, 1]
    monkeypatch.delattr(os, "pidfd_open")
    monkeypatch.setattr(os, "getppid", lambda: parents.pop(0))
    _progress_watcher.main([str(tmp_path), status.progress["id"], "7"])
    assert json.loads((tmp_path / "status.json").read_text())["state"] == "died"


def test_a_directory_in_which_another_run_writes_is_left_alone(
    tmp_path: Path, status: ProgressFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (tmp_path / "status.json").read_text()
    program = "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.lockf(f, 2); print(1, flush=True); input()"
    monkeypatch.setattr(_progress_watcher, "_LOCK_SECONDS", 0)
    argv = [sys.executable, "-c", program, str(tmp_path / "events.jsonl")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout and holder.stdout.readline()
        with pytest.raises(BlockingIOError):
            _progress_watcher.write_last_state(str(tmp_path), status.progress["id"])
        holder.communicate("\n")
    assert (tmp_path / "status.json").read_text() == before
