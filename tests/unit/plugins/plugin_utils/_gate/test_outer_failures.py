# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where no task of the playbook failed, the step that did says why, in words of who sent it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.outer_failures import outer_failures, reason_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.reporting import JSON, report_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.spool import GateRun
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.plugin_utils._gate.samples import Gate

_TASK = "mobile_ansible.venv.run_playbook : Report"


def failed(host: str, message: str, **more: Any) -> dict[str, Any]:
    told = {"host": host, "play": "Run", "task": _TASK, "action": "mobile_ansible.venv.report", "message": message}
    return {**told, "path": "", "ignored": False, "rescued": False, "unreachable": False, **more}


def tells(run: GateRun, *failures: dict[str, Any]) -> None:
    """The report of the playbook that starts the one that was sent, and its events."""
    Path(run.progress).mkdir()
    hosts = {one["host"]: {"failures": 1} for one in failures}
    events = [{"event": "result", "host": host, "task": _TASK, "status": "failed", "time": 1} for host in hosts]
    end = {"event": "end", "time": 2, "hosts": hosts}
    Path(run.progress, "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in (*events, end)))
    Path(run.outer_report).write_text(json.dumps({"failures": {"items": list(failures)}}))


def test_a_playbook_that_ansible_does_not_read_is_told_as_it_was_sent(gate: Gate) -> None:
    """Of a host that is the gate itself, the path is in the directory of the run."""
    run = gate.run("failed")
    said = f"It is not set.\nOrigin: {run.project}/playbook.yml:1:3"
    tells(run, failed("web1", f"The run of the playbook failed: {said}"))
    expected = "It is not set. Origin: playbook.yml:1:3"
    assert reason_of(run) == f"The run of the playbook failed: {expected}"
    report = json.loads(report_of(run, JSON, torrents="/none"))
    assert report["verdict"].startswith(f"Failed on 1 of 1 host (web1, {expected})")
    assert [(one["task"], one["action"]) for one in report["failures"]["items"]] == [("", "The run of the playbook")]


@pytest.mark.parametrize(
    ("failures", "reason"),
    [
        ([failed("a", "X failed: no"), failed("b", "X failed: no")], "X failed: no"),
        ([failed("a", "X failed: no"), failed("b", "Y failed: off")], "X failed: no, Y failed: off"),
        ([failed(host, f"X failed: {host}") for host in "abcd"], "X failed: a, X failed: b, X failed: c and 1 more"),
        ([failed("a", "X failed.")], None),
        ([failed("a", "X failed: no", action="setup")], None),
        ([failed("a", "X failed: no", ignored=True)], None),
        ([], None),
    ],
)  # fmt: skip
def test_a_reason_is_said_once(gate: Gate, failures: list[dict[str, Any]], reason: str | None) -> None:
    run = gate.run("failed")
    tells(run, *failures)
    assert reason_of(run) == reason


def test_a_host_that_has_a_task_that_failed_says_it_itself(gate: Gate) -> None:
    run = gate.run("failed")
    tells(run, failed("web1", "The run of the playbook failed: web1 failed in task 'It': no"))
    brought = Path(run.results, "web1")
    brought.mkdir(parents=True)
    event = {"event": "result", "host": "web1", "task": "It", "status": "failed", "msg": "no", "time": 1}
    (brought / "events.jsonl").write_text(json.dumps(event) + "\n")
    assert reason_of(run) is None
    assert outer_failures(run, []) != []
