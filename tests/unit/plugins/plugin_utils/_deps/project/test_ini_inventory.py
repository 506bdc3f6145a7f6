# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The variables of an inventory in INI form are those that Ansible reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory.ini import InventoryModule
from small_projects import analysed, missing, play

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.ini_inventory import ini_variables

TEXTS = [
    "a x=1 y=two z='three four' # w=5\n",
    "a x='y#z' v=5\n",
    "a x=\"{{ p | b.c.d }}\" v='it''s'\n",
    "a\n[all:vars]\nx = one two # not a comment\ny='quoted'\nz=\n",
    "; a x=1\n# b x=1\nc x=1\n",
    "a\n[web]\na x=1\n[web:children]\n[web:vars]\ny=2=3\n",
    "a x=1\u2028y=2\n",
    "a x=1\r\nb y=2\r\n",
    "a:22 x=1\nb[1:3] y=2\n",
]


@pytest.mark.parametrize("text", TEXTS)
def test_variables_are_those_of_ansible(tmp_path: Path, text: str) -> None:
    path = tmp_path / "hosts"
    path.write_bytes(text.encode())
    inventory = InventoryData()
    InventoryModule().parse(inventory, DataLoader(), str(path))
    read = {}
    for holder in (*inventory.groups.values(), *inventory.hosts.values()):
        read.update({name: str(value) for name, value in holder.vars.items()})
    own = {"inventory_file", "inventory_dir", "ansible_port"}
    assert {name: value for _line, name, value in ini_variables(text)} == {
        name: value for name, value in read.items() if name not in own
    }


def test_lines_that_cannot_be_split_are_read_as_far_as_they_can() -> None:
    assert list(ini_variables("a x='1\nb y=" + "'" * 20_000 + " z=2\n"))[0] == (1, "x", "'1")
    assert (2, "z", "2") in ini_variables("a x='1\nb y=" + "'" * 20_000 + " z=2\n")


def test_jinja_in_values_counts(tmp_path: Path) -> None:
    hosts = "h a='{{ x | of.the.host }}'\n[all:vars]\nb={{ x | of.the.group }}\n"
    files = {"site.yml": play("debug:"), "ansible.cfg": "[defaults]\ninventory = hosts\n", "hosts": hosts}
    assert missing(analysed(tmp_path, files), "filter") == {"of.the.host", "of.the.group"}
