# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The torrent flow as a phone starts it: a real swarm, and a host or a droplet of the API double that downloads."""

from __future__ import annotations

import io
import os
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import digitalocean_double
import pytest
from api_client import TOKEN
from controller import Controller
from digitalocean_double import DigitalOceanDouble
from host_setup import Setup
from hosts import Host, Network
from phone import USER, Phone, set_up
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


def gate(network: Network, controller: Controller, wheelhouse: Path, directory: Path, **variables: Any) -> Phone:
    """A host with the gate, and the phone of its only key."""
    host = network.add("gate", Setup(share={str(wheelhouse): WHEELS}))
    phone = Phone.make(host, directory, "phone")
    keys = [{"name": "phone", "public_key": phone.public_key}]
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
        phone_gate_known_hosts=Path(nas.known_hosts).read_text().splitlines(),
        phone_gate_torrent={"provider": "host", "host": "nas", **OPTIONS},
        phone_gate_torrent_hosts={"nas": login},
    )  # fmt: skip
    let_in(phone.host, nas)
    for text in (b"{{ lookup('pipe', 'id') }}", b"magnet:?xt=urn:btih:xyz", b"magnet:?x={{ 1 }}", b"http://x/\n"):
        assert "torrent:" in phone.refused("torrent", text)["error"]
    assert phone.ask("list")["runs"] == []
    with shared(tmp_path, network) as swarm:
        ident = phone.ask("torrent", swarm.magnet.encode())["id"]
        told = phone.wait(ident, seconds=240)
    assert told["state"] == "succeeded", "\n".join(told["output"])
    assert sizes_of(phone.raw(f"result {ident}").stdout) == dict(SIZES)


def test_a_droplet_is_destroyed_when_its_run_is_cancelled(
    network: Network, controller: Controller, wheelhouse: Path, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    with DigitalOceanDouble(token=TOKEN, network=network, address=network.address) as double:
        phone = gate(
            network, controller, wheelhouse, tmp_path,
            phone_gate_api_token_file=str(token),
            phone_gate_torrent={"provider": "digitalocean", "api_url": double.baseurl, "wheels": WHEELS, **OPTIONS},
        )  # fmt: skip
        assert phone.ask("doctor")["ok"]
        ident = phone.ask("torrent", DEAD.encode())["id"]
        deadline = time.monotonic() + 240
        while not double.state().droplets:
            told = phone.ask(f"status {ident}")
            assert told["state"] == "running" and time.monotonic() < deadline, told
            time.sleep(0.5)
        assert phone.ask(f"cancel {ident}")["state"] == "stopping"
        wait_until_empty(double)
        # The guard stays for some minutes: a droplet whose creation was not answered could still appear.
        assert phone.ask(f"status {ident}")["state"] == "stopping"
        assert phone.host.run(f"ps -u {USER} -o args= | grep ansible-playbook").stdout == ""
        found = phone.host.run(f"grep -rl {TOKEN} /var/lib/phone-gate /opt/phone-gate/*.json /tmp")
        assert found.stdout.split() == ["/var/lib/phone-gate/api-token"]
