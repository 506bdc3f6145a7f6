# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The callback, with stand-ins for what Ansible hands to it; real runs are in the system tests."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook import recorder
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.recorder import (
    EVENTS_VARIABLE,
    MESSAGE_LIMIT,
    CallbackModule,
    RunProgress,
    certain_pauses,
    failure_message,
    has_asked,
    is_literal,
    is_rescued,
    unanswered,
    waits,
    written_hosts,
    written_name,
)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"msg": "no space"}, "no space"),
        ({}, "no message was given"),
        ({"msg": "non-zero return code", "stderr": "sh: x\n", "stdout": "y"}, "non-zero return code: sh: x"),
        ({"msg": "non-zero return code", "stdout": "y"}, "non-zero return code: y"),
        (
            {"msg": "The command exited with a non-zero return code.", "stderr": "no such file"},
            "The command exited with a non-zero return code: no such file",
        ),
        ({"msg": "non-zero return code"}, "non-zero return code"),
        ({"censored": "hidden", "msg": "secret"}, "the output has been hidden: no_log is set for this task"),
        ({"msg": "One or more", "results": [{"msg": "a"}, {"failed": True, "msg": "b"}]}, "b"),
        (
            {"results": [{"failed": True, "_ansible_no_log": True, "msg": "b"}]},
            "the output has been hidden: no_log is set for this task",
        ),
        ({"results": [{"failed": True, "_ansible_no_log": False, "msg": "b"}]}, "b"),
        ({"msg": "x" * 5000}, "x" * MESSAGE_LIMIT + " […]"),
    ],
)
def test_what_a_failure_says(result: dict[str, Any], expected: str) -> None:
    assert failure_message(result) == expected


@pytest.mark.parametrize(
    ("source", "attributes", "expected"),
    [
        ({"name": "Say {{ secret }} and {% if x %}\ny{% endif %}"}, {}, "Say … and … y…"),
        ({"name": "Plain"}, {"_role": SimpleNamespace(get_name=lambda: "web")}, "web : Plain"),
        ({"name": {"vault": "x"}}, {"action": "debug"}, "debug"),
        ({}, {"action": "{{ which }}"}, "…"),
        ({"hosts": "all"}, {}, "all"),
        (None, {}, "shown"),
    ],
)
def test_names_have_no_values_of_variables(source: Any, attributes: dict[str, Any], expected: str) -> None:
    assert written_name(SimpleNamespace(get_name=lambda: "shown", _ds=source, **attributes)) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"hosts": "web:!db"}, "web:!db"), ({"hosts": ["web", "db"]}, "web,db"), ({"hosts": "{{ secret }}"}, "…"),
        ({}, ""), (None, ""),
    ],
)  # fmt: skip
def test_the_hosts_of_a_play_are_those_that_are_written(source: Any, expected: str) -> None:
    assert written_hosts(SimpleNamespace(_ds=source)) == expected


def block(parent: Any = None, rescue: bool = False) -> SimpleNamespace:
    return SimpleNamespace(
        _uuid=object(), _parent=parent, block=[], rescue=[SimpleNamespace(_uuid=None)] if rescue else [], always=[]
    )


def child(parent: Any, part: str = "block") -> SimpleNamespace:
    task = SimpleNamespace(_uuid=object(), _parent=parent)
    getattr(parent, part).append(task)
    return task


def test_who_is_rescued() -> None:
    outer = block(rescue=True)
    inner = block(parent=outer)
    outer.block.append(inner)
    assert is_rescued(child(outer))
    assert is_rescued(child(inner))
    assert is_rescued(child(inner, "always"))
    assert not is_rescued(child(outer, "always"))
    assert not is_rescued(child(outer, "rescue"))
    assert not is_rescued(child(block()))
    assert not is_rescued(SimpleNamespace(_uuid=object(), _parent=None))


def task(resolved: str | None = "ansible.builtin.pause", **attributes: Any) -> SimpleNamespace:
    """A task that runs in any case, unless ``attributes`` say something else."""
    name = attributes.pop("name", "ask")
    plain: dict[str, Any] = {
        "action": "pause",
        "args": {},
        "when": [],
        "loop": None,
        "loop_with": None,
        "module_defaults": [],
        "tags": [],
        "no_log": None,
    }

    def chosen(only: list[str], skip: list[str], _variables: dict[str, Any]) -> bool:
        return only == ["all"] and "skipped" not in skip

    return SimpleNamespace(
        resolved_action=resolved, _resolved_action=resolved, _uuid=name, get_name=lambda: name,
        get_path=lambda: "/p/site.yml:3", evaluate_tags=chosen, **{**plain, **attributes},
    )  # fmt: skip


