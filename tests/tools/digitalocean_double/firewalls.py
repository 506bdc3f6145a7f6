# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The operations that are about firewalls, and their rules as those of a packet filter."""

from __future__ import annotations

import ipaddress
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from digitalocean_double.account import (
    Account,
    ApiError,
    Droplet,
    Firewall,
    UnsupportedByDouble,
    not_found,
    unprocessable,
)
from digitalocean_double.operation import Answer, Call, operation, page

_WHERE = ("addresses", "droplet_ids", "tags")


@operation("firewalls_list")
def _list(account: Account, call: Call) -> Answer:
    return page(call, "firewalls", [firewall.document() for firewall in account.firewalls.values()])


@operation("firewalls_get")
def _get(account: Account, call: Call) -> Answer:
    return Answer(200, {"firewall": _firewall(account, call).document()})


@operation("firewalls_create")
def _create(account: Account, call: Call) -> Answer:
    if any(firewall.name == call.body["name"] for firewall in account.firewalls.values()):
        raise ApiError(409, "conflict", "duplicate name")
    firewall = _described(account, call, str(uuid.uuid4()))
    return Answer(202, {"firewall": firewall.document()})


@operation("firewalls_update")
def _update(account: Account, call: Call) -> Answer:
    firewall = _described(account, call, _firewall(account, call).id)
    return Answer(200, {"firewall": firewall.document()})


@operation("firewalls_delete")
def _delete(account: Account, call: Call) -> Answer:
    del account.firewalls[_firewall(account, call).id]
    apply_firewalls(account)
    return Answer(204)


@operation("firewalls_assign_droplets")
def _assign_droplets(account: Account, call: Call) -> Answer:
    firewall = _firewall(account, call)
    for number in call.body["droplet_ids"]:
        account.droplet(number)
    firewall.droplet_ids = sorted({*firewall.droplet_ids, *call.body["droplet_ids"]})
    apply_firewalls(account)
    return Answer(204)


@operation("firewalls_add_tags")
def _add_tags(account: Account, call: Call) -> Answer:
    firewall = _firewall(account, call)
    _check_tags(account, call.body["tags"])
    firewall.tags = sorted({*firewall.tags, *call.body["tags"]})
    apply_firewalls(account)
    return Answer(204)


def _firewall(account: Account, call: Call) -> Firewall:
    found = account.firewalls.get(call.parameters["firewall_id"])
    if found is None:
        raise not_found()
    return found


def _described(account: Account, call: Call, number: str) -> Firewall:
    """The firewall that a request describes, in force."""
    body = call.body
    _check_tags(account, body.get("tags", []))
    for droplet in body.get("droplet_ids", []):
        account.droplet(droplet)
    firewall = Firewall(
        id=number,
        created_at=account.firewalls[number].created_at if number in account.firewalls else time.time(),
        name=body["name"],
        inbound_rules=body.get("inbound_rules", []),
        outbound_rules=body.get("outbound_rules", []),
        droplet_ids=body.get("droplet_ids", []),
        tags=body.get("tags", []),
    )
    _filter([firewall], account.listed())  # What cannot be a rule is found before the firewall exists.
    account.firewalls[number] = firewall
    apply_firewalls(account)
    return firewall


def _check_tags(account: Account, names: Iterable[str]) -> None:
    for name in names:
        if name not in account.tags:
            raise unprocessable(f"tag {name} not found")


def apply_firewalls(account: Account) -> None:
    """Give the machine of each droplet the rules of its firewalls; without any it is open, as a real one is."""
    droplets = account.listed()
    for droplet in droplets:
        if droplet.machine:
            firewalls = [firewall for firewall in account.firewalls.values() if firewall.covers(droplet)]
            droplet.machine.filter(_filter(firewalls, droplets) if firewalls else "")


def _filter(firewalls: Iterable[Firewall], droplets: Iterable[Droplet]) -> str:
    """Rules of nft: what no firewall allows is dropped, and answers to what was allowed pass."""
    inbound = [line for one in firewalls for rule in one.inbound_rules for line in _lines(rule, "in", droplets)]
    outbound = [line for one in firewalls for rule in one.outbound_rules for line in _lines(rule, "out", droplets)]
    chains = (("input", 'iif "lo" accept', inbound), ("output", 'oif "lo" accept', outbound))
    text = ["table inet firewall {"]
    for hook, loopback, lines in chains:
        text += [f"chain {hook} {{", f"type filter hook {hook} priority 0; policy drop;", loopback]
        text += ["ct state established,related accept", *lines, "}"]
    return "\n".join([*text, "}", ""])


def _lines(rule: Mapping[str, Any], direction: str, droplets: Iterable[Droplet]) -> Iterator[str]:
    ends = rule["sources" if direction == "in" else "destinations"]
    unknown = [name for name, value in ends.items() if value and name not in _WHERE]
    if unknown:
        raise UnsupportedByDouble(f"firewall rules for {', '.join(unknown)}")
    try:
        networks = [ipaddress.ip_network(address) for address in ends.get("addresses", [])]
    except ValueError as error:
        raise unprocessable(f"invalid address: {error}") from error
    for droplet in droplets:
        named = droplet.id in ends.get("droplet_ids", []) or not set(ends.get("tags", [])).isdisjoint(droplet.tags)
        if named and droplet.machine:
            networks.append(ipaddress.ip_network(droplet.machine.address))
    field = "saddr" if direction == "in" else "daddr"
    for network in networks:
        yield f"{'ip' if network.version == 4 else 'ip6'} {field} {network} {_ports(rule)} accept"


def _ports(rule: Mapping[str, Any]) -> str:
    """The packets of a rule; ``all`` and ``0`` are every port."""
    protocol, ports = rule["protocol"], rule["ports"]
    if protocol == "icmp":
        return "meta l4proto { icmp, icmpv6 }"
    first, _dash, last = ("1-65535" if ports in ("all", "0", "") else ports).partition("-")
    if not (first.isdigit() and (last or first).isdigit() and 0 < int(first) <= int(last or first) <= 65535):
        raise unprocessable(f"invalid ports {ports!r}")
    return f"{protocol} dport {first}-{last or first}"
