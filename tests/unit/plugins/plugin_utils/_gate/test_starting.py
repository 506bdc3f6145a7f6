# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What waits is started once, and only while its key may do it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate import starting
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.answers import GateError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.spool import GateRun
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.verbs import Connection
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.plugin_utils._gate.samples import Gate


def confirm(gate: Gate, run: GateRun) -> GateRun:
    key = gate.settings.key("phone")
    connection = Connection(gate.settings, key, gate.spool, io.BytesIO(), io.BytesIO())
    return starting.confirm(connection, run.ident)


def starts(then: Callable[[GateRun], None]) -> Callable[..., None]:
    """In the place of what starts the process of a run."""
    return lambda run, **_more: then(run)


@pytest.mark.parametrize(
    ("limits", "asked", "code"),
    [
        ({"there": ["other"]}, {}, "target"),
        ({"there": []}, {}, "target"),
        ({"there": ["web", "other"], "targets": ["other"]}, {}, "target"),
        ({"profiles": ["other"]}, {"profile": "plain"}, "forbidden"),
        ({}, {"profile": "plain"}, "profile"),
    ],
)
def test_a_key_that_was_limited_meanwhile_cannot_start_what_waits(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, limits: dict[str, Any], asked: dict[str, Any], code: str
) -> None:
    monkeypatch.setenv("HOME", str(gate.directory))
    run = gate.run("waits", **asked)
    gate.configure(**limits)
    with pytest.raises(GateError) as caught:
        confirm(gate, run)
    assert (caught.value.code, run.state()["state"]) == (code, "waits")


def test_what_could_not_be_started_waits_again(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_run: GateRun) -> None:
        raise GateError("systemd did not start the run", code="systemd")

    monkeypatch.setattr(starting, "start", starts(fails))
    run = gate.run("waits")
    with pytest.raises(GateError, match="systemd"):
        confirm(gate, run)
    assert run.state()["state"] == "waits"


def test_what_was_cancelled_and_could_not_be_started_is_stopped(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(run: GateRun) -> None:
        run.mark_cancelled()
        raise OSError("no more processes")

    monkeypatch.setattr(starting, "start", starts(fails))
    run = gate.run("waits")
    with pytest.raises(OSError, match="no more processes"):
        confirm(gate, run)
    assert run.state()["state"] == "stopped"


def test_no_lock_is_held_while_a_process_starts(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the run over under the lock of the run, and a cancellation needs that lock, too."""

    def begins(run: GateRun) -> None:
        gate.process(run, "play").join()

    monkeypatch.setattr(starting, "start", starts(begins))
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    run = gate.run("waits")
    assert confirm(gate, run).state()["state"] == "failed"
    assert "ansible-playbook cannot be started" in str(run.state()["error"])
    assert Path(run.path("variables.json")).exists()
