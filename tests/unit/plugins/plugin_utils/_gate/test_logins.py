# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the doctor says of hosts that it could not use; tests/system/test_phone_gate_hosts.py has real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.logins import FailedLogin, logins_in

KEY = "ssh-ed25519 AAAA phone-gate"
_SSH = "Task failed: Failed to connect to the host via ssh: "


@pytest.fixture(autouse=True)
def _key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_ed25519.pub").write_text(f"{KEY}\n")
    monkeypatch.setenv("HOME", str(tmp_path))


def _report(*failures: tuple[str, str, bool], answered: int = 0, left_out: int = 0) -> dict[str, Any]:
    names = [f"fine{number}" for number in range(answered)]
    hosts = [{"host": name, "ok": 1} for name in names] + [{"host": name, "ok": 0} for name, *_more in failures]
    items = [{"host": name, "message": message, "unreachable": away} for name, message, away in failures]
    return {"hosts": {"items": hosts, "left_out": 0}, "failures": {"items": items, "left_out": left_out}}


@pytest.mark.parametrize(
    ("message", "unreachable", "found", "fix"),
    [
        (f"{_SSH}deploy@web: Permission denied (publickey).", True, "deploy@web: Permission denied", KEY),
        (f"{_SSH}Welcome to web\nHost key verification failed.", True, "Host key verification", "ssh-keyscan"),
        (f"{_SSH}No ED25519 host key is known for web\nx", True, "x", "ssh-keyscan"),
        (
            f"{_SSH}@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
            True,
            "Host key verification failed.",
            "another key than phone_gate_known_hosts",
        ),
        (f"{_SSH}ssh: connect to host web port 22: Connection refused", True, "refused", "that its sshd runs"),
        ("Task failed: Failed to create temporary directory. You may…", True, "Failed to create", "a shell"),
        ("The module interpreter '/x' was not found.", False, "'/x' was not found", "install Python"),
        ("Missing sudo password", False, "Missing sudo password", "ansible_become_password"),
        ("Timed out after 10 seconds.", False, "Timed out", "correct the host in phone_gate_targets"),
        ("", False, "does not say why", "correct the host in phone_gate_targets"),
    ],
)
def test_each_kind_of_failure_has_its_remedy(message: str, unreachable: bool, found: str, fix: str) -> None:
    (failed,) = logins_in(_report(("web", message, unreachable)), said="").failed
    assert (failed.host, found in failed.found, fix in failed.fix) == ("web", True, True), failed


def test_a_host_that_was_reached_is_not_told_to_take_the_key() -> None:
    (failed,) = logins_in(_report(("web", "mkdir: Permission denied", False)), said="").failed
    assert KEY not in failed.fix


def test_hosts_that_answer_are_counted_and_those_that_are_not_shown_are_too() -> None:
    assert logins_in(_report(answered=2), said="x").answered == 2
    assert logins_in(_report(answered=2), said="x").failed == ()
    logins = logins_in(_report(("web", "x", True), answered=1, left_out=7), said="")
    assert (logins.answered, [one.host for one in logins.failed]) == (1, ["web", ""])
    assert logins.failed[1].found.startswith("7 further hosts")


def test_no_report_and_no_hosts_are_no_success() -> None:
    for report in ({}, _report()):
        (failed,) = logins_in(report, said="[ERROR]: the inventory is broken").failed
        assert (failed.host, failed.found) == ("", "[ERROR]: the inventory is broken")
    assert logins_in(_report(), said="").failed[0] == FailedLogin("", "there is no host in it", failed.fix)
