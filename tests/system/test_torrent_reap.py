# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""torrent_reap as a task: what it destroys and says, where it has its token from, and that nobody sees it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from account_task import account_task
from api_client import ONE, TOKEN, Client
from controller import Controller
from digitalocean_double import DigitalOceanDouble

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.run_mark import RunMark

OVERDUE = RunMark("0" * 12, int(time.time()) - 60)
#: Until later than the end of the longest run of the tests: this file is read at its start.
RUNNING = RunMark("1" * 12, int(time.time()) + 24 * 3600)


@pytest.fixture(name="double")
def fixture_double() -> Iterator[DigitalOceanDouble]:
    """With a droplet of somebody else, one that is overdue and one that is not."""
    with DigitalOceanDouble(token=TOKEN) as made:
        made.add_droplets(1)
        client = Client(made)
        for mark in (OVERDUE, RUNNING):
            client("POST", "/tags", {"name": str(mark)})
            client.create(name=str(mark), tags=[str(mark)])
        yield made
        assert made.violations == []


def reap(
    controller: Controller, double: DigitalOceanDouble, directory: Path, *arguments: str, **options: Any
) -> dict[str, Any]:
    """The result of the task."""
    return account_task(controller, double, directory, "torrent_reap", *arguments, **options)


def droplets(double: DigitalOceanDouble) -> list[str]:
    return [one["name"] for one in double.state().droplets]


def without_age(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What does not change from one run to the next."""
    return [{name: value for name, value in one.items() if name != "age"} for one in resources]


@pytest.mark.parametrize("source", ["environment", "file"])
def test_what_is_overdue_is_destroyed(
    controller: Controller, double: DigitalOceanDouble, tmp_path: Path, source: str
) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "token").chmod(0o600)
    options = {"api_token_file": str(tmp_path / "token")} if source == "file" else {}
    token = TOKEN if source == "environment" else ""
    predicted = reap(controller, double, tmp_path, "--check", token=token, **options)
    assert (predicted["changed"], len(droplets(double))) == (True, 3)
    result = reap(controller, double, tmp_path, token=token, **options)
    assert without_age(result["destroyed"]) == without_age(predicted["destroyed"])
    assert droplets(double) == ["other1", str(RUNNING)]
    assert [(one["kind"], one["run"]) for one in result["remaining"]] == [
        ("droplet", RUNNING.run),
        ("tag", RUNNING.run),
    ]
    again = reap(controller, double, tmp_path, token=token, **options)
    assert (again["changed"], again["destroyed"]) == (False, [])


@pytest.mark.parametrize(
    ("options", "token", "code", "word"),
    [
        ({}, "", "bad_input", "DO_API_TOKEN"),
        ({}, "dop_v1_wrong", "token", "401"),
        ({"run": "{{ 'x' }}../"}, TOKEN, "bad_input", "run: "),
        ({"timeout": 0}, TOKEN, "bad_input", "timeout: 0"),
        ({"api_token_file": "/etc/passwd"}, "", "bad_input", "mode 0600"),
    ],
)
def test_what_cannot_be_meant(
    controller: Controller,
    double: DigitalOceanDouble,
    tmp_path: Path,
    options: dict[str, Any],
    token: str,
    code: str,
    word: str,
) -> None:
    result = reap(controller, double, tmp_path, token=token, **options)
    assert (result["error_code"], word in result["msg"]) == (code, True), result
    assert len(droplets(double)) == 3


def test_what_is_left_is_an_error_with_its_price(
    controller: Controller, double: DigitalOceanDouble, tmp_path: Path
) -> None:
    double.fault("DELETE", ONE, status=500, count=None)
    result = reap(controller, double, tmp_path, token=TOKEN, timeout=3)
    assert result["error_code"] == "not_destroyed"
    assert [one["name"] for one in result["remaining"]][0] == str(OVERDUE)
    assert "an hour" in result["msg"]
