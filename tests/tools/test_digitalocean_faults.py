# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Requests fail and droplets live as a test wants."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from api_client import DROPLET, ONE, TOKEN, Client
from digitalocean_double import BAD_GATEWAY, DigitalOceanDouble
from polling import wait_until


@pytest.fixture
def double() -> Iterator[DigitalOceanDouble]:
    with DigitalOceanDouble(token=TOKEN, droplet_limit=40) as made:
        yield made


@pytest.fixture
def api(double: DigitalOceanDouble) -> Client:
    return Client(double)


def test_a_droplet_is_new_then_active_then_gone(api: Client) -> None:
    api.double.fate(boot_seconds=0.3)
    number = api.create()
    new = api("GET", f"/droplets/{number}")[1]["droplet"]
    assert (new["status"], new["networks"]["v4"]) == ("new", [])
    wait_until(lambda: api("GET", f"/droplets/{number}")[1]["droplet"]["status"] == "active")
    active = api("GET", f"/droplets/{number}")[1]["droplet"]
    assert {network["type"] for network in active["networks"]["v4"]} == {"public", "private"}
    assert api("DELETE", f"/droplets/{number}")[0] == 204
    assert api("GET", f"/droplets/{number}")[0] == 404
    assert api("DELETE", f"/droplets/{number}")[0] == 404


@pytest.mark.parametrize("status", ["new", "off", "archive"])
def test_a_droplet_can_stay_as_it_is(api: Client, status: str) -> None:
    api.double.fate(stays=status)
    assert api("GET", f"/droplets/{api.create()}")[1]["droplet"]["status"] == status


def test_other_fates(api: Client) -> None:
    api.double.fate(public_address=False)
    networks = api("GET", f"/droplets/{api.create()}")[1]["droplet"]["networks"]["v4"]
    assert [network["type"] for network in networks] == ["private"]
    api.double.fate(vanishes=0.2)
    number = api.create()
    assert api("GET", "/droplets")[0] == 200
    wait_until(lambda: api("GET", f"/droplets/{number}")[0] == 404)
    api.double.fate(lingers=0.5)
    number = api.create()
    assert api("DELETE", f"/droplets/{number}")[0] == 204
    assert api("GET", f"/droplets/{number}")[0] == 200
    assert api("DELETE", f"/droplets/{number}")[0] == 404
    wait_until(lambda: api("GET", f"/droplets/{number}")[0] == 404)


def test_a_fault_happens_as_often_as_it_should_and_to_whom(api: Client) -> None:
    number = api.create()
    refused = api.double.fault("DELETE", ONE, status=422, count=2, skip=1)
    assert api("DELETE", "/droplets/4711")[0] == 404  # skipped
    assert [api("DELETE", f"/droplets/{number}")[0] for _number in range(3)] == [422, 422, 204]
    assert refused.hits == 2
    api.double.fault(".*", "/v2/account", status=429, headers={"retry-after": "7"}, count=None)
    assert [api("GET", "/account")[0] for _number in range(3)] == [429] * 3
    assert api.headers["retry-after"] == "7"
    api.double.clear_faults()
    api.double.fault("GET", r"/v2/droplets\?tag_name=ours.*", status=500)
    assert [api("GET", f"/droplets?tag_name={tag}&page=1")[0] for tag in ("theirs", "ours")] == [200, 500]
    assert api("GET", "/account")[0] == 200


@pytest.mark.parametrize("status", [401, 403, 404, 409, 422, 429, 500, 503])
def test_an_error_can_have_any_status_and_conforms(api: Client, status: int) -> None:
    api.double.fault("POST", "/v2/droplets", status=status)
    code, body = api("POST", "/droplets", DROPLET)
    assert (code, set(body)) == (status, {"id", "message", "request_id"})
    assert api.double.state().droplets == ()


@pytest.mark.parametrize("done", [True, False])
def test_an_answer_can_be_lost_after_the_work_or_before(api: Client, done: bool) -> None:
    api.double.fault("POST", "/v2/droplets", reset=True, done=done)
    with pytest.raises(ConnectionResetError):
        api("POST", "/droplets", DROPLET)
    assert api.double.creations == 1
    assert len(api.double.state().droplets) == done
    api.double.fault("POST", "/v2/droplets", status=502, body=BAD_GATEWAY, done=done)
    assert api("POST", "/droplets", DROPLET) == (502, BAD_GATEWAY)
    assert len(api.double.state().droplets) == 2 * done


def test_an_answer_can_come_too_late(api: Client) -> None:
    api.double.fault("POST", "/v2/tags", delay=0.5)
    started = time.monotonic()
    assert api("POST", "/tags", {"name": "one"})[0] == 201
    assert time.monotonic() - started >= 0.5


def test_actions_switch_a_droplet(api: Client) -> None:
    number = api.create()
    for kind, status in (("power_off", "off"), ("power_on", "active"), ("power_on", "active")):
        code, body = api("POST", f"/droplets/{number}/actions", {"type": kind})
        assert (code, body["action"]["status"]) == (201, "in-progress")
        assert api("GET", f"/actions/{body['action']['id']}")[1]["action"]["status"] == "completed"
        assert api("GET", f"/droplets/{number}")[1]["droplet"]["status"] == status
