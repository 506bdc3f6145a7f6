# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""torrent_droplet as a task: it waits for a droplet with a real SSH server, and says why one cannot be used."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import digitalocean_double
import pytest
from account_task import account_task
from api_client import TOKEN, Client
from controller import Controller
from digitalocean_double import DigitalOceanDouble
from hosts import Network

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.run_mark import RunMark

#: Until later than the end of the longest run of the tests: this file is read at its start.
MARK = RunMark("1" * 12, int(time.time()) + 24 * 3600)


@pytest.fixture(name="double")
def fixture_double() -> Iterator[DigitalOceanDouble]:
    with DigitalOceanDouble(token=TOKEN) as made:
        made.add_droplets(1)
        yield made
        assert made.violations == []


@pytest.fixture(name="network")
def fixture_network(tmp_path: Path) -> Iterator[Network]:
    if reason := digitalocean_double.missing():
        pytest.skip(reason)
    opened = Network(tmp_path / "hosts", owner=os.getpid())
    yield opened
    opened.close()


def create(double: DigitalOceanDouble) -> str:
    return str(Client(double).create(name=str(MARK), tags=[str(MARK)]))


def wait(controller: Controller, double: DigitalOceanDouble, directory: Path, **options: Any) -> dict[str, Any]:
    given = {"name": str(MARK), "token": TOKEN, **options}
    return account_task(controller, double, directory, "torrent_droplet", **given)


def test_a_droplet_with_an_ssh_server(controller: Controller, network: Network, tmp_path: Path) -> None:
    with DigitalOceanDouble(token=TOKEN, network=network, disk="64m") as double:
        number = create(double)
        result = wait(controller, double, tmp_path)
        (shown,) = double.state().droplets
    public = next(one["ip_address"] for one in shown["networks"]["v4"] if one["type"] == "public")
    assert (result["id"], result["address"], result["changed"]) == (number, public, False)
    assert (result["hourly"], result["created"]) == (0.00893, shown["created_at"])
    assert set(result["seconds"]) == {"create", "active", "ssh"}


def test_a_droplet_without_an_ssh_server(controller: Controller, network: Network, tmp_path: Path) -> None:
    """T20."""
    with DigitalOceanDouble(token=TOKEN, network=network, disk="64m") as double:
        double.fate(sshd=False)
        create(double)
        result = wait(controller, double, tmp_path, ssh_timeout=4)
    assert (result["error_code"], "port 22" in result["msg"]) == ("no_ssh", True), result


@pytest.mark.parametrize(
    ("fate", "options", "code"),
    [
        ({"stays": "new"}, {"timeout": 4}, "not_active"),
        (None, {"create_timeout": 3}, "not_created"),
    ],
)
def test_a_droplet_that_cannot_be_used(
    controller: Controller,
    double: DigitalOceanDouble,
    tmp_path: Path,
    fate: dict[str, Any] | None,
    options: dict[str, Any],
    code: str,
) -> None:
    """T14, and no droplet at all; tests/tools/test_waiting.py has the others."""
    if fate is not None:
        double.fate(**fate)
        create(double)
    result = wait(controller, double, tmp_path, **options)
    assert (result["error_code"], "the run destroys what it made" in result["msg"]) == (code, True), result


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        ({"name": "other1"}, "bad_input", "name: 'other1'"),
        ({"ssh_timeout": 0}, "bad_input", "ssh_timeout: 0"),
    ],
)
def test_what_cannot_be_meant(
    controller: Controller,
    double: DigitalOceanDouble,
    tmp_path: Path,
    options: dict[str, Any],
    code: str,
    word: str,
) -> None:
    result = wait(controller, double, tmp_path, **options)
    assert (result["error_code"], word in result["msg"]) == (code, True), result
