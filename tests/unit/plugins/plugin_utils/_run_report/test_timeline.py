# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""When tasks ran, by the events of a run."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.timeline import (
    MAX_LANES,
    MAX_TASKS,
    Timeline,
)


def begins(time: float, task: str, **more: Any) -> dict[str, Any]:
    return {"event": "task", "time": time, "task": task, **more}


def ends(time: float, task: str, host: str = "a", status: str = "ok", **more: Any) -> dict[str, Any]:
    return {"event": "result", "time": time, "task": task, "host": host, "status": status, **more}


def rows(*events: dict[str, Any]) -> list[tuple[str, float, float, dict[str, int]]]:
    tasks = Timeline.of(events).as_dict()["tasks"]
    return [(row["name"], row["start"], row["end"], row["results"]) for row in tasks]


def test_a_task_lasts_from_its_beginning_to_its_last_result() -> None:
    events = [begins(10, "one"), ends(11, "one"), ends(13, "one", "b", "changed"), begins(13, "two"), ends(14, "two")]
    assert rows(*events) == [("one", 0, 3, {"ok": 1, "changed": 1}), ("two", 3, 4, {"ok": 1})]


def test_a_host_works_from_the_beginning_of_a_task_or_from_its_own_last_result() -> None:
    """The second is where hosts do not wait for each other."""
    events = [
        begins(0, "one"), ends(1, "one"), begins(1, "two"), ends(2, "one", "b"), begins(2, "two"), ends(5, "two", "b"),
        ends(6, "two"),
    ]  # fmt: skip
    lanes = Timeline.of(events).as_dict()["hosts"]
    told = {lane["host"]: [(one["start"], one["end"]) for one in lane["segments"]] for lane in lanes}
    assert told == {"a": [(0, 1), (2, 6)], "b": [(0, 2), (2, 5)]}


def test_a_task_that_is_included_again_has_another_row() -> None:
    events = [
        begins(0, "one"),
        ends(1, "one"),
        ends(2, "one", "b"),
        begins(2, "one"),
        ends(3, "one"),
        ends(4, "one", "b"),
    ]
    assert rows(*events) == [("one", 0, 2, {"ok": 2}), ("one", 2, 4, {"ok": 2})]


def test_a_number_tells_tasks_apart_whose_names_have_values_of_hosts() -> None:
    events = [
        {"event": "task", "time": 0, "number": 4, "written": "say …"}, ends(1, "say x", number=4),
        ends(2, "say y", "b", number=4), ends(3, "say y", number=5),
    ]  # fmt: skip
    assert rows(*events) == [("say …", 0, 2, {"ok": 2}), ("say y", 1, 3, {"ok": 1})]


def test_failures_have_the_names_of_the_playbook() -> None:
    events = [
        {"event": "play", "time": 0, "play": "of x", "written": "of …"},
        {"event": "task", "time": 0, "number": 1, "written": "say …"},
        ends(1, "say x", status="failed", number=1, play="of x", msg="no"),
        ends(1, "say x", "b", status="unreachable", number=1, play="of x", msg="gone", ignored=True),
    ]
    timeline = Timeline.of(events)
    (fatal,), (caught,) = timeline.failures["fatal"], timeline.failures["caught"]
    assert (fatal["play"], fatal["task"], fatal["msg"], fatal["unreachable"]) == ("of …", "say …", "no", False)
    assert (caught["msg"], caught["unreachable"], timeline.failed) == ("gone", True, 1)


def test_plays_have_the_names_of_the_playbook() -> None:
    events = [{"event": "play", "time": 0, "play": "of x", "written": "of …"}, ends(1, "one", play="of x")]
    timeline = Timeline.of(events)
    assert timeline.as_dict()["tasks"][0]["play"] == "of …"


def test_a_task_that_runs_at_the_end_is_told() -> None:
    assert rows(begins(0, "one"), ends(1, "one"), begins(2, "two")) == [("one", 0, 1, {"ok": 1}), ("two", 2, 2, {})]


@pytest.mark.parametrize(
    ("flags", "status"),
    [({}, "failed"), ({"ignored": True}, "ignored"), ({"rescued": True}, "rescued")],
)
def test_failures_that_were_caught_are_told_apart(flags: dict[str, bool], status: str) -> None:
    timeline = Timeline.of([{**ends(1, "one", status="failed"), **flags}])
    assert timeline.as_dict()["tasks"][0]["results"] == {status: 1}
    assert timeline.failed == (not flags)


