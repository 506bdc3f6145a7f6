# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Droplets that are real: each a host with its own root, address, sshd and packet filter."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

import debian
from host_setup import SeedFile, Setup
from hosts import Network

from digitalocean_double.account import Droplet
from digitalocean_double.cloud_config import FirstBoot, first_boot

_HOSTS = "127.0.0.1 localhost\n127.0.1.1 {name}\n"


class HostMachine:
    """The machine of one droplet, on a network that its caller has opened."""

    def __init__(self, network: Network, droplet: Droplet, keys: Iterable[str], *, disk: str) -> None:
        self._network = network
        self.boot: FirstBoot = first_boot(droplet.user_data)
        authorized = [*keys, *self.boot.authorized_keys]
        own = [
            SeedFile("/etc/hostname", f"{droplet.name}\n".encode()),
            SeedFile("/etc/hosts", _HOSTS.format(name=droplet.name).encode()),
        ]
        setup = Setup(
            hostname=droplet.name,
            disk=disk,
            host_key=None if droplet.fate.own_host_key else self.boot.host_key,
            authorized_keys="".join(f"{key.strip()}\n" for key in authorized),
            seed=(*own, *self.boot.seed()),
            first_boot=self.boot.script(),
            sshd=droplet.fate.sshd,
        )
        self.host = network.prepare(f"droplet-{droplet.id}", setup)
        self.address, self.gateway = self.host.address, network.address

    def start(self) -> None:
        """Boot it; its sshd answers a moment later, as that of a real droplet does after it is active."""
        self._network.start(self.host)

    def stop(self) -> None:
        """End all that runs on it."""
        self._network.stop(self.host)

    def destroy(self) -> None:
        """End it and remove all it had."""
        self._network.remove(self.host)

    def filter(self, rules: str) -> None:
        """Put the rules of firewalls in force; empty is no packet filter."""
        nft = debian.program("nft", package="nftables")
        argv = ["ip", "netns", "exec", self.host.namespace, str(nft), "-f", "-"]
        subprocess.run(argv, input=f"flush ruleset\n{rules}", text=True, check=True)


def missing() -> str | None:
    """Why packet filters cannot be had here, where hosts can; None when they can."""
    return None if debian.program("nft", package="nftables") else "nftables cannot be installed"
