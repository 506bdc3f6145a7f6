# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the gate takes for a command; tests/system/test_phone_gate.py has what it refuses, over SSH."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.answers import GateError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.grammar import (
    MAX_LINE,
    VERBS,
    GateCommand,
    parse_command,
)

ID = "0123456789abcdef"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("list", GateCommand("list")),
        ("  list\t--limit  5 ", GateCommand("list", options={"limit": "5"})),
        (f"status {ID}", GateCommand("status", ID)),
        (f"status {ID}\r\n", GateCommand("status", ID)),
        ("list --limit 5 \n\n", GateCommand("list", options={"limit": "5"})),
        (f"events {ID} 12", GateCommand("events", ID, 12)),
        (f"events {ID}", GateCommand("events", ID, 0)),
        ("doctor", GateCommand("doctor")),
        ("doctor --target web", GateCommand("doctor", options={"target": "web"})),
        (f"torrent --confirm {ID}", GateCommand("torrent", options={"confirm": ID})),
        (f"run --confirm {ID}", GateCommand("run", options={"confirm": ID})),
        (
            "run --target web --playbook a/site.yml",
            GateCommand("run", options={"target": "web", "playbook": "a/site.yml"}),
        ),
    ],
)
def test_a_command_is_understood(line: str, expected: GateCommand) -> None:
    assert parse_command(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "",
        "List",
        "list --limit",
        "list --limit -1",
        "list --limit=5",
        f"list {ID}",
        "doctor web",
        "doctor --target",
        f"status {ID} {ID}",
        f"status {ID.upper()}",
        f"status\n{ID}",
        f"status {ID}\nid",
        f"status {ID}\x0b",
        f"status {ID}\u2028",
        "\n",
        f"status\u00a0{ID}",
        f"events {ID} ٣",
        f"run --confirm {ID} --target web",
        f"torrent --confirm {ID} --sha256 {'0' * 64}",
        "run --target web --target web",
        "run --playbook ../site.yml",
        "run --playbook a//site.yml",
        "run --playbook .git/site.yml",
        "run --playbook site\n.yml",
        "run --playbook {{x}}.yml",
        "list " + " " * MAX_LINE,
    ],
)
def test_what_is_none_is_refused(line: str) -> None:
    with pytest.raises(GateError) as caught:
        parse_command(line)
    assert caught.value.code == "command"


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_takes_an_unknown_option(verb: str) -> None:
    with pytest.raises(GateError, match="is not an option of it"):
        parse_command(f"{verb} --config x")
