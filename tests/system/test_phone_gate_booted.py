# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The gate on a host that boots systemd, as the role sets it up: units that outlive connections, and restarts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import host_network
import hosts as host_tools
import pytest
from api_client import TOKEN
from controller import Controller
from digitalocean_double import DigitalOceanDouble
from environments import environment
from host_setup import Setup
from hosts import Network
from phone import USER, Phone, set_up
from polling import found_at_last

WHEELS = "/srv/wheelhouse"
TASK = "Take a while"
PLAY = """\
- hosts: all
  gather_facts: false
  tasks:
    - name: Take a while
      ansible.builtin.pause: {seconds: %d}
"""
SHORT, LONG = (PLAY % 1).encode(), (PLAY % 600).encode()


@dataclass(frozen=True)
class BootedGate:
    """The gate, and the network in which its host can be stopped and started."""

    network: Network
    phone: Phone
    double: DigitalOceanDouble

    def paused(self) -> str:
        """The id of a run that has come to its long task, and whose connection was cut."""
        connection = subprocess.Popen(
            self.phone.argv("run"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert connection.stdin is not None
        known = {run["id"] for run in self.phone.ask("list")["runs"]}
        connection.stdin.write(LONG)
        connection.stdin.close()
        deadline = time.monotonic() + 60
        while not (new := {run["id"] for run in self.phone.ask("list")["runs"]} - known):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        connection.send_signal(signal.SIGKILL)
        connection.wait()
        (ident,) = map(str, new)
        while TASK not in str((told := self.phone.ask(f"status {ident}"))["progress"]):
            assert told["state"] in ("starting", "analysing", "running") and time.monotonic() < deadline, told
            time.sleep(0.5)
        return ident

    def left(self) -> str:
        """What runs of playbooks, when the process that wrote the last state has had time to end."""
        look = f"ps -u {USER} -o args= | grep -E '[a]nsible-playbook|[b]in/phone-gate'"
        return found_at_last(lambda: self.inside(look), "")

    def inside(self, command: str) -> str:
        """What root sees on the host."""
        return self.network.inside(self.phone.host, command).stdout

    def restart(self, *, cut: bool) -> None:
        """Restart the host, in order or by a power cut."""
        if not cut:
            self.inside("systemctl reboot")
            deadline = time.monotonic() + 30
            while host_network.pids(self.phone.host.namespace):
                assert time.monotonic() < deadline, self.inside("systemctl list-jobs")
                time.sleep(0.1)
        self.network.stop(self.phone.host)
        self.network.start(self.phone.host)
        self.network.wait(self.phone.host)


@pytest.fixture(scope="module")
def gate(wheelhouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BootedGate]:
    if reason := host_tools.missing_systemd():
        pytest.skip(reason)
    directory = tmp_path_factory.mktemp("booted")
    network = Network(directory / "hosts", owner=os.getpid())
    token = directory / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    try:
        host = network.add("gate", Setup(share={str(wheelhouse): WHEELS}, systemd=True))
        phone = Phone.make(host, directory, "phone")
        controller = Controller(venv=environment("controller"), home=tmp_path_factory.mktemp("home"))
        keys = [{"name": "phone", "public_key": phone.public_key, "confirm": False}]
        with DigitalOceanDouble(token=TOKEN, address=network.address) as double:
            variables = {
                "phone_gate_phones": keys,
                "phone_gate_api_token_file": str(token),
                "phone_gate_torrent": {"provider": "digitalocean", "api_url": double.baseurl},
            }
            ended = set_up(controller, host, directory, variables)
            assert ended.returncode == 0, ended.output
            yield BootedGate(network, phone, double)
        removed = set_up(controller, host, directory, {**variables, "phone_gate_state": "absent"})
        assert removed.returncode == 0, removed.output
        files = "find /var /opt /etc /run /tmp /home -xdev \\( -name '*phone[-_]gate*' -o -nouser \\)"
        found = network.inside(host, f"id {USER}; {files}; pgrep --list-full --full 'phone-gate[/]'")
        assert found.stdout == "", found.stdout
    finally:
        network.close()


def test_a_run_is_a_unit_of_a_user_who_lingers(gate: BootedGate) -> None:
    """With limits, without a login, and ended whole by a cancellation."""
    found = {check["name"]: check for check in gate.phone.ask("doctor")["checks"]}
    assert [check for check in found.values() if not check["ok"]] == []
    assert (found["linger"]["found"], found["systemd"]["found"]) == ("enabled", "runs")
    ident = gate.paused()
    sessions = "loginctl --no-legend list-sessions"
    gate.inside(f"for id in $({sessions} | awk '{{print $1}}'); do loginctl terminate-session $id; done")
    assert gate.inside(sessions) == ""
    as_user = f"XDG_RUNTIME_DIR=/run/user/$(id -u {USER}) setpriv --reuid={USER}"
    shown = gate.inside(f"{as_user} systemctl --user show phone-gate-{ident}-analyse.service")
    assert {"ActiveState=active", "MemoryMax=2147483648", "TasksMax=512"} <= set(shown.splitlines()), shown
    assert gate.phone.ask(f"status {ident}")["state"] == "running"
    assert gate.phone.ask(f"cancel {ident}")["state"] == "stopping"
    told = gate.phone.wait(ident)
    assert (told["state"], told["error"], gate.left()) == ("stopped", None, "")


def test_a_timer_destroys_what_is_overdue(gate: BootedGate) -> None:
    overdue = "mobile-ansible-torrent-00c0ffee0000-1700000000"
    gate.double.add_droplets(1, name=overdue, tags=[overdue])
    assert "phone-gate-reap.timer" in gate.inside("systemctl list-timers --no-legend")
    gate.inside("systemctl start phone-gate-reap.service")
    assert gate.double.state().names() == [], gate.inside("journalctl --unit phone-gate-reap --no-pager")
    (check,) = [check for check in gate.phone.ask("doctor")["checks"] if check["name"] == "timer for droplets"]
    assert check["ok"]


@pytest.mark.parametrize(
    ("cut", "state", "said"),
    [(True, "died", "the host of the gate was restarted"), (False, "stopped", "may have been shut down")],
    ids=["a power cut", "in order"],
)
def test_a_restart_of_the_host_ends_a_run_truly(gate: BootedGate, cut: bool, state: str, said: str) -> None:
    ident = gate.paused()
    gate.restart(cut=cut)
    told = gate.phone.ask(f"status {ident}")
    assert (told["state"], said in str(told["error"])) == (state, True), told
    assert gate.left() == ""
    assert json.loads(gate.phone.raw(f"report {ident} --format json").stdout)["state"] == state
    assert gate.phone.wait(gate.phone.ask("run", SHORT)["id"])["state"] == "succeeded"
