# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The torrent flow where the API fails: one clear error, one droplet at most, and an account with nothing left.

Droplets have no hosts here, so that a run that comes as far as one ends when it waits for SSH.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from api_client import ONE, TOKEN
from controller import Controller
from digitalocean_double import BAD_GATEWAY, DigitalOceanDouble, Fault
from provider_modules import key_pair
from torrent_flow import Flow, wait_until_empty

_MAGNET = f"magnet:?xt=urn:btih:{'5a' * 20}"
_CREATE = ("POST", "/v2/droplets")
_NO_SSH = "SSH"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store with the venv that creates droplets; the first run of this module builds it."""
    return tmp_path_factory.mktemp("deployment") / "store"


@pytest.fixture
def double() -> Iterator[DigitalOceanDouble]:
    with DigitalOceanDouble(token=TOKEN) as made:
        yield made
        assert made.violations == []


@pytest.fixture
def flow(controller: Controller, double: DigitalOceanDouble, deployment: Path, tmp_path: Path) -> Iterator[Flow]:
    (directory := tmp_path / "cwd").mkdir()
    options = {"torrent_boot_timeout": "7", "torrent_reap_timeout": "60"}
    made = Flow(controller, directory, _MAGNET, double, options=options, store=deployment)
    yield made
    made.kill_guards()


def failed(flow: Flow, *said: str, left: Sequence[str] = (), **options: Any) -> dict[str, Any]:
    """Run it: it fails and says this, and nothing but ``left`` is in the account. The receipt, if there is one."""
    assert flow.double is not None
    run = flow.run(**options)
    assert run.returncode != 0, run.output
    for text in said:
        assert text in run.output, run.output
    assert TOKEN not in run.output
    assert flow.double.state().names() == sorted(left), run.output
    return flow.receipt() if list(flow.state.glob("runs/*/receipt.json")) else {}


def test_a_wrong_token_stops_it_first(flow: Flow) -> None:
    """T1."""
    receipt = failed(replace(flow, token="wrong"), "refuses the token (401)")
    assert (receipt["error_code"], receipt["cost"]) == ("token", 0.0)
    assert flow.double is not None and flow.double.creations == 0


def test_no_token_stops_it_first(flow: Flow) -> None:
    failed(replace(flow, token=""), "there is no token", "torrent_api_token_file")


REFUSED: dict[str, tuple[Callable[[DigitalOceanDouble], Any], dict[str, Any], str, int]] = {
    "T2 a scope that is missing": (lambda double: double.fault(*_CREATE, status=403), {}, "HTTP 403", 1),
    "T3 a size that is not there": (lambda double: None, {"torrent_size": "s-9vcpu-9gb"}, "torrent_size", 0),
    "T3 a region that is not there": (lambda double: None, {"torrent_region": "xyz1"}, "torrent_region", 0),
    "T3 an image that is not there": (lambda double: None, {"torrent_image": "debian-1-x64"}, "torrent_image", 0),
    "T3 a limit that was reached meanwhile": (lambda double: double.fault(*_CREATE, status=422), {}, "HTTP 422", 1),
    "T10 a tag that could not be created": (
        lambda double: double.fault("POST", "/v2/tags", status=500, count=None), {}, "firewall", 0,
    ),
    "T34 a run that could cost too much": (
        lambda double: None, {"torrent_deadline": "2000000"}, "torrent_max_cost", 0,
    ),
    "T34 a maximum below the minimum": (lambda double: None, {"torrent_max_cost": "0.001"}, "torrent_max_cost", 0),
    "a budget that is used up": (lambda double: None, {"torrent_budget": "0.005"}, "torrent_budget", 0),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_said_and_costs_nothing(flow: Flow, double: DigitalOceanDouble, case: str) -> None:
    prepare, options, said, creations = REFUSED[case]
    prepare(double)
    receipt = failed(flow, said, **options)
    assert (receipt["state"], receipt["cost"]) == ("failed", 0.0)
    assert (double.creations, double.cost()) == (creations, 0)


LOST: dict[str, dict[str, Any]] = {
    "T4 a proxy that answers": {"status": 502, "body": BAD_GATEWAY},
    "T5 a reset": {"reset": True},
    "T6 an answer that is late": {"delay": 40},
}


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[pytest.mark.destructive] * ("delay" in how)) for case, how in LOST.items()]
)
@pytest.mark.catalogue(46)
def test_a_droplet_whose_answer_was_lost_is_found_and_destroyed(
    flow: Flow, double: DigitalOceanDouble, case: str
) -> None:
    """It is never asked for twice."""
    double.fault(*_CREATE, done=True, **LOST[case])
    receipt = failed(flow, _NO_SSH, **({"torrent_boot_timeout": "45"} if "delay" in LOST[case] else {}))
    assert (double.creations, receipt["error_code"]) == (1, "no_ssh")


@pytest.mark.parametrize("case", [case for case in LOST if "delay" not in LOST[case]])
@pytest.mark.catalogue(46)
def test_a_creation_that_was_lost_with_its_answer_is_no_droplet(
    flow: Flow, double: DigitalOceanDouble, case: str
) -> None:
    double.fault(*_CREATE, **LOST[case])
    receipt = failed(flow, "droplet")
    assert (double.creations, receipt["error_code"]) == (1, "not_created")


def _limited_and_slow(double: DigitalOceanDouble) -> list[Fault]:
    """What ends by itself, at once: none of it is met in the place of another."""
    double.fate(lingers=8)
    after = {"headers": {"retry-after": "2"}}
    return [
        double.fault("GET", "/v2/droplets", status=429, count=2, **after),
        double.fault("DELETE", ONE, status=429, **after),
        double.fault("DELETE", ONE, status=422, count=2),
    ]


#: tests/tools/test_reaping.py and test_waiting.py have each alone.
WAITED: dict[str, Callable[[DigitalOceanDouble], list[Fault]]] = {
    "T7 T8 T16 T17 limited lists and deletions, a pending event, deleted and still listed": _limited_and_slow,
    "T12 not found just after the creation": lambda double: [double.fault("GET", ONE, status=404, count=None)],
    "T13 unreadable at the deletion": lambda double: [double.fault("GET", ONE, status=500, count=None)],
}


@pytest.mark.parametrize("case", WAITED)
@pytest.mark.catalogue(49)
def test_what_passes_is_waited_for(flow: Flow, double: DigitalOceanDouble, tmp_path: Path, case: str) -> None:
    """T9 and T11 too: others have more droplets than a page has, and a key, and keep them."""
    faults = WAITED[case](double)
    double.add_droplets(25, tags=["theirs"])
    double._account.droplet_limit = 40
    double.add_key("theirs", key_pair(tmp_path / "theirs"))
    before = double.state().names()
    receipt = failed(flow, _NO_SSH, left=before)
    assert (double.creations, receipt["error_code"], receipt["cost"]) == (1, "no_ssh", 0.01)
    assert [fault.hits for fault in faults if fault.count] == [fault.count for fault in faults if fault.count]


UNUSABLE: dict[str, tuple[dict[str, Any], str]] = {
    "T14 stays new": ({"stays": "new"}, "not_active"),
    "T15 vanishes": ({"vanishes": 0.1, "boot_seconds": 60}, "vanished"),
    "T33 is off": ({"stays": "off"}, "off"),
    "no public address": ({"public_address": False}, "no_address"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_droplet_that_cannot_be_used_is_destroyed(flow: Flow, double: DigitalOceanDouble, case: str) -> None:
    fate, code = UNUSABLE[case]
    double.fate(**fate)
    receipt = failed(flow)
    assert (double.creations, receipt["error_code"]) == (1, code)


@pytest.mark.catalogue(49)
def test_a_droplet_that_cannot_be_destroyed_is_said_and_left_to_the_guard(
    flow: Flow, double: DigitalOceanDouble
) -> None:
    """T18. What is left is named with its price, and the guard goes on."""
    fault = double.fault("DELETE", ".*", status=500, count=None)
    run = flow.run(torrent_reap_timeout="8")
    assert run.returncode != 0
    (droplet,) = double.state().droplets
    assert str(droplet["id"]) in run.output
    assert "Not everything was destroyed" in run.output
    assert "per month" in run.output
    double.clear_faults()
    assert fault.hits > 0
    wait_until_empty(double)


@pytest.mark.parametrize(
    ("name", "value"),
    [("torrent_max_size", "foo"), ("torrent_wheels", "/nope"), ("torrent_port", "0"), ("torrent_boot_timeout", "0")],
)
def test_a_value_that_cannot_be_meant_asks_nobody(
    flow: Flow, double: DigitalOceanDouble, name: str, value: str
) -> None:
    failed(flow, name, **{name: value})
    assert double.requests == ()


def test_what_is_overdue_is_destroyed_first(flow: Flow, double: DigitalOceanDouble) -> None:
    overdue = "mobile-ansible-torrent-00c0ffee0000-1700000000"
    double.add_droplets(1, name=overdue, tags=[overdue])
    failed(flow, "torrent_max_cost", torrent_max_cost="0.001")


def test_a_run_that_cannot_be_guarded_creates_nothing(flow: Flow, double: DigitalOceanDouble) -> None:
    """The file of the lock cannot be made."""
    (flow.state / "locks").mkdir(parents=True, mode=0o700)
    flow.state.chmod(0o700)
    (flow.state / "locks" / ("5a" * 20)).mkdir()
    failed(flow, "locks")
    assert double.creations == 0


def test_check_mode_asks_for_the_price_and_creates_nothing(flow: Flow, double: DigitalOceanDouble) -> None:
    run = flow.run("--check")
    assert run.returncode == 0, run.output
    assert "Check mode" in run.output and "$0.00893 an hour" in run.output
    assert {request.method for request in double.requests} == {"GET"}
    assert not flow.dest.exists()
    assert not list(flow.state.glob("runs/*"))


def test_the_token_can_be_in_a_file_of_ones_own(flow: Flow, double: DigitalOceanDouble) -> None:
    token = flow.directory / "do token"
    token.write_text(f"{TOKEN}\n")
    token.chmod(0o600)
    failed(replace(flow, token=""), _NO_SSH, torrent_api_token_file="do token")
    assert double.creations == 1
    token.chmod(0o644)
    failed(replace(flow, token=""), "can be read by others", torrent_api_token_file="do token")
    assert double.creations == 1


def test_the_token_can_be_encrypted_with_ansible_vault(flow: Flow, double: DigitalOceanDouble) -> None:
    (flow.directory / "password").write_text("word\n")
    variables = flow.directory / "vault.yml"
    variables.write_text(json.dumps({"torrent_api_token": TOKEN}))
    vault = ["--vault-password-file", "password"]
    done = flow.controller.run("ansible-vault", "encrypt", str(variables), *vault, cwd=flow.directory)
    assert done.returncode == 0, done.output
    run = replace(flow, token="").run(*vault, "-e", f"@{variables}", "-vvv")
    assert _NO_SSH in run.output
    assert TOKEN not in run.output
    assert (double.creations, double.state().names()) == (1, [])
