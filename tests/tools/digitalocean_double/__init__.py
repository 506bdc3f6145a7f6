# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A double of DigitalOcean's API v2 whose droplets are real hosts, and that can fail in every way that matters.

    network = Network(directory / "hosts", owner=os.getpid())      # None in its place: droplets without hosts, no root
    with DigitalOceanDouble(token="secret", network=network) as double:
        tracker = network.add("tracker")                           # other hosts on the same bridge
        double.fault("POST", "/v2/droplets", reset=True, done=True)
        run_playbook(oauth_token="secret", baseurl=double.baseurl)
        assert double.creations == 1
        assert double.violations == []
        assert double.state().names() == []
    network.close()

Requests and answers are checked against tests/data/digitalocean-v2.json. A request that does not conform gets 422 and
is in ``violations``. An answer that does not, or anything that the double cannot do, is raised when the ``with`` ends.
What the modules of community.digitalocean send though it means nothing is dropped and counted in ``dropped``.

How each failure of the flow is made (``double`` left out; ``one`` is the path of one droplet, ``/v2/droplets/\\d+``):

    T1   another token                              T2   fault("POST", "/v2/droplets", status=403)
    T3   an unknown size; droplet_limit=0           T4   fault("POST", "/v2/droplets", status=502, body=BAD_GATEWAY,
    T5   fault("POST", …, reset=True, done=True)             done=True)
    T6   fault("POST", …, delay=40, done=True)      T7   fault("GET", "/v2/droplets", status=429, count=3,
    T8   fault("DELETE", one, status=429,                    headers={"retry-after": "2"})
           headers={"retry-after": "2"})            T9   add_key(name, public_key) before
    T10  nothing: a firewall with an unknown tag    T11  add_droplets(25)
    T12  fault("GET", one, status=404)              T13  fault("GET", one, status=500)
    T14  fate(stays="new")                          T15  fate(vanishes=3)
    T16  fault("DELETE", one, status=422, count=2)  T17  fate(lingers=90)
    T18  fault("DELETE", ".*", status=500,          T19  fate(own_host_key=True)
           count=None)                              T20  fate(sshd=False)
    T33  fate(stays="off")                          no public address: fate(public_address=False)
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any

from hosts import Host, Network
from hosts import missing as hosts_missing

from digitalocean_double import machines
from digitalocean_double.account import Account, AccountState, Droplet, Key, Machine
from digitalocean_double.faults import BAD_GATEWAY, Fate, Fault, Faults
from digitalocean_double.keys_and_tags import add_key
from digitalocean_double.server import Api, Request, Server

__all__ = ["BAD_GATEWAY", "AccountState", "DigitalOceanDouble", "Fault", "Key", "Request", "missing"]


class DigitalOceanDouble:
    """The API on loopback, with one account.

    ``network`` is where droplets get their hosts; None for droplets without. ``disk`` limits what each can write, as in
    ``64m``. ``limits`` are requests a minute by the names of operations, ``*`` for all: ``{"sshKeys_list": 10}``.
    """

    def __init__(
        self,
        *,
        token: str,
        network: Network | None = None,
        disk: str = "",
        droplet_limit: int = 10,
        limits: Mapping[str, int] | None = None,
        address: str = "127.0.0.1",
    ) -> None:
        #: What the user data of a droplet wanted to be installed.
        self.packages: dict[int, list[str]] = {}
        make_machine = self._machine_maker(network, disk) if network else None
        self._account = Account(droplet_limit=droplet_limit, make_machine=make_machine)
        self._faults = Faults()
        self._api = Api(self._account, self._faults, token=token, limits=limits or {})
        self._server = Server(self._api, address)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def _machine_maker(self, network: Network, disk: str) -> Callable[[Droplet, Iterable[str]], Machine]:
        def make_machine(droplet: Droplet, keys: Iterable[str]) -> Machine:
            machine = machines.HostMachine(network, droplet, keys, disk=disk)
            self.packages[droplet.id] = machine.boot.packages
            return machine

        return make_machine

    @property
    def baseurl(self) -> str:
        """What the modules take as ``baseurl``."""
        return f"{self._api.base}/v2"

    @property
    def requests(self) -> Sequence[Request]:
        """All requests so far, without the token."""
        return tuple(self._api.requests)

    @property
    def creations(self) -> int:
        """How many requests asked for a droplet."""
        return sum((request.method, request.path) == ("POST", "/v2/droplets") for request in self.requests)

    @property
    def violations(self) -> Sequence[str]:
        """Requests that the description does not allow, or that tell the token to others than the API."""
        return list(self._api.violations)

    @property
    def dropped(self) -> Counter[str]:
        """What was ignored in requests, and how often."""
        return Counter(self._api.dropped)

    def state(self) -> AccountState:
        """What is in the account now."""
        return self._account.state()

    def cost(self) -> float:
        """What all droplets together have cost so far, in USD."""
        return self._account.cost()

    def fault(self, method: str, path: str, **how: Any) -> Fault:
        """Have requests fail; see :class:`Fault`, whose ``hits`` say how many did."""
        return self._faults.add(Fault(method, path, **how))

    def fate(self, *, count: int = 1, **how: Any) -> None:
        """Give the next droplets another life; see :class:`Fate`."""
        self._faults.destine(Fate(**how), count)

    def clear_faults(self) -> None:
        """Nothing fails any more; droplets keep their fates."""
        self._faults.clear()

    def host(self, number: int) -> Host:
        """The host of a droplet, for a look from outside or to cut its link."""
        machine = self._account.droplets[number].machine
        if not isinstance(machine, machines.HostMachine):
            raise KeyError(f"droplet {number} has no host")
        return machine.host

    def add_droplets(self, count: int, *, name: str = "other", tags: Sequence[str] = (), age: float = 0) -> None:
        """Put droplets of somebody else, made ``age`` seconds ago, into the account; they have no hosts."""
        with self._account.lock:
            self._account.tags.update(tags)
            for number in range(1, count + 1):
                identity = self._account.next_id()
                droplet = Droplet(
                    id=identity,
                    name=f"{name}{number}",
                    size="s-1vcpu-1gb",
                    region="fra1",
                    image="debian-12-x64",
                    tags=list(tags),
                    user_data="",
                    fate=Fate(),
                    created_at=time.time() - age,
                )
                droplet.started.set()
                self._account.droplets[identity] = droplet

    def add_key(self, name: str, public_key: str) -> Key:
        """Put a key of somebody else into the account."""
        with self._account.lock:
            return add_key(self._account, name, public_key)

    def raise_problems(self) -> None:
        """Raise the first answer that did not conform, or what the double could not do."""
        if self._api.problems:
            raise self._api.problems[0]

    def close(self) -> None:
        """Stop answering, and destroy the hosts of all droplets."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        with self._account.lock:
            for droplet in self._account.droplets.values():
                try:
                    self._account.delete(droplet)
                except Exception as error:
                    self._api.problem(error)  # The others have to go too.

    def __enter__(self) -> DigitalOceanDouble:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if error is None:
            self.raise_problems()


def missing() -> str | None:
    """Why droplets can have no hosts on this machine; None when they can."""
    return hosts_missing() or machines.missing()
