# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The table of options in the documentation has those of Ansible's own parser, and says what becomes of each."""

from __future__ import annotations

import argparse
import re

from ansible.cli.playbook import PlaybookCLI
from places import ROOT

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._playbook.inherited import AS_FILE, REFUSED

PAGE = ROOT / "docs" / "reference" / "from-ansible-playbook.md"


def options() -> list[argparse.Action]:
    cli = PlaybookCLI(["ansible-playbook", "x"])
    cli.init_parser()
    return [action for action in cli.parser._actions if action.option_strings]


def test_every_option_of_ansible_playbook_has_a_row() -> None:
    rows = dict(re.findall(r"^\| `(--[a-z-]+)` \| [^|]+ \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE))
    found = {}
    for action in options():
        (row,) = (rows[name] for name in action.option_strings if name in rows)
        found[action.dest] = row
    assert len(rows) == len(found)
    assert {name for name, row in found.items() if row.startswith("in a file")} == AS_FILE
    assert {name for name, row in found.items() if row == "refused"} == REFUSED.keys()
    assert {name for name, row in found.items() if row == "answered by Ansible"} == {"help", "version"}
