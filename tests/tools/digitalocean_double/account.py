# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The account: its droplets, keys, firewalls and tags, and what the API says about them."""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Protocol

from digitalocean_double import prices
from digitalocean_double.faults import Fate


class ApiError(Exception):
    """The API refuses: its status, its id of the error, its message, and headers that only this error has."""

    def __init__(self, status: int, name: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.name, self.message, self.headers = status, name, message, headers or {}


class UnsupportedByDouble(Exception):
    """Something that the real API can do and the double does not: an error of the test, not an answer."""


def unprocessable(message: str) -> ApiError:
    """The API's answer to what it understands but does not do."""
    return ApiError(422, "unprocessable_entity", message)


def not_found() -> ApiError:
    """The API's answer about what is not there."""
    return ApiError(404, "not_found", "The resource you requested could not be found.")


class Machine(Protocol):
    """What a droplet is in reality."""

    address: str
    gateway: str

    def start(self) -> None:
        """Switch it on."""

    def stop(self) -> None:
        """Switch it off; its disk stays."""

    def destroy(self) -> None:
        """Remove it and all it had."""

    def filter(self, rules: str) -> None:
        """Replace the rules of its packet filter."""


@dataclass(frozen=True)
class Key:
    """A public key of the account."""

    id: int
    name: str
    public_key: str
    fingerprint: str

    def document(self) -> dict[str, Any]:
        """What the API says about it."""
        return dict(vars(self))


@dataclass
class Firewall:
    """Rules, and the droplets that they are for: by id and by tag."""

    id: str
    created_at: float
    name: str
    inbound_rules: list[dict[str, Any]]
    outbound_rules: list[dict[str, Any]]
    droplet_ids: list[int]
    tags: list[str]

    def covers(self, droplet: Droplet) -> bool:
        """Whether its rules are for a droplet."""
        return droplet.id in self.droplet_ids or not set(self.tags).isdisjoint(droplet.tags)

    def document(self) -> dict[str, Any]:
        """What the API says about it."""
        return {**vars(self), "created_at": moment(self.created_at), "status": "succeeded", "pending_changes": []}


@dataclass
class Droplet:
    """A droplet, from its creation until the API has forgotten it."""

    id: int
    name: str
    size: str
    region: str
    image: str
    tags: list[str]
    user_data: str
    fate: Fate
    created_at: float
    machine: Machine | None = None
    #: Set when its machine has started; without machines at once.
    started: threading.Event = field(default_factory=threading.Event)
    powered: bool = True
    #: Whether it was listed, and will be gone soon.
    vanishing: bool = False
    deleted_at: float | None = None

    @property
    def status(self) -> str:
        """``new``, ``active``, ``off`` or ``archive``."""
        if self.fate.stays:
            return self.fate.stays
        if not self.started.is_set() or time.time() < self.created_at + self.fate.boot_seconds:
            return "new"
        return "active" if self.powered else "off"

    @property
    def gone(self) -> bool:
        """Whether it exists no more, though it can still be listed."""
        return self.deleted_at is not None

    @property
    def listed(self) -> bool:
        """Whether the API still shows it."""
        return self.deleted_at is None or time.time() < self.deleted_at + self.fate.lingers

    def cost(self) -> float:
        """What it has cost so far, in USD: it costs until it is deleted, whatever its status is."""
        return prices.cost(self.size, (self.deleted_at or time.time()) - self.created_at)

    def document(self) -> dict[str, Any]:
        """What the API says about it."""
        size = prices.SIZES[self.size]
        return {
            "id": self.id,
            "name": self.name,
            "memory": size.memory_mib,
            "vcpus": size.vcpus,
            "disk": size.disk_gib,
            "locked": self.status == "new",
            "status": self.status,
            "created_at": moment(self.created_at),
            "features": ["droplet_agent", "private_networking"],
            "backup_ids": [],
            "next_backup_window": None,
            "snapshot_ids": [],
            "volume_ids": [],
            "image": prices.image(self.image),
            "size": size.document(),
            "size_slug": self.size,
            "networks": self._networks(),
            "region": prices.region(self.region),
            "tags": list(self.tags),
            "vpc_uuid": str(uuid.uuid5(uuid.NAMESPACE_DNS, self.region)),
        }

    def _networks(self) -> dict[str, Any]:
        """No address before it has started, as of the real ones."""
        if self.status == "new":
            return {"v4": [], "v6": []}
        number = self.id % 254 + 1
        address, gateway = f"192.0.2.{number}", "192.0.2.254"
        if self.machine:
            address, gateway = self.machine.address, self.machine.gateway
        mask = "255.255.255.0"
        public = {"ip_address": address, "netmask": mask, "gateway": gateway, "type": "public"}
        private = {"ip_address": f"10.110.0.{number}", "netmask": mask, "gateway": "10.110.0.254", "type": "private"}
        return {"v4": [private, public] if self.fate.public_address else [private], "v6": []}


@dataclass(frozen=True)
class AccountState:
    """What is in the account, as the API would show it."""

    droplets: tuple[dict[str, Any], ...]
    keys: tuple[dict[str, Any], ...]
    firewalls: tuple[dict[str, Any], ...]
    tags: tuple[str, ...]

    def names(self) -> list[str]:
        """One line for each thing; an empty list is an account with nothing left in it."""
        kinds = (("droplet", self.droplets), ("key", self.keys), ("firewall", self.firewalls))
        lines = [f"{kind} {thing['name']}" for kind, things in kinds for thing in things]
        return sorted(lines + [f"tag {name}" for name in self.tags])


class Account:
    """All that the operations read and change; hold ``lock`` meanwhile."""

    def __init__(self, *, droplet_limit: int, make_machine: Callable[[Droplet, Iterable[str]], Machine] | None) -> None:
        self.lock = threading.RLock()
        self.droplet_limit = droplet_limit
        self.make_machine = make_machine
        #: All droplets that ever were: those that are gone have cost something.
        self.droplets: dict[int, Droplet] = {}
        self.keys: dict[int, Key] = {}
        self.firewalls: dict[str, Firewall] = {}
        self.tags: set[str] = set()
        self.actions: dict[int, dict[str, Any]] = {}
        self.uuid = str(uuid.uuid4())
        self._ids = itertools.count(400_000_001)

    def next_id(self) -> int:
        """A number that nothing else has."""
        return next(self._ids)

    def listed(self) -> list[Droplet]:
        """The droplets that the API shows."""
        return [droplet for droplet in self.droplets.values() if droplet.listed]

    def droplet(self, number: int) -> Droplet:
        """A droplet by its id, or the API's answer that there is none."""
        found = self.droplets.get(number)
        if found is None or not found.listed:
            raise not_found()
        return found

    def delete(self, droplet: Droplet) -> None:
        """Delete a droplet, and wait until its machine is gone."""
        if droplet.gone:
            return
        droplet.deleted_at = time.time()
        if droplet.machine:
            droplet.started.wait()
            droplet.machine.destroy()
            droplet.machine = None
        for firewall in self.firewalls.values():
            firewall.droplet_ids = [number for number in firewall.droplet_ids if number != droplet.id]

    def state(self) -> AccountState:
        """What is in it now."""
        with self.lock:
            return AccountState(
                tuple(droplet.document() for droplet in self.listed()),
                tuple(key.document() for key in self.keys.values()),
                tuple(firewall.document() for firewall in self.firewalls.values()),
                tuple(sorted(self.tags)),
            )

    def cost(self) -> float:
        """What all droplets together have cost so far, in USD."""
        with self.lock:
            return sum(droplet.cost() for droplet in self.droplets.values())


def moment(seconds: float) -> str:
    """A time as the API writes it."""
    return datetime.fromtimestamp(int(seconds), timezone.utc).isoformat().replace("+00:00", "Z")