def a_play(*tasks: Any, given: tuple[str, ...] = (), **attributes: Any) -> SimpleNamespace:
    inventory = SimpleNamespace(get_hosts=lambda pattern: [] if pattern == "nobody" else ["a"])
    manager = SimpleNamespace(extra_vars=dict.fromkeys(given), _inventory=inventory)
    plain = {"hosts": ["all"], "only_tags": ["all"], "skip_tags": [], "vars_prompt": []}
    return SimpleNamespace(
        compile=lambda: list(tasks), get_variable_manager=lambda: manager, get_path=lambda: "/p/site.yml:1",
        **{**plain, **attributes},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, True),
        ({"prompt": "Go on", "echo": False}, True),
        ({"seconds": None}, True),
        ({"seconds": 1, "prompt": "Go on"}, False),
        ({"minutes": "{{ some }}"}, False),
        ({"_variable_params": "{{ options }}"}, False),
    ],
)
def test_which_pause_waits_for_an_answer(arguments: dict[str, Any], expected: bool) -> None:
    assert waits(arguments) is expected
    assert bool(certain_pauses(a_play(task(args=arguments)))) is expected


@pytest.mark.parametrize(
    "one",
    [
        task(when=["x"]),
        task(loop=[]),
        task(loop_with="items"),
        task(module_defaults=[{"pause": {"seconds": 1}}]),
        task(tags=["{{ tag }}"]),
        task("my.own.pause"),
        task("pause"),
        task(None, action="{{ which }}"),
        task("ansible.builtin.debug"),
    ],
)
def test_what_is_not_certain_is_left_to_the_run(one: SimpleNamespace) -> None:
    assert certain_pauses(a_play(one)) == []


def test_where_a_pause_is_reached_for_certain() -> None:
    inner = SimpleNamespace(block=[task(name="inner")], rescue=[task(name="rescue")], always=[task(name="always")])
    outer = SimpleNamespace(block=[inner], rescue=[], always=[])
    end = task("ansible.builtin.meta", args={"_raw_params": "end_host"})
    flush = task("ansible.builtin.meta", args={"_raw_params": "flush_handlers"})
    found = certain_pauses(a_play(flush, outer, end, task(name="behind")))
    assert [one.get_name() for one in found] == ["inner", "always"]
    assert certain_pauses(a_play(task(), skip_tags=["skipped"])) == []
    assert certain_pauses(a_play(task(), only_tags=["config"])) == []


@pytest.mark.parametrize(
    "one", [task(args={"seconds": 1}), task("ansible.builtin.debug"), task("my.own.pause"), task("pause")]
)
def test_what_has_not_asked(one: SimpleNamespace) -> None:
    assert not has_asked(one)


def test_the_message_is_bounded_and_on_one_line() -> None:
    prompts = [
        *({"kind": "vars_prompt", "name": f"v{number}", "text": "", "path": "site.yml:2"} for number in range(12)),
        {"kind": "pause", "name": "Wait", "text": "Go on", "path": "site.yml:9"},
    ]
    message = unanswered(prompts)
    assert message.count("vars_prompt") == 10
    assert "vars_prompt 'v9'; and 3 more. To answer: set it with -e v0=VALUE " in message
    assert "give the pause seconds or minutes, or use ansible-playbook-venv" in message
    assert unanswered(prompts[-1:]).startswith(
        "the playbook asks for input, but runs without a terminal: "
        "site.yml:9: the pause in task 'Wait' (Go on). To answer: give the pause "
    )


@pytest.mark.parametrize("value", ["{{ x }}", ["a", "{% if x %}"], {"{{ x }}"}])
def test_what_only_the_run_knows(value: object) -> None:
    assert not is_literal(value)
    assert is_literal("a } {")


@pytest.fixture(name="recorder")
def fixture_recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CallbackModule:
    monkeypatch.setenv(EVENTS_VARIABLE, str(tmp_path / "events"))
    monkeypatch.setenv("MOBILE_ANSIBLE_VENV_PROJECT", "/p")
    monkeypatch.setattr(f"{CallbackModule.__module__}._cli_option", lambda _name: None)
    return CallbackModule()


def refused(recorder: CallbackModule, *plays: Any) -> list[dict[str, Any]]:
    """The prompts of the event that is written before the run is ended; none where it goes on."""
    try:
        recorder.v2_playbook_on_start(SimpleNamespace(get_plays=lambda: plays))
    except SystemExit as end:
        event = json.loads(Path(recorder._path).read_text())
        assert (event["event"], f"ERROR: {event['msg']}") == ("prompt", end.code)
        prompts: list[dict[str, Any]] = event["prompts"]
        return prompts
    assert not Path(recorder._path).exists()
    return []


def test_variables_without_a_value_are_refused(recorder: CallbackModule) -> None:
    prompts = [{"name": "colour", "prompt": "Which\ncolour"}, {"name": "size", "default": "large"}, {"name": "{{ x }}"}]
    found = refused(
        recorder, a_play(vars_prompt=prompts, given=("colour",)), a_play(vars_prompt=prompts, hosts="nobody")
    )
    assert [(prompt["name"], prompt["text"], prompt["path"]) for prompt in found] == [
        ("size", "", "site.yml:1"),
        ("colour", "Which colour", "site.yml:1"),
        ("size", "", "site.yml:1"),
    ]


