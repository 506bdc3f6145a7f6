# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The README of each role names all of its variables, with their defaults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from places import ROOT

_ROLES = sorted(path.parent.parent for path in (ROOT / "roles").glob("*/meta/argument_specs.yml"))


@pytest.mark.parametrize("role", _ROLES, ids=lambda role: role.name)
def test_all_variables_are_named(role: Path) -> None:
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    variables = {name for entry_point in specs.values() for name in entry_point["options"]}
    text = (role / "README.md").read_text()
    rows = "".join(row.split("|")[1] for row in text.splitlines() if row.startswith("| `"))
    # `_name` is short for a variable whose beginning stands before it.
    named = {f"{role.name}{name}" for name in re.findall(r"`(_\w+)`", rows)}
    named |= set(re.findall(rf"\b{role.name}_\w+", text))
    assert variables - named == set()


@pytest.mark.parametrize("role", _ROLES, ids=lambda role: role.name)
def test_defaults_are_those_of_the_specs(role: Path) -> None:
    """A default in a row of one variable stands behind the meaning, in backticks."""
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    options = {name: option for entry_point in specs.values() for name, option in entry_point["options"].items()}
    rows = re.findall(r"^\| `(\w+)` \| .*; `([^`]+)`(?:; [^|]*)? \|$", (role / "README.md").read_text(), re.MULTILINE)
    assert {name: said for name, said in rows if str(options[name]["default"]) != said} == {}
