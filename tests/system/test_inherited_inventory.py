# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which sources of its own inventory the role run_playbook hands on: the analysis refuses those that are missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from controller import Controller
from places import collection_tree

VARIABLES = "ansible_collections/mobile_ansible/venv/roles/run_playbook/vars/main.yml"


@pytest.mark.parametrize(
    ("given", "inherit", "expected"),
    [
        ([], "all", []),
        (["there.ini"], "all", ["there.ini"]),
        (["missing.ini", "there.ini", "a,b"], "all", ["there.ini", "a,b"]),
        (["there.ini"], "none", []),
    ],
)
def test_those_that_exist_are_handed_on(
    controller: Controller, tmp_path: Path, given: list[str], inherit: str, expected: list[str]
) -> None:
    options = {"each": False, "inherit": inherit, "inventory": []}
    handed = {"copy": {"content": "{{ __run_playbook_known_inventory | to_json }}", "dest": f"{tmp_path}/handed"}}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "connection": "local",
        "vars_files": [str(Path(collection_tree()) / VARIABLES)],
        "tasks": [{**handed, "vars": {"__run_playbook_options": options}}],
    }
    (tmp_path / "site.yml").write_text(json.dumps([play]))
    (tmp_path / "there.ini").write_text("web1\n")
    run = controller.playbook(tmp_path / "site.yml", *(f"-i{one}" for one in given), cwd=tmp_path)
    assert run.returncode == 0, run.output
    assert [one.removeprefix(f"{tmp_path}/") for one in json.loads((tmp_path / "handed").read_text())] == expected
