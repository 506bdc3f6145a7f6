# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What waits is started once, and only while its key may do it; no process of a run is started here."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate import starting
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.answers import GateError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.connection import Connection
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.grammar import parse_command
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.quotas import MAX_UPLOADS
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.settings import GateKey, GateSettings
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.spool import GateRun, Spool
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.verbs import answer
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.worker import PLAY
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.plugin_utils._gate.samples import Gate

MAGNET = f"magnet:?xt=urn:btih:{'5a' * 20}".encode()
KEY: GateKey = {
    "verbs": [], "targets": [], "profiles": [], "confirm": True, "confirm_torrent": True, "running": 2,
    "upload_mib": 1, "days": 1, "kept": 5, "kept_mib": 5,
}  # fmt: skip


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The verbs and phases of processes that would have been started."""
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(starting, "_start_process", lambda connection, run, phase, *, verb: found.append((verb, phase)))
    monkeypatch.setattr(starting, "_TAKE_OVER_SECONDS", 0)
    monkeypatch.setattr(starting, "check_space", lambda path, **more: None)
    return found


def _connection(directory: Path, **policy: Any) -> Connection:
    file: Any = {"torrent": {"variables": {}, "inventory": None}, "keys": {"phone": {**KEY, **policy}}}
    spool = Spool(str(directory / "runs"), "phone")
    spool.open()
    key: Any = {**KEY, **policy}
    return Connection(GateSettings("gate.json", file), key, spool, io.BytesIO(MAGNET), io.BytesIO())


def _told(connection: Connection, line: str) -> dict[str, Any]:
    told = answer(connection, parse_command(line))
    assert told is not None
    return dict(told)


def test_a_torrent_waits_if_the_key_says_so_and_is_started_once(tmp_path: Path, started: list[tuple[str, str]]) -> None:
    connection = _connection(tmp_path)
    waiting = _told(connection, "torrent")
    assert (waiting["state"], waiting["confirm"], started) == ("waits", f"torrent --confirm {waiting['id']}", [])
    _told(connection, waiting["confirm"])
    assert started == [("torrent", PLAY)]


def test_a_torrent_starts_at_once_otherwise(tmp_path: Path, started: list[tuple[str, str]]) -> None:
    assert _told(_connection(tmp_path, confirm_torrent=False), "torrent")["state"] == "starting"
    assert started == [("torrent", PLAY)]


def test_only_so_many_uploads_are_under_way(tmp_path: Path, started: list[tuple[str, str]]) -> None:
    connection = _connection(tmp_path)
    for _number in range(MAX_UPLOADS):
        run = connection.spool.new()
    with pytest.raises(GateError, match="10 uploads of this key are under way") as refused:
        _told(connection, "torrent")
    assert refused.value.code == "quota" and len(list(connection.spool.unrecorded())) == MAX_UPLOADS
    connection.spool.remove(run)
    assert _told(connection, "torrent")["state"] == "waits"


def test_a_word_for_another_verb_starts_nothing(tmp_path: Path, started: list[tuple[str, str]]) -> None:
    """A key that may not start torrents cannot start one that waits."""
    connection = _connection(tmp_path)
    ident = _told(connection, "torrent")["id"]
    with pytest.raises(GateError, match=f"is no run; say torrent --confirm {ident}"):
        answer(connection, parse_command(f"run --confirm {ident}"))
    assert started == []


def test_a_torrent_that_waits_can_be_cancelled(tmp_path: Path, started: list[tuple[str, str]]) -> None:
    connection = _connection(tmp_path)
    ident = _told(connection, "torrent")["id"]
    assert _told(connection, f"cancel {ident}")["state"] == "stopped"
    with pytest.raises(GateError, match="does not wait for a word"):
        answer(connection, parse_command(f"torrent --confirm {ident}"))
    assert started == []


def confirm(gate: Gate, run: GateRun) -> GateRun:
    key = gate.settings.key("phone")
    connection = Connection(gate.settings, key, gate.spool, io.BytesIO(), io.BytesIO())
    return starting.confirm(connection, parse_command(f"run --confirm {run.ident}"))


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
    # It counts for what a key may keep, as it did before.
    assert (run.state()["state"], run.state()["bytes"] > 0) == ("waits", True)


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
