# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""An inventory has no host of this machine only where nothing else on the command line can lead its hosts there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._command.interface import Interface
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._command.inventory import known_inventory


@pytest.fixture(scope="module", name="interface")
def fixture_interface() -> Interface:
    return Interface.from_json(json.loads(json.dumps(Interface.of_ansible().as_json())))


def known(interface: Interface, *arguments: str, config: str | None = None, **environment: str) -> list[str]:
    given = interface.read(["site.yml", *arguments])
    assert given is not None
    return known_inventory(given.options, environment, config=config, projects=["/work/project"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["-i", "hosts", "-i", "a,b"],
        ["--inventory-file=hosts", "--inventory", "a,b", "-e", "x=5"],
        ["-ihosts", "-ia,b", "-c", "ssh", "-vvK"],
    ],
)
def test_every_spelling(
    interface: Interface, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert known(interface, *arguments) == [str(tmp_path.resolve() / "hosts"), "a,b"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["-i", "a,b", "-c", "local"],
        ["-i", "a,b", "--connection=ansible.netcommon.network_cli"],
        ["-i", "a,b", "-e", "ansible_connection=local"],
        ["-i", "a,b", "--extra-vars", '{"ansible_connection": "local"}'],
        ["-i", "a,b", "-e", "x=5", "-e", "@vars.yml"],
    ],
)
def test_what_can_lead_to_this_machine(interface: Interface, arguments: list[str]) -> None:
    assert known(interface, *arguments) == ["a,b", "localhost,"]


def test_no_inventory_is_not_known(interface: Interface) -> None:
    assert known(interface) == known(interface, "-c", "local") == []


def test_the_environment_and_the_configuration(interface: Interface) -> None:
    given = ["-i", "a,b"]
    assert known(interface, *given, ANSIBLE_TRANSPORT="local") == ["a,b", "localhost,"]
    assert known(interface, *given, ANSIBLE_TRANSPORT="ssh") == ["a,b"]
    assert known(interface, *given, config="/work/project/ansible.cfg") == ["a,b"]
    assert known(interface, *given, config="/etc/ansible/ansible.cfg") == ["a,b", "localhost,"]