def test_times_are_those_of_either_kind_of_events() -> None:
    timeline = Timeline.of([
        {"event": "start", "time": "2026-11-27T09:00:00.500000Z", "playbook": "site.yml"},
        ends(0, "one") | {"time": "2026-11-27T09:00:02.000000Z"},
    ])  # fmt: skip
    assert (timeline.as_dict()["seconds"], timeline.playbooks) == (1.5, ["site.yml"])


def test_stats_are_counted_as_ansible_does() -> None:
    events = [ends(0, "one", status="changed"), ends(1, "two", status="ignored"), ends(2, "three", status="failed")]
    assert Timeline.of(events).counted() == {"a": {"ok": 2, "changed": 1, "ignored": 1, "failures": 1}}


def test_time_does_not_go_back() -> None:
    events = [begins(10, "one"), ends(5, "one"), begins(11, "two"), ends(1e300, "two"), ends(12, "two")]
    assert rows(*events) == [("one", 0, 0, {"ok": 1}), ("two", 1, 2, {"ok": 1})]


@pytest.mark.parametrize(
    "event",
    [
        {}, {"event": "result"}, {"event": "result", "time": "yesterday"}, {"event": "result", "time": True},
        {"event": "result", "time": 1, "task": [], "host": {}, "status": "ok"}, {"event": "task", "time": float("nan")},
        {"event": "result", "time": 1, "task": "x", "host": "a", "status": "<b>"}, {"event": [], "time": 1},
        {"event": "end", "time": 1, "hosts": [1]}, {"event": "play", "time": 10**400, "play": 5},
    ],
)  # fmt: skip
def test_what_is_no_event_changes_nothing(event: dict[str, Any]) -> None:
    timeline = Timeline.of([event])
    assert (timeline.as_dict()["hosts"], timeline.counted(), timeline.stats) == ([], {}, None)


def test_what_is_held_is_limited() -> None:
    timeline = Timeline()
    for number in range(MAX_TASKS + 7):
        timeline.add(begins(number, f"task {number}"))
        for host in range(3):
            timeline.add(ends(number, f"task {number}", f"host {host}"))
    told = timeline.as_dict()
    assert (len(told["tasks"]), told["tasks_left_out"]) == (MAX_TASKS, 7)
    many = Timeline.of(ends(1, "one", f"host {number}") for number in range(500)).as_dict()
    assert (len(many["hosts"]), many["hosts_left_out"]) == (MAX_LANES, 500 - MAX_LANES)
    assert many["tasks"][0]["results"] == {"ok": 500}


def test_hosts_that_failed_are_shown_first() -> None:
    events = [ends(1, "one", f"host {number}", "failed" if number == 60 else "ok") for number in range(90)]
    assert Timeline.of(events).as_dict()["hosts"][0]["host"] == "host 60"


def test_runs_of_one_playbook_on_hosts_of_their_own_are_one() -> None:
    """Also where one begins later, runs a task twice, or has one that the other does not have."""
    first = [begins(10, "one"), ends(11, "one"), begins(11, "two"), ends(13, "two", status="failed", msg="no")]
    later = [begins(12, "one"), ends(14, "one", "b"), begins(14, "one"), ends(15, "one", "b"), ends(16, "own", "b")]
    timeline = Timeline.together([Timeline.of(later), Timeline.of([]), Timeline.of(first)])
    told = timeline.as_dict()
    assert [(row["name"], row["start"], row["end"], row["results"]) for row in told["tasks"]] == [
        ("one", 0, 4, {"ok": 2}), ("two", 1, 3, {"failed": 1}), ("one", 4, 5, {"ok": 1}), ("own", 5, 6, {"ok": 1}),
    ]  # fmt: skip
    lanes = {lane["host"]: [(one["task"], one["start"]) for one in lane["segments"]] for lane in told["hosts"]}
    assert lanes == {"a": [(0, 0), (1, 1)], "b": [(0, 2), (2, 4), (3, 5)]}
    assert (timeline.began, timeline.ended, timeline.failed) == (10, 16, 1)
    assert [one["msg"] for one in timeline.failures["fatal"]] == ["no"]
    assert timeline.stats == {"a": {"ok": 1, "failures": 1}, "b": {"ok": 3}}


def test_runs_together_have_no_more_tasks_than_one() -> None:
    runs = [
        Timeline.of(ends(number, f"{host}{number}", host) for number in range(MAX_TASKS - 10)) for host in ("a", "b")
    ]
    told = Timeline.together(runs).as_dict()
    assert (len(told["tasks"]), told["tasks_left_out"]) == (MAX_TASKS, MAX_TASKS - 20)
