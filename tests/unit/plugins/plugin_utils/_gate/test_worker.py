# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The process of a run does only what is still wanted, and allowed."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import SourceError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate import analysis, worker
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.plugin_utils._gate.samples import Gate


@pytest.mark.parametrize("phase", ["analyse", "play"])
def test_a_run_that_was_cancelled_before_it_began_does_not_begin(gate: Gate, phase: str) -> None:
    run = gate.run()
    run.mark_cancelled()
    gate.process(run, phase).join()
    state = run.state()
    assert (state["state"], state["error"]) == ("stopped", None)
    assert not os.path.lexists(run.path("needs.json")) and not os.path.lexists(run.path("variables.json"))


@pytest.mark.parametrize("state", ["died", "stopped", "succeeded", "waits", "running"])
def test_a_run_that_does_not_start_is_left_alone(gate: Gate, state: str) -> None:
    """It has ended, or another process has it."""
    run = gate.run(state)
    before = Path(run.path("state.json")).read_bytes()
    gate.process(run, "play").join()
    assert Path(run.path("state.json")).read_bytes() == before


@pytest.mark.parametrize("confirm", [True, False])
def test_a_cancellation_after_the_analysis_is_kept(gate: Gate, monkeypatch: pytest.MonkeyPatch, confirm: bool) -> None:
    """Whether the run was to wait then, or to go on."""
    gate.configure(confirm=confirm)
    run = gate.run()

    def cancels(*_arguments: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        run.mark_cancelled()
        return {"refused": None}, {}

    monkeypatch.setattr(analysis, "analysed", cancels)
    gate.process(run, "analyse").join()
    assert run.state()["state"] == "stopped"
    assert not os.path.lexists(run.path("variables.json"))


def test_what_waits_says_how_much_it_takes(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    gate.configure(confirm=True)
    run = gate.run()
    Path(run.path("project", "large")).write_bytes(b"x" * (1 << 20))
    monkeypatch.setattr(analysis, "analysed", lambda *_arguments: ({"refused": None}, {}))
    gate.process(run, "analyse").join()
    state = run.state()
    assert (state["state"], 1 << 20 <= state["bytes"] < 2 << 20) == ("waits", True)


@pytest.mark.parametrize(
    ("number", "state", "said"),
    [
        (signal.SIGALRM, "failed", "let the owner of the gate increase phone_gate_seconds"),
        (signal.SIGTERM, "stopped", "the run was ended on the host of the gate"),
    ],
)
def test_an_analysis_that_goes_on_after_errors_is_ended(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, state: str, said: str
) -> None:
    def goes_on(*_arguments: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        with suppress(Exception):
            signal.raise_signal(number)
        return {"refused": None}, {}

    monkeypatch.setattr(analysis, "analysed", goes_on)
    run = gate.run()
    gate.process(run, "analyse").join()
    ended = run.state()
    assert (ended["state"], said in str(ended["error"])) == (state, True), ended


def test_an_error_of_another_part_names_what_the_owner_of_the_gate_sets(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_arguments: Any) -> None:
        raise SourceError("a.b cannot be fetched; choose another collections_source")

    monkeypatch.setattr(analysis, "analysed", fails)
    run = gate.run()
    gate.process(run, "analyse").join()
    state = run.state()
    said = "a.b cannot be fetched; choose another phone_gate_collections_source"
    assert (state["state"], state["error"]) == ("failed", said)


def test_a_defect_is_the_error_of_the_run(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: Any) -> None:
        raise KeyError("x")

    monkeypatch.setattr(analysis, "analysed", fails)
    run = gate.run()
    gate.process(run, "analyse").join()
    state = run.state()
    assert (state["state"], state["error"]) == ("failed", "the gate itself failed (KeyError); report this")


@pytest.mark.parametrize(
    ("limits", "asked", "said"),
    [
        ({"there": ["other"]}, {}, "no target web any more"),
        ({"there": ["web", "other"], "targets": ["other"]}, {}, "no target web any more"),
        ({"profiles": ["other"]}, {"profile": "plain"}, "may not use the profile plain; `profiles` shows"),
        ({"verbs": ["list"]}, {}, "run: this key may not use it"),
        ({}, {"verb": "torrent"}, "let its owner set phone_gate_torrent"),
    ],
)
@pytest.mark.parametrize("phase", ["analyse", "play"])
def test_what_is_not_allowed_any_more_is_not_done(
    gate: Gate, phase: str, limits: dict[str, Any], asked: dict[str, Any], said: str
) -> None:
    run = gate.run(**asked)
    gate.configure(**limits)
    gate.process(run, phase).join()
    state = run.state()
    assert (state["state"], said in str(state["error"])) == ("failed", True), state
    assert not os.path.lexists(run.path("variables.json"))


@pytest.mark.parametrize("confirm", [True, False])
def test_a_shutdown_after_the_analysis_ends_the_run(gate: Gate, monkeypatch: pytest.MonkeyPatch, confirm: bool) -> None:
    """The signal comes when no phase is there that it could end."""
    gate.configure(confirm=confirm)
    monkeypatch.setattr(analysis, "analysed", lambda *_arguments: ({"refused": None}, {}))
    monkeypatch.setattr(worker, "write_json", lambda *_arguments: os.kill(os.getpid(), signal.SIGTERM))
    run = gate.run()
    gate.process(run, "analyse").join()
    state = run.state()
    assert (state["state"], "was ended on the host" in str(state["error"])) == ("stopped", True), state
