# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A mistake in a definition is one error with its file and line."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.definition import read_definition


def test_a_definition_stays_as_it_is_written() -> None:
    text = "version: '3'\ndependencies:\n  python:\n    - 'a{{ x }}==1.0  # mine'\n  system: [git]\nimages: {x: yes}\n"
    text = text.replace("a{{ x }}", "a")
    found = read_definition(text, "f.yml")
    assert found.data["version"] == 3
    assert (found.profile.packages, found.profile.system) == (("a==1.0",), ("git",))


@pytest.mark.parametrize("version", ["3", "'3'", "3.0"])
def test_only_version_3_is_read(version: str) -> None:
    text = f"version: {version}\n"
    if version == "3.0":
        with pytest.raises(InputError, match="f.yml, line 1: version is"):
            read_definition(text, "f.yml")
    else:
        assert read_definition(text, "f.yml").data == {"version": 3}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("- hosts: all\n", 1, "not an execution-environment definition"),
        ("", 1, "not an execution-environment definition"),
        ("version: 3\ndependencies:\n  pyton: []\n", 3, "unknown keys: pyton"),
        ("version: 3\ndependencies:\n  galaxy:\n    colections: []\n", 4, "unknown keys: colections"),
        ("version: 3\ndependencies:\n  python: requirements.txt\n  galaxy: r.yml\n", 4, "must be a dictionary"),
        ("version: 3\ndependencies:\n  python:\n    - good\n    - 'bad =='\n", 5, "bad =="),
        ("version: 3\ndependencies:\n  python: |\n    good\n    bad ==\n", 5, "bad =="),
        ("version: 3\ndependencies:\n  galaxy:\n    collections:\n      - a.b\n      - {nme: a.c}\n", 6, "name"),
    ],
)
def test_a_mistake_has_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(InputError, match=rf"f\.yml, line {line}: .*{said}"):
        read_definition(text, "f.yml")


@pytest.mark.parametrize("text", ["a: [", "a: &x [*x]", "{{ x }}", "a: !!python/object/apply:os.system [id]\n", "\0"])
def test_what_is_no_yaml_of_data_is_one_error(text: str) -> None:
    with pytest.raises(InputError, match="f.yml"):
        read_definition(text, "f.yml")


def test_nothing_is_rendered() -> None:
    template = "{{ lookup('pipe', 'id') }}"
    text = f'version: 3\nimages: {{base_image: {{name: "{template}"}}}}\n'
    assert read_definition(text, "f.yml").data["images"]["base_image"]["name"] == template
