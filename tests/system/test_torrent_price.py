# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""torrent_price as a task: what it tells, and each refusal, before anything is created."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from account_task import account_task
from api_client import TOKEN
from controller import Controller
from digitalocean_double import DigitalOceanDouble

WANTED = {
    "size": "s-1vcpu-1gb",
    "region": "fra1",
    "image": "debian-12-x64",
    "deadline": 10800,
    "max_cost": 1.0,
}


@pytest.fixture(name="double")
def fixture_double() -> Iterator[DigitalOceanDouble]:
    with DigitalOceanDouble(token=TOKEN, droplet_limit=5) as made:
        yield made
        assert made.violations == []
        assert {request.method for request in made.requests} <= {"GET"}


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_what_is_told(controller: Controller, double: DigitalOceanDouble, tmp_path: Path, arguments: list[str]) -> None:
    double.add_droplets(2)
    result = account_task(
        controller, double, tmp_path, "torrent_price", *arguments, token=TOKEN, **WANTED, budget=5, spent="0.5"
    )
    told = {name: result[name] for name in ("hourly", "highest_cost", "spent", "running", "droplets", "droplet_limit")}
    assert told == {
        "hourly": 0.00893,
        "highest_cost": 0.0268,
        "spent": 0.5,
        "running": [],
        "droplets": 2,
        "droplet_limit": 5,
    }
    assert (result["changed"], result["disk"], result["memory"], result["vcpus"]) == (False, 25 << 30, 1 << 30, 1)


@pytest.mark.parametrize(
    ("changed", "token", "code", "word"),
    [
        ({"size": "nothing"}, TOKEN, "bad_input", "size: 'nothing' does not exist"),
        ({"max_cost": "nan"}, TOKEN, "bad_input", "max_cost: nan"),
        ({"max_cost": 0.01}, TOKEN, "cost", "max_cost: "),
        ({"budget": 1, "spent": 1}, TOKEN, "budget", "budget: "),
        ({}, "dop_v1_wrong", "token", "401"),
    ],
)
def test_what_is_refused(
    controller: Controller,
    double: DigitalOceanDouble,
    tmp_path: Path,
    changed: dict[str, Any],
    token: str,
    code: str,
    word: str,
) -> None:
    result = account_task(controller, double, tmp_path, "torrent_price", token=token, **{**WANTED, **changed})
    assert (result["error_code"], word in result["msg"]) == (code, True), result


def test_a_token_that_may_not_see_the_account(
    controller: Controller, double: DigitalOceanDouble, tmp_path: Path
) -> None:
    double.fault("GET", "/v2/account", status=403)
    result = account_task(controller, double, tmp_path, "torrent_price", token=TOKEN, **WANTED)
    assert (result["error_code"], "account:read" in result["msg"]) == ("token", True)


def test_an_account_that_is_full(controller: Controller, double: DigitalOceanDouble, tmp_path: Path) -> None:
    double.add_droplets(5)
    result = account_task(controller, double, tmp_path, "torrent_price", token=TOKEN, **WANTED)
    assert (result["error_code"], result["droplets"]) == ("limit", 5)
