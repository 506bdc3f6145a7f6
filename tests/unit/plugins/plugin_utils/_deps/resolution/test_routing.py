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


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("thing:", {("of_module", "target"), ("of_action", "controller")}),
        ("ansible.legacy.thing:", {("of_module", "target"), ("of_action", "controller")}),
        ("copy:", {("of_action", "controller")}),
        ("ansible.builtin.copy:", set()),
        ("acme.hard.thing:", {("of_collection", "target"), ("of_its_action", "controller")}),
        ("site:", {("of_action", "controller")}),
    ],
)
@pytest.mark.parametrize("directory", ["", "roles/r/"])
def test_an_action_plugin_of_the_project_runs_before_the_module_of_its_name(
    tmp_path: Path, directory: str, task: str, expected: set[tuple[str, str]]
) -> None:
    code = {
        **{f"{directory}action_plugins/{name}.py": "import of_action\n" for name in ("thing", "copy", "site")},
        f"{directory}library/thing.py": "import of_module\n",
        "acme/hard/plugins/modules/thing.py": "import of_collection\n",
        "acme/hard/plugins/action/thing.py": "import of_its_action\n",
        "acme/hard/requirements.txt": "of_collection\nof_its_action\n",
        "roles/r/meta/main.yml": "{}\n",
        "requirements.txt": "of_action\nof_module\n",
    }
    analysis = analysed(tmp_path, {"site.yml": play(task, keywords="roles: [r]"), **code})
    found = {(one.distribution.replace("-", "_"), one.where) for one in analysis.evidence if one.distribution}
    assert (found, analysis.unresolved) == (expected, ())


@pytest.mark.parametrize(
    ("beside", "expected"), [({}, {"of_action", "of_module"}), ({"action"}, {"of_module", "of_its"})]
)
def test_an_action_plugin_of_the_search_list_goes_before_that_of_the_project(
    tmp_path: Path, beside: set[str], expected: set[str]
) -> None:
    code = {
        "action_plugins/thing.py": "import of_action\n",
        "acme/hard/plugins/modules/thing.py": "import of_module\n",
        **{f"acme/hard/plugins/{kind}/thing.py": "import of_its\n" for kind in beside},
    }
    analysis = analysed(tmp_path, {"site.yml": play("thing:", keywords="collections: [acme.hard]"), **code})
    assert missing(analysis, "import") == expected


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("acme.gone.os", "the source of collections does not have acme.gone"),
        ("ios", "the source of collections does not have cisco.ios"),  # core sends it there
        ("acme.hard.none", "no collection has plugins for the network_os 'acme.hard.none'"),
        ("never_heard_of", "no collection has plugins for the network_os 'never_heard_of'"),
    ],
)
def test_why_a_network_os_leads_nowhere(tmp_path: Path, name: str, reason: str) -> None:
    files = {
        "site.yml": play("ping:", keywords=f"vars: {{ansible_network_os: {name}}}"),
        "acme/hard/plugins/terminal/os.py": "",
    }
    assert [one.reason for one in analysed(tmp_path, files).unresolved] == [reason]
