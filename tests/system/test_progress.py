# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The progress of real runs, as another process reads it: percent never falls, and the last state is true."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from controller import Controller
from places import ROOT

SCHEMA = json.loads((ROOT / "docs" / "reference" / "progress.schema.json").read_text())
EVENT_SCHEMA = {"$schema": SCHEMA["$schema"], "$defs": SCHEMA["$defs"], "$ref": "#/$defs/event"}
#: Reads the status as fast as it can until it is told to stop, and prints each one that is new.
POLLER = """
import sys, time
last = None
while True:
    try:
        text = open(sys.argv[1]).read()
    except FileNotFoundError:
        text = None
    if text and text != last:
        print(text, end="", flush=True)
        last = text
    time.sleep(0.002)
"""
CANARY = "canary-71c0ffee"


@dataclass(frozen=True)
class Runs:
    """Runs of one user with the callback."""

    controller: Controller
    directory: Path

    @property
    def files(self) -> Path:
        return self.directory / "progress"

    def write(self, *plays: dict[str, Any], name: str = "site.yml") -> str:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(list(plays)))
        return str(path)

    def environment(self, files: Path | None = None, **env: str) -> dict[str, str]:
        given = {
            "ANSIBLE_CALLBACKS_ENABLED": "mobile_ansible.venv.progress",
            "MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY": str(files or self.files),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_ASYNC_DIR": str(self.directory / "jobs"),
        }
        given.update(env)
        if not given["ANSIBLE_CALLBACKS_ENABLED"]:
            del given["ANSIBLE_CALLBACKS_ENABLED"]
        return self.controller.environment(**given)

    def start(
        self, *arguments: str, files: Path | None = None, env: dict[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[str]:
        argv = [self.controller.venv.program("ansible-playbook"), "-c", "local", *arguments]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        environment = self.environment(files, **(env or {}))
        return subprocess.Popen(argv, cwd=self.directory, env=environment, text=True, **pipes)

    def run(self, *arguments: str, code: int = 0, **options: Any) -> tuple[str, str]:
        """Run to the end; what it said on standard output and error."""
        with self.start(*arguments, **options) as process:
            shown, errors = process.communicate(timeout=300)
        assert process.returncode == code, shown + errors
        return shown, errors

    def status(self, files: Path | None = None) -> dict[str, Any]:
        """The status, which conforms to the schema."""
        status: dict[str, Any] = json.loads(((files or self.files) / "status.json").read_text())
        jsonschema.validate(status, SCHEMA)
        return status

    def events(self, files: Path | None = None) -> list[dict[str, Any]]:
        events = [json.loads(line) for line in ((files or self.files) / "events.jsonl").read_text().splitlines()]
        for event in events:
            jsonschema.validate(event, EVENT_SCHEMA)
        return events

    def wait_for(self, text: str, files: Path | None = None) -> None:
        """Until a step is announced."""
        path = (files or self.files) / "events.jsonl"
        wait_until(lambda: path.exists() and text in path.read_text())


def wait_until(state: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not state():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


@pytest.fixture
def runs(controller: Controller, tmp_path: Path) -> Runs:
    directory = tmp_path / "project"
    directory.mkdir()
    return Runs(controller, directory)


@pytest.fixture
def polled(runs: Runs) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Every status that another process read while the test ran."""
    argv = [sys.executable, "-c", POLLER, str(runs.files / "status.json")]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:

        def end() -> list[dict[str, Any]]:
            time.sleep(0.1)
            process.terminate()
            shown, _errors = process.communicate()
            return [json.loads(line) for line in shown.splitlines()]

        yield end
        process.kill()


def play(*tasks: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    return {"hosts": "all", "gather_facts": False, **keywords, "tasks": list(tasks)}


def say(name: str, **keywords: Any) -> dict[str, Any]:
    return {"name": name, "ansible.builtin.debug": {"msg": "said"}, **keywords}


def sleep(name: str, seconds: int = 600) -> dict[str, Any]:
    return {"name": name, "ansible.builtin.command": {"cmd": f"sleep {seconds}"}}


def watchers(directory: Path) -> list[int]:
    """The pids of watchers of this directory."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
        except OSError:
            continue
        if any(b"_progress_watcher" in word for word in words) and str(directory).encode() in words:
            found.append(int(entry.name))
    return found


def never_falls(statuses: list[dict[str, Any]]) -> bool:
    percents = [status["percent"] for status in statuses]
    return percents == sorted(percents)


# Counting -------------------------------------------------------------------------------------------------------------


def everything(runs: Runs) -> str:
    """A playbook with all that makes counting hard."""
    for role, tasks in {"lower": [say("lower")], "upper": [say("upper", changed_when=True, notify="Handle")]}.items():
        runs.write(*tasks, name=f"roles/{role}/tasks/main.yml")
    (runs.directory / "roles/upper/meta").mkdir()
    (runs.directory / "roles/upper/meta/main.yml").write_text("dependencies: [lower]\n")
    runs.write(say("Handle"), name="roles/upper/handlers/main.yml")
    runs.write(say("one"), {"block": [say("two"), say("three")]}, name="more.yml")
    fails = {"name": "fails", "ansible.builtin.fail": {"msg": "on purpose"}}
    return runs.write(
        play(
            {"ansible.builtin.import_tasks": "more.yml"},
            {"ansible.builtin.include_tasks": "more.yml", "loop": [1, 2, 3]},
            {"ansible.builtin.include_role": {"name": "lower"}},
            {"block": [fails, say("never said")], "rescue": [say("rescued")], "always": [say("always")]},
            say("skipped", when=False),
            say("looped", loop=[1, 2, 3]),
            {"ansible.builtin.meta": "flush_handlers"},
            say("once", run_once=True),
            {**fails, "ignore_errors": True},
            roles=["upper"],
        ),
        play(say("nowhere"), hosts="empty"),
        play(),
        play(say("in batches"), say("in batches again"), serial=1),
    )


@pytest.mark.parametrize("strategy", ["linear", "free", "host_pinned"])
def test_percent_never_falls_and_the_files_follow_the_schema(
    runs: Runs, polled: Callable[[], list[dict[str, Any]]], strategy: str
) -> None:
    runs.run("-i", "a,b,c", everything(runs), env={"ANSIBLE_STRATEGY": strategy})
    statuses = polled()
    assert len(statuses) > 20 and never_falls(statuses)
    for status in statuses:
        jsonschema.validate(status, SCHEMA)
        assert status["id"] == statuses[0]["id"]
    assert [status["state"] for status in statuses] == ["running"] * (len(statuses) - 1) + ["succeeded"]
    assert runs.status() == statuses[-1]
    events = runs.events()
    assert never_falls(events)
    results = [event for event in events if event["event"] == "result"]
    assert runs.status()["done"] == runs.status()["total"] == len(results)
    assert sum(runs.status()["counts"].values()) == len(results)
    # It comes near the end before the end, and does not stand at it for long.
    assert statuses[-2]["percent"] > 90
    half = results[len(results) // 2]
    assert 20 < half["percent"] < 80
    assert oct((runs.files / "status.json").stat().st_mode)[-3:] == "600"
    assert oct((runs.files / "events.jsonl").stat().st_mode)[-3:] == "600"
    assert sorted(path.name for path in runs.files.iterdir()) == ["events.jsonl", "status.json"]
    wait_until(lambda: not watchers(runs.files))


@pytest.mark.parametrize(
    ("arguments", "done"),
    [
        (["--limit", "a"], 4),
        (["--tags", "t"], 3),
        (["--skip-tags", "t"], 9),
        (["--start-at-task", "third"], 6),
        ([], 12),
    ],
    ids=["limit", "tags", "skip tags", "start at task", "all"],
)
def test_what_was_selected_is_what_is_counted(runs: Runs, arguments: list[str], done: int) -> None:
    names = ("first", "second", "third", "fourth")
    playbook = runs.write(play(*(say(name, tags=["t"] if name == "third" else []) for name in names)))
    runs.run("-i", "a,b,c", *arguments, playbook)
    status = runs.status()
    assert (status["state"], status["done"], status["total"]) == ("succeeded", done, done)
    first, *_others, last = [event for event in runs.events() if event["event"] == "result"]
    assert last["percent"] == 99.9
    if "--start-at-task" not in arguments:  # where a host starts is known at its first result
        assert first["percent"] == pytest.approx(100 / done, abs=0.2)
        assert [event["total"] for event in runs.events() if event["event"] == "play"] == [done]


@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_a_host_that_is_lost_is_no_longer_counted(runs: Runs, strategy: str) -> None:
    fails = {"name": "fails", "ansible.builtin.fail": {"msg": "so"}, "when": "inventory_hostname == 'a'"}
    tasks: list[dict[str, Any]] = [
        fails,
        {"name": "ping", "ansible.builtin.ping": None},
        *(say(f"t{number}") for number in range(8)),
    ]
    inventory = runs.directory / "hosts"
    inventory.write_text("a\nb ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1\nc\n")
    playbook = runs.write(play(*tasks), play(say("afterwards")))
    runs.run("-i", str(inventory), playbook, code=4, env={"ANSIBLE_STRATEGY": strategy})
    status = runs.status()
    assert status["state"] == "failed"
    assert status["done"] == status["total"] == 1 + 2 + 10 + 1
    assert status["counts"]["failed"] == status["counts"]["unreachable"] == 1
    assert [event for event in runs.events() if event["event"] == "result"][-1]["percent"] == 99.9


def test_several_playbooks_are_one_run(runs: Runs, polled: Callable[[], list[dict[str, Any]]]) -> None:
    first, second = (runs.write(play(say("said"), say("more")), name=name) for name in ("one.yml", "two.yml"))
    runs.run("-i", "a,", first, second)
    statuses = polled()
    assert {status["id"] for status in statuses} == {runs.status()["id"]}
    assert [status["state"] for status in statuses[:-1]] == ["running"] * (len(statuses) - 1)
    results = [event["percent"] for event in runs.events() if event["event"] == "result"]
    assert results == [25.0, 50.0, 75.0, 99.9]


def test_a_host_that_is_done_is_told_while_the_next_one_works(runs: Runs) -> None:
    task = {"name": "Wait", "ansible.builtin.command": {"cmd": "sleep {{ 0 if inventory_hostname == 'a' else 20 }}"}}
    with runs.start("-i", "a,b", "--forks", "1", runs.write(play(task))) as process:
        runs.wait_for('"host": "a"')
        wait_until(lambda: runs.status()["done"] == 1)
        assert runs.status()["percent"] == 50
        process.terminate()
        process.communicate()


def test_a_playbook_without_a_host_and_one_without_a_task(runs: Runs) -> None:
    runs.run("-i", "a,", runs.write(play(say("said"), hosts="nobody"), play()))
    assert (runs.status()["state"], runs.status()["done"]) == ("succeeded", 0)


INFO_MODULE = """#!/usr/bin/python
import json, os
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule({"path": {"type": "path"}}, supports_check_mode=True)
path = module.params["path"]
turn = int(open(path).read()) if os.path.exists(path) else 0
open(path, "w").write(str(turn + 1))
progress = {"percent": turn * 25, "step": f"compile {turn}\\x1b[2J", "done": turn, "total": 4, "eta": 4 - turn}
module.exit_json(changed=False, progress=progress if turn != 3 else {"percent": "NaN", "step": 7, "eta": -1})
"""


def test_a_task_that_is_repeated_until_something_is_done_says_how_far_it_is(runs: Runs) -> None:
    (runs.directory / "library").mkdir()
    (runs.directory / "library" / "turns_info.py").write_text(INFO_MODULE)
    wait = {
        "name": "Wait for it",
        "turns_info": {"path": str(runs.directory / "turn")},
        "register": "found",
        "until": "found.progress.percent == 100",
        "retries": 9,
        "delay": 0,
    }
    runs.run("-i", "a,", runs.write(play(say("before"), wait)))
    told = [event for event in runs.events() if event["event"] == "progress"]
    assert [event["task_percent"] for event in told] == [0, 25, 50, None]
    assert [event["percent"] for event in told] == [50, 62.5, 75, 75]
    assert [event.get("detail", "") for event in told] == [f"compile {turn}\\x1b[2J" for turn in range(3)] + [""]
    assert runs.status()["state"] == "succeeded"


def test_what_is_polled_is_the_task_that_waits(runs: Runs) -> None:
    task = {**sleep("In the background", 3), "async": 30, "poll": 1}
    runs.run("-i", "a,", runs.write(play(say("before"), task)))
    assert {event["task"] for event in runs.events() if "task" in event} == {"before", "In the background"}
    assert runs.status()["done"] == 2


# How it ends ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "state"),
    [(signal.SIGKILL, "died"), (signal.SIGTERM, "stopped"), (signal.SIGINT, "stopped"), (signal.SIGHUP, "died")],
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


# What people see ------------------------------------------------------------------------------------------------------


def on_a_terminal(
    runs: Runs,
    *arguments: str,
    keys: dict[str, str] | None = None,
    env: dict[str, str] | None = None,
    ready: Callable[[], bool] = lambda: True,
) -> str:
    """All that a terminal gets; ``keys`` are typed when it shows a text, again if nothing comes of it.

    Ansible drops what was typed before it is ready to read.
    """
    inside, outside = pty.openpty()
    fcntl.ioctl(outside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    options: dict[str, Any] = {"stdin": outside, "stdout": outside, "stderr": outside, "start_new_session": True}
    options["preexec_fn"] = lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    environment = {"TERM": "xterm", "MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY": "", **(env or {})}
    shown, waiting, typed = "", dict(keys or {}), ""
    with runs.start(*arguments, env=environment, **options) as process:
        os.close(outside)
        while block := read(inside):
            shown += block.decode()
            for text in [text for text in waiting if text in shown]:
                typed = waiting.pop(text)
                wait_until(ready)
                os.write(inside, typed.encode())
            while typed and not select.select([inside], [], [], 2)[0] and process.poll() is None:
                os.write(inside, typed.encode())
        process.wait()
    os.close(inside)
    return shown


def read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # so the kernel says that nobody writes to it any more
        return b""


def screen(shown: str) -> list[str]:
    """The lines that stand on the terminal at the end: what is written over something replaces it."""
    lines, column = [""], 0
    for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", shown):
        if part == "\n":
            lines.append("")
        elif part == "\r":
            column = 0
        elif part == "\x1b[K":
            lines[-1] = lines[-1][:column]
        elif not part.startswith("\x1b"):
            lines[-1] = lines[-1][:column].ljust(column) + part + lines[-1][column + len(part) :]
            column += len(part)
    return [line.rstrip() for line in lines]


def bars(shown: str) -> list[str]:
    return re.findall(r"\[[#.]{20}\] [^\x1b\r\n]*", shown)


@pytest.mark.parametrize("callback", ["default", "minimal", "oneline", "tree"])
def test_a_bar_stands_below_the_lines_of_other_callbacks_and_damages_none(runs: Runs, callback: str) -> None:
    playbook = runs.write(play(*(say(f"step {number} " + "x" * 100) for number in range(4))))
    tree = {"ANSIBLE_CALLBACK_TREE_DIR": str(runs.directory)}
    env = tree if callback == "tree" else {"ANSIBLE_STDOUT_CALLBACK": callback}
    plain = on_a_terminal(runs, "-i", "a,b", playbook, env={**env, "ANSIBLE_CALLBACKS_ENABLED": ""})
    shown = on_a_terminal(runs, "-i", "a,b", playbook, env=env)
    assert sorted(screen(shown)) == sorted(screen(plain))
    percents = [int(re.findall(r"\] (\d+) %", bar)[0]) for bar in bars(shown)]
    assert percents == sorted(percents) and len(set(percents)) >= 8
    assert "(4 of 8" in shown and "step 2 xxx" in "".join(bars(shown))
    assert max(map(len, bars(shown))) < 60
    assert bars(plain) == []


def test_the_bar_gives_way_to_questions(runs: Runs) -> None:
    prompt = {"name": "colour", "prompt": "Which colour", "private": False}
    pause = {"name": "Ask", "ansible.builtin.pause": {"prompt": "Go on"}}
    answer = {"name": "Answer", "ansible.builtin.debug": {"msg": "It is {{ colour }}"}}
    playbook = runs.write(play(say("before")), play(pause, answer, vars_prompt=[prompt]))
    keys, env = {"Which colour": "blue\n", "Go on": "\n"}, {"MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY": str(runs.files)}
    shown = on_a_terminal(runs, "-i", "a,", playbook, keys=keys, env=env)
    kinds = [event["event"] for event in runs.events()]
    assert kinds[kinds.index("prompt") - 1 :][:3] == ["result", "prompt", "play"]
    lines = screen(shown)
    assert any(line.startswith("Which colour: blue") for line in lines)
    assert any(line.startswith("Go on:") for line in lines)
    assert any("It is blue" in line for line in lines)
    assert not [line for line in lines if "[#" in line or "..." in line]


def test_control_c_ends_the_run_as_without_a_bar(runs: Runs) -> None:
    started = runs.directory / "started"
    wait = {"name": "Wait", "ansible.builtin.shell": {"cmd": f"touch {started}; sleep 20"}}
    playbook = runs.write(play(say("before"), wait))
    files = {"MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY": str(runs.files)}
    # Ansible itself can fail at an interrupt while it starts a process.
    shown = on_a_terminal(runs, "-i", "a,", playbook, keys={"(1 of 2": "\x03"}, env=files, ready=started.exists)
    assert any(line.endswith("User interrupted execution") for line in screen(shown)), shown
    assert runs.status()["state"] == "stopped"
    wait_until(lambda: not watchers(runs.files))


@pytest.mark.parametrize("bar", ["auto", "always"])
def test_where_there_is_no_terminal_each_step_is_a_line(runs: Runs, bar: str) -> None:
    playbook = runs.write(play(*(say(f"step {number}") for number in range(3))))
    plain, errors = runs.run("-i", "a,b", playbook, env={"ANSIBLE_CALLBACKS_ENABLED": ""})
    assert "progress:" not in errors
    shown, errors = runs.run("-i", "a,b", playbook, env={"MOBILE_ANSIBLE_VENV_PROGRESS_BAR": bar})
    assert sorted(shown.splitlines()) == sorted(plain.splitlines())
    lines = [re.sub(r", \d+ s left", "", line) for line in errors.splitlines() if line.startswith("progress")]
    assert lines == [f"progress: {number * 33} % ({number * 2} of 6) step {number}" for number in range(3)]
    assert "\x1b" not in errors and "\r" not in errors


@pytest.mark.parametrize(("bar", "lines"), [("always", 3), ("never", 0)])
def test_a_terminal_without_a_bar(runs: Runs, bar: str, lines: int) -> None:
    playbook = runs.write(play(*(say(f"step {number}") for number in range(3))))
    (runs.directory / "ansible.cfg").write_text(f"[mobile_ansible_venv_progress]\nbar={bar}\ndirectory=here\n")
    env = {"MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY": str(runs.files)}
    shown = on_a_terminal(runs, "-i", "a,", playbook, env=env)
    assert bars(shown) == [] and shown.count("progress: ") == lines
    assert "\x1b[?7" not in shown
