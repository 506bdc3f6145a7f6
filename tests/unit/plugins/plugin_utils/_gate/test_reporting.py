# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A report says why a run failed, also where the playbook that was sent never ran."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.reporting import JSON, report_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.run_state import (
    GateRequest,
    new_state,
    write_request,
    write_state,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.spool import GateRun, Spool
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.recorded import RecordedRun

_FAILURE = {
    "host": "web", "play": "Run", "task": "Gathering Facts", "action": "setup", "path": "run.yml:3",
    "msg": "Permission denied (publickey).", "ignored": False, "rescued": False, "unreachable": True,
}  # fmt: skip


@pytest.fixture(name="run")
def fixture_run(tmp_path: Path) -> GateRun:
    """A run of which the playbook that starts it has failed."""
    spool = Spool(str(tmp_path / "runs"), "phone")
    spool.open()
    run = spool.new()
    request: GateRequest = {
        "schema": 1, "id": run.ident, "verb": "run", "target": "web", "playbook": "site.yml", "created": "", "bytes": 1,
        "sha256": "", "files": 1, "left_out": [], "own_code": [],
    }  # fmt: skip
    write_request(run.directory, request)
    write_state(run.directory, new_state("failed"))
    events = [
        {"event": "start", "time": "2026-01-01T00:00:00Z"},
        {
            "event": "result",
            "time": "2026-01-01T00:00:01Z",
            "host": "web",
            "task": "Gathering Facts",
            "status": "unreachable",
        },
        {"event": "end", "time": "2026-01-01T00:00:02Z", "hosts": {"web": {"unreachable": 1}}},
    ]
    Path(run.progress).mkdir()
    Path(run.progress, "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in events))
    return run


def reported(run: GateRun) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(report_of(run, JSON))
    return report


def test_why_a_host_cannot_be_reached_is_said(run: GateRun) -> None:
    recorded = RecordedRun.at(run.outer_report, pytest.fail)
    assert recorded is not None
    recorded.failure(**_FAILURE)
    recorded.end("failed", {"hosts": {"web": {"unreachable": 1}}}, {})
    report = reported(run)
    assert report["failures"]["left_out"] == 0
    assert [(one["host"], one["task"], one["message"]) for one in report["failures"]["items"]] == [
        ("web", "Gathering Facts", "Permission denied (publickey).")
    ]
    assert report["verdict"].startswith("Failed on 1 of 1 host (web, could not be reached)")


@pytest.mark.parametrize("text", ["", "[]", '{"failures": 1}', '{"failures": {"items": [1, null]}}', "\0"])
def test_a_report_that_is_not_there_or_damaged_is_no_reason(run: GateRun, text: str) -> None:
    assert reported(run)["failures"]["items"] == []
    Path(run.outer_report).write_text(text)
    assert reported(run)["failures"]["items"] == []
