# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The torrent flow as a phone starts it: a real swarm, and a host or a droplet of the API double that downloads."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import digitalocean_double
import hosts
import pytest
from api_client import TOKEN
from controller import Controller
from digitalocean_double import DigitalOceanDouble
from host_setup import Setup
from hosts import Host, Network
from phone import USER, Phone, set_up
from polling import wait_until
from torrent_flow import NAME, SIZES, shared, wait_until_empty

WHEELS = "/srv/wheelhouse"
#: Nobody shares it.
DEAD = f"magnet:?xt=urn:btih:{'5a' * 20}"
OPTIONS = {"dht": False, "metadata_timeout": 60, "stall_timeout": 20, "find_links": [WHEELS], "offline": True}


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    if reason := digitalocean_double.missing():
        pytest.skip(reason)
    opened = Network(tmp_path / "hosts", owner=os.getpid())
    yield opened
    opened.close()


def gate(
    network: Network,
    controller: Controller,
    wheelhouse: Path,
    directory: Path,
    *,
    systemd: bool = False,
    policy: Mapping[str, Any] | None = None,
    **variables: Any,
) -> Phone:
    """A host with the gate, and the phone of its only key."""
    host = network.add("gate", Setup(share={str(wheelhouse): WHEELS}, systemd=systemd))
    phone = Phone.make(host, directory, "phone")
    keys = [{"name": "phone", "public_key": phone.public_key, **(policy or {})}]
    ended = set_up(controller, host, directory, {"phone_gate_phones": keys, **variables})
    assert ended.returncode == 0, ended.output
    return phone


def let_in(gate_host: Host, other: Host) -> None:
    """Let the gate log in to another host, whose host key it knows already."""
    key = gate_host.run("cat /var/lib/phone-gate/.ssh/id_ed25519.pub").stdout.strip()
    other.run(f"echo '{key}' >> /etc/venv-test-host/authorized_keys")


def sizes_of(content: bytes) -> dict[str, int]:
    """The files of the torrent in what a result is."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {entry.name.removeprefix(f"{NAME}/"): entry.size for entry in archive if entry.name.startswith(NAME)}


def test_from_a_link_to_files_by_a_host(
    network: Network, controller: Controller, wheelhouse: Path, tmp_path: Path
) -> None:
    nas = network.add("nas", Setup(share={str(wheelhouse): WHEELS}))
    login = {"ansible_host": nas.address, "ansible_user": "root", "ansible_python_interpreter": "/usr/bin/python3"}
    phone = gate(
        network, controller, wheelhouse, tmp_path,
        policy={"confirm_torrent": True},
        phone_gate_known_hosts=Path(nas.known_hosts).read_text().splitlines(),
        phone_gate_torrent={"provider": "host", "host": "nas", **OPTIONS},
        phone_gate_torrent_hosts={"nas": login},
    )  # fmt: skip
    logins = [check for check in phone.ask("doctor")["checks"] if check["name"].startswith("login for torrents")]
    assert [(check["name"], check["ok"]) for check in logins] == [("login for torrents: nas", False)]
    let_in(phone.host, nas)
    for text in (b"{{ lookup('pipe', 'id') }}", b"magnet:?xt=urn:btih:xyz", b"magnet:?x={{ 1 }}", b"http://x/\n"):
        assert "torrent:" in phone.refused("torrent", text)["error"]
    assert phone.ask("list")["runs"] == []
    with shared(tmp_path, network) as swarm:
        waiting = phone.ask("torrent", swarm.magnet.encode())
        ident = waiting["id"]
        assert (waiting["state"], waiting["confirm"]) == ("waits", f"torrent --confirm {ident}")
        assert phone.refused(f"run --confirm {ident}")["code"] == "state"
        assert phone.ask(f"torrent --confirm {ident}")["state"] in ("starting", "running")
        told = phone.wait(ident, seconds=240)
    assert told["state"] == "succeeded", "\n".join(told["output"])
    assert sizes_of(phone.raw(f"result {ident}").stdout) == dict(SIZES)


@dataclass(frozen=True)
class CloudGate:
    """A gate whose torrents come by droplets, each a real host."""

    phone: Phone
    double: DigitalOceanDouble

    def with_a_droplet(self, magnet: str) -> str:
        """The id of a run that has a droplet, and whose connection was cut before its answer was read."""
        known = self._runs()
        connection = subprocess.Popen(
            self.phone.argv("torrent"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert connection.stdin is not None and connection.stdout is not None
        connection.stdin.write(magnet.encode())
        connection.stdin.close()
        wait_until(lambda: self._runs() != known)
        connection.kill()
        connection.stdout.close()
        connection.wait()
        (ident,) = self._runs() - known
        wait_until(lambda: bool(self.double.state().droplets), seconds=240)
        assert self.phone.ask(f"status {ident}")["state"] == "running"
        return ident

    def _runs(self) -> set[str]:
        return {str(run["id"]) for run in self.phone.ask("list")["runs"]}


def test_droplets_bring_files_or_are_destroyed(
    network: Network, controller: Controller, wheelhouse: Path, tmp_path: Path
) -> None:
    """Each connection is cut; the first run brings its files, the second is cancelled. With systemd where it boots."""
    token = tmp_path / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    with DigitalOceanDouble(token=TOKEN, network=network, address=network.address) as double:
        phone = gate(
            network, controller, wheelhouse, tmp_path,
            systemd=hosts.missing_systemd() is None,
            phone_gate_api_token_file=str(token),
            phone_gate_torrent={"provider": "digitalocean", "api_url": double.baseurl, "wheels": WHEELS, **OPTIONS},
        )  # fmt: skip
        cloud = CloudGate(phone, double)
        wrong = [check for check in phone.ask("doctor")["checks"] if not check["ok"]]
        assert wrong == []
        _brings(cloud, network, tmp_path)
        _cancelled(cloud)


def _brings(cloud: CloudGate, network: Network, directory: Path) -> None:
    with shared(directory, network) as swarm:
        ident = cloud.with_a_droplet(swarm.magnet)
        told = cloud.phone.wait(ident, seconds=240)
    assert told["state"] == "succeeded", "\n".join(told["output"])
    assert cloud.double.state().names() == []
    assert sizes_of(cloud.phone.raw(f"result {ident}").stdout) == dict(SIZES)
    report = json.loads(cloud.phone.raw(f"report {ident} --format json").stdout)
    assert (report["state"], cloud.double.creations) == ("succeeded", 1)
    assert {one["path"].removeprefix(f"{NAME}/"): one["bytes"] for one in report["files"]["items"]} == dict(SIZES)
    assert report["cost"]["microdollars"] > 0


def _cancelled(cloud: CloudGate) -> None:
    phone = cloud.phone
    ident = cloud.with_a_droplet(DEAD)
    assert phone.ask(f"cancel {ident}")["state"] == "stopping"
    wait_until_empty(cloud.double)
    # The guard stays for some minutes: a droplet whose creation was not answered could still appear.
    assert phone.ask(f"status {ident}")["state"] == "stopping"
    assert phone.host.run(f"ps -u {USER} -o args= | grep ansible-playbook").stdout == ""
    found = phone.host.run(
        f"grep -rl {TOKEN} /var/lib/phone-gate /opt/phone-gate/*.json /tmp /etc/cron.d /etc/systemd/system"
    )
    assert found.stdout.split() == ["/var/lib/phone-gate/api-token"]
