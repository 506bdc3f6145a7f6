# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What `make run` hands to ansible-playbook."""

from __future__ import annotations

import json

import pytest
from places import BUILD
from run import SAMPLE, command

DEMO = {
    "run_playbook_path": str(SAMPLE),
    "run_playbook_project": str(SAMPLE.parent),
    "run_playbook_controller_store": str(BUILD / "store"),
    "run_playbook_results": str(BUILD / "results"),
    "run_playbook_store": str(BUILD / "store"),
}


SAMPLE_ONLY = {"run_playbook_path": str(SAMPLE), "run_playbook_project": str(SAMPLE.parent)}


@pytest.mark.parametrize(
    ("said", "variables", "options"),
    [
        ({}, DEMO, []),
        ({"PLAYBOOK": "", "INVENTORY": "", "LIMIT": "", "STORE": "", "ARGS": ""}, DEMO, []),
        ({"PLAYBOOK": "my site.yml"}, {"run_playbook_path": "my site.yml"}, []),
        ({"STORE": "/srv/s"}, SAMPLE_ONLY | {"run_playbook_store": "/srv/s"}, []),
        ({"INVENTORY": "hosts"}, SAMPLE_ONLY, ["--inventory", "hosts"]),
        (
            {"PLAYBOOK": "a.yml", "INVENTORY": "hosts", "LIMIT": "web:!db"},
            {"run_playbook_path": "a.yml"},
            ["--inventory", "hosts", "--limit", "web:!db"],
        ),
        ({"ARGS": "-v -e 'a=b c'"}, DEMO, ["-v", "-e", "a=b c"]),
    ],
)
def test_command(said: dict[str, str], variables: dict[str, str], options: list[str]) -> None:
    name, flag, given, *rest = command(said)
    assert (name, flag) == ("mobile_ansible.venv.run", "--extra-vars")
    assert json.loads(given) == {**variables, "run_playbook_collections_source": "community_package"}
    assert rest == options
