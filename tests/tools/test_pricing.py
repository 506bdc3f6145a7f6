# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A droplet is refused before anything is created, by one error that says why, whatever the API does meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from api_client import TOKEN, Client
from digitalocean_double import BAD_GATEWAY, DigitalOceanDouble
from simulated_clock import Clock

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.api import Api
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.pricing import (
    DropletRequest,
    Pricing,
    Quote,
    Spending,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.reaping import cost_of
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.run_mark import RunMark
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError

NOW = int(time.time())
WANTED: dict[str, Any] = {"size": "s-1vcpu-1gb", "region": "fra1", "image": "debian-12-x64", "deadline": 10800}
SPENDING: dict[str, Any] = {"max_cost": 1.0, "budget": 0.0, "spent": 0.0}


@pytest.fixture(name="double")
def fixture_double() -> Iterator[DigitalOceanDouble]:
    with DigitalOceanDouble(token=TOKEN) as made:
        yield made
        assert made.violations == []
        assert {request.method for request in made.requests} <= {"GET", "POST"}


def quote(double: DigitalOceanDouble, *, token: str = TOKEN, seconds: float = 60, **changed: Any) -> Quote:
    clock = Clock()
    api = Api(double.baseurl, token, deadline=seconds, clock=clock, sleep=clock.sleep)
    wanted = DropletRequest(**{name: changed.get(name, value) for name, value in WANTED.items()})
    spending = Spending(**{name: changed.get(name, value) for name, value in SPENDING.items()})
    return Pricing(api).quote(wanted, spending)


def run_droplet(double: DigitalOceanDouble, *, expires: int, **more: Any) -> None:
    mark = RunMark("1" * 12, expires)
    Client(double).create(name=str(mark), tags=[str(mark)], **more)


def test_what_a_droplet_costs_is_told(double: DigitalOceanDouble) -> None:
    double.add_droplets(3)
    run_droplet(double, expires=NOW + 3600)
    found = quote(double)
    assert (found.hourly, found.highest_cost) == (0.00893, 0.0268)
    assert (found.disk, found.memory, found.vcpus) == (25 << 30, 1 << 30, 1)
    assert (found.droplets, found.droplet_limit) == (4, 10)
    assert [(one.mark.run, one.cost) for one in found.running] == [("1" * 12, 0.01)]
    assert double.creations == 1


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"size": "s-1vcpu-1g"}, "bad_input", ["size: 's-1vcpu-1g' does not exist", "s-1vcpu-1gb", "the cheapest"]),
        ({"size": "nothing"}, "bad_input", ["choose s-1vcpu-512mb-10gb, the cheapest in fra1"]),
        ({"size": "512mb"}, "bad_input", ["is not available any more", "s-1vcpu-512mb-10gb"]),
        ({"region": "mars1"}, "bad_input", ["region: 'mars1' does not exist", "fra1", "ams3"]),
        ({"region": "nyc2"}, "bad_input", ["region: 'nyc2' makes no new droplets", "nyc3"]),
        ({"image": "debian-99-x64"}, "bad_input", ["image: 'debian-99-x64' does not exist"]),
        ({"image": "../sizes?x=1#"}, "bad_input", ["does not exist"]),
        ({"size": "s-8vcpu-16gb", "deadline": 36000}, "cost", ["max_cost: ", "$1.43", "$1.00"]),
        ({"max_cost": 0.0}, "cost", ["$0.00"]),
        ({"budget": 1.0, "spent": 0.98}, "budget", ["$0.98", "$0.03", "$1.00"]),
    ],
)
def test_what_is_refused(double: DigitalOceanDouble, changed: dict[str, Any], code: str, words: list[str]) -> None:
    """T3 and T34."""
    with pytest.raises(VenvError) as caught:
        quote(double, **changed)
    assert caught.value.code == code
    assert [word for word in words if word not in caught.value.message] == []
    assert double.creations == 0


def test_a_limit_is_met_exactly(double: DigitalOceanDouble) -> None:
    highest = cost_of(0.00893, 10800)
    assert quote(double, max_cost=highest, budget=1 + highest, spent=1.0).highest_cost == highest
    limits: list[dict[str, Any]] = [{"max_cost": highest - 0.0001}, {"budget": 1 + highest - 0.0001, "spent": 1.0}]
    for less in limits:
        with pytest.raises(VenvError):
            quote(double, **less)


