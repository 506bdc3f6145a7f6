# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The droplet of a run is found by its tag, whatever became of its creation, and each way to fail has its own error."""

from __future__ import annotations

import re
import socket
import threading
import time
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from http.client import RemoteDisconnected
from typing import Any

import pytest
from api_client import ONE, TOKEN, Client
from digitalocean_double import BAD_GATEWAY, DigitalOceanDouble
from simulated_clock import Clock

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.api import Api
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.run_mark import RunMark
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.ssh_banner import sends_ssh_banner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.waiting import (
    DropletWait,
    UsableDroplet,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError

MARK = RunMark("1" * 12, int(time.time()) + 3600)
OTHER = RunMark("2" * 12, MARK.expires)


@pytest.fixture(name="double")
def fixture_double() -> Iterator[DigitalOceanDouble]:
    with DigitalOceanDouble(token=TOKEN, droplet_limit=100) as made:
        yield made
        assert made.violations == []


def create(double: DigitalOceanDouble, mark: RunMark = MARK) -> None:
    Client(double).create(name=str(mark), tags=[str(mark)])


def delete(double: DigitalOceanDouble) -> None:
    Client(double)("DELETE", f"/droplets/{double.state().droplets[0]['id']}")


def wait(
    double: DigitalOceanDouble,
    *,
    seconds: float = 300,
    is_ready: Callable[[str], bool] = lambda address: True,
    meanwhile: Callable[[], object] | None = None,
) -> UsableDroplet:
    """Wait on a simulated clock; ``meanwhile`` happens once, while it sleeps for the first time."""
    clock = Clock()
    happens = [meanwhile] if meanwhile is not None else []

    def sleep(duration: float) -> None:
        if happens:
            happens.pop()()
        clock.sleep(duration)

    api = Api(double.baseurl, TOKEN, deadline=seconds, clock=clock, sleep=sleep)
    return DropletWait(api, MARK, create_seconds=60, ssh_seconds=90, is_ready=is_ready).wait()


def failure(double: DigitalOceanDouble, **how: Any) -> VenvError:
    with pytest.raises(VenvError) as caught:
        wait(double, **how)
    return caught.value


def test_a_droplet_that_can_be_used(double: DigitalOceanDouble) -> None:
    """T11 and T33: it is one of many."""
    double.add_droplets(25)
    create(double, OTHER)
    create(double)
    tried: list[str] = []

    def is_ready(address: str) -> bool:
        tried.append(address)
        return len(tried) > 2

    found = wait(double, is_ready=is_ready)
    shown = next(one for one in double.state().droplets if one["name"] == str(MARK))
    public = next(one["ip_address"] for one in shown["networks"]["v4"] if one["type"] == "public")
    assert (found.id, found.address, found.hourly) == (str(shown["id"]), public, 0.00893)
    assert set(tried) == {public}
    assert found.as_dict()["created"] == shown["created_at"]
    assert found.as_dict()["seconds"] == {"create": 0.0, "active": 0.0, "ssh": 4.0}


@pytest.mark.parametrize(
    "lost", [{"status": 502, "body": BAD_GATEWAY}, {"reset": True}], ids=["bad gateway", "cut after it"]
)
def test_a_creation_whose_answer_was_lost(double: DigitalOceanDouble, lost: dict[str, Any]) -> None:
    """T4 and T5."""
    double.fault("POST", "/v2/droplets", done=True, **lost)
    with suppress(AssertionError, RemoteDisconnected, urllib.error.URLError, ConnectionError):
        create(double)
    assert wait(double).address
    assert double.creations == 1


def test_a_creation_that_takes_longer_than_its_answer(double: DigitalOceanDouble) -> None:
    """T6: it is listed only after a while."""
    assert wait(double, meanwhile=partial(create, double)).seconds["create"] > 0


def test_what_the_api_does_not_find_by_its_id(double: DigitalOceanDouble) -> None:
    """T12."""
    create(double)
    fault = double.fault("GET", ONE, status=404, count=None)
    assert wait(double).address
    assert fault.hits == 0


def test_nothing_was_created(double: DigitalOceanDouble) -> None:
    create(double, OTHER)
    error = failure(double)
    assert (error.code, "after 60 s" in error.message) == ("not_created", True)


def test_a_tag_that_the_api_does_not_know(double: DigitalOceanDouble) -> None:
    double.fault("GET", "/v2/droplets", status=404, count=None)
    assert failure(double).code == "not_created"


def test_two_droplets_of_one_run(double: DigitalOceanDouble) -> None:
    for _number in range(2):
        create(double)
    error = failure(double)
    assert error.code == "several"
    assert len(re.findall(r"\b4\d{8}\b", error.message)) == 2


@pytest.mark.parametrize(
    ("fate", "code", "word"),
    [
        ({"stays": "new"}, "not_active", "'new'"),
        ({"stays": "off"}, "off", "'off'"),
        ({"stays": "archive"}, "off", "'archive'"),
        ({"public_address": False}, "no_address", "public IPv4"),
    ],
)
def test_a_droplet_that_never_can_be_used(
    double: DigitalOceanDouble, fate: dict[str, Any], code: str, word: str
) -> None:
    """T14, T33, and no public address."""
    double.fate(**fate)
    create(double)
    error = failure(double)
    assert (error.code, word in error.message) == (code, True), error.message
    assert f"Droplet {400_000_001}" in error.message
    assert "the run destroys what it made" in error.message


def test_a_droplet_that_is_gone_while_it_is_waited_for(double: DigitalOceanDouble) -> None:
    """T15."""
    double.fate(stays="new")
    create(double)
    droplet = double.state().droplets[0]["id"]
    error = failure(double, meanwhile=partial(delete, double))
    assert (error.code, "not listed any more" in error.message) == ("vanished", True), error.message
    assert f"Droplet {droplet}" in error.message
    assert "the run destroys what it made" in error.message


def test_an_ssh_server_that_never_answers(double: DigitalOceanDouble) -> None:
    """T20."""
    create(double)
    error = failure(double, is_ready=lambda address: False)
    assert (error.code, "after 90 s" in error.message) == ("no_ssh", True)


def test_a_droplet_that_vanishes_before_ssh_answers(double: DigitalOceanDouble) -> None:
    create(double)
    assert failure(double, is_ready=lambda address: False, meanwhile=partial(delete, double)).code == "vanished"


def test_a_state_that_passes_is_no_failure(double: DigitalOceanDouble) -> None:
    create(double)
    body = Client(double)("GET", "/droplets")[1]
    listed = {**body, "droplets": [{**body["droplets"][0], "status": "off"}]}
    double.fault("GET", "/v2/droplets", status=200, body=listed, count=4)
    missing = {**body, "droplets": []}
    double.fault("GET", "/v2/droplets", status=200, body=missing, count=4)
    assert wait(double).address


@pytest.mark.parametrize(
    "fault", [{"status": 429, "headers": {"retry-after": "2"}}, {"status": 500}, {"reset": True}, {"delay": 0.1}]
)
def test_what_passes_is_waited_for(double: DigitalOceanDouble, fault: dict[str, Any]) -> None:
    """T7."""
    create(double)
    injected = double.fault("GET", "/v2/droplets", count=3, **fault)
    assert wait(double).address
    assert injected.hits == (3 if "delay" not in fault else injected.hits)


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", True),
        (b"Welcome\r\nSSH-2.0-x\r\n", True),
        (b"220 mail SSH-2.0\r\n", False),
        (b"", False),
        (b"x" * 10000, False),
    ],
)
def test_a_banner(said: bytes, answers: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection = server.accept()[0]
            with connection, suppress(OSError):
                connection.sendall(said)

        thread = threading.Thread(target=serve)
        thread.start()
        assert sends_ssh_banner("127.0.0.1", server.getsockname()[1], seconds=2) is answers
        thread.join()
        port = server.getsockname()[1]
    assert not sends_ssh_banner("127.0.0.1", port, seconds=2)


def test_a_server_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not sends_ssh_banner("127.0.0.1", server.getsockname()[1], seconds=0.2)
