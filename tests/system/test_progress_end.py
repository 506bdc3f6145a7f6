# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The last state of a run is true however it ends, and nothing that happens to its files ends it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from disks import mounted
from polling import wait_until
from progress_runs import Runs, play, say, sleep, watchers

CANARY = "canary-71c0ffee"


@pytest.fixture(name="runs")
def fixture_runs(controller: Controller, tmp_path: Path) -> Runs:
    return Runs.below(tmp_path, controller)


@pytest.mark.parametrize(
    ("number", "state"),
    [(signal.SIGKILL, "died"), (signal.SIGTERM, "stopped"), (signal.SIGINT, "stopped"), (signal.SIGHUP, "stopped")],
)
def test_the_last_state_is_true_however_the_run_is_ended(runs: Runs, number: signal.Signals, state: str) -> None:
    started = runs.directory / "started"
    wait = {"name": "Wait", "ansible.builtin.shell": {"cmd": f"touch {started}; sleep 20"}}
    with runs.start("-i", "a,", runs.write(play(say("before"), wait))) as process:
        wait_until(started.exists)
        before = runs.status()
        assert before["state"] == "running" and before["pid"] == process.pid
        (watcher,) = watchers(runs.files)
        held = {os.readlink(link) for link in Path(f"/proc/{watcher}/fd").iterdir()}
        assert {name for name in held if name.startswith("/") and name != "/dev/null"} == set()
        assert Path(f"/proc/{watcher}/environ").read_bytes() == b""
        assert os.getsid(watcher) == watcher
        process.send_signal(number)
        wait_until(lambda: runs.status()["state"] != "running")
        assert runs.status()["state"] == state
        process.communicate()
    assert (runs.status()["id"], runs.status()["percent"]) == (before["id"], before["percent"])
    wait_until(lambda: not watchers(runs.files))
    assert runs.status()["state"] == state
    assert [event["state"] for event in runs.events() if event["event"] == "end"] == [state]
    assert sorted(path.name for path in runs.files.iterdir()) == ["events.jsonl", "status.json"]


def test_a_run_that_an_error_stops_has_failed(runs: Runs) -> None:
    playbook = runs.write(play(say("before")), play(say("never"), strategy="missing"))
    runs.run("-i", "a,", playbook, code=1)
    assert runs.status()["state"] == "failed"
    wait_until(lambda: not watchers(runs.files))


def test_the_next_run_replaces_what_a_killed_one_left(runs: Runs) -> None:
    playbook = runs.write(play(sleep("Wait", 20)))
    with runs.start("-i", "a,", playbook) as process:
        runs.wait_for('"task": "Wait"')
        process.kill()
        wait_until(lambda: runs.status()["state"] == "died")
        first = runs.status()["id"]
        runs.run("-i", "a,", runs.write(play(say("said"))))
    assert (runs.status()["state"], runs.status()["id"] != first) == ("succeeded", True)
    assert len([event for event in runs.events() if event["event"] == "start"]) == 1


# Files ----------------------------------------------------------------------------------------------------------------


def test_nothing_secret_is_in_the_files_and_on_the_screen(runs: Runs) -> None:
    names = {"name": "Log in as {{ secret }}"}
    shout = {"ansible.builtin.command": {"cmd": "echo {{ secret }}"}}
    tasks: list[dict[str, Any]] = [
        {**names, **shout},
        {**names, **shout, "no_log": True},
        {**names, **shout, "loop": ["{{ secret }}"], "environment": {"TOKEN": "{{ secret }}"}},
        {**shout, "register": "found", "until": "found.attempts > 1", "retries": 2, "delay": 0, "no_log": True},
        {"ansible.builtin.include_tasks": {"file": "more.yml"}, "vars": {"inner": "{{ secret }}"}},
        {"ansible.builtin.fail": {"msg": "{{ secret }}"}, "ignore_errors": True},
        {"ansible.builtin.shell": f"true {CANARY}"},
        {"name": "{{ secret }}", "ansible.builtin.debug": {"var": "secret"}},
    ]
    runs.write(say("inner {{ inner }} {% if inner %}x{% endif %}"), name="more.yml")
    playbook = runs.write(play(*tasks, name="Play with {{ secret }}", vars={"more": "{{ secret }}"}))
    files = runs.files
    _shown, errors = runs.run("-i", "a,", "-e", json.dumps({"secret": CANARY}), playbook, env={"TOKEN": CANARY})
    assert runs.status()["state"] == "succeeded"
    written = "".join(path.read_text() for path in files.iterdir())
    assert CANARY not in written
    assert "Log in as \\u2026" in written and "Play with \\u2026" in written and "inner \\u2026" in written
    assert CANARY not in "".join(line for line in errors.splitlines() if line.startswith("progress: "))


