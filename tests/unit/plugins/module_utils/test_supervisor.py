# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The program that watches a run, with real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils import _supervisor

PROGRAM = str(Path(_supervisor.__file__))


def supervise(log: Path, *command: str, seconds: float = 0, pipe: int = -1) -> list[str]:
    return [sys.executable, "-I", "-S", PROGRAM, str(seconds), str(pipe), str(log), "", *command]


def report(argv: list[str]) -> dict[str, object]:
    ended = subprocess.run(argv, capture_output=True, text=True, check=True)
    told: dict[str, object] = json.loads(ended.stdout)
    return told


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("exit 0", {"rc": 0, "signal": 0, "ended": None}),
        ("exit 3", {"rc": 3, "signal": 0, "ended": None}),
        ("kill -9 $$", {"rc": 137, "signal": 9, "ended": None}),
    ],
)
def test_it_tells_how_a_command_ended(tmp_path: Path, script: str, expected: dict[str, object]) -> None:
    assert report(supervise(tmp_path / "log", "/bin/sh", "-c", script)) == expected


def test_all_output_goes_to_a_private_log(tmp_path: Path) -> None:
    report(supervise(tmp_path / "log", "/bin/sh", "-c", "echo out; echo err >&2; read line || echo no input"))
    assert (tmp_path / "log").read_text() == "out\nerr\nno input\n"
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_a_program_that_cannot_be_started(tmp_path: Path) -> None:
    assert report(supervise(tmp_path / "log", "/no/such/program"))["rc"] == 127
    assert (tmp_path / "log").read_text() == "ERROR: /no/such/program cannot be started: No such file or directory\n"


def test_time_is_limited(tmp_path: Path) -> None:
    started = time.monotonic()
    told = report(supervise(tmp_path / "log", "/bin/sh", "-c", "sleep 60", seconds=0.3))
    assert told["ended"] == "timeout"
    assert time.monotonic() - started < 5


def test_it_ends_the_command_when_the_pipe_closes(tmp_path: Path) -> None:
    readable, writable = os.pipe()
    argv = supervise(tmp_path / "log", "/bin/sh", "-c", "echo started; sleep 60", pipe=readable)
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, pass_fds=[readable])
    os.close(readable)
    while not (tmp_path / "log").exists():
        time.sleep(0.01)
    os.close(writable)
    output, _nothing = process.communicate(timeout=10)
    assert json.loads(output)["ended"] == "orphaned"
