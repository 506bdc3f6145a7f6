# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Bare expressions in the configuration of inventory plugins."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_projects import analysed, missing, play

CONFIGURATION = {
    "compose": "compose: {b: \"'1h' | a.b.name\"}",
    "compose with a template": "compose: {b: \"{{ '1h' | a.b.name }}\"}",
    "groups": 'groups: {web: "x | a.b.name"}',
    "keyed_groups": 'keyed_groups: [{prefix: x, key: "x | a.b.name"}]',
    "parent_group": 'keyed_groups: [{key: x, parent_group: "{{ x | a.b.name }}"}]',
    "filters": 'filters: [{include: x}, {exclude: "x | a.b.name"}]',
}


@pytest.mark.parametrize("text", CONFIGURATION.values(), ids=CONFIGURATION)
@pytest.mark.parametrize("plugin", ["constructed", "ansible.builtin.constructed"])
def test_expressions_of_an_inventory_source(tmp_path: Path, plugin: str, text: str) -> None:
    files = {
        "site.yml": play("debug:"),
        "ansible.cfg": "[defaults]\ninventory = inv\n",
        "inv/z.yml": f"plugin: {plugin}\n{text}\n",
    }
    assert missing(analysed(tmp_path, files), "filter") == {"a.b.name"}


@pytest.mark.parametrize("text", ["compose: x | a.b.name", "keyed_groups: {key: x}", "groups: [x]", "filters: {a: b}"])
def test_what_is_no_such_option(tmp_path: Path, text: str) -> None:
    """Not of the form that the plugins ask for, or in a source that has no plugin."""
    files = {
        "site.yml": play("debug:"),
        "ansible.cfg": "[defaults]\ninventory = inv\n",
        "inv/z.yml": f"plugin: constructed\n{text}\n",
        "inv/y.yml": "groups: {web: 'x | a.b.name'}\n",
    }
    assert analysed(tmp_path, files).unresolved == ()
