# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The playbook reap as people and timers start it: what is gone afterwards, what it says, and how it ends."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_client import ONE, TOKEN, Client
from controller import Controller, Run
from digitalocean_double import DigitalOceanDouble

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.run_mark import RunMark

OVERDUE = RunMark("0" * 12, int(time.time()) - 60)
#: Until later than the end of the longest run of the tests: this file is read at its start.
RUNNING = RunMark("1" * 12, int(time.time()) + 24 * 3600)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43


@pytest.fixture(name="double")
def fixture_double() -> Iterator[DigitalOceanDouble]:
    """With more droplets of somebody else than a page lists, and of a run that is overdue and one that is not."""
    with DigitalOceanDouble(token=TOKEN, droplet_limit=1000) as made:
        made.add_droplets(205)
        client = Client(made)
        for mark in (OVERDUE, RUNNING):
            client("POST", "/tags", {"name": str(mark)})
            client.create(name=str(mark), tags=[str(mark)])
        assert client("POST", "/account/keys", {"name": str(OVERDUE), "public_key": KEY})[0] == 201
        yield made
        assert made.violations == []


def reap(
    controller: Controller,
    double: DigitalOceanDouble,
    *arguments: str,
    token: str = TOKEN,
    cwd: Path | None = None,
    **env: str,
) -> Run:
    """As people type it: text in, and the token nowhere in what is shown."""
    extra = ["-e", f"torrent_api_url={double.baseurl}", "-e", "torrent_reap_timeout=4"]
    env |= {"DO_API_TOKEN": token} if token else {}
    done = controller.playbook("mobile_ansible.venv.reap", *extra, *arguments, env=env, cwd=cwd)
    assert TOKEN not in done.output
    return done


def ours(double: DigitalOceanDouble) -> list[str]:
    """What runs have in the account."""
    return [name for name in double.state().names() if "mobile-ansible" in name]


def test_what_is_overdue_goes_and_the_rest_is_told_with_its_cost(
    controller: Controller, double: DigitalOceanDouble, tmp_path: Path
) -> None:
    done = reap(controller, double, "-vvv", "--diff", cwd=tmp_path)
    assert done.returncode == 0, done.output
    assert sorted(ours(double)) == [f"droplet {RUNNING}", f"tag {RUNNING}"]
    assert len(double.state().droplets) == 206
    lines = done.stdout.splitlines()
    (verdict,) = [line for line in lines if line.startswith("1 droplet and 2 other resources were destroyed; ")]
    assert (
        "1 droplet and 1 other resource of runs that are not over remain, for $0.0089 per hour ($0.21 per day"
        in verdict
    )
    assert [line for line in lines if line.startswith("destroyed: droplet ") and "0 min old, $0.01 until now" in line]
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(RUNNING.expires))
    assert [line for line in lines if line.startswith("remains: droplet ") and f"expires {expires}, $0.0089" in line]
    again = reap(controller, double)
    assert (again.returncode, "Nothing is overdue; " in again.stdout) == (0, True), again.output


def test_check_mode_says_what_would_be_destroyed(controller: Controller, double: DigitalOceanDouble) -> None:
    before = double.state().names()
    done = reap(controller, double, "--check")
    assert (done.returncode, double.state().names()) == (0, before), done.output
    assert "Check mode: 1 droplet and 2 other resources would be destroyed; " in done.stdout
    assert "would be destroyed: droplet " in done.stdout


def test_nothing_left_is_said(controller: Controller) -> None:
    with DigitalOceanDouble(token=TOKEN) as empty:
        empty.add_droplets(1)
        done = reap(controller, empty)
    assert (done.returncode, "Torrent runs left nothing in the account." in done.stdout) == (0, True), done.output


def test_one_run_goes_at_once_and_what_is_overdue_of_others_is_loud(
    controller: Controller, double: DigitalOceanDouble
) -> None:
    done = reap(controller, double, "-e", f"torrent_run={RUNNING.run}")
    assert done.returncode != 0
    assert sorted(ours(double)) == [f"{kind} {OVERDUE}" for kind in ("droplet", "key", "tag")]
    assert "of other runs are overdue and still exist, for $0.0089 per hour" in done.output
    assert reap(controller, double).returncode == 0
    done = reap(controller, double, "-e", f"torrent_run={RUNNING.run}")
    assert (done.returncode, ours(double)) == (0, []), done.output


