# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is told of a union: percentages, who demands what, advice, and when the task fails."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.pylock import LockedPackage
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import Requirement
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.model import (
    DeclaredRequirement,
    Location,
    ProjectRequirements,
    PythonRequirement,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._python.interpreter import Interpreter
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.conflicts import Attempt
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.disk_usage import Disk, MeasuredVenv, measure
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.overlap import overlap, pairs
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.report import failure, result
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.union import Union, UvResolver, make_union

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NO_DISK = Disk((), 0, 0)
PYTHON = Interpreter("/usr/bin/python3.12", "CPython", "3.12.4", "cpython-312", "x86_64", "glibc-2.36")


@pytest.mark.parametrize(
    ("packages", "percent"),
    [
        ({"a": "x y z", "b": "x y w"}, 50.0),
        ({"a": "x y", "b": "x y"}, 100.0),
        ({"a": "x", "b": "y"}, 0.0),
        ({"a": "x y", "b": "y z", "c": "z x"}, 100.0),
        ({"a": "x y z", "b": "x", "c": "w"}, 25.0),
        ({"a": "", "b": ""}, 100.0),
        ({"a": "x y z", "b": "x"}, 33.3),
        ({"a": "x", "b": None}, None),
    ],
)
def test_overlap_is_the_part_that_two_or_more_need(packages: dict[str, str | None], percent: float | None) -> None:
    names = {name: None if text is None else frozenset(text.split()) for name, text in packages.items()}
    assert overlap(names).percent == percent


def test_every_pair_has_its_own() -> None:
    found = pairs({"a": frozenset("xy"), "b": frozenset("x"), "c": None})
    assert [(one.projects, one.percent) for one in found] == [
        (("a", "b"), 50.0),
        (("a", "c"), None),
        (("b", "c"), None),
    ]


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


def project(name: str, *demands: tuple[str, str], python: Sequence[str] = ()) -> ProjectRequirements:
    return ProjectRequirements(
        name,
        f"/{name}",
        requirements=tuple(
            DeclaredRequirement(Requirement(package, versions=versions), Location(name, f"/{name}/r.txt", number))
            for number, (package, versions) in enumerate(demands, start=1)
        ),
        python=tuple(PythonRequirement(versions, Location(name, f"/{name}/pyproject.toml", 4)) for versions in python),
    )


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
    assert "(/a/pyproject.toml, line 4)" in conflict["msg"] or projects == ["b"]
    assert answer["python"]["agreed"] is False
    assert answer["advice"]["share"] is False
    assert failure(union, fail_on="conflict", threshold=70) is not None


def test_one_project_has_nobody_to_share_with() -> None:
    assert told(union_of(project("a", ("six", ""))))["advice"]["share"] is False


def test_disk_is_told(tmp_path: Path) -> None:
    venvs = (MeasuredVenv("a", "/a/venv", {"x": 5 << 20}), MeasuredVenv("b", "/b/venv", {"x": 5 << 20}))
    answer = told(union_of(project("a"), project("b")), Disk(venvs, 10 << 20, 5 << 20))
    assert answer["disk"]["saved_bytes"] == 5 << 20
    assert "one venv in place of 2 saves 5 MiB" in answer["advice"]["reasons"]


def _venv(directory: Path, files: dict[str, int], *, python: str = "python3.11") -> None:
    (directory / "lib" / python).mkdir(parents=True)
    (directory / "pyvenv.cfg").touch()
    for name, size in files.items():
        (directory / "lib" / python / name).write_bytes(b"x" * size)


def test_venvs_are_measured(tmp_path: Path) -> None:
    _venv(tmp_path / "a" / "venv", {"x.py": 40_000, "y.py": 8_000})
    _venv(tmp_path / "b" / ".venv", {"x.py": 20_000}, python="python3.12")
    os.link(tmp_path / "a/venv/lib/python3.11/y.py", tmp_path / "b/.venv/lib/python3.12/z.py")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "venv").symlink_to("../a/venv")
    (tmp_path / "d" / "venv").mkdir(parents=True)
    disk = measure((name, str(tmp_path / name)) for name in "abcd")
    assert [(one.project, one.path) for one in disk.venvs] == [
        ("a", str(tmp_path / "a/venv")),
        ("b", str(tmp_path / "b/.venv")),
    ]
    large, small, linked = (
        (tmp_path / name).stat().st_blocks * 512
        for name in ("a/venv/lib/python3.11/x.py", "b/.venv/lib/python3.12/x.py", "a/venv/lib/python3.11/y.py")
    )
    assert disk.total == large + small + linked
    assert disk.shared == large + linked + linked
    assert disk.saved == small - linked > 0


class FakeUv:
    """Stands in for uv: notes what it is asked, and fails with the errors that it is given, offline and not."""

    def __init__(self, *, offline: ResolutionError | None = None, online: ResolutionError | None = None) -> None:
        self.errors = {True: offline, False: online}
        self.calls: list[tuple[Sequence[str], Sequence[str], bool]] = []

    def compile(
        self,
        requirements: Sequence[str],
        *,
        python: str,
        constraints: Sequence[str],
        overrides: Sequence[str],
        offline: bool,
    ) -> list[LockedPackage]:
        assert not overrides
        self.calls.append((list(requirements), list(constraints), offline))
        error = self.errors[offline]
        if error is not None:
            raise error
        return [LockedPackage(name, "1", "", "", "") for name in requirements]


UNREACHABLE = ResolutionError("no route", explanation="no route", unsatisfiable=False)
IMPOSSIBLE = ResolutionError("x", explanation="No solution found cause: Because x", unsatisfiable=True)


def resolver_of(uv: FakeUv) -> UvResolver:
    return UvResolver(uv, python="/usr/bin/python3")  # type: ignore[arg-type]  # a stand-in for uv


def test_each_set_of_demands_is_resolved_once() -> None:
    uv = FakeUv()
    resolver = resolver_of(uv)
    limit = replace(project("b", ("y", "<2")).requirements[0], constraint=True)
    demands = [*project("a", ("x", ""), ("w", "")).declared, limit]
    for order in (demands, demands[::-1], [*demands, *demands]):
        assert resolver.resolve(order) == resolver.attempt(order) == Attempt(frozenset("wx"))
    assert uv.calls == [(["w", "x"], ["y<2"], False)]
    assert resolver.attempt([limit]).packages == frozenset()
    assert len(uv.calls) == 1


@pytest.mark.parametrize(
    ("uv", "asked", "expected"),
    [
        (FakeUv(), [True], Attempt(frozenset("x"))),
        (FakeUv(offline=IMPOSSIBLE), [True], Attempt(None, "Because x")),
        (FakeUv(offline=UNREACHABLE), [True, False], Attempt(frozenset("x"))),
        (FakeUv(offline=UNREACHABLE, online=IMPOSSIBLE), [True, False], Attempt(None, "Because x")),
    ],
)
def test_the_index_is_asked_where_what_was_fetched_does_not_tell(
    uv: FakeUv, asked: list[bool], expected: Attempt
) -> None:
    assert resolver_of(uv).attempt(project("a", ("x", "")).declared) == expected
    assert [offline for _lines, _limits, offline in uv.calls] == asked


def test_an_index_that_cannot_be_read_is_no_conflict() -> None:
    demands = project("a", ("x", "")).declared
    resolver = resolver_of(FakeUv(offline=UNREACHABLE, online=UNREACHABLE))
    for ask in (resolver.resolve, resolver.attempt):
        with pytest.raises(ResolutionError, match="no route"):
            ask(demands)
