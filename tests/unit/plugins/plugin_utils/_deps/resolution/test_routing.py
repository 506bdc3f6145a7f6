# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Modules in any language, of the project and of a collection, as ansible-core's loader finds them."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible import constants as C
from small_projects import analysed, missing, play

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.names import NO_MODULE_ENDINGS

FOUND = ["thing.py", "thing", "thing.sh", "thing.rb", "thing.ps1", "thing.pl", "thing.go.bin", "thing.exe", "_thing.py"]
NOT_FOUND = ["thing.yml", "thing.md", "thing.txt", "thing.pyc", "thing.ini", "thing.bak", "thing.py~"]


@pytest.mark.parametrize("file", [*FOUND, *NOT_FOUND])
@pytest.mark.parametrize("directory", ["library", "roles/r/library"])
def test_modules_of_the_project(tmp_path: Path, directory: str, file: str) -> None:
    name = "thing.go" if file == "thing.go.bin" else "thing"
    text = play(f"{name}:") + "- hosts: all\n  roles: [r]\n"
    files = {"site.yml": text, f"{directory}/{file}": "#!/bin/sh\n", "roles/r/meta/main.yml": "{}\n"}
    analysis = analysed(tmp_path, files)
    assert (missing(analysis) == set()) == (file in FOUND)


def test_the_endings_are_those_of_ansible() -> None:
    assert set(NO_MODULE_ENDINGS) == set(C.MODULE_IGNORE_EXTS)


def test_a_module_by_the_whole_name_of_its_file(tmp_path: Path) -> None:
    assert missing(analysed(tmp_path, {"site.yml": play("thing.sh:"), "library/thing.sh": "#!/bin/sh\n"})) == set()


@pytest.mark.parametrize(
    ("file", "is_module"),
    [*((name, True) for name in FOUND if name != "thing.go.bin"), *((name, False) for name in NOT_FOUND)],
)
def test_modules_of_a_collection(tmp_path: Path, file: str, is_module: bool) -> None:
    files = {"site.yml": play("acme.hard.thing:"), f"acme/hard/plugins/modules/{file}": "#!/bin/sh\n"}
    assert (missing(analysed(tmp_path, files)) == set()) == is_module


def test_other_plugins_are_python(tmp_path: Path) -> None:
    files = {"site.yml": play("debug: {msg: \"{{ lookup('thing') }}\"}"), "lookup_plugins/thing.sh": ""}
    assert missing(analysed(tmp_path, files), "lookup") == {"thing"}


@pytest.mark.parametrize(("line", "expected"), [("#!/usr/bin/python3", {"of_python"}), ("#!/bin/sh", set())])
def test_a_python_module_without_an_ending(tmp_path: Path, line: str, expected: set[str]) -> None:
    files = {"site.yml": play("thing:"), "library/thing": f"{line}\nimport of_python\n"}
    assert missing(analysed(tmp_path, files), "import") == expected
