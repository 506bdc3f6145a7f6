# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which ansible-core the collections allow, which Pythons the one in use requires, and what does not go together."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path
from typing import Any

import ansible
import pytest
from ansible.module_utils import basic
from ansible.plugins.loader import _does_collection_support_ansible_version
from ansible.release import __version__
from small_projects import analysed, play

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.core_report import (
    core_problems,
    core_report,
    narrowed_core,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import Analysis
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core

CORE = Core(Path(ansible.__file__).parent)


def using(root: Path, *requires: str, vendored: str = "") -> Analysis:
    """The analysis of a playbook that uses acme.hard, and own.tools where it is there."""
    lines = "".join(f"{line}\n" for line in requires)
    files = {"acme/hard/meta/runtime.yml": f"---\n{lines}", "acme/hard/plugins/modules/x.py": ""}
    tasks = ["acme.hard.x: {}"]
    if vendored:
        base = "collections/ansible_collections/own/tools"
        files |= {f"{base}/meta/runtime.yml": vendored, f"{base}/plugins/modules/y.py": ""}
        tasks.append("own.tools.y: {}")
    return analysed(root, {"site.yml": play(*tasks), **files})


def report(analysis: Analysis) -> dict[str, Any]:
    return core_report(analysis, CORE, controller_python=">=3.11")


def test_each_range_has_its_line_and_all_are_combined(tmp_path: Path) -> None:
    found = report(using(tmp_path, "x: {}", "requires_ansible: '>=2.15.0'", vendored="requires_ansible: '>=2.16,<9'"))
    assert found["requires_ansible"] == [
        {"collection": "acme.hard", "versions": ">=2.15.0", "file": "acme.hard/meta/runtime.yml", "line": 3},
        {"collection": "own.tools", "versions": ">=2.16,<9", "file": "own.tools/meta/runtime.yml", "line": 1},
    ]
    assert (found["range"], found["fits"]) == ("<9,>=2.16", True)


def test_the_core_in_use_says_itself_what_it_is(tmp_path: Path) -> None:
    found = report(using(tmp_path))
    assert found["version"] == __version__ == importlib.metadata.version("ansible-core")
    assert found["python"] == {"controller": ">=3.11", "target": ">={}.{}".format(*basic._PY_MIN)}
    assert (found["requires_ansible"], found["range"], found["fits"]) == ([], "", True)


@pytest.mark.parametrize(
    "versions", [">=2.9", "<2.12", ">=9", f"=={__version__}", f"!={__version__}", ">=2.19.0rc1", "~=2.1", "==2.*"]
)
def test_it_fits_where_ansible_says_so(tmp_path: Path, versions: str) -> None:
    analysis = using(tmp_path, f"requires_ansible: '{versions}'")
    assert report(analysis)["fits"] == _does_collection_support_ansible_version(versions, __version__)
    assert list(core_problems(analysis, None)) == []
    assert narrowed_core(analysis, None) == f"ansible-core{versions}"
    assert narrowed_core(analysis, "ansible-core~=2.19.5") == "ansible-core~=2.19.5"


def test_a_range_that_no_core_meets_is_unresolved_and_the_others_count(tmp_path: Path) -> None:
    analysis = using(tmp_path, "requires_ansible: '<2.10'", vendored="requires_ansible: '>=2.16'")
    (one,) = core_problems(analysis, None)
    assert (one.kind, one.name, one.stops) == ("ansible_core", "acme.hard", False)
    assert "no ansible-core meets" in one.reason
    assert (report(analysis)["fits"], narrowed_core(analysis, None)) == (False, "ansible-core>=2.16")


def test_ranges_that_exclude_each_other_are_one_message(tmp_path: Path) -> None:
    analysis = using(tmp_path, "requires_ansible: '>=2.18'", vendored="requires_ansible: '<2.17'")
    (one,) = core_problems(analysis, None)
    assert (one.kind, one.name, one.location.file, one.stops) == (
        "ansible_core", "ansible-core", "acme.hard/meta/runtime.yml", False,
    )  # fmt: skip
    assert re.search(
        "acme.hard requires >=2.18 and own.tools requires <2.17|acme.hard requires >=2.18, own.tools", one.reason
    )
    assert narrowed_core(analysis, None) is None


def test_a_source_that_pins_another_core(tmp_path: Path) -> None:
    analysis = using(tmp_path, "requires_ansible: '>=2.20'")
    assert list(core_problems(analysis, "ansible-core~=2.20.1")) == []
    (one,) = core_problems(analysis, "ansible-core~=2.19.5")
    assert "the source of collections requires ~=2.19.5, acme.hard requires >=2.20" in one.reason


@pytest.mark.parametrize("value", ["latest", "2.15", "[1]", "'>=2.15 <3'", f"'>=2.15{',!=2.16' * 200}'"])
def test_what_is_no_range_is_unresolved_and_the_others_count(tmp_path: Path, value: str) -> None:
    analysis = using(tmp_path, f"requires_ansible: {value}", vendored="requires_ansible: '>=2.16'")
    (one,) = core_problems(analysis, None)
    assert (one.kind, one.name, one.stops) == ("ansible_core", "acme.hard", False)
    assert (report(analysis)["range"], narrowed_core(analysis, None)) == (">=2.16", "ansible-core>=2.16")


@pytest.mark.parametrize("value", ["", "''", "null", "{}"])
def test_what_says_nothing(tmp_path: Path, value: str) -> None:
    analysis = using(tmp_path, f"requires_ansible: {value}")
    assert (analysis.core_requirements, list(core_problems(analysis, None))) == ((), [])


def test_a_core_that_does_not_say_what_it_is(tmp_path: Path) -> None:
    found = core_report(using(tmp_path, "requires_ansible: '>=2'"), Core(tmp_path), controller_python="")
    assert (found["version"], found["fits"], found["python"]) == ("", None, {"controller": "", "target": ""})
