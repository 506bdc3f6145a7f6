# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the modules of community.digitalocean do when the API fails: facts that the torrent flow is built on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from api_client import ONE, TOKEN
from controller import Controller
from digitalocean_double import BAD_GATEWAY, DigitalOceanDouble
from environments import Environment
from provider_modules import ProviderModules, droplet, key_pair, removed


@pytest.fixture
def double() -> Iterator[DigitalOceanDouble]:
    with DigitalOceanDouble(token=TOKEN) as made:
        yield made
        assert made.violations == []


@pytest.fixture
def modules(double: DigitalOceanDouble, controller: Controller, whole_ansible: Environment) -> ProviderModules:
    return ProviderModules(Controller(venv=whole_ansible, home=controller.home), double)


def test_all_that_the_flow_needs_works_and_nothing_is_left(modules: ProviderModules) -> None:
    double, public = modules.double, key_pair(modules.controller.home / "key")
    rules = {"protocol": "tcp", "ports": "22", "sources": {"addresses": ["0.0.0.0/0", "::/0"]}}
    firewall = {"name": "ours", "tags": ["ours"], "inbound_rules": [rules], "outbound_rules": []}
    made = modules.run(
        ("account_info", {}),
        ("balance_info", {}),
        ("region_info", {}),
        ("size_info", {}),
        ("tag", {"name": "ours"}),
        ("sshkey", {"name": "ours", "ssh_pub_key": public}),
        ("sshkey", {"name": "ours", "ssh_pub_key": public}),
        ("firewall", firewall),
        ("firewall", firewall),
        droplet(name="ours", tags=["ours"]),
        ("droplet_info", {}),
    )
    assert [result["failed"] for result in made] == [False] * len(made), made
    assert [result["changed"] for result in made] == [False] * 4 + [True, True, False, True, False, True, False]
    assert double.state().names() == ["droplet ours", "firewall ours", "key ours", "tag ours"]
    number = made[9]["data"]["droplet"]["id"]
    assert [one["id"] for one in made[10]["data"]] == [number]
    assert "POST /v2/droplets: baseurl" in double.dropped
    assert "POST /v2/droplets: vpc_uuid null" in double.dropped
    gone = modules.run(
        removed("droplet", id=number),
        removed("firewall", name="ours"),
        removed("sshkey", ssh_pub_key=public),
        removed("tag", name="ours"),
    )
    assert [result["changed"] for result in gone] == [True] * 4, gone
    assert double.state().names() == []
    assert TOKEN not in repr(double.requests)


def test_a_refused_token_is_said(modules: ProviderModules) -> None:
    modules.double.fault("GET", "/v2/account", status=401)
    (result,) = modules.run(droplet())
    assert "verify validity of API token" in result["msg"]
    assert modules.double.creations == 0


def test_the_list_of_sizes_ends_after_the_first_page(modules: ProviderModules) -> None:
    (result,) = modules.run(("size_info", {}))
    assert len(result["data"]) == 20


def test_absent_reports_ok_when_the_droplet_could_not_be_read(modules: ProviderModules) -> None:
    (made,) = modules.run(droplet())
    modules.double.fault("GET", ONE, status=500)
    (result,) = modules.run(removed("droplet", id=made["data"]["droplet"]["id"]))
    assert (result["failed"], result["changed"], result["msg"]) == (False, False, "Droplet not found")
    assert len(modules.double.state().droplets) == 1


def test_present_makes_a_second_droplet_when_the_first_could_not_be_read(modules: ProviderModules) -> None:
    (made,) = modules.run(droplet())
    modules.double.fault("GET", ONE, status=500)
    modules.run(droplet(id=made["data"]["droplet"]["id"]))
    assert modules.double.creations == 2


def test_unique_name_asks_without_end_while_the_list_is_refused(modules: ProviderModules) -> None:
    fault = modules.double.fault("GET", "/v2/droplets", status=429, headers={"retry-after": "60"}, count=30)
    (result,) = modules.run(removed("droplet", name="one", unique_name=True))
    assert fault.hits == 30, "only because the refusals ended"
    assert result["msg"] == "Droplet not found"


@pytest.mark.parametrize("how", [{"status": 502, "body": BAD_GATEWAY}, {"reset": True}], ids=["502", "reset"])
def test_an_answer_lost_after_the_creation_is_a_traceback_without_an_id(
    modules: ProviderModules, how: dict[str, object]
) -> None:
    modules.double.fault("POST", "/v2/droplets", done=True, **how)
    (result,) = modules.run(droplet())
    assert result["failed"]
    assert "data" not in result
    assert modules.double.creations == 1
    assert len(modules.double.state().droplets) == 1


def test_an_answer_that_comes_too_late_is_a_traceback_and_one_droplet(modules: ProviderModules) -> None:
    modules.double.fault("POST", "/v2/droplets", done=True, delay=4)
    (result,) = modules.run(droplet(timeout=1))
    assert (result["failed"], modules.double.creations) == (True, 1)
    assert len(modules.double.state().droplets) == 1


def test_a_droplet_that_is_not_found_just_after_its_creation_stays(modules: ProviderModules) -> None:
    modules.double.fault("GET", ONE, status=404)
    (result,) = modules.run(droplet(wait=True, sleep_interval=1))
    assert "no Droplet or status" in result["msg"]
    assert len(modules.double.state().droplets) == 1


def test_a_deletion_that_is_refused_for_now_fails_at_once(modules: ProviderModules) -> None:
    (made,) = modules.run(droplet())
    fault = modules.double.fault("DELETE", ONE, status=422, count=None)
    (result,) = modules.run(removed("droplet", id=made["data"]["droplet"]["id"]))
    assert (result["failed"], fault.hits) == (True, 1)
    assert len(modules.double.state().droplets) == 1


def test_a_tag_is_ok_whatever_the_api_answers(modules: ProviderModules) -> None:
    modules.double.fault("POST", "/v2/tags", status=500)
    made, _again = modules.run(("tag", {"name": "ours"}), ("tag", {"name": "ours"}))
    assert (made["failed"], made["changed"]) == (False, False)
    modules.double.fault("GET", "/v2/tags/ours", status=500)
    (gone,) = modules.run(removed("tag", name="ours"))
    assert (gone["failed"], gone["changed"]) == (False, False)
    assert modules.double.state().tags == ("ours",)