def test_two_runs_at_once_have_two_directories(runs: Runs) -> None:
    playbook = runs.write(play(*(say(f"t{number}") for number in range(5))))
    files = [runs.directory / name for name in ("one", "two")]
    processes = [runs.start("-i", "a,", playbook, files=one) for one in files]
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0, 0]
    assert [runs.status(one)["done"] for one in files] == [5, 5]
    assert runs.status(files[0])["id"] != runs.status(files[1])["id"]


def test_a_second_run_in_the_same_directory_leaves_the_first_alone(runs: Runs) -> None:
    with runs.start("-i", "a,", runs.write(play(sleep("Wait", 20)))) as process:
        runs.wait_for('"task": "Wait"')
        first = runs.status()
        _shown, errors = runs.run("-i", "a,", runs.write(play(say("said")), name="other.yml"))
        assert said_once(errors, "another run writes its progress there")
        assert runs.status() == first
        process.terminate()
        process.communicate()


def said_once(errors: str, reason: str) -> bool:
    """One warning that names the directory, the reason and the way out, whatever the width of the lines."""
    text = " ".join(errors.split())
    assert text.count("[WARNING]: progress: the files in") == 1, errors
    assert "MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY" in text
    return reason in text


def test_a_directory_that_cannot_be_written_is_one_warning_and_the_run_goes_on(runs: Runs) -> None:
    (runs.directory / "file").write_text("")
    playbook = runs.write(play(*(say(f"t{number}") for number in range(5))))
    shown, errors = runs.run("-i", "a,", playbook, files=runs.directory / "file" / "below")
    assert said_once(errors, "Not a directory") and "ok=5" in shown


def test_a_directory_that_goes_is_one_warning_and_the_run_goes_on(runs: Runs) -> None:
    remove = {"name": "Remove", "ansible.builtin.command": {"cmd": f"rm -r {runs.files}"}}
    shown, errors = runs.run("-i", "a,", runs.write(play(remove, *(say(f"t{number}") for number in range(5)))))
    assert said_once(errors, "No such file or directory") and "ok=6" in shown
    wait_until(lambda: not watchers(runs.files))


def test_links_that_lie_in_the_directory_are_not_written_through(runs: Runs) -> None:
    target = runs.directory / "mine"
    target.write_text("mine")
    runs.files.mkdir()
    for name in ("status.json", ".status.json.new"):
        (runs.files / name).symlink_to(target)
    runs.run("-i", "a,", runs.write(play(say("said"))))
    assert runs.status()["state"] == "succeeded" and not (runs.files / "status.json").is_symlink()
    (runs.files / "events.jsonl").unlink()
    (runs.files / "events.jsonl").symlink_to(target)
    _shown, errors = runs.run("-i", "a,", runs.write(play(say("said"))))
    assert said_once(errors, "Too many levels of symbolic links")
    assert target.read_text() == "mine"


def test_without_a_directory_nothing_is_written_and_nothing_watches(runs: Runs) -> None:
    env = {"MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY": ""}
    before = sorted(runs.directory.iterdir())
    playbook = runs.write(play(say("said")))
    runs.run("-i", "a,", playbook, env=env)
    assert sorted(runs.directory.iterdir()) == [*before, Path(playbook)]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_disk_that_is_full_leaves_no_state_that_is_not_true(runs: Runs, tmp_path: Path) -> None:
    hosts = ",".join(f"h{number}" for number in range(60))
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=16k", "none") as disk:
        playbook = runs.write(play(*(say(f"step {number}") for number in range(2))))
        _shown, errors = runs.run("-i", hosts, playbook, files=disk / "run")
        assert " ".join(errors.split()).count("are not written: No space left on device") == 1
        assert runs.status(disk / "run")["state"] == "succeeded"
        *_others, last = (json.loads(line) for line in (disk / "run" / "events.jsonl").read_text().splitlines())
        assert (last["event"], last["state"]) == ("end", "succeeded")
