# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is written for a profile, and who wrote what is there."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.definition import read_definition
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.files import (
    definition_of,
    is_edited,
    is_replaceable,
    made_from,
    with_header,
)

TEXT = definition_of(
    {
        "version": 3,
        "dependencies": {
            "python": ["jmespath>=1"],
            "galaxy": {"collections": ["a.b:1.0.0", {"name": "a.c"}], "roles": [{"src": "me.web", "version": "2.0"}]},
            "system": ["git [platform:dpkg]"],
        },
    }
)


@pytest.mark.parametrize("text", [TEXT, f"---\n{TEXT}", with_header(TEXT)])
def test_a_header_is_written_once_and_stays_true(text: str) -> None:
    written = with_header(text)
    assert written == with_header(TEXT) and not is_edited(written)
    assert yaml.safe_load(written) == yaml.safe_load(TEXT)


@pytest.mark.parametrize("edited", [TEXT, with_header(TEXT) + "# mine\n", with_header(TEXT).replace("jmespath", "x")])
def test_an_edit_is_noticed(edited: str) -> None:
    assert is_edited(edited)
    assert not is_replaceable("execution-environment.yml", edited)


def test_other_programs_get_their_formats() -> None:
    made = made_from(read_definition(TEXT, "f"))
    galaxy = yaml.safe_load(made["requirements.yml"])
    assert galaxy["collections"] == [{"name": "a.b", "version": "1.0.0"}, {"name": "a.c"}]
    assert [role["version"] for role in galaxy["roles"]] == ["2.0"]
    assert made["requirements.txt"].splitlines()[1:] == ["jmespath>=1"]
    assert made["bindep.txt"].splitlines()[1:] == ["git [platform:dpkg]"]
    assert all(is_replaceable(name, text) for name, text in made.items())


def test_what_a_user_wrote_is_not_replaced() -> None:
    assert not is_replaceable("requirements.txt", "jmespath\n")
    assert is_replaceable("execution-environment.yml", with_header(TEXT))


def test_equal_data_is_one_text_whatever_its_order() -> None:
    entry = {"sha256": "a", "version": "1.0", "name": "acme.tools"}
    first = {"version": 3, "dependencies": {"python": ["b", "a"], "galaxy": {"collections": [entry]}}}
    second = {
        "dependencies": {"galaxy": {"collections": [dict(reversed(entry.items()))]}, "python": ["b", "a"]},
        "version": 3,
    }
    assert definition_of(first) == definition_of(second)
    assert definition_of(first).splitlines() == [
        "version: 3", "dependencies:", "  galaxy:", "    collections:", "    - name: acme.tools",
        "      version: '1.0'", "      sha256: a", "  python:", "  - b", "  - a",
    ]  # fmt: skip
