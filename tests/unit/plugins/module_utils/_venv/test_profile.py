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
            galaxy={
                "collections": ["community.general", {"name": "ansible.utils", "version": ">=5"}],
                "roles": ["a.b"],
            },
            system=["git [platform:dpkg]"],
            exclude={"python": ["docker", "~^requests.*"], "system": ["gcc"], "all_from_collections": ["a.b", "~c[.]"]},
        )
    ) == Profile(
        python="3.12",
        ansible_core="ansible-core~=2.19.5",
        packages=("lxml", "ansible-runner"),
        collections=("community.general", {"name": "ansible.utils", "version": ">=5"}),
        roles=("a.b",),
        system=("git [platform:dpkg]",),
    )


def test_absent_parts_are_empty() -> None:
    assert parse_profile({"version": 3}) == Profile()


def test_the_path_of_an_interpreter_wins_over_its_package() -> None:
    interpreter = {"python_path": "/opt/python/bin/python3", "package_system": "python39"}
    assert parse_profile(definition(python_interpreter=interpreter)).python == "/opt/python/bin/python3"


@pytest.mark.parametrize(
    ("package", "version"),
    [("python39", "3.9"), ("python3.12", "3.12"), ("python312-devel", "3.12"), ("python3.11-minimal", "3.11")],
)
def test_the_package_of_an_interpreter_says_its_version(package: str, version: str) -> None:
    assert parse_profile(definition(python_interpreter={"package_system": package})).python == version


def test_python3_is_any_python() -> None:
    assert parse_profile(definition(python_interpreter={"package_system": "python3"})).python is None


@pytest.mark.parametrize("exclude", [None, {}, {"python": None}, {"python": []}, {"system": ["~lib.*"]}])
def test_an_exclude_leaves_what_the_user_lists(exclude: Any) -> None:
    profile = parse_profile(definition(python=["six"], system=["libxml2"], exclude=exclude))
    assert (profile.packages, profile.system) == (("six",), ("libxml2",))


def test_what_is_excluded_by_name_is_still_there_when_the_user_lists_it() -> None:
    profile = parse_profile(definition(python=["six"], system=["gcc"], exclude={"python": ["six"], "system": ["gcc"]}))
    assert (profile.packages, profile.system) == (("six",), ("gcc",))


def test_lines_may_be_one_text_and_have_comments() -> None:
    profile = parse_profile(definition(python="six>=1  # for old code\n# nothing\n\nlxml\n", system=["git # newest"]))
    assert (profile.packages, profile.system) == (("six>=1", "lxml"), ("git",))


def test_keys_of_a_container_image_are_accepted_and_those_with_content_are_named() -> None:
    definition = {
        "version": 3,
        "images": {"base_image": {"name": "quay.example/base:1"}},
        "options": {"user": "1000", "tags": ["x"]},
        "build_arg_defaults": {"PKGMGR_PRESERVE_CACHE": "always"},
        "additional_build_files": [{"src": "a", "dest": "b"}],
        "additional_build_steps": {"append_final": ["RUN true"]},
    }
    profile = parse_profile(definition)
    assert profile == Profile(image=("additional_build_files", "additional_build_steps"))
    assert [text.split()[3] for text in profile.warnings()] == ["additional_build_files,", "additional_build_steps,"]


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"version": 1}, "version is 1"),
        ({"version": 3, "dependancies": {}}, "the definition has unknown keys: dependancies"),
        (definition(exclude=["six"]), "dependencies.exclude must be a dictionary"),
        (definition(exclude={"pyhton": ["six"]}), "dependencies.exclude has unknown keys: pyhton"),
        (definition(exclude={"python": "six"}), "dependencies.exclude.python must be a list"),
        (definition(exclude={"system": [1]}), "dependencies.exclude.system contains 1"),
        (definition(exclude={"python": [""]}), "dependencies.exclude.python has an empty entry"),
        (definition(exclude={"all_from_collections": ["~["]}), "'~[', which is not a regular expression"),
        (definition(ansible_core={"package": "x"}), "dependencies.ansible_core has unknown keys: package"),
        (definition(ansible_core={"package_pip": 2}), "dependencies.ansible_core.package_pip contains 2"),
        ({}, "version is None"),
        (definition(pyhton=["x"]), "unknown keys: pyhton"),
        (definition(python="requirements.txt"), "dependencies.python must be a list"),
        (definition(python=[1]), "dependencies.python contains 1"),
        (definition(python=["six", None]), "dependencies.python has an empty entry; remove it"),
        (definition(system=[None]), "dependencies.system has an empty entry"),
        (definition(exclude={"python": [None]}), "dependencies.exclude.python has an empty entry"),
        (definition(galaxy="requirements.yml"), "dependencies.galaxy must be a dictionary"),
        (definition(galaxy={"collections": "a.b"}), "dependencies.galaxy.collections must be a list"),
        (definition(galaxy={"roles": "a.b"}), "dependencies.galaxy.roles must be a list"),
        (definition(system="bindep.txt"), "dependencies.system must be a list"),
        (definition(python_interpreter={"package_system": "pypy"}), "'pypy' has no version"),
        ({"version": 3, "dependencies": []}, "dependencies must be a dictionary"),
    ],
)
def test_what_is_not_of_the_form_is_refused_with_its_key(given: dict[str, Any], key: str) -> None:
    with pytest.raises(InputError, match="^profile: ") as caught:
        parse_profile(given)
    assert key in caught.value.message
