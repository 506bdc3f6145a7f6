# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What runs left is destroyed and nothing else, whatever the API, a double that checks requests, does meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from api_client import ONE, TOKEN, Client
from digitalocean_double import BAD_GATEWAY, DigitalOceanDouble
from simulated_clock import Clock

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.api import Api
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.reaping import Reaper, cost_of
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.run_mark import RunMark
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError

NOW = int(time.time())
OVERDUE, RUNNING = RunMark("0" * 12, NOW - 60), RunMark("1" * 12, NOW + 3600)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{}"
#: The paths of the lists that are looked at.
LISTS = r"/v2/(droplets|firewalls|account/keys|tags)"


@pytest.fixture(name="double")
def fixture_double() -> Iterator[DigitalOceanDouble]:
    with DigitalOceanDouble(token=TOKEN, droplet_limit=100) as made:
        yield made
        assert made.violations == []


@pytest.fixture(name="client")
def fixture_client(double: DigitalOceanDouble) -> Client:
    return Client(double)


def make(client: Client, mark: RunMark, number: int = 0) -> None:
    """All that a run makes, as the API is asked for it."""
    name = str(mark)
    assert client("POST", "/tags", {"name": name})[0] == 201
    key = KEY.format(f"{mark.run}{number}".ljust(43, "A"))
    status, body = client("POST", "/account/keys", {"name": name, "public_key": key})
    assert status == 201, body
    client.create(name=name, tags=[name])
    rule = {"protocol": "tcp", "ports": "22", "sources": {"addresses": ["0.0.0.0/0"]}}
    status, body = client("POST", "/firewalls", {"name": name, "tags": [name], "inbound_rules": [rule]})
    assert status == 202, body


def reaper(double: DigitalOceanDouble, clock: Clock, *, seconds: float = 120, token: str = TOKEN, **how: Any) -> Reaper:
    api = Api(double.baseurl, token, deadline=seconds, clock=clock, sleep=clock.sleep)
    return Reaper(api, **how)


def kinds(resources: Any) -> list[str]:
    return [one.kind for one in resources]


ALL = ["droplet", "firewall", "key", "tag"]


def names(mark: RunMark) -> set[str]:
    """What a run made, as the double calls it."""
    return {f"{kind} {mark}" for kind in ALL}


def test_what_is_overdue_goes_and_the_rest_stays(double: DigitalOceanDouble, client: Client) -> None:
    for mark in (OVERDUE, RUNNING):
        make(client, mark)
    double.add_droplets(25, tags=["theirs"])
    before = double.state()
    reaped = reaper(double, Clock()).reap()
    assert (kinds(reaped.destroyed), kinds(reaped.remaining)) == (ALL, ALL)
    after = double.state()
    assert set(before.names()) - set(after.names()) == names(OVERDUE)
    assert len(after.droplets) == len(before.droplets) - 1
    droplet = reaped.remaining[0]
    assert (reaped.destroyed[0].overdue, droplet.overdue, reaped.remaining[-1].age) == (True, False, None)
    assert droplet.age is not None and 0 <= droplet.age < 60
    assert droplet.hourly > 0 and droplet.cost == 0.01
    assert droplet.as_dict()["expires"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(RUNNING.expires))


def test_one_run_goes_before_its_time_and_no_other(double: DigitalOceanDouble, client: Client) -> None:
    for mark in (OVERDUE, RUNNING):
        make(client, mark)
    reaped = reaper(double, Clock(), run=RUNNING.run).reap()
    assert {str(one.mark) for one in reaped.destroyed} == {str(RUNNING)}
    assert set(double.state().names()) == names(OVERDUE)


def test_check_mode_destroys_nothing(double: DigitalOceanDouble, client: Client) -> None:
    make(client, OVERDUE)
    before = double.state().names()
    assert kinds(reaper(double, Clock()).reap(is_check=True).destroyed) == ALL
    assert double.state().names() == before


def test_nothing_to_do_deletes_nothing(double: DigitalOceanDouble) -> None:
    double.add_droplets(3)
    assert reaper(double, Clock()).reap().destroyed == ()
    assert {request.method for request in double.requests} == {"GET"}


