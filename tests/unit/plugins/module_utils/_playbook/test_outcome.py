# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What events and logs are taken for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.options import RunRequest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.outcome import (
    Ending,
    FailedTask,
    RunOutcome,
    last_error,
    problem,
    read_events,
)

FATAL = FailedTask("web1", "Play", "Install", "apt", "no space", "site.yml:3")
GOOD = RunOutcome(stats={"web1": {"ok": 1}}, plays=1, ended=True)


def told(outcome: RunOutcome, ending: Ending, log: str = "/none", **more: Any) -> str | None:
    request = RunRequest(playbook="/p/site.yml", project="/p", chdir="/p", **{"timeout": 5, **more})
    return problem(outcome, ending, request=request, log=log)


@pytest.mark.parametrize(
    ("outcome", "ending", "more", "expected"),
    [
        (GOOD, Ending(0), {}, None),
        (RunOutcome(failed=(FATAL,), ended=True), Ending(2), {}, "web1 failed in task 'Install': no space"),
        (RunOutcome(failed=(FATAL, FATAL)), Ending(2), {}, "web1 failed in task 'Install' (and 1 more): no space"),
        (RunOutcome(stats={"web1": {}}, failed=(FATAL,), plays=1, ended=True), Ending(0), {}, None),
        (
            RunOutcome(failed=(FailedTask(**{**vars(FATAL), "unreachable": True}),)),
            Ending(4),
            {},
            "web1 could not be reached: no space",
        ),
        (RunOutcome(refused="it asks"), Ending(1), {}, "it asks"),
        (RunOutcome(stats={"web1": {}}, plays=1, ended=True, refused="it asks"), Ending(0), {}, "it asks"),
        (GOOD, Ending(143, 15), {}, "the playbook was stopped by signal 15 before its end"),
        (GOOD, Ending(143, 15, "timeout"), {}, "the playbook was stopped: it ran longer than the timeout of 5 s"),
        (GOOD, Ending(1), {}, "ansible-playbook ended with 1 and no output"),
        (
            RunOutcome(),
            Ending(0),
            {},
            "ansible-playbook ended without a record of the run: was the callback plugin switched off?",
        ),
        (
            RunOutcome(plays=1, unmatched=("A",), ended=True),
            Ending(0),
            {"allow_unmatched": True},
            "no host matched: nothing was run; check the hosts of the plays, the inventory and the limit",
        ),
        (
            RunOutcome(plays=3, unmatched=("A", "b", "C"), patterns=("nosuch", "b", "nosuch"), ended=True),
            Ending(0),
            {},
            "no host matched: nothing was run; check the hosts of the plays ('nosuch', 'b'), the inventory and the "
            "limit",
        ),
        (
            RunOutcome(stats={"h": {}}, plays=2, unmatched=("A",), patterns=("nosuch",), ended=True),
            Ending(0),
            {},
            "no host matched the play 'A' (hosts: 'nosuch'); the other plays ran. "
            "Use hosts that exist, or set allow_unmatched if this is intended",
        ),
        (
            RunOutcome(stats={"h": {}}, plays=2, unmatched=("A",), ended=True),
            Ending(0),
            {},
            "no host matched the play 'A'; the other plays ran. "
            "Use hosts that exist, or set allow_unmatched if this is intended",
        ),
        (RunOutcome(stats={"h": {}}, plays=2, unmatched=("A",), ended=True), Ending(0), {"limit": "h"}, None),
        (
            RunOutcome(stats={"h": {}}, plays=2, unmatched=("A",), ended=True),
            Ending(0),
            {"allow_unmatched": True},
            None,
        ),
    ],
)
def test_why_a_run_fails(outcome: RunOutcome, ending: Ending, more: dict[str, Any], expected: str | None) -> None:
    assert told(outcome, ending, **more) == expected


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("[ERROR]: first\n[ERROR]: YAML parsing failed\nOrigin: x:1\n", "YAML parsing failed\nOrigin: x:1"),
        (
            "[ERROR]: not set.\nOrigin: x:2:3\n\n1\n2 - tasks:\n    ^ column 3\n\n<<< caused by >>>\n\nit\n"
            "Origin: y:1:1\n\n1 a\n  ^ column 1\n",
            "not set.\nOrigin: x:2:3\n\n<<< caused by >>>\n\nit\nOrigin: y:1:1",
        ),
        ("ERROR! the playbook: x could not be found\n", "the playbook: x could not be found"),
        ("Traceback\n  a\n  b\nKeyError: 'x'\n", "  a\n  b\nKeyError: 'x'"),
        ("", ""),
    ],
)
def test_the_last_error_of_a_log(tmp_path: Path, log: str, expected: str) -> None:
    (tmp_path / "log").write_text(log)
    assert last_error(str(tmp_path / "log")) == expected


def test_events_become_an_outcome(tmp_path: Path) -> None:
    common = {"event": "result", "host": "h", "play": "P", "task": "T", "action": "a", "path": "s.yml:1"}
    events = [
        {"event": "play", "play": "P", "path": "s.yml:1"},
        {**common, "status": "ok"},
        {**common, "status": "changed"},
        {**common, "status": "failed", "msg": "m", "ignored": True, "rescued": False, "changed": True},
        {**common, "status": "unreachable", "msg": "u", "ignored": False, "rescued": False},
        {"event": "play", "play": "Q", "path": "s.yml:9"},
        {"event": "no_hosts", "play": "Q", "hosts": "web"},
        {"event": "no_hosts", "play": "R"},
        {"event": "end", "stats": {"h": {"ok": 2, "changed": 2}}, "custom": {"_run": {"n": 1}}},
    ]
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in events) + '{"event": "tor')
    outcome = read_events(str(path))
    assert (outcome.plays, outcome.unmatched, outcome.patterns) == (2, ("Q", "R"), ("web", "R"))
    assert outcome.ended
    assert [task.msg for task in outcome.failed] == ["m", "u"]
    assert [task.msg for task in outcome.fatal] == ["u"]
    assert len(outcome.changed) == 2
    assert outcome.is_changed()
    assert outcome.custom == {"_run": {"n": 1}}


def test_a_run_without_events_did_not_end(tmp_path: Path) -> None:
    assert read_events(str(tmp_path / "none")) == RunOutcome()
