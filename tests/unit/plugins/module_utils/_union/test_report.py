# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is told of a union: percentages, who demands what, advice, and when the task fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.model import (
    DeclaredRequirement,
    ProjectRequirements,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._python.interpreter import Interpreter
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.conflicts import Attempt
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.disk_usage import Disk, MeasuredVenv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.report import failure, result
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.union import Union, make_union
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._union.samples import project

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


NO_DISK = Disk((), 0, 0)

PYTHON = Interpreter("/usr/bin/python3.12", "CPython", "3.12.4", "cpython-312", "x86_64", "glibc-2.36")


class Versions:
    """A resolver that knows no dependencies, and for which two exact versions of one package cannot be met."""

    def resolve(self, demands: Sequence[DeclaredRequirement]) -> Attempt:
        return self.attempt(demands)

    def attempt(self, demands: Sequence[DeclaredRequirement]) -> Attempt:
        versions: dict[str, set[str]] = {}
        for demand in demands:
            if demand.requirement.versions:
                versions.setdefault(demand.requirement.name, set()).add(demand.requirement.versions)
        if any(len(found) > 1 for found in versions.values()):
            return Attempt(None, "because of a table")
        return Attempt(frozenset(demand.requirement.name for demand in demands))


def union_of(*projects: ProjectRequirements) -> Union:
    return make_union(projects, interpreter=PYTHON, resolver=Versions())


def told(union: Union, disk: Disk = NO_DISK) -> dict[str, Any]:
    return result(union, disk, threshold=70)


def test_projects_that_should_share() -> None:
    union = union_of(project("a", ("six", "==1"), ("x", "")), project("b", ("x", ""), ("six", "")))
    answer = told(union)
    assert answer["requirements"] == ["six", "six==1", "x"]
    assert answer["provenance"]["six"] == [
        {"project": "a", "requirement": "six==1", "constraint": False, "file": "/a/r.txt", "line": 1},
        {"project": "b", "requirement": "six", "constraint": False, "file": "/b/r.txt", "line": 2},
    ]
    assert answer["python"] == {
        "requirements": [],
        "agreed": True,
        "version": "3.12",
        "executable": "/usr/bin/python3.12",
    }
    assert answer["conflicts"] == []
    assert answer["advice"] == {
        "share": True,
        "reasons": [
            "2 of the 2 required packages are required by more than one of them (100 %, at least 70 %)",
            "Python 3.12 works for all of them",
            "no requirements conflict",
        ],
    }
    assert failure(union, fail_on="low_overlap", threshold=70) is None


def test_a_conflict_names_both_demands_with_file_and_line() -> None:
    union = union_of(project("a", ("six", "==1")), project("b", ("x", ""), ("six", "==2")))
    message = failure(union, fail_on="conflict", threshold=70)
    assert message == (
        "The projects cannot share a venv: a requires six==1 (/a/r.txt, line 1); b requires six==2 (/b/r.txt, line 2); "
        "these requirements conflict: because of a table"
    )
    assert failure(union, fail_on="low_overlap", threshold=0) == message
    assert failure(union, fail_on="never", threshold=70) is None
    assert told(union)["conflicts"][0]["projects"] == ["a", "b"]
    assert told(union)["advice"]["share"] is False


def test_too_little_in_common() -> None:
    union = union_of(project("a", ("six", "")), project("b", ("x", "")))
    assert failure(union, fail_on="conflict", threshold=70) is None
    assert failure(union, fail_on="low_overlap", threshold=70) == (
        "The projects should not share a venv: 0 of the 2 required packages are required by more than one of them "
        "(0 %, less than 70 %)"
    )
    assert told(union)["advice"]["share"] is False
    assert failure(union, fail_on="low_overlap", threshold=0) is None


@pytest.mark.parametrize(
    ("python", "projects", "reason"),
    [
        (["==3.11.*", ">=3.12"], ["a", "b"], "no Python meets all of these"),
        ([">=3.9", "<3.12"], ["b"], "Python 3.12.4 does not meet this"),
        ([">=3.12.5", ">=3.9"], ["a"], "Python 3.12.4 does not meet this"),
    ],
)
def test_no_common_python_is_a_conflict(python: list[str], projects: list[str], reason: str) -> None:
    union = union_of(project("a", python=python[:1]), project("b", python=python[1:]))
    answer = told(union)
    (conflict,) = answer["conflicts"]
    assert (conflict["kind"], conflict["projects"], conflict["reason"]) == ("python", projects, reason)
    assert all(f"{name} requires Python" in conflict["msg"] for name in projects)
    assert all(f"(/{name}/pyproject.toml, line 4)" in conflict["msg"] for name in projects)
    assert answer["python"]["agreed"] is False
    assert answer["advice"]["share"] is False
    assert conflict["msg"] in str(failure(union, fail_on="conflict", threshold=70))


def test_one_project_has_nobody_to_share_with() -> None:
    assert told(union_of(project("a", ("six", ""))))["advice"]["share"] is False


def test_disk_is_told(tmp_path: Path) -> None:
    venvs = (MeasuredVenv("a", "/a/venv", {"x": 5 << 20}), MeasuredVenv("b", "/b/venv", {"x": 5 << 20}))
    answer = told(union_of(project("a"), project("b")), Disk(venvs, 10 << 20, 5 << 20))
    assert answer["disk"]["saved_bytes"] == 5 << 20
    assert "one venv in place of 2 saves 5 MiB" in answer["advice"]["reasons"]