@pytest.mark.parametrize(
    "fault",
    [
        {"method": "GET", "path": LISTS, "status": 429, "headers": {"retry-after": "7"}, "count": 3},
        {"method": "DELETE", "path": ONE, "status": 429, "headers": {"retry-after": "7"}},
        {"method": "GET", "path": LISTS, "status": 500, "count": 2},
        {"method": "DELETE", "path": ".*", "status": 500, "count": 2},
        {"method": "DELETE", "path": ONE, "status": 422, "count": 3},
        {"method": ".*", "path": ".*", "status": 502, "body": BAD_GATEWAY, "count": 3},
        {"method": "DELETE", "path": ".*", "reset": True, "done": True},
        {"method": "GET", "path": LISTS, "reset": True, "count": 2},
    ],
    ids=["list 429", "delete 429", "list 500", "delete 500", "pending", "bad gateway", "cut after it", "cut"],
)
def test_what_passes_is_waited_for(double: DigitalOceanDouble, client: Client, fault: dict[str, Any]) -> None:
    make(client, OVERDUE)
    clock = Clock()
    injected = double.fault(**fault)
    assert kinds(reaper(double, clock).reap().destroyed) == ALL
    assert double.state().names() == []
    assert injected.hits
    if "headers" in fault:
        assert 7.0 in clock.slept


def test_what_still_exists_is_not_gone(double: DigitalOceanDouble, client: Client) -> None:
    """Deletion was accepted, and the list has it for a while."""
    make(client, OVERDUE)
    double.fault("GET", "/v2/droplets", status=200, body=client("GET", "/droplets")[1], count=4)
    clock = Clock()
    reaper(double, clock).reap()
    assert double.state().names() == []
    assert clock.slept


def test_what_cannot_be_destroyed_is_named_with_its_price(double: DigitalOceanDouble, client: Client) -> None:
    for number, mark in enumerate([OVERDUE, RunMark("2" * 12, OVERDUE.expires)]):
        make(client, mark, number)
    stuck = next(one["id"] for one in double.state().droplets if one["name"] == str(OVERDUE))
    double.fault("DELETE", f"/v2/droplets/{stuck}", status=500, count=None)
    with pytest.raises(VenvError) as caught:
        reaper(double, Clock()).reap()
    assert (caught.value.code, str(stuck) in caught.value.message) == ("not_destroyed", True)
    assert "an hour" in caught.value.message
    # The other droplet is gone; what guards and names droplets stays as long as there is one.
    assert [one["id"] for one in double.state().droplets] == [stuck]
    assert str(stuck) in [one["id"] for one in caught.value.context["remaining"]]


@pytest.mark.parametrize(
    ("fault", "token", "code"),
    [
        ({}, "dop_v1_another", "token"),
        ({"method": "DELETE", "path": ONE, "status": 403}, TOKEN, "not_destroyed"),
        ({"method": "GET", "path": LISTS, "status": 403}, TOKEN, "token"),
        ({"method": "GET", "path": LISTS, "status": 500, "count": None}, TOKEN, "api"),
        ({"method": "GET", "path": LISTS, "status": 200, "body": BAD_GATEWAY, "count": None}, TOKEN, "api"),
    ],
    ids=["wrong token", "no right to delete", "no right to look", "down", "something else answers"],
)
def test_what_does_not_pass_is_said_and_never_called_gone(
    double: DigitalOceanDouble, client: Client, fault: dict[str, Any], token: str, code: str
) -> None:
    make(client, OVERDUE)
    before = double.state().names()
    if fault:
        double.fault(**fault)
    with pytest.raises(VenvError) as caught:
        reaper(double, Clock(), token=token).reap()
    assert (caught.value.code, double.state().names()) == (code, before)
    assert token not in str(caught.value.details())


def test_a_droplet_costs_by_the_second_and_a_cent_at_least() -> None:
    assert [cost_of(0.00893, seconds) for seconds in (1, 3600, 36000)] == [0.01, 0.01, 0.0893]
