# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A run is cancelled whatever it does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import process_start
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate import stopping
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.answers import GateError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.run_state import new_state, write_state
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.spool import GateRun, Spool
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.stopping import cancel, end_runs, remove_key
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.plugin_utils._gate.samples import Gate


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"]) as started:
        yield started
        started.kill()


def held_by(run: GateRun, state: str, process: subprocess.Popen[bytes]) -> None:
    write_state(run.directory, {**new_state(state), "pid": process.pid, "pid_started": process_start(process.pid)})


def test_the_connection_that_starts_a_run_is_not_killed(gate: Gate, process: subprocess.Popen[bytes]) -> None:
    run = gate.run()
    held_by(run, "starting", process)
    assert (cancel(run), run.is_cancelled) == ("stopping", True)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.2)
    gate.process(run, "play").join()
    assert (cancel(run), run.state()["state"]) == ("stopped", "stopped")


@pytest.mark.parametrize("state", ["analysing", "running", "stopping"])
def test_the_process_of_a_run_is_told(gate: Gate, process: subprocess.Popen[bytes], state: str) -> None:
    run = gate.run()
    held_by(run, state, process)
    assert (cancel(run), run.is_cancelled) == ("stopping", True)
    assert process.wait(10) == -signal.SIGTERM
    assert cancel(run) == "died"


def test_what_waits_ends_at_once_and_once(gate: Gate) -> None:
    run = gate.run("waits")
    assert (cancel(run), cancel(run)) == ("stopped", "stopped")


@pytest.mark.parametrize("state", ["succeeded", "failed", "refused"])
def test_what_has_ended_stays_what_it_is(gate: Gate, state: str) -> None:
    run = gate.run(state)
    assert (cancel(run), run.is_cancelled) == (state, False)


def test_before_a_gate_is_removed_no_run_begins(gate: Gate, process: subprocess.Popen[bytes]) -> None:
    """Not even one whose process comes later, and which could create a droplet."""
    waits, starts = gate.run("waits"), gate.run()
    held_by(starts, "starting", process)
    with ThreadPoolExecutor() as pool:
        ending = pool.submit(end_runs, gate.spool.path, seconds=60)
        deadline = time.monotonic() + 30
        while not starts.is_cancelled:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert not ending.done()
        gate.process(starts, "play").join()
        ending.result()
    assert [run.state()["state"] for run in (waits, starts)] == ["stopped", "stopped"]


def test_a_run_that_does_not_end_is_named(gate: Gate, process: subprocess.Popen[bytes]) -> None:
    run = gate.run()
    held_by(run, "starting", process)
    with pytest.raises(GateError, match=f"do not end: {run.ident}"):
        end_runs(gate.spool.path, seconds=0)


def test_all_of_a_key_that_is_gone_is_ended_and_removed(gate: Gate, process: subprocess.Popen[bytes]) -> None:
    """What goes on is told to end, so that it destroys what it created."""
    other = Spool(gate.spool.path, "other")
    other.open()
    kept = gate.run("waits")
    for state in ("waits", "succeeded", "running"):
        run = gate.run(state)
        os.rename(run.directory, os.path.join(other.directory, run.ident))
    held_by(other.run(run.ident), "running", process)
    remove_key(gate.settings, "other")
    process.wait(10)  # nothing but the signal can have ended it: it has no mark of a run
    assert (os.listdir(gate.spool.path), kept.state()["state"]) == (["phone"], "waits")
    remove_key(gate.settings, "other")
    Path(gate.spool.path, "file").touch()
    end_runs(gate.spool.path, seconds=60)
    assert kept.state()["state"] == "stopped"


def test_nothing_is_removed_before_all_has_ended(
    gate: Gate, process: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "_SECONDS", 0)
    ended, starts = gate.run("succeeded"), gate.run()
    held_by(starts, "starting", process)
    configuration = json.loads(Path(gate.path).read_text())
    Path(gate.path).write_text(json.dumps({**configuration, "keys": {}}))
    with pytest.raises(GateError, match=f"do not end: {starts.ident}"):
        remove_key(gate.settings, "phone")
    assert ended.state()["state"] == "succeeded"


@pytest.mark.parametrize("name", ["phone", "..", ".torrent", "a/b", ""])
def test_only_a_key_that_was_removed_loses_its_runs(gate: Gate, name: str) -> None:
    run = gate.run("waits")
    with pytest.raises(InputError, match="is not a key that was removed"):
        remove_key(gate.settings, name)
    assert run.state()["state"] == "waits"
