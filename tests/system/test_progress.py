# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The progress of real runs, as another process reads it: percent never falls, and follows what is counted."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from controller import Controller
from polling import wait_until
from progress_runs import SCHEMA, Runs, never_falls, play, say, sleep, watchers

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


@pytest.fixture(name="runs")
def fixture_runs(controller: Controller, tmp_path: Path) -> Runs:
    return Runs.below(tmp_path, controller)


@pytest.fixture(name="polled")
def fixture_polled(runs: Runs) -> Iterator[Callable[[], list[dict[str, Any]]]]:
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


def _with_a_lost_host(runs: Runs) -> list[str]:
    """Options with the hosts a and b, where b cannot be reached."""
    inventory = runs.directory / "hosts"
    inventory.write_text("a\nb ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1\n")
    return ["-i", str(inventory)]


@pytest.mark.parametrize(("forgets", "code", "plays"), [(True, 0, 2), (False, 4, 1)])
def test_a_run_goes_on_with_the_next_playbook_where_ansible_does(
    runs: Runs, forgets: bool, code: int, plays: int
) -> None:
    tasks: list[dict[str, Any]] = [{"name": "ping", "ansible.builtin.ping": None}]
    tasks += [{"ansible.builtin.meta": "clear_host_errors"}] if forgets else []
    first = runs.write(play(*tasks), name="one.yml")
    second = runs.write(play(say("more"), hosts="a"), name="two.yml")
    runs.run(*_with_a_lost_host(runs), first, second, code=code)
    events = runs.events()
    assert [event["event"] for event in events].count("play") == plays
    assert [event["event"] for event in events].count("end") == 1 and events[-1]["event"] == "end"
    assert events[-1]["hosts"]["b"]["unreachable"] == 1
    assert runs.status()["state"] == "failed"


def test_a_host_that_may_be_unreachable_is_counted_as_ansible_counts_it(runs: Runs) -> None:
    ping = {"name": "ping", "ansible.builtin.ping": None, "ignore_unreachable": True}
    runs.run(*_with_a_lost_host(runs), runs.write(play(ping)))
    assert runs.status()["counts"] == {"ok": 1, "ignored": 1}
    last = runs.events()[-1]["hosts"]["b"]
    assert (last["ignored"], last["unreachable"]) == (1, 0)


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
