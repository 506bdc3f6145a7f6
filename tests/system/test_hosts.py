# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The hosts that other tests rely on are apart from this machine and from each other."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import hosts as host_tools
import pytest
from controller import Controller
from hosts import Host
from places import ROOT


def test_ansible_reaches_each_by_ssh(hosts: list[Host], controller: Controller, tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": {host.name: host.inventory() for host in hosts}}}))
    run = controller.run("ansible", "--inventory", inventory, "all", "--module-name", "ansible.builtin.ping")
    assert run.returncode == 0, run.output
    assert run.stdout.count('"ping": "pong"') == len(hosts)


def test_what_one_writes_no_other_sees(hosts: list[Host]) -> None:
    first, second = hosts
    mark = "/etc/written-by-a-test"
    assert first.run(f"touch {mark} && test -e {mark}").returncode == 0
    assert second.run(f"test -e {mark}").returncode == 1
    assert not Path(mark).exists()


@pytest.mark.parametrize("directory", ["/root", "/tmp", "/dev/shm", str(ROOT)])
def test_nothing_of_the_controller_is_there(hosts: list[Host], directory: str) -> None:
    # A checkout below /tmp or /root is not even there.
    listing = hosts[0].run(f"test ! -e {directory} || find {directory} -mindepth 1 -not -path '*/.ansible*'")
    assert (listing.returncode, listing.stdout) == (0, ""), listing.stderr


def test_there_is_no_way_out(hosts: list[Host]) -> None:
    first, second = hosts
    assert first.run("ip route show default").stdout == ""
    assert first.run(f"bash -c '</dev/tcp/{second.address}/22'").returncode == 0


def test_processes_of_a_host_are_its_own(hosts: list[Host]) -> None:
    hosts[0].run("nohup sleep 4711 >/dev/null 2>&1 &")
    assert "sleep 4711" in hosts[0].run("ps -eo args").stdout
    assert "sleep 4711" not in hosts[1].run("ps -eo args").stdout


def test_wheels_can_be_read_but_not_written(hosts: list[Host]) -> None:
    assert hosts[0].run("ls /srv/wheelhouse/uv-*.whl").returncode == 0
    assert hosts[0].run("touch /srv/wheelhouse/x").returncode != 0


def test_the_next_run_destroys_what_a_killed_run_left(hosts: list[Host], tmp_path: Path) -> None:
    script = (
        "import hosts, os, sys; hosts.create(hosts.Path(sys.argv[1]), count=1, owner=os.getpid()); "
        "os.kill(os.getpid(), 9)"
    )
    tools = Path(host_tools.__file__).parent
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path / "killed")], cwd=tools, check=False)
    assert killed.returncode == -signal.SIGKILL
    label = (tmp_path / "killed" / "bridge").read_text()
    assert namespaces(label) != []
    host_tools.create(tmp_path / "next", count=1, owner=os.getpid())
    own = (tmp_path / "next" / "bridge").read_text()
    assert own == label or namespaces(label) == []
    host_tools.destroy(tmp_path / "next")
    assert namespaces(label) == []
    assert hosts[0].run("true").returncode == 0, "hosts whose owner lives stay"


def namespaces(label: str) -> list[str]:
    """The network namespaces of the hosts on a bridge."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout.split()
    return [name for name in listed if name.startswith(f"{label}-")]
