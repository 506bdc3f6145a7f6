# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which arguments are playbooks, compared with what Ansible's own parser says."""

from __future__ import annotations

import json

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._command.interface import Interface, ansible_parser

UNDERSTOOD = [
    ["site.yml"],
    ["site.yml", "other.yml", "-i", "hosts", "-l", "web"],
    ["-i", "hosts", "-e", "x=1", "-e@vars.yml", "site.yml"],
    ["-vvKi", "hosts", "site.yml"],
    ["--lim", "web", "site.yml", "--start-at-task=Install it", "--step"],
    ["--vault-id", "dev@prompt", "--", "-odd.yml"],
    ["-C", "-D", "-b", "--become-user", "root", "site.yml", "--flush-cache"],
]
#: What Ansible answers itself, with help, its version or an error.
ANSWERED = [[], ["-i", "hosts"], ["--help"], ["site.yml", "--version"], ["--bogus", "site.yml"], ["site.yml", "-i"]]


@pytest.fixture(scope="module", name="interface")
def fixture_interface() -> Interface:
    return Interface.from_json(json.loads(json.dumps(Interface.of_ansible().as_json())))


@pytest.mark.parametrize("arguments", UNDERSTOOD, ids=" ".join)
def test_playbooks_are_those_that_ansible_sees(interface: Interface, arguments: list[str]) -> None:
    assert interface.playbooks(arguments) == ansible_parser().parse_args(arguments).args


@pytest.mark.parametrize("arguments", ANSWERED, ids=" ".join)
def test_what_ansible_answers_itself(interface: Interface, arguments: list[str]) -> None:
    assert interface.playbooks(arguments) is None
    with pytest.raises(SystemExit):
        ansible_parser().parse_args(arguments)
