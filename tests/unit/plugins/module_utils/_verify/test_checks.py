# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which checks there are, that no result is lost, and where a link must lead."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.entry import Project
from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify import checks, inspection
from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.checks import CHECKS, target
from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.facts import ProjectFacts, SeenVenvs
from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.inspection import inspect_projects
from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.model import Finding, NotInspectedError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.report import table

if TYPE_CHECKING:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.programs import VenvPrograms

PROGRAMS = cast("VenvPrograms", None)


def test_every_check_that_is_written_is_made() -> None:
    written = [
        function
        for name, function in vars(checks).items()
        if inspect.isfunction(function) and function.__module__ == checks.__name__ and not name.startswith("_")
    ]
    assert sorted(check.__name__ for check in CHECKS) == sorted(function.__name__ for function in written)


def test_what_any_check_finds_is_in_the_report_under_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever a new check is called: its result is there, counts, and has its column."""

    def brand_new(facts: ProjectFacts) -> Finding:
        return Finding(False, f"{facts.project.path} is wrong")

    def cannot_be_made(facts: ProjectFacts) -> Finding:
        raise NotInspectedError

    monkeypatch.setattr(inspection, "CHECKS", (brand_new, cannot_be_made))
    (report,) = inspect_projects([Project(str(tmp_path))], expected={}, programs=PROGRAMS)
    assert not report.healthy
    assert [(one.check, one.ok, one.found) for one in report.results] == [
        ("brand_new", False, f"{tmp_path} is wrong"),
        ("cannot_be_made", None, "not inspected, see brand_new"),
    ]
    head, row = table([report.as_dict()])
    assert head.split() == ["project", "brand_new", "cannot_be_made"]
    assert row.split() == [f"{tmp_path}/venv", "FAIL", "-"]


@pytest.fixture(name="linked")
def fixture_linked(tmp_path: Path) -> dict[str, Any]:
    """One generation under two names, a parent that links to the first, and a sibling."""
    for name in ("generation", "parent", "sibling", "store"):
        (tmp_path / name).mkdir()
    for name in ("first", "second"):
        (tmp_path / "store" / name).symlink_to("../generation")
    (tmp_path / "parent" / "venv").symlink_to("../store/first")
    (tmp_path / "alias").symlink_to("store")
    return {"root": tmp_path, "link": tmp_path / "sibling" / "venv"}


@pytest.mark.parametrize(
    ("text", "expected", "right"),
    [
        ("../parent/venv", "parent/venv", True),
        ("../parent/venv", "store/first", True),
        ("../alias/first", "store/first", True),
        ("../store/first", "alias/first", True),
        ("../store/first", "parent/venv", False),
        ("../store/second", "store/first", False),
        ("../parent/venv", "store/second", False),
        ("../generation", "store/first", False),
        ("../store/second", None, True),
    ],
)
def test_a_link_must_lead_to_the_name_that_is_asked_for(
    linked: dict[str, Any], text: str, expected: str | None, right: bool
) -> None:
    """All of them have the same content."""
    linked["link"].symlink_to(text)
    path = str(linked["root"] / expected) if expected is not None else None
    project = Project(str(linked["root"] / "sibling"))
    found = target(ProjectFacts(project, expected=path, programs=PROGRAMS, seen=SeenVenvs()))
    assert found.ok is right
    assert right or str(path) in found.found


def test_what_cannot_be_read_is_a_finding_of_one_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The others are inspected all the same."""

    def link(facts: ProjectFacts) -> Finding:
        raise PermissionError(13, "Permission denied", f"{facts.project.path}/venv")

    def target(facts: ProjectFacts) -> Finding:
        return link(facts)

    monkeypatch.setattr(inspection, "CHECKS", (link, target))
    projects = [Project(str(tmp_path / name)) for name in ("one", "two")]
    reports = inspect_projects(projects, expected={}, programs=PROGRAMS)
    found = [[(one.ok, one.found) for one in report.results] for report in reports]
    assert found == [
        [(False, f"{project.path}/venv cannot be read: Permission denied"), (None, "not inspected, see link")]
        for project in projects
    ]
