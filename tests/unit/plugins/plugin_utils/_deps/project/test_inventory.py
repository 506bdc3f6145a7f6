# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The inventory that a run names counts like the one that ansible.cfg names, also outside of the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from small_projects import analysed, found, missing, play

TUNNEL = "acme/hard/plugins/connection/tunnel.py"
SOURCE = "acme/hard/plugins/inventory/cloud.py"
FILES = {"site.yml": play("debug:"), TUNNEL: "import requests\n", SOURCE: "import hvac\n"}
#: Forms of an inventory that name a plugin of a collection.
FORMS = {
    "a host": {"hosts": "box ansible_connection=acme.hard.tunnel\n"},
    "a group": {"hosts": "[web]\nbox\n[web:vars]\nansible_connection=acme.hard.tunnel\n"},
    "YAML": {"hosts": "", "hosts.yml": "all: {vars: {ansible_connection: acme.hard.tunnel}}\n"},
    "group_vars beside it": {"hosts": "box\n", "group_vars/all.yml": "ansible_connection: acme.hard.tunnel\n"},
    "host_vars beside it": {"hosts": "box\n", "host_vars/box/main.yml": "ansible_connection: acme.hard.tunnel\n"},
}


def write(directory: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)


@pytest.mark.parametrize("where", ["project/inventory", "elsewhere"])
@pytest.mark.parametrize("form", FORMS)
def test_its_variables_name_plugins(tmp_path: Path, form: str, where: str) -> None:
    directory = tmp_path / where
    write(directory, FORMS[form])
    source = "hosts.yml" if "hosts.yml" in FORMS[form] else "hosts"
    assert found(analysed(tmp_path, FILES, inventory=["a,b", str(directory / source)])) == {"acme.hard.tunnel"}
    assert found(analysed(tmp_path, FILES)) == set()


@pytest.mark.parametrize("where", ["project/inventory", "elsewhere"])
@pytest.mark.parametrize("source", ["", "cloud.yml"])
def test_a_dynamic_inventory_requires_its_plugin(tmp_path: Path, source: str, where: str) -> None:
    directory = tmp_path / where
    write(directory, {"cloud.yml": "plugin: acme.hard.cloud\n"})
    analysis = analysed(tmp_path, FILES, inventory=[str(directory / source)])
    assert [one.distribution for one in analysis.evidence] == ["hvac"]


def test_it_is_read_again_when_it_changes(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", FORMS["a host"])
    inventory = tmp_path / "elsewhere" / "hosts"
    assert str(inventory) in analysed(tmp_path, FILES, inventory=[str(inventory)]).looked


def test_a_link_out_of_its_directory_is_reported(tmp_path: Path) -> None:
    write(tmp_path / "secret", {"vars": "ansible_connection: acme.hard.tunnel\n"})
    write(tmp_path / "elsewhere", {"hosts": "box\n", "group_vars/web.yml": ""})
    (tmp_path / "elsewhere" / "group_vars" / "all.yml").symlink_to(tmp_path / "secret" / "vars")
    analysis = analysed(tmp_path, FILES, inventory=[str(tmp_path / "elsewhere" / "hosts")])
    assert found(analysis) == set()
    assert missing(analysis, "path") == {str(tmp_path / "elsewhere" / "group_vars" / "all.yml")}


@pytest.mark.parametrize("source", ["none", "none/none", "pipe"])
def test_what_is_not_there_is_left_to_ansible(tmp_path: Path, source: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    analysis = analysed(tmp_path, FILES, inventory=[str(tmp_path / source)])
    assert (analysis.unresolved, found(analysis)) == ((), set())
