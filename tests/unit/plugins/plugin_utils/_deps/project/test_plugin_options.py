# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Options and variables that name plugins are those of ansible-core."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible import constants as C
from ansible.playbook.play import Play
from ansible.plugins.loader import module_loader

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.plugin_options import (
    PLUGIN_KEYWORDS,
    PLUGIN_VARIABLES,
    named_plugins,
    plugin_names,
)


def test_the_keywords_are_ansibles() -> None:
    assert set(PLUGIN_KEYWORDS) <= set(Play.fattributes)


def test_the_variables_are_ansibles() -> None:
    magic = {name for names in C.MAGIC_VARIABLE_MAPPING.values() for name in names}
    facts = {one["name"] for one in C.config.get_configuration_definitions()["FACTS_MODULES"]["vars"]}
    documented = {"ansible_package_use"} if "ansible_package_use" in _documentation("package") else set()
    assert set(PLUGIN_VARIABLES) <= magic | facts | documented


@pytest.mark.parametrize("action", ["package", "service"])
def test_the_options_are_in_the_documentation(action: str) -> None:
    ((option, name),) = named_plugins(action, {"use": "a.b.c"})
    assert name == "a.b.c"
    options = yaml.safe_load(_documentation(action))["options"]
    assert options[option.option]["default"] == "auto"


def _documentation(action: str) -> str:
    with open(module_loader.find_plugin(action), encoding="utf-8") as file:
        text = file.read()
    for quotes in ('"""', "'''"):
        if f"DOCUMENTATION = r{quotes}" in text or f"DOCUMENTATION = {quotes}" in text:
            return text.split("DOCUMENTATION = ", 1)[1].lstrip("r").split(quotes)[1]
    return text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a.b.c", ["a.b.c"]),
        ("auto", []),
        ("smart, a.b.c", ["a.b.c"]),
        (["setup", "{{ x }}"], ["setup", "{{ x }}"]),
        ("{{ x | default('a', 'b') }}", ["{{ x | default('a', 'b') }}"]),
        (None, []),
        ({"a": 1}, []),
    ],
)
def test_names_in_a_value(value: Any, expected: list[str]) -> None:
    assert list(plugin_names(value)) == expected
