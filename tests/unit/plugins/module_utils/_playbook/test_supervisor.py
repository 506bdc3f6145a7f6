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
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook import supervisor

#: How long a program may take to end by itself, and so long that no test waits for it.
GRACE, SHORT_GRACE = "GRACE_SECONDS = 10.0", "GRACE_SECONDS = 2.0"


def supervise(log: Path, *command: str, seconds: float = 0, pipe: int = -1) -> list[str]:
    """The command line, with the two files side by side as where a run works."""
    place = log.parent / "helpers"
    place.mkdir()
    for program in (supervisor, _supervisor):
        source = Path(str(program.__file__)).read_text()
        assert GRACE in source
        (place / Path(str(program.__file__)).name).write_text(source.replace(GRACE, SHORT_GRACE))
    return [sys.executable, "-I", "-S", str(place / "supervisor.py"), str(seconds), str(pipe), str(log), *command]


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
    assert time.monotonic() - started < 60


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


def options(**given: object) -> dict[str, str]:
    return {**os.environ, supervisor.OPTIONS_VARIABLE: json.dumps(given)}


def ended(argv: list[str], env: dict[str, str]) -> dict[str, object]:
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=env)
    told: dict[str, object] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("script", ["yes", "trap '' INT; yes", "yes & wait", "head -c 5000 /dev/zero; exit 0"])
def test_a_log_without_end_ends_the_run(tmp_path: Path, script: str) -> None:
    told = ended(supervise(tmp_path / "log", "/bin/sh", "-c", script), options(log_limit=4096))
    assert told["ended"] == "log_limit"
    assert (tmp_path / "log").stat().st_size == 4096


def test_what_was_said_last_stands_in_a_log_that_was_cut(tmp_path: Path) -> None:
    script = "i=0; while :; do i=$((i+1)); echo line $i; done"
    ended(supervise(tmp_path / "log", "/bin/bash", "-c", script), options(log_limit=65536))
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines[:-1] == [f"line {number}" for number in range(1, len(lines))]


def test_events_without_end_end_the_run(tmp_path: Path) -> None:
    events = tmp_path / "events"
    script = f"while :; do echo event >> {events}; done"
    told = ended(supervise(tmp_path / "log", "/bin/sh", "-c", script), options(log_limit=4096, events=str(events)))
    assert told["ended"] == "log_limit"


def test_a_log_at_its_limit_is_whole(tmp_path: Path) -> None:
    told = ended(supervise(tmp_path / "log", "/bin/sh", "-c", "head -c 4095 /dev/zero"), options(log_limit=4096))
    assert (told["ended"], (tmp_path / "log").stat().st_size) == (None, 4095)


def test_it_does_not_wait_for_what_goes_on_in_the_background(tmp_path: Path) -> None:
    script = "echo before; nohup sleep 4713 & echo $! > " + str(tmp_path / "pid")
    assert report(supervise(tmp_path / "log", "/bin/sh", "-c", script)) == {"rc": 0, "signal": 0, "ended": None}
    assert "before" in (tmp_path / "log").read_text()
    os.kill(int((tmp_path / "pid").read_text()), 9)


def test_it_ends_the_command_when_the_controller_hangs_up(tmp_path: Path) -> None:
    """Its directories are removed then: nobody else is left to do it."""
    readable, writable = os.pipe()
    (tmp_path / "run" / "project").mkdir(parents=True)
    env = options(hangup=writable, remove=[str(tmp_path / "run"), str(tmp_path / "none")])
    argv = supervise(tmp_path / "log", "/bin/sh", "-c", "echo started; sleep 60")
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, pass_fds=[writable], env=env)
    os.close(writable)
    while not (tmp_path / "log").exists():
        time.sleep(0.01)
    assert process.poll() is None
    os.close(readable)
    output, _nothing = process.communicate(timeout=10)
    assert json.loads(output)["ended"] == "orphaned"
    assert not (tmp_path / "run").exists()


def test_directories_of_tasks_that_were_killed_are_removed(tmp_path: Path) -> None:
    """They are told by the pid in their names; those of others stay."""
    tasks = tmp_path / ".ansible" / "tmp"
    tasks.mkdir(parents=True)
    (tasks / "ansible-tmp-1.5-1-77").mkdir()
    script = f"mkdir {tasks}/ansible-tmp-1.5-$$-77 && echo made && sleep 60"
    argv = supervise(tmp_path / "log", "/bin/sh", "-c", script, seconds=1)
    assert ended(argv, {**os.environ, "HOME": str(tmp_path)})["ended"] == "timeout"
    assert (tmp_path / "log").read_text() == "made\n"
    assert os.listdir(tasks) == ["ansible-tmp-1.5-1-77"]


def test_a_command_gets_the_chance_to_tidy_up(tmp_path: Path) -> None:
    """As after Ctrl-C, with which Ansible and its modules remove their own files."""
    script = f"trap 'touch {tmp_path}/tidied; exit 1' INT; echo started; while :; do sleep 0.1; done"
    assert report(supervise(tmp_path / "log", "/bin/sh", "-c", script, seconds=1))["ended"] == "timeout"
    assert (tmp_path / "tidied").exists()
