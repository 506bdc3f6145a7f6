# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Droplets of the double are real: asked for by the real modules, logged in to by ssh, and gone without a trace."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import digitalocean_double
import pytest
import yaml
from api_client import DROPLET, TOKEN, Client
from controller import Controller
from digitalocean_double import DigitalOceanDouble
from environments import Environment
from host_network import HostsError
from hosts import Network
from polling import wait_until
from provider_modules import ProviderModules, droplet, key_pair, removed

_EVERYWHERE = {"addresses": ["0.0.0.0/0", "::/0"]}


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    if reason := digitalocean_double.missing():
        pytest.skip(reason)
    opened = Network(tmp_path / "hosts", owner=os.getpid())
    yield opened
    opened.close()


@pytest.fixture
def double(network: Network) -> Iterator[DigitalOceanDouble]:
    with DigitalOceanDouble(token=TOKEN, network=network, disk="64m") as made:
        yield made
        assert made.violations == []


@pytest.fixture
def modules(double: DigitalOceanDouble, controller: Controller, whole_ansible: Environment) -> ProviderModules:
    return ProviderModules(Controller(venv=whole_ansible, home=controller.home), double)


@dataclass(frozen=True)
class Login:
    """The user's key pair, and the host key that a droplet is to have."""

    directory: Path
    public: str
    host_public: str

    @classmethod
    def make(cls, directory: Path) -> Login:
        return cls(directory, key_pair(directory / "key"), key_pair(directory / "host_key"))

    def user_data(self, **more: Any) -> str:
        keys = {"ed25519_private": (self.directory / "host_key").read_text(), "ed25519_public": self.host_public}
        return "#cloud-config\n" + yaml.safe_dump({"ssh_keys": keys, **more})

    def ssh(self, address: str, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command there, if it shows the host key."""
        known_hosts = self.directory / "known_hosts"
        known_hosts.write_text(f"{address} {self.host_public}\n")
        strict = ["-oBatchMode=yes", "-oStrictHostKeyChecking=yes", f"-oUserKnownHostsFile={known_hosts}"]
        argv = ["ssh", "-i", str(self.directory / "key"), *strict, "-oConnectTimeout=5", f"root@{address}", command]
        return subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    def wait(self, address: str) -> None:
        """Wait until it answers."""
        wait_until(lambda: self.ssh(address, "true").returncode == 0)


@pytest.fixture
def login(tmp_path: Path) -> Login:
    directory = tmp_path / "login"
    directory.mkdir()
    return Login.make(directory)


def test_a_droplet_from_its_creation_to_nothing(modules: ProviderModules, network: Network, login: Login) -> None:
    double = modules.double
    rules = {
        "inbound_rules": [{"protocol": "tcp", "ports": "22", "sources": _EVERYWHERE}],
        "outbound_rules": [{"protocol": "tcp", "ports": "1-65535", "destinations": {"addresses": ["203.0.113.0/24"]}}],
    }
    firewall = ("firewall", {"name": "ours", "tags": ["ours"], **rules})
    files = [{"path": "/root/given", "content": "a file\n", "permissions": "0600"}]
    user_data = login.user_data(
        write_files=files, packages=["curl"], runcmd=[["touch", "/root/ran"], "hostname > /root/h"]
    )
    key = ("sshkey", {"name": "ours", "ssh_pub_key": login.public})
    tagged, key_made, filtered = modules.run(("tag", {"name": "ours"}), key, firewall)
    assert not (tagged["failed"] or key_made["failed"] or filtered["failed"])
    asked = droplet(name="ours-1", tags=["ours"], ssh_keys=[key_made["data"]["ssh_key"]["id"]], user_data=user_data)
    (made,) = modules.run(asked)
    number = made["data"]["droplet"]["id"]
    address = public_address(double)
    login.wait(address)
    assert login.ssh(address, "cloud-init status --wait").stdout.strip() == "status: done"
    seen = login.ssh(address, "hostname; cat /root/given /root/h; stat -c %a /root/given; test -e /root/ran")
    assert (seen.stdout.splitlines(), seen.returncode) == (["ours-1", "a file", "ours-1", "600"], 0), seen.stderr
    assert double.packages == {number: ["curl"]}
    assert not Path("/root/given").exists()
    check_packet_filter(modules, network, login, address)
    assert login.ssh(address, "setsid sleep 4713 >/dev/null 2>&1 & exit").returncode == 0
    namespace = next(name for name in namespaces() if name.startswith(f"{network.label}-"))
    assert processes(namespace) != []
    ended = modules.run(
        removed("droplet", id=number),
        removed("firewall", name="ours"),
        removed("sshkey", ssh_pub_key=login.public),
        removed("tag", name="ours"),
    )
    assert [result["changed"] for result in ended] == [True] * 4, ended
    assert double.state().names() == []
    assert namespace not in namespaces()
    assert "sleep 4713" not in command_lines()
    assert str(network.directory / "droplet") not in Path("/proc/self/mounts").read_text()
    assert list(network.directory.glob("droplet-*")) == []
    assert not Path("/sys/class/net", namespace).exists()
    assert login.ssh(address, "true").returncode == 255


def check_packet_filter(modules: ProviderModules, network: Network, login: Login, address: str) -> None:
    """Only what the firewall allows goes in and out, and what it allows later too."""
    listener = "import socket,time; s=socket.create_server(('',8000)); time.sleep(600)"
    login.ssh(address, f"setsid python3 -c {json.dumps(listener)} >/dev/null 2>&1 & exit")
    wait_until(lambda: login.ssh(address, "bash -c '</dev/tcp/127.0.0.1/8000'").returncode == 0)
    with socket.create_server((network.address, 0)) as server:
        out = f"timeout 2 bash -c '</dev/tcp/{network.address}/{server.getsockname()[1]}'"
        assert login.ssh(address, out).returncode == 124
        assert not reachable(address, 8000)
        wider = [{"protocol": "tcp", "ports": ports, "sources": _EVERYWHERE} for ports in ("22", "7999-8001")]
        outward = [{"protocol": "tcp", "ports": "all", "destinations": _EVERYWHERE}]
        firewall = {"name": "ours", "tags": ["ours"], "inbound_rules": wider, "outbound_rules": outward}
        (changed,) = modules.run(("firewall", firewall))
        assert changed["changed"], changed
        assert login.ssh(address, out).returncode == 0
        assert reachable(address, 8000)


def test_a_host_key_of_its_own_is_refused(double: DigitalOceanDouble, login: Login) -> None:
    double.fate(own_host_key=True)
    address = start(double, login)
    wait_until(lambda: "Host key verification failed" in login.ssh(address, "true").stderr)


def test_nothing_listens_where_sshd_never_comes_up(double: DigitalOceanDouble, network: Network, login: Login) -> None:
    double.fate(sshd=False)
    address = start(double, login)
    time.sleep(1)
    assert "Connection refused" in login.ssh(address, "true").stderr
    host = double.host(double.state().droplets[0]["id"])
    assert network.inside(host, "hostname; pwd").stdout.split() == ["one", "/"]


def test_a_full_disk(double: DigitalOceanDouble, login: Login) -> None:
    address = start(double, login)
    login.wait(address)
    for directory in ("/root", "/var/lib", "/tmp"):
        full = login.ssh(address, f"head -c 100M /dev/zero > {directory}/big; rm {directory}/big")
        assert "No space left" in full.stderr


def test_off_and_on(network: Network, login: Login) -> None:
    with DigitalOceanDouble(token=TOKEN, network=network) as double:
        address = start(double, login)
        login.wait(address)
        login.ssh(address, "touch /etc/kept")
        number = double.state().droplets[0]["id"]
        Client(double)("POST", f"/droplets/{number}/actions", {"type": "power_off"})
        assert double.state().droplets[0]["status"] == "off"
        assert login.ssh(address, "true").returncode == 255
        Client(double)("POST", f"/droplets/{number}/actions", {"type": "power_on"})
        login.wait(address)
        assert login.ssh(address, "test -e /etc/kept").returncode == 0


def test_another_host_of_the_provider_reaches_a_droplet(
    double: DigitalOceanDouble, network: Network, login: Login
) -> None:
    tracker = network.add("tracker")
    address = start(double, login)
    login.wait(address)
    assert tracker.run(f"bash -c '</dev/tcp/{address}/22'").returncode == 0


def test_a_droplet_that_vanishes_takes_its_host_along(
    double: DigitalOceanDouble, network: Network, login: Login
) -> None:
    double.fate(vanishes=1)
    start(double, login)
    Client(double)("GET", "/droplets")
    wait_until(lambda: double.state().droplets == ())
    assert [name for name in namespaces() if name.startswith(f"{network.label}-")] == []


def test_user_data_that_the_double_cannot_apply_are_an_exception(network: Network, login: Login) -> None:
    with pytest.raises(Exception, match="the key swap of a cloud-config"):
        with DigitalOceanDouble(token=TOKEN, network=network) as double:
            Client(double)("POST", "/droplets", {**DROPLET, "user_data": login.user_data(swap={})})
    assert list(network.directory.glob("droplet-*")) == []


def test_a_host_that_could_not_start_is_an_exception(network: Network, login: Login) -> None:
    with pytest.raises(HostsError, match="did not start|had ended with"):
        with DigitalOceanDouble(token=TOKEN, network=network, disk="nonsense") as double:
            start(double, login)
            host = double.host(double.state().droplets[0]["id"])
            wait_until(lambda: processes(host.namespace) == [])
    assert list(network.directory.glob("droplet-*")) == []


def test_the_end_of_the_double_ends_its_droplets(network: Network, login: Login) -> None:
    with DigitalOceanDouble(token=TOKEN, network=network) as double:
        start(double, login)
    assert [name for name in namespaces() if name.startswith(f"{network.label}-")] == []


def test_droplets_of_a_killed_test_are_destroyed_by_the_next(tmp_path: Path) -> None:
    if reason := digitalocean_double.missing():
        pytest.skip(reason)
    script = (
        "import json, os, sys, urllib.request\n"
        "from pathlib import Path\n"
        "from digitalocean_double import DigitalOceanDouble\n"
        "from hosts import Network\n"
        "double = DigitalOceanDouble(token='x', network=Network(Path(sys.argv[1]), owner=os.getpid())).__enter__()\n"
        "request = urllib.request.Request(double.baseurl + '/droplets', sys.argv[2].encode())\n"
        "request.add_header('authorization', 'Bearer x')\n"
        "urllib.request.urlopen(request)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    tools = Path(digitalocean_double.__file__).parents[1]
    argv = [sys.executable, "-c", script, str(tmp_path / "killed"), json.dumps(DROPLET)]
    killed = subprocess.run(argv, cwd=tools, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    label = (tmp_path / "killed" / "bridge").read_text()
    left = [name for name in namespaces() if name.startswith(f"{label}-")]
    assert len(left) == 1
    # Another run of tests on this machine may have been the next already.
    following = Network(tmp_path / "next", owner=os.getpid())
    try:
        assert not Path("/run/netns", left[0]).exists()
        assert following.label == label or not Path("/sys/class/net", label).exists()
    finally:
        following.close()


def start(double: DigitalOceanDouble, login: Login) -> str:
    """The address of a new droplet that is active."""
    key = double.add_key("mine", login.public)
    Client(double).create(ssh_keys=[key.id], user_data=login.user_data())
    return public_address(double)


def public_address(double: DigitalOceanDouble) -> str:
    """The address of the one droplet, when it is active."""
    wait_until(lambda: double.state().droplets[0]["status"] == "active")
    networks = double.state().droplets[0]["networks"]["v4"]
    return next(str(network["ip_address"]) for network in networks if network["type"] == "public")


def reachable(address: str, port: int) -> bool:
    """Whether a port answers from this machine."""
    try:
        with socket.create_connection((address, port), timeout=2):
            return True
    except OSError:
        return False


def namespaces() -> list[str]:
    """The network namespaces of this machine."""
    return sorted(path.name for path in Path("/run/netns").iterdir())


def processes(namespace: str) -> list[str]:
    """The processes in a network namespace."""
    return subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True, check=True).stdout.split()


def command_lines() -> str:
    """What runs on this machine, hosts and all."""
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
