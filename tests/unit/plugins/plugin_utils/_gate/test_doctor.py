# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Each check of the set-up is right where all is, and says what to do where something is wrong."""

from __future__ import annotations

import os
import pwd
import shutil
import sys
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.locks import locked
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate import doctor, logins
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.settings import GateSettings
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.spool import Spool

_Usage = namedtuple("_Usage", ["total", "used", "free"])
_USER = pwd.getpwuid(os.geteuid()).pw_name
KEY_LINE = 'restrict,command="/opt/gate --config x --key phone" ssh-ed25519 AAAA phone\n'


@dataclass(frozen=True)
class Gate:
    """A set-up that is right, in directories of the test."""

    directory: Path
    settings: GateSettings
    spool: Spool
    patch: pytest.MonkeyPatch

    @property
    def home(self) -> Path:
        return self.directory / "home"

    def all(self) -> dict[str, Any]:
        """What is answered where no host is logged in to."""
        return doctor.examine(self.settings, self.spool, {})

    def examined(self) -> dict[str, dict[str, Any]]:
        """The checks by their names."""
        return {check["name"]: check for check in self.all()["checks"]}

    def logins(self, **tried: logins.Logins) -> list[tuple[str, bool, str]]:
        """The names of the checks of hosts, and what is found, where these logins were tried."""
        self.patch.setattr(
            logins, "try_logins", lambda settings, inventories: {name: tried[name] for name in inventories}
        )
        found = doctor.examine(self.settings, self.spool, {name: str(self.directory / "web.json") for name in tried})
        others = len(self.all()["checks"])
        return [(check["name"], check["ok"], check["found"]) for check in found["checks"][others:]]


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gate:
    tmp_path.chmod(0o755)
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    (tmp_path / "home" / ".local" / "share" / "ansible-venvs").mkdir(parents=True)
    for path, content, mode in (
        ("home/.ssh/authorized_keys", f"# comment\n{KEY_LINE}", 0o644),
        ("token", "dop_v1_x\n", 0o600),
        ("web.json", "{}", 0o644),
        ("gate.json", "{}", 0o644),
        ("linger", "", 0o644),
        ("timer", "", 0o644),
    ):
        (tmp_path / path).write_text(content)
        (tmp_path / path).chmod(mode)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(doctor, "LINGER", str(tmp_path / "linger"))
    monkeypatch.setattr(doctor, "TIMERS", (str(tmp_path / "timer"),))
    monkeypatch.setattr(doctor, "user_manager_runs", lambda: True)
    monkeypatch.setattr(doctor, "SYSTEMD_RUN", "/bin/sh")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: _Usage(1 << 40, 0, 1 << 40))
    spool = Spool(str(tmp_path / "runs"), "phone")
    spool.open()
    variables = {"provider": "digitalocean", "api_token_file": str(tmp_path / "token")}
    file: Any = {
        "manager": "systemd",
        "targets": {"web": str(tmp_path / "web.json")},
        "profiles": str(tmp_path / "profiles"),
        "torrent": {"variables": variables, "inventory": None},
    }
    return Gate(tmp_path, GateSettings(str(tmp_path / "gate.json"), file), spool, monkeypatch)


def test_what_is_right_is_ok(gate: Gate) -> None:
    found = gate.all()
    assert [check for check in found["checks"] if not check["ok"] or "fix" in check] == []
    assert found["ok"] is True


def _old_python(gate: Gate) -> None:
    gate.patch.setattr(sys, "version_info", (3, 10, 1))


def _no_core(gate: Gate) -> None:
    gate.patch.setattr(sys, "prefix", str(gate.directory))


def _no_version(gate: Gate) -> None:
    gate.patch.setattr(doctor, "_COLLECTION", gate.directory)


def _own_configuration(gate: Gate) -> None:
    gate.patch.setattr(os, "geteuid", lambda: 12345)
    gate.patch.setattr(os, "access", lambda path, mode: True)
    gate.patch.setattr(pwd, "getpwuid", lambda uid: pwd.getpwnam(_USER))


def _no_inventory(gate: Gate) -> None:
    (gate.directory / "web.json").unlink()


def _no_linger(gate: Gate) -> None:
    (gate.directory / "linger").unlink()


def _no_manager(gate: Gate) -> None:
    gate.patch.setattr(doctor, "user_manager_runs", lambda: False)


def _no_systemd_run(gate: Gate) -> None:
    gate.patch.setattr(doctor, "SYSTEMD_RUN", "/nowhere/systemd-run")


def _full(gate: Gate) -> None:
    gate.patch.setattr(shutil, "disk_usage", lambda path: _Usage(1 << 40, 0, 5 << 20))


def _open_runs(gate: Gate) -> None:
    (gate.directory / "runs").chmod(0o777)


def _open_venvs(gate: Gate) -> None:
    (gate.home / ".local" / "share" / "ansible-venvs").chmod(0o777)