def test_t18_what_cannot_be_destroyed_is_a_loud_failure(controller: Controller, double: DigitalOceanDouble) -> None:
    (stuck,) = [str(one["id"]) for one in double.state().droplets if one["name"] == str(OVERDUE)]
    fault = double.fault("DELETE", ".*", status=500, count=None)
    done = reap(controller, double)
    assert (done.returncode, fault.hits > 0, len(ours(double))) == (2, True, 5), done.output
    verdict = next(line for line in done.output.splitlines() if "Not everything was destroyed" in line)
    assert "$0.0089 per hour ($0.21 per day, $6.00 per month)" in verdict
    assert f"still there: droplet {stuck} of the run {OVERDUE.run}" in done.stdout
    assert "the reason: " in done.stdout and "500" in done.stdout
    assert "to do: run this again" in done.stdout
    double.clear_faults()
    assert (reap(controller, double).returncode, len(ours(double))) == (0, 2)


@pytest.mark.parametrize(
    ("fault", "token", "words"),
    [
        (
            {"method": "GET", "path": ".*", "status": 500, "count": None},
            TOKEN,
            ["status 500", "It is not known what exists"],
        ),
        (
            {"method": "GET", "path": ".*", "status": 403},
            TOKEN,
            ["torrent_api_token: ", "403", "It is not known what exists"],
        ),
        ({}, "dop_v1_wrong", ["torrent_api_token: ", "401", "It is not known what exists"]),
        ({}, "", ["torrent_api_token: there is no token; set torrent_api_token_file, or", "DO_API_TOKEN"]),
        ({"method": "DELETE", "path": ONE, "status": 403}, TOKEN, ["403", "still exist, for $0.0089 per hour"]),
    ],
    ids=["api down", "no scope", "wrong token", "no token", "no scope to delete"],
)
def test_a_failure_says_what_it_means(
    controller: Controller, double: DigitalOceanDouble, fault: dict[str, Any], token: str, words: list[str]
) -> None:
    before = double.state().names()
    if fault:
        double.fault(**fault)
    done = reap(controller, double, token=token)
    assert (done.returncode, double.state().names()) == (2, before), done.output
    assert [word for word in words if word not in done.output] == []


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ("torrent_run=../x", "torrent_run: '../x' is not the id of a run"),
        ("torrent_reap_timeout=0", "torrent_reap_timeout: 0 must be at least 1"),
        ("torrent_api_url=ftp://x", "torrent_api_url: 'ftp://x' is not the address"),
        ("torrent_api_tokn_file=x", "torrent_api_tokn_file is not a variable of the role torrent"),
    ],
)
def test_what_cannot_be_meant_names_the_variable(
    controller: Controller, double: DigitalOceanDouble, given: str, word: str
) -> None:
    done = reap(controller, double, "-e", given)
    assert (done.returncode, word in done.output) == (2, True), done.output
    assert len(ours(double)) == 5


@pytest.mark.parametrize("place", ["token", "my token/100%"])
@pytest.mark.parametrize("how", ["absolute", "relative", "home"])
def test_the_token_is_read_from_a_file_of_the_user(
    controller: Controller, double: DigitalOceanDouble, tmp_path: Path, place: str, how: str
) -> None:
    """Relative to the current directory, whatever the directory of the playbook is."""
    base = controller.home if how == "home" else tmp_path / "elsewhere"
    path = base / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{TOKEN}\n")
    path.chmod(0o600)
    given = {"absolute": str(path), "relative": place, "home": f"~/{place}"}[how]
    file = json.dumps({"torrent_api_token_file": given})
    done = reap(controller, double, "-e", file, "-vvv", token="", cwd=base)
    assert (done.returncode, len(ours(double))) == (0, 2), done.output


def test_a_token_that_others_can_read_is_refused(
    controller: Controller, double: DigitalOceanDouble, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o644)
    done = reap(controller, double, "-e", "torrent_api_token_file=token", cwd=tmp_path)
    assert (done.returncode, len(ours(double))) == (2, 5), done.output
    assert "torrent_api_token_file: " in done.output and "mode 0644" in done.output and "0600" in done.output


def test_the_token_can_come_from_a_vault(controller: Controller, double: DigitalOceanDouble, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret\n")
    (tmp_path / "vault.json").write_text(json.dumps({"torrent_api_token": TOKEN}))
    vault = ["--vault-password-file", str(tmp_path / "password")]
    sealed = controller.run("ansible-vault", "encrypt", *vault, tmp_path / "vault.json")
    assert sealed.returncode == 0, sealed.output
    done = reap(controller, double, "-e", f"@{tmp_path}/vault.json", *vault, "-vvvv", "--diff", token="")
    assert (done.returncode, len(ours(double))) == (0, 2), done.output