def test_pauses_of_plays_that_have_hosts_are_refused(recorder: CallbackModule) -> None:
    assert (
        refused(
            recorder,
            a_play(task(), hosts="nobody"),
            a_play(task(), hosts=["{{ x }}"]),
            a_play(task("ansible.builtin.debug")),
        )
        == []
    )
    (found,) = refused(recorder, a_play(task(args={"prompt": "secret"}, no_log=True)))
    assert found == {"kind": "pause", "name": "ask", "text": "", "path": "site.yml:3"}


def test_pauses_are_left_to_the_run_when_it_starts_at_a_task(
    recorder: CallbackModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{CallbackModule.__module__}._cli_option", lambda _name: "Install")
    assert refused(recorder, a_play(task())) == []


def test_an_item_that_asked_ends_the_run_with_its_loop(recorder: CallbackModule) -> None:
    item = SimpleNamespace(task=task(args={"prompt": "Go on 1"}), result={"user_input": ""})
    recorder.v2_runner_item_on_ok(item)
    whole = SimpleNamespace(task=task(args={"prompt": "Go on {{ item }}"}, loop=[1, 2]), result={})
    with pytest.raises(SystemExit, match="Go on 1"):
        recorder.v2_runner_on_ok(whole)


# How far a run is -----------------------------------------------------------------------------------------------------


def counted_play(tasks: int, hosts: int, **more: Any) -> Any:
    """A play of so many tasks on so many hosts."""
    inventory = SimpleNamespace(get_hosts=lambda pattern, ignore_restrictions: [None] * hosts)
    manager = SimpleNamespace(_inventory=inventory)
    one = {"_uuid": object(), "only_tags": [], "skip_tags": [], "serial": [], "hosts": "all", "gather_facts": False}
    listed = [named(str(number)) for number in range(tasks)]
    compiled = {"compile": lambda: listed, "get_variable_manager": lambda: manager}
    return SimpleNamespace(**{**one, **compiled, **more})


def named(name: str, **more: Any) -> Any:
    task = {"tags": [], "evaluate_tags": lambda *tags: True, "action": "ansible.builtin.command"}
    source = {"_ds": {"name": name}, "resolved_action": None, "_resolved_action": None}
    return SimpleNamespace(**{**task, **source, **more})


@pytest.fixture(name="run")
def fixture_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunProgress:
    monkeypatch.setattr(recorder, "_PROGRESS_SECONDS", 0)
    return RunProgress(str(tmp_path / "progress.json"))


def said(run: RunProgress) -> dict[str, Any]:
    progress: dict[str, Any] = json.loads(Path(run._path).read_text())
    return progress


def test_percent_of_a_run_grows_and_is_never_whole_before_the_end(run: RunProgress) -> None:
    plays = [counted_play(3, 2), counted_play(1, 2)]
    run.expect(plays)
    percents = []
    for play in plays:
        run.begin(play)
        for _result in range(8):  # of which the first has 6: the others were included
            run.count()
            percents.append(said(run)["percent"])
    assert percents == sorted(percents) and percents[-1] < 100
    assert percents[:3] == [12.5, 25.0, 37.5] and percents[8] > 75
    assert said(run)["done"] == 16


def test_the_batches_of_a_play_are_one_play(run: RunProgress) -> None:
    play = counted_play(2, 4, serial=[1])
    run.expect([play])
    for _batch in range(4):
        run.begin(play)
        for _result in range(2):
            run.count()
    assert said(run)["percent"] == pytest.approx(100 * 8 / 9, abs=0.1)


def test_a_step_has_no_values_of_variables(run: RunProgress) -> None:
    shown = {"Copy": "Copy", "Log in as {{ user }}": "ansible.builtin.command", "{% if x %}": "ansible.builtin.command"}
    for name, step in shown.items():
        run.tell(named(name))
        assert said(run)["step"] == step


def test_a_run_that_nobody_follows_writes_nothing(tmp_path: Path) -> None:
    run = RunProgress("")
    run.expect([counted_play(1, 1)])
    run.tell(named("Copy"))
    run.count()
    assert list(tmp_path.iterdir()) == []


def test_a_progress_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    run = RunProgress(str(tmp_path / "missing" / "progress.json"))
    run.tell(named("Copy"))
    assert list(tmp_path.iterdir()) == []


def test_a_task_that_begins_has_the_number_of_its_results(recorder: CallbackModule, tmp_path: Path) -> None:
    begun = task(_ds={"name": "Say {{ it }}"}, name="Say x")
    recorder.v2_playbook_on_task_start(task(name="other"), False)
    recorder.v2_playbook_on_task_start(begun, False)
    host = SimpleNamespace(get_name=lambda: "a")
    recorder.v2_runner_on_skipped(SimpleNamespace(task=begun, host=host, task_name="Say x", result={}))
    lines = [json.loads(line) for line in Path(recorder._path).read_text().splitlines()]
    assert [(line["event"], line["number"]) for line in lines] == [("task", 0), ("task", 1), ("result", 1)]
    assert (lines[1]["written"], lines[2]["task"]) == ("Say …", "Say x")
