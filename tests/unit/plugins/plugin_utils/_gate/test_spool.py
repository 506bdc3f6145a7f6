# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A key sees its own runs only, and their states are true."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from disks import mounted

from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import process_start
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.json import read_json
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate import run_state
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.answers import GateError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.disk_space import is_full, reserve
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.leftovers import settle
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.run_state import (
    GateRequest,
    GateState,
    new_state,
    write_request,
    write_state,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.spool import GateRun, Spool


def opened(tmp_path: Path, key: str) -> Spool:
    spool = Spool(str(tmp_path / "runs"), key)
    spool.open()
    return spool


def recorded(spool: Spool, state: str = "waits") -> GateRun:
    run = spool.new()
    request: GateRequest = {
        "schema": 1, "id": run.ident, "verb": "run", "target": "web", "playbook": "site.yml", "created": "", "bytes": 1,
        "sha256": "", "files": 1, "left_out": [], "own_code": [],
    }  # fmt: skip
    write_state(run.directory, new_state(state))
    write_request(run.directory, request)
    return run


def test_another_key_has_no_such_run(tmp_path: Path) -> None:
    run = recorded(opened(tmp_path, "phone"))
    other = opened(tmp_path, "other")
    assert other.runs() == []
    for name in (run.ident, f"../phone/{run.ident}", "..", ""):
        with pytest.raises(GateError, match="there is no run"):
            other.run(name)


def test_the_newest_is_the_first(tmp_path: Path) -> None:
    spool = opened(tmp_path, "phone")
    runs = [recorded(spool) for _number in range(3)]
    for number, run in enumerate(runs):
        os.utime(run.path("request.json"), (number, number))
    assert [run.ident for run in spool.runs()] == [run.ident for run in reversed(runs)]


def test_a_run_whose_process_is_gone_has_died(tmp_path: Path) -> None:
    run = recorded(opened(tmp_path, "phone"), "running")
    assert run.state()["state"] == "running"
    ended = subprocess.Popen(["true"])
    ended.wait()
    write_state(run.directory, {**new_state("running"), "pid": ended.pid})
    assert run.state()["state"] == "died"
    # The same number, which another process has meanwhile.
    started = process_start(os.getpid())
    write_state(run.directory, {**new_state("running"), "pid_started": (started or 0) + 1})
    assert run.state()["state"] == "died"


def test_a_run_of_an_earlier_start_of_the_host_has_died(tmp_path: Path) -> None:
    """Also where its pid and ticks are those of a process of now."""
    run = recorded(opened(tmp_path, "phone"), "running")
    write_state(run.directory, {**new_state("running"), "boot": "0f0e0d0c-0000-4000-8000-000000000000"})
    state = run.state()
    assert (state["state"], "was restarted" in str(state["error"])) == ("died", True)
    write_state(run.directory, {**new_state("waits"), "boot": "0f0e0d0c-0000-4000-8000-000000000000"})
    assert run.state()["state"] == "waits"


def test_the_process_of_a_run_may_take_its_time_to_begin(tmp_path: Path) -> None:
    """Also where the connection that started it has ended; but not for ever, nor over a restart of the host."""
    run = recorded(opened(tmp_path, "phone"), "starting")
    of_another: GateState = {**new_state("starting"), "pid_started": 1}
    cases = [
        ({}, "starting"), ({"updated": "2026-01-01T00:00:00.000000Z"}, "died"), ({"updated": ""}, "died"),
        ({"updated": "9999-01-01T00:00:00.000000Z"}, "died"), ({"boot": "another"}, "died"),
    ]  # fmt: skip
    for more, wanted in cases:
        write_state(run.directory, {**of_another, **more})  # type: ignore[typeddict-item]  # it has these names
        assert run.state()["state"] == wanted, more


def test_a_run_that_ends_while_it_is_looked_at_has_not_died(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = recorded(opened(tmp_path, "phone"), "running")

    def ends(pid: int, started: int | None) -> bool:
        run.end("succeeded")
        return False

    monkeypatch.setattr(run_state, "is_alive", ends)
    assert run.state()["state"] == "succeeded"


def test_a_run_that_died_is_recorded_once_with_its_size(tmp_path: Path) -> None:
    """Quotas count what it takes; what goes on is left alone."""
    run = recorded(opened(tmp_path, "phone"), "running")
    settle(run)
    assert run.state()["state"] == "running"
    write_state(run.directory, {**new_state("running"), "pid_started": 1})
    settle(run)
    recorded_state = read_json(run.path("state.json"), GateState)
    assert (recorded_state["state"], recorded_state["bytes"] > 0) == ("died", True)
    assert "was killed" in str(recorded_state["error"])


def test_a_last_state_is_written_on_a_full_disk(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk of its own")
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs") as disk:
        run = recorded(opened(disk, "phone"), "running")
        reserve(run.reserve)
        with pytest.raises(OSError, match="No space left"), open(disk / "fill", "wb", buffering=0) as stream:
            while stream.write(bytes(1 << 12)):
                pass
        assert is_full(str(disk))
        with pytest.raises(OSError, match="No space left"):
            write_state(run.directory, new_state("stopping"))
        run.end("failed", error="x")
        assert run.state()["state"] == "failed"


def test_a_record_of_something_else_is_an_error(tmp_path: Path) -> None:
    run = recorded(opened(tmp_path, "phone"))
    Path(run.path("state.json")).write_text('{"state": "running"}')
    with pytest.raises(GateError, match="cannot be read"):
        run.state()
    Path(run.path("request.json")).unlink()
    os.symlink("/etc/passwd", run.path("request.json"))
    with pytest.raises(GateError, match="cannot be read"):
        run.request()


def test_what_a_connection_left_without_a_record_is_found(tmp_path: Path) -> None:
    spool = opened(tmp_path, "phone")
    recorded(spool)
    left = spool.new()
    later = os.lstat(left.directory).st_mtime + 10
    assert [run.ident for run in spool.unrecorded(before=later)] == [left.ident]
    assert list(spool.unrecorded(before=later - 20)) == []
