# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Bridges and network namespaces of test hosts: claimed, listed, and removed with all that runs in them."""

from __future__ import annotations

import fcntl
import ipaddress
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Reserved for benchmarks (RFC 2544), so no real network is in the way.
_NETWORKS = list(ipaddress.IPv4Network("198.18.0.0/15").subnets(new_prefix=24))
#: How the names of bridges begin.
_LABEL = "venvtest"


class HostsError(Exception):
    """Hosts cannot be made here; the message says why."""


def claim_network(owner: int | None) -> tuple[str, ipaddress.IPv4Network]:
    """Make a bridge with the first address of its network; what runs ended without removing is removed first."""
    with _one_at_a_time():
        for ownerless in _ownerless_networks():
            remove_network(ownerless)
        label, network = _make_bridge(owner)
    ip("link", "set", label, "up")
    ip("address", "add", f"{next(network.hosts())}/{network.prefixlen}", "dev", label)
    return label, network


def remove_network(label: str) -> None:
    """End the hosts on a bridge, and remove their namespaces and links."""
    namespaces = _namespaces(label)
    for namespace in namespaces:
        kill_all(namespace)
    # A veth would go with its namespace too, but only when the kernel gets to it.
    for link in _links(label):
        ip("link", "delete", link)
    for namespace in namespaces:
        _delete(namespace)


def control_directory(namespace: str) -> Path:
    """Where ssh keeps the sockets of connections to a host; beside the namespaces, where a path is short enough."""
    return Path("/run", _LABEL, namespace)


def _delete(namespace: str) -> None:
    ip("netns", "delete", namespace)
    shutil.rmtree(control_directory(namespace), ignore_errors=True)  # ssh removes sockets at the same time


def add_namespace(label: str, namespace: str, address: str) -> None:
    """Make a network namespace whose eth0 hangs on a bridge."""
    directory = control_directory(namespace)
    shutil.rmtree(directory, ignore_errors=True)  # it need not be there
    directory.mkdir(mode=0o700, parents=True)
    ip("netns", "add", namespace)
    ip("link", "add", namespace, "type", "veth", "peer", "name", "eth0", "netns", namespace)
    ip("link", "set", namespace, "master", label, "up")
    for link in ("lo", "eth0"):
        ip("-n", namespace, "link", "set", link, "up")
    ip("-n", namespace, "address", "add", address, "dev", "eth0")


def remove_namespace(namespace: str) -> None:
    """End all that runs in a network namespace, and remove it."""
    kill_all(namespace)
    ip("link", "delete", namespace)
    _delete(namespace)


def kill_all(namespace: str) -> None:
    """End all that runs in a network namespace, and wait until it has."""
    while running := pids(namespace):
        for pid in running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def pids(namespace: str) -> list[int]:
    """The processes in a network namespace."""
    listing = ["ip", "netns", "pids", namespace]
    return [int(pid) for pid in subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split()]


def ip(*argv: str) -> None:
    """Run ``ip``, which must succeed."""
    subprocess.run(["ip", *argv], check=True)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two runs that remove the same network could remove what a third has made in its place."""
    with open(Path(tempfile.gettempdir(), f"{_LABEL}.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_bridge(owner: int | None) -> tuple[str, ipaddress.IPv4Network]:
    """Make a bridge; its name claims the network of the same number, so that two runs at once do not meet."""
    for number, network in enumerate(_NETWORKS):
        label = f"{_LABEL}{number}"
        argv = ["ip", "link", "add", label, "type", "bridge"]
        made = subprocess.run(argv, capture_output=True, text=True, check=False)
        if made.returncode == 0:
            if owner:
                ip("link", "set", label, "alias", str(owner))
            return label, network
        if "File exists" not in made.stderr:
            raise HostsError(f"A bridge cannot be made: {made.stderr.strip()}")
    raise HostsError(f"Every network for test hosts is taken: `ip link` shows bridges called {_LABEL}….")


def _ownerless_networks() -> list[str]:
    """The bridges whose owner has ended."""
    found = []
    for alias in Path("/sys/class/net").glob(f"{_LABEL}*/ifalias"):
        with suppress(OSError):  # Another run has just removed it.
            owner = alias.read_text().strip()
            if owner and not Path("/proc", owner).exists():
                found.append(alias.parent.name)
    return found


def _links(label: str) -> list[str]:
    """The links of one set of hosts: the bridge first, then what hangs on it."""
    names = [path.name for path in Path("/sys/class/net").iterdir()]
    return sorted(name for name in names if name == label or name.startswith(f"{label}-"))


def _namespaces(label: str) -> list[str]:
    listing = subprocess.run(["ip", "-json", "netns", "list"], capture_output=True, text=True, check=True).stdout
    names = [entry["name"] for entry in json.loads(listing or "[]")]
    return [name for name in names if name.startswith(f"{label}-")]
