# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Reading an execution-environment definition."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.profile import Profile, parse_profile


def definition(**dependencies: Any) -> dict[str, Any]:
    return {"version": 3, "dependencies": dependencies}


def test_every_part_is_read() -> None:
    assert parse_profile(
        definition(
            ansible_core={"package_pip": "ansible-core~=2.19.5"},
            ansible_runner={"package_pip": "ansible-runner"},
            python_interpreter={"package_system": "python3.12"},
            python=["lxml"],
            galaxy={"collections": ["community.general", {"name": "ansible.utils", "version": ">=5"}], "roles": []},
            system=["git [platform:dpkg]"],
        )
    ) == Profile(
        python="3.12",
        ansible_core="ansible-core~=2.19.5",
        packages=("lxml", "ansible-runner"),
        collections=("community.general", {"name": "ansible.utils", "version": ">=5"}),
        system=("git [platform:dpkg]",),
    )


def test_absent_parts_are_empty() -> None:
    assert parse_profile({"version": 3}) == Profile()


def test_the_path_of_an_interpreter_wins_over_its_package() -> None:
    interpreter = {"python_path": "/opt/python/bin/python3", "package_system": "python39"}
    assert parse_profile(definition(python_interpreter=interpreter)).python == "/opt/python/bin/python3"


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"version": 1}, "version is 1"),
        ({}, "version is None"),
        (definition(pyhton=["x"]), "unknown keys: pyhton"),
        (definition(python="requirements.txt"), "dependencies.python must be a list"),
        (definition(python=[1]), "dependencies.python holds 1"),
        (definition(galaxy="requirements.yml"), "dependencies.galaxy must be a dictionary"),
        (definition(galaxy={"collections": "a.b"}), "dependencies.galaxy.collections must be a list"),
        (definition(galaxy={"roles": ["a.b"]}), "dependencies.galaxy.roles is not supported"),
        (definition(system="bindep.txt"), "dependencies.system must be a list"),
        (definition(python_interpreter={"package_system": "pypy"}), "'pypy' does not name a version"),
        ({"version": 3, "dependencies": []}, "dependencies must be a dictionary"),
    ],
)
def test_what_is_not_of_the_form_is_refused_with_its_key(given: dict[str, Any], key: str) -> None:
    with pytest.raises(InputError, match="^profile: ") as caught:
        parse_profile(given)
    assert key in caught.value.message
