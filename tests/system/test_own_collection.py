# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A user's playbook that uses this collection itself: it is there in every way of running, and in no venv."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from controller import Controller, Run
from hosts import Host
from installed_command import Command

WAYS = ("command", "here", "elsewhere")
#: A module, an action plugin, a role and a playbook of this collection.
_PLAYBOOK: list[dict[str, Any]] = [
    {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {"mobile_ansible.venv.shared_venv_info": {"store": "{{ playbook_dir }}/none"}, "register": "found"},
            {"ansible.builtin.copy": {"content": "{{ found | to_json }}", "dest": "/tmp/{{ marker }}"}},
        ],
    },
    {
        "ansible.builtin.import_playbook": "mobile_ansible.venv.prune",
        "vars": {"shared_venv_store": "{{ playbook_dir }}/none"},
    },
]


@pytest.fixture(scope="module", name="host")
def fixture_host(make_hosts: Callable[..., list[Host]], wheelhouse: Path) -> Host:
    (host,) = make_hosts(1, share={str(wheelhouse): str(wheelhouse)})
    return host


def _run(way: str, command: Command, host: Host | None, marker: str) -> Run:
    extra = ["-e", json.dumps({"marker": marker})]
    if way == "command":
        return command.run("site.yml", *extra)
    given = {
        "path": "site.yml", "collections_source": "community_package", "find_links": [str(command.wheelhouse)],
        "offline": True, "store": str(command.store),
    }  # fmt: skip
    if host is not None:
        command.write("hosts.json", json.dumps({"all": {"hosts": {"web": host.inventory()}}}))
        command.write("local.json", json.dumps({"all": {"hosts": {"localhost": {"ansible_connection": "local"}}}}))
        given |= {"hosts": "web", "store": "/srv/venvs", "inventory": ["local.json"]}
        extra += ["-i", "hosts.json"]
    own = json.dumps({f"run_playbook_{name}": value for name, value in given.items()})
    return command.controller.playbook("mobile_ansible.venv.run", "-e", own, *extra, cwd=command.directory)


@pytest.mark.parametrize("way", WAYS)
def test_it_is_there(way: str, command: Command, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    host: Host | None = request.getfixturevalue("host") if way == "elsewhere" else None
    command.write("ansible.cfg", "[defaults]\ncallbacks_enabled = mobile_ansible.venv.progress\n")
    command.write("site.yml", json.dumps(_PLAYBOOK))
    marker = f"own-{tmp_path.name}-{way}"
    done = _run(way, command, host, marker)
    assert done.returncode == 0, done.output
    if host is not None:
        told = host.run(f"cat /tmp/{marker}").stdout
    else:
        told = Path("/tmp", marker).read_text()
        Path("/tmp", marker).unlink()
    assert json.loads(told)["venvs"] == []


def test_a_name_that_it_does_not_have_is_refused(command: Command, controller: Controller) -> None:
    task: dict[str, Any] = {"mobile_ansible.venv.shared_venf": {}}
    command.write("site.yml", json.dumps([{"hosts": "localhost", "tasks": [task]}]))
    done = _run("here", command, None, "none")
    assert done.returncode != 0
    assert "site.yml:1: module mobile_ansible.venv.shared_venf" in done.output