def _no_keys(gate: Gate) -> None:
    (gate.home / ".ssh" / "authorized_keys").unlink()


def _open_keys(gate: Gate) -> None:
    (gate.home / ".ssh" / "authorized_keys").chmod(0o666)


def _free_key(gate: Gate) -> None:
    (gate.home / ".ssh" / "authorized_keys").write_text(f"{KEY_LINE}ssh-ed25519 BBBB other\n")


def _open_token(gate: Gate) -> None:
    (gate.directory / "token").chmod(0o644)


def _no_token(gate: Gate) -> None:
    (gate.directory / "token").unlink()


def _no_timer(gate: Gate) -> None:
    (gate.directory / "timer").unlink()


WRONG: list[tuple[Callable[[Gate], None], str, str, str]] = [
    (_old_python, "python", "3.", "install Python 3.11"),
    (_no_core, "ansible_core", "missing", "apply the role phone_gate again"),
    (_no_version, "collection", "unknown", "apply the role phone_gate again"),
    (_own_configuration, "configuration", "the user of the gate can change it", "chown root "),
    (_own_configuration, "profiles", "the user of the gate can change them", "apply the role phone_gate again"),
    (_no_inventory, "target web", "cannot be read", "apply the role phone_gate again"),
    (_no_linger, "linger", "not enabled", f"as root: loginctl enable-linger {_USER}"),
    (_no_manager, "systemd", "does not run for this user", "as root: systemctl start user@"),
    (_no_systemd_run, "systemd", "does not run for this user", "as root: systemctl start user@"),
    (_full, "disk of runs", "5 MiB are free", "free some space below "),
    (_full, "disk of venvs", "5 MiB are free", "free some space below "),
    (_open_runs, "runs", "", ""),
    (_open_venvs, "venvs", "", ""),
    (_no_keys, "authorized_keys", "cannot be read", "apply the role phone_gate again"),
    (_open_keys, "authorized_keys", "0o666", "chmod 0644 "),
    (_free_key, "forced command", "2 keys, 1 without it", "remove from "),
    (_open_token, "token", "can be read by others", "chmod 0600 "),
    (_no_token, "token", "", "chmod 0600 "),
    (_no_timer, "timer for droplets", "none: after a power cut", "apply the role phone_gate again"),
]


@pytest.mark.parametrize(
    ("spoil", "name", "said", "fix"), WRONG, ids=[f"{spoil.__name__}: {name}" for spoil, name, *_more in WRONG]
)
def test_what_is_wrong_is_said_with_its_remedy(
    gate: Gate, spoil: Callable[[Gate], None], name: str, said: str, fix: str
) -> None:
    right = gate.examined()[name]
    spoil(gate)
    check = gate.examined()[name]
    assert (check["ok"], said in check["found"], fix in check["fix"]) == (False, True, True), check
    assert check["found"] != right["found"] or name == "python"
    assert gate.all()["ok"] is False


def test_without_systemd_nothing_has_to_linger(gate: Gate) -> None:
    gate.settings.file["manager"] = "session"
    _no_linger(gate)
    assert "linger" not in gate.examined() and gate.examined()["systemd"]["ok"]


def test_without_droplets_there_is_no_timer_and_no_token(gate: Gate) -> None:
    gate.settings.file["torrent"] = None
    _no_timer(gate)
    assert not {"timer for droplets", "token"} & set(gate.examined())


def test_each_host_that_cannot_be_logged_in_to_is_a_check_of_its_own(gate: Gate) -> None:
    fine = logins.Logins(2, ())
    failed = logins.Logins(1, (logins.FailedLogin("web1", "refused", "a"), logins.FailedLogin("", "late", "b")))
    assert gate.logins(web=fine, others=failed) == [
        ("web", True, "2 of its hosts answered, which are all"),
        ("others: web1", False, "refused"),
        ("others", False, "late"),
    ]


def test_what_keeps_the_hosts_from_being_tried_is_said(gate: Gate) -> None:
    def full(settings: Any, inventories: Any) -> Any:
        raise OSError(28, "No space left on device")

    gate.patch.setattr(logins, "try_logins", full)
    path = str(gate.directory / "web.json")
    found = doctor.examine(gate.settings, gate.spool, {"web": path})
    assert (found["ok"], found["checks"][-1]["found"]) == (False, "they cannot be tried: No space left on device")
    gate.patch.setattr(logins, "ALL_SECONDS", 0)
    with locked(os.path.join(gate.spool.path, ".doctor"), timeout=0, purpose="test"):
        found = doctor.examine(gate.settings, gate.spool, {"web": path})
    assert (found["ok"], found["checks"][-1]["fix"]) == (False, "ask again in a minute")


def test_an_inventory_that_cannot_be_read_is_not_tried(gate: Gate) -> None:
    found = doctor.examine(gate.settings, gate.spool, {"web": str(gate.directory / "nowhere.json")})
    assert len(found["checks"]) == len(gate.all()["checks"])
