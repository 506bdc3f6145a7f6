# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Each host runs a playbook for itself as if it were the only one: as ``ansible-playbook --limit`` it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from environments import Environment
from faithful_cases import Case, Recorded, all_cases, as_result, plain, read_case, recorded
from hosts import Host

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.outcome import read_events

#: Cases that say nothing about a host that is alone.
_LEFT_OUT: dict[str, str] = {
    "private_key": "is about a key for another host",
    "unreachable": "is about hosts that cannot be reached, and a host always reaches itself",
}


def _cases() -> list[Any]:
    """Where nothing is typed, what the playbook does is compared in three other ways; that takes a while."""
    cases = []
    for name in all_cases():
        told = read_case(name)
        if name not in _LEFT_OUT and "collections" not in told.get("needs", []):
            cases.append(pytest.param(name, marks=[] if told.get("argv") else pytest.mark.destructive))
    return cases


@pytest.fixture(scope="module")
def three_hosts(make_hosts: Callable[..., list[Host]], wheelhouse: Path) -> list[Host]:
    return make_hosts(3, share={str(wheelhouse): str(wheelhouse)})


def _expected(name: str, whole: Environment, controller: Controller, tmp_path: Path) -> dict[str, Recorded]:
    """For at most three hosts what they do alone; where the case is for localhost, that is any host, and two do."""
    case = Case.copied(name, tmp_path / "whole" / name)
    found = plain(case, whole, controller.home)[1]
    names = sorted(found.stats)[:3]
    if names == ["localhost"]:
        return {"one": found, "two": found}
    if {"-l", "--limit"} & set(case.argv):
        return {host: found.of(host) for host in names}
    alone = {host: Case.copied(name, tmp_path / host / name) for host in names}
    return {host: plain(case, whole, controller.home, "--limit", host)[1] for host, case in alone.items()}


@pytest.mark.parametrize("name", _cases())
def test_each_runs_it_as_if_it_were_alone(
    name: str,
    three_hosts: list[Host],
    controller: Controller,
    whole_ansible: Environment,
    wheelhouse: Path,
    tmp_path: Path,
) -> None:
    expected = _expected(name, whole_ansible, controller, tmp_path)
    case = Case.copied(name, tmp_path / "ours" / name)
    hosts = {
        host: {**real.inventory(), "ansible_connection": "ssh"}
        for host, real in zip(expected, three_hosts, strict=False)
    }
    inventory = tmp_path / "real.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
    own = {
        "run_playbook_path": case.playbook,
        "run_playbook_packages": ["packaging"],
        "run_playbook_find_links": [str(wheelhouse)],
        "run_playbook_offline": True,
        "run_playbook_collections_source": "community_package",
        "run_playbook_store": "/srv/venvs",
        "run_playbook_hosts": ",".join(hosts),
        "run_playbook_each": True,
        "run_playbook_environment_names": list(case.environment),
    }
    # An inventory of the case's ansible.cfg has to be typed beside another one.
    of_the_case = [] if "-i" in case.argv else [part for source in case.inventory for part in ("-i", source)]
    argv = [*case.argv, *of_the_case, "-i", str(inventory)]
    state = tmp_path / "state"
    env = {**case.environment, "XDG_STATE_HOME": str(state)}
    ended = controller.playbook("mobile_ansible.venv.run", *argv, variables=own, cwd=case.directory, env=env)
    found = {}
    for host in hosts:
        (results,) = state.glob(f"mobile_ansible.venv/runs/*-{host}")
        found[host] = recorded(as_result(read_events(str(results / "events.jsonl"))))
    assert found == expected, ended.output
    if len(hosts) > 1:
        plays = re.findall(r"^(.*)PLAY \[", ended.stdout, re.MULTILINE)
        assert set(plays) >= {f"{host}: " for host in hosts}, ended.output
    failed = any(run.failed and any(one["failures"] for one in run.stats.values()) for run in expected.values())
    assert bool(ended.returncode) == failed, ended.output
