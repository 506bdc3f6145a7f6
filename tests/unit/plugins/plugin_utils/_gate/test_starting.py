# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Whether a torrent starts at once or waits for a word; the process of a run is not started here."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate import starting
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.answers import GateError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.grammar import parse_command
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.settings import GateKey, GateSettings
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.spool import Spool
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.verbs import Connection, answer
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.worker import PLAY

MAGNET = f"magnet:?xt=urn:btih:{'5a' * 20}".encode()
KEY: GateKey = {
    "verbs": [], "targets": [], "profiles": [], "confirm": True, "confirm_torrent": True, "running": 2,
    "upload_mib": 1, "days": 1, "kept": 5, "kept_mib": 5,
}  # fmt: skip


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The verbs and phases of processes that would have been started."""
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(starting, "_start_phase", lambda connection, run, phase, *, verb: found.append((verb, phase)))
    monkeypatch.setattr(starting, "check_space", lambda path, **more: None)
    return found


def _connection(directory: Path, **policy: Any) -> Connection:
    file: Any = {"torrent": {"variables": {}, "inventory": None}}
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
