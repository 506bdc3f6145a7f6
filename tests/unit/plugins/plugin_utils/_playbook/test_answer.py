# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A host may answer with anything: what is not the result of a run is one error, and no other key passes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._playbook.answer import (
    HostAnswerError,
    checked_answer,
)

TASK = {"host": "h", "play": "P", "task": "T", "action": "a", "path": "s.yml:1"}
RUN: dict[str, Any] = {
    "changed": True,
    "stats": {"h": {"ok": 1, "changed": 1}},
    "custom_stats": {"_run": {"n": [1, None, "x"]}},
    "failed_tasks": [{**TASK, "msg": "m", "ignored": True, "rescued": False, "unreachable": False}],
    "changed_tasks": [TASK],
    "unmatched_plays": ["Q"],
    "rc": 0,
    "duration": 1.5,
    "venv": "/v",
}
FAILED = {**RUN, "failed": True, "msg": "it broke", "error_code": "run_failed"}
NOT_STARTED = {"failed": True, "msg": "no venv", "error_code": "bad_input", "changed": False}


@pytest.mark.parametrize("answer", [RUN, FAILED, NOT_STARTED, {**NOT_STARTED, "argv": ["uv"], "rc": 2, "stderr": "x"}])
def test_what_the_module_returns_passes(answer: dict[str, Any]) -> None:
    assert checked_answer(answer, host="h") == answer


@pytest.mark.parametrize(
    "key",
    ["log", "events", "results", "artifacts", "add_host", "add_group", "ansible_facts", "_ansible_x", "diff", "x"],
)
def test_no_other_key_passes(key: str) -> None:
    hostile = {**RUN, key: {"host_name": "localhost", "ansible_connection": "local"}}
    assert checked_answer(hostile, host="h") == RUN


def test_the_python_that_ansible_found_passes() -> None:
    facts = {"discovered_interpreter_python": "/usr/bin/python3", "ansible_user": "root", "discovered_interpreter_x": 1}
    answer = checked_answer({**RUN, "ansible_facts": facts}, host="h")
    assert answer["ansible_facts"] == {"discovered_interpreter_python": "/usr/bin/python3"}


def nested(depth: int) -> list[Any]:
    outermost: list[Any] = []
    for _turn in range(depth):
        outermost = [outermost]
    return outermost


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("stats", None), ("stats", []), ("stats", {"h": 5}), ("stats", {"h": {"ok": "1"}}),
        ("stats", {"h": {"ok": True}}), ("custom_stats", {"x": nested(600)}),
        ("custom_stats", "x"), ("custom_stats", {"x": "y" * 5_000_000}), ("custom_stats", {"x": nested(100_000)}),
        ("failed_tasks", {}), ("failed_tasks", [5]), ("failed_tasks", [{}]), ("failed_tasks", [{**TASK, "host": None}]),
        ("failed_tasks", [{**TASK, "msg": ["m"]}]), ("failed_tasks", [{**TASK, "ignored": "no"}]),
        ("changed_tasks", "abc"), ("unmatched_plays", [None]), ("unmatched_plays", "abc"),
        ("rc", "0"), ("rc", None), ("rc", 1.5), ("rc", 10**400), ("rc", True),
        ("duration", "1"), ("duration", float("nan")), ("duration", float("inf")), ("duration", None),
        ("venv", 5), ("changed", "yes"), ("changed", None), ("failed", "yes"), ("failed", 1), ("warnings", {"a": 1}),
    ],
)  # fmt: skip
def test_a_key_of_another_shape_is_one_error(key: str, value: Any) -> None:
    with pytest.raises(HostAnswerError) as caught:
        checked_answer({**RUN, key: value}, host="web1")
    assert caught.value.message.startswith(f"web1 returned a result that is not valid: {key!r} is not ")


@pytest.mark.parametrize(("key", "value"), [("msg", None), ("msg", ["x"]), ("error_code", 5), ("argv", "uv")])
def test_a_failure_of_another_shape_is_one_error(key: str, value: Any) -> None:
    with pytest.raises(HostAnswerError, match=f"'{key}' is not"):
        checked_answer({**NOT_STARTED, key: value}, host="web1")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"changed": False},
        {"log": 5},
        {"failed": True},
        {"duration": 1.0},
        {**RUN, "failed": True},
        None,
        [],
        "x",
        5,
    ],
)
def test_what_is_missing_is_one_error(answer: Any) -> None:
    with pytest.raises(HostAnswerError, match="^web1 "):
        checked_answer(answer, host="web1")


@pytest.mark.parametrize("missing", sorted(set(RUN) - {"changed"}))
def test_a_part_of_a_result_is_one_error(missing: str) -> None:
    with pytest.raises(HostAnswerError):
        checked_answer({key: value for key, value in RUN.items() if key != missing}, host="web1")


def test_what_is_no_json_is_shown_in_part() -> None:
    said = {"_ansible_parsed": False, "msg": "no JSON", "module_stdout": "\x1b[2Jhello" + "x" * 100_000}
    with pytest.raises(HostAnswerError) as caught:
        checked_answer(said, host="web1")
    assert r"\x1b[2Jhello" in caught.value.message
    assert len(caught.value.message) < 5000


def test_no_control_character_passes() -> None:
    evil = "\x1b]0;owned\x07\x9b\r\u202e"
    task = {**dict.fromkeys(TASK, evil), "msg": evil}
    answer = {
        **FAILED, "msg": evil, "stats": {evil: {"ok": 1}}, "custom_stats": {evil: [{evil: evil}]}, "venv": evil,
        "failed_tasks": [task], "unmatched_plays": [evil], "warnings": [evil], "exception": evil, "stderr": evil,
    }  # fmt: skip
    text = json.dumps(checked_answer(answer, host="h"), ensure_ascii=False)
    assert not [character for character in text if not character.isprintable()]


def test_lists_and_texts_are_cut() -> None:
    answer = checked_answer({**FAILED, "msg": "x" * 10**6, "changed_tasks": [TASK] * 10_000}, host="h")
    assert len(answer["msg"]) < 30_000
    assert len(answer["changed_tasks"]) == 500