def test_a_run_that_is_running_counts_with_what_it_will_cost(double: DigitalOceanDouble) -> None:
    run_droplet(double, expires=NOW + 36000, size="s-8vcpu-16gb")  # $1.43 until then
    with pytest.raises(VenvError) as caught:
        quote(double, budget=1.4)
    assert (caught.value.code, len(caught.value.context["running"])) == ("budget", 1)
    assert quote(double, budget=1.6).running[0].cost == 0.01
    assert quote(double, budget=0.0).droplets == 1


def test_an_account_with_too_many_droplets(double: DigitalOceanDouble) -> None:
    """T3 and T11: more than the API's page of 20."""
    double.add_droplets(25)
    with pytest.raises(VenvError) as caught:
        quote(double)
    assert caught.value.code == "limit"
    assert "has 25 droplets, and may have 10" in caught.value.message


def changed_answer(double: DigitalOceanDouble, path: str, key: str, **changed: Any) -> dict[str, Any]:
    """What the API says, but for some values."""
    body = Client(double)("GET", path)[1]
    (body[key][0] if isinstance(body[key], list) else body[key]).update(changed)
    return dict(body)


def test_a_locked_account(double: DigitalOceanDouble) -> None:
    body = changed_answer(double, "/account", "account", status="locked", status_message="Pay first")
    double.fault("GET", "/v2/account", status=200, body=body)
    with pytest.raises(VenvError) as caught:
        quote(double)
    assert caught.value.code == "limit"
    assert "'locked' (Pay first)" in caught.value.message


def test_a_size_that_another_region_has(double: DigitalOceanDouble) -> None:
    body = changed_answer(double, "/sizes?per_page=200", "sizes", regions=["ams3"])
    double.fault("GET", "/v2/sizes.*", status=200, body=body)
    with pytest.raises(VenvError) as caught:
        quote(double, size="s-1vcpu-512mb-10gb")
    assert "is not offered in the region fra1; choose " in caught.value.message
    assert "s-1vcpu-1gb, the cheapest in fra1" in caught.value.message


@pytest.mark.parametrize("price", [0, -1.0])
def test_a_size_without_a_price_is_not_free(double: DigitalOceanDouble, price: float) -> None:
    body = changed_answer(double, "/sizes?per_page=200", "sizes", price_hourly=price)
    double.fault("GET", "/v2/sizes.*", status=200, body=body)
    with pytest.raises(VenvError) as caught:
        quote(double, size="s-1vcpu-512mb-10gb")
    assert "has no price" in caught.value.message


@pytest.mark.parametrize(
    ("token", "fault", "code", "words"),
    [
        ("dop_v1_another", {}, "token", ["401"]),
        (TOKEN, {"path": "/v2/account", "status": 403}, "token", ["GET /account (403)", "account:read"]),
        (TOKEN, {"path": "/v2/sizes", "status": 403}, "token", ["GET /sizes (403)", "sizes:read"]),
        (TOKEN, {"path": "/v2/droplets", "status": 403}, "token", ["GET /droplets (403)", "droplet:read"]),
        (TOKEN, {"path": ".*", "status": 500, "count": None}, "api", ["status 500", "tries"]),
        (TOKEN, {"path": ".*", "status": 429, "headers": {"retry-after": "900"}}, "api", ["429"]),
    ],
)  # fmt: skip
def test_what_does_not_pass_is_said(
    double: DigitalOceanDouble, token: str, fault: dict[str, Any], code: str, words: list[str]
) -> None:
    """T1, T2 and T7."""
    if fault:
        double.fault("GET", **fault)
    with pytest.raises(VenvError) as caught:
        quote(double, token=token)
    assert caught.value.code == code
    assert [word for word in words if word not in caught.value.message] == []
    assert token not in str(caught.value.details())


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "headers": {"retry-after": "2"}, "count": 3},
        {"status": 502, "body": BAD_GATEWAY, "count": 3},
        {"status": 500, "count": 2},
        {"reset": True, "count": 3},
    ],
)
def test_what_passes_is_waited_for(double: DigitalOceanDouble, fault: dict[str, Any]) -> None:
    injected = double.fault("GET", ".*", **fault)
    assert quote(double).highest_cost == 0.0268
    assert injected.hits == fault["count"]
