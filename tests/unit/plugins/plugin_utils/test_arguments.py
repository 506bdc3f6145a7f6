# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The options of action plugins are checked and converted as those of modules."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._arguments import validated

SPEC = {"path": {"type": "str", "required": True}, "limit": {"type": "int", "default": 5}, "on": {"type": "bool"}}


def test_options_are_converted_and_have_defaults() -> None:
    assert validated(SPEC, {"path": "x", "on": "yes"}) == {"path": "x", "limit": 5, "on": True}


@pytest.mark.parametrize(
    ("given", "sources"),
    [
        ("web,", ["web,"]),
        ("web1,web2", ["web1,web2"]),
        ("hosts.ini", ["hosts.ini"]),
        ("", []),
        (["web,"], ["web,"]),
    ],
)
def test_a_text_is_one_inventory(given: Any, sources: list[str]) -> None:
    spec = {"inventory": {"type": "list", "elements": "str"}}
    assert validated(spec, {"inventory": given}) == {"inventory": sources}


@pytest.mark.parametrize("name", ["path", "playbook", "dest"])
@pytest.mark.parametrize("kind", ["str", "path"])
@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_path_is_not_the_current_directory(name: str, kind: str, value: str) -> None:
    with pytest.raises(InputError, match=f"^{name}: it is empty"):
        validated({name: {"type": kind}}, {name: value})


def test_an_inventory_without_a_name_is_refused() -> None:
    with pytest.raises(InputError, match="'inventory' has an empty entry"):
        validated({"inventory": {"type": "list", "elements": "str"}}, {"inventory": ["web", " "]})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "missing required arguments: path"),
        ({"path": "x", "limit": "many"}, "limit"),
        ({"path": "x", "paths": "y"}, "^Unsupported parameters: paths. Supported parameters include: "),
    ],
)
def test_what_does_not_fit_is_an_error_of_ours(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        validated(SPEC, given)
