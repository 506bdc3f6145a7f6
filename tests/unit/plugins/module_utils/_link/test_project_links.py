# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Many links in one run: checked together before the first change, planned against what will be there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.project_link import LinkOutcome, LinkRequest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.project_links import (
    ensure_links,
    inspect_absent_links,
    inspect_links,
    remove_links,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.target import TargetError, TargetInspector
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._link.samples import (
    Pythons,
    asking,
    fill_venv,
    listing,
    make_project,
    make_shared,
    project_link,
    users,
)


@pytest.fixture(name="projects")
def fixture_projects(root: Path) -> list[Path]:
    return [make_project(root, name) for name in ("parent", "news", "media")]


def through(
    projects: list[Path], target: str, *, python: dict[str, str] | None = None, replace: bool = False
) -> list[tuple[Path, LinkRequest]]:
    """The first leads to ``target``, the others to the link of the first."""
    targets = [target, *[str(projects[0] / "venv")] * (len(projects) - 1)]
    needed = python or {}
    return [
        (project, asking(one, replace=replace, python=needed.get(project.name)))
        for project, one in zip(projects, targets)
    ]


def inspected(requests: list[tuple[Path, LinkRequest]], store: Store) -> list[LinkOutcome]:
    return inspect_links([(project_link(project, store), request) for project, request in requests])


def ensured(requests: list[tuple[Path, LinkRequest]], store: Store) -> list[LinkOutcome]:
    return ensure_links([(project_link(project, store), request) for project, request in requests], lock_timeout=5)


def plans(outcomes: list[LinkOutcome]) -> list[object]:
    return [one.plan for one in outcomes]


def texts(projects: list[Path]) -> list[str | None]:
    return [os.readlink(one / "venv") if (one / "venv").is_symlink() else None for one in projects]


@pytest.mark.parametrize("occupied", ["nothing", "dangling links", "another venv", "directories", "each other"])
def test_links_through_one_that_is_not_there_yet(root: Path, store: Store, projects: list[Path], occupied: str) -> None:
    """Check mode predicts it to the letter, whatever is in the place of the parent's link before."""
    for project in projects:
        if occupied == "dangling links":
            os.symlink("nowhere", project / "venv")
        elif occupied == "another venv":
            os.symlink(fill_venv(root / project.name, "3.9.1"), project / "venv")
        elif occupied == "directories":
            fill_venv(project / "venv", "3.9.1")
        elif occupied == "each other":
            os.symlink(f"../{'news' if project.name == 'parent' else 'parent'}/venv", project / "venv")
    before = texts(projects)
    requests = through(projects, "site", python=dict.fromkeys(("parent", "news", "media"), "3.12"), replace=True)
    predicted = inspected(requests, store)
    assert texts(projects) == before
    outcomes = ensured(requests, store)
    assert plans(outcomes) == plans(predicted)
    assert texts(projects) == ["../../store/site", "../parent/venv", "../parent/venv"]
    assert {os.path.realpath(project / "venv") for project in projects} == {os.path.realpath(f"{store.path}/site")}
    assert sorted(users(store)) == sorted(str(project / "venv") for project in projects)
    assert not any(one.plan.changed for one in ensured(requests, store))


def test_links_follow_another_parent(store: Store, projects: list[Path]) -> None:
    ensured(through(projects, "site"), store)
    turned = projects[::-1]
    predicted = inspected(through(turned, "site"), store)
    assert plans(ensured(through(turned, "site"), store)) == plans(predicted)
    assert texts(turned) == ["../../store/site", "../media/venv", "../media/venv"]


def test_links_follow_to_another_store(root: Path, store: Store, projects: list[Path]) -> None:
    """The entries of those that lead through the parent's link go too, which has led elsewhere by then."""
    other = Store(str(root / "other"))
    make_shared(other, "site", id="bbb")
    ensured(through(projects, f"{other.path}/site"), store)
    assert len(users(other)) == 3
    predicted = inspected(through(projects, "site"), store)
    assert plans(ensured(through(projects, "site"), store)) == plans(predicted)
    assert (len(users(store)), users(other)) == (3, [])


@pytest.mark.parametrize(("wrong", "of"), [("3.11", "media"), ("3.11", "parent")])
def test_one_that_cannot_be_linked_stops_all_and_is_named(
    store: Store, projects: list[Path], wrong: str, of: str
) -> None:
    with pytest.raises(TargetError) as error:
        ensured(through(projects, "site", python={of: wrong}), store)
    assert (texts(projects), users(store)) == ([None] * 3, [])
    assert [listing(project) for project in projects] == [[]] * 3
    unusable = {os.path.basename(one["project"]): one["reason"] for one in error.value.context["unusable"]}
    assert "but the project requires ==3.11.* (a test)" in unusable[of]
    assert f"/projects/{of}/venv: target: " in error.value.message
    assert sorted(unusable) == (["media"] if of == "media" else ["media", "news", "parent"])
    if of == "parent":
        assert "parent/venv, which cannot be created" in unusable["news"]


def test_a_circle_of_links_is_refused(store: Store, projects: list[Path]) -> None:
    """The parent's target is the venv of a sibling, which shall lead to the parent."""
    fill_venv(projects[1] / "venv")
    with pytest.raises(InputError, match="news/venv itself; choose another"):
        ensured(through(projects, "../news/venv", replace=True), store)
    assert listing(projects[1]) == ["venv"]
    assert texts(projects) == [None] * 3


@pytest.mark.parametrize("kind", ["directory", "file"])
def test_what_may_not_be_replaced_in_one_project_stops_all(store: Store, projects: list[Path], kind: str) -> None:
    if kind == "directory":
        fill_venv(projects[-1] / "venv")
    else:
        (projects[-1] / "venv").write_text("mine")
    with pytest.raises(InputError, match=f"media/venv is a {kind}"):
        ensured(through(projects, "site"), store)
    assert texts(projects) == [None] * 3


def test_a_python_is_started_once_for_all(store: Store, projects: list[Path]) -> None:
    """And not at all once the links are there: what the store recorded is enough to change nothing."""
    for starts in (1, 0):
        pythons = Pythons()
        inspector = TargetInspector(pythons)
        requests = [
            (project_link(project, store, inspector=inspector), request)
            for project, request in through(projects, "site")
        ]
        ensure_links(requests, lock_timeout=5)
        assert len(pythons.started) == starts


def test_an_interpreter_that_was_removed_is_seen_without_starting_it(store: Store, projects: list[Path]) -> None:
    ensured(through(projects, "site"), store)
    programs = Path(os.path.realpath(projects[0] / "venv" / "bin"))
    programs.chmod(0o755)
    (programs / "python").unlink()
    (programs / "python").symlink_to("/removed/python3.12")
    with pytest.raises(TargetError, match="/removed/python3.12 was removed: build it again"):
        inspected(through(projects, "site"), store)


def test_all_are_removed_with_their_entries(root: Path, store: Store, projects: list[Path]) -> None:
    """Also in a store that is found through the parent's link alone, which is the first to go."""
    ensured(through(projects, "site"), store)
    elsewhere = Store(str(root / "another"))
    links = [project_link(project, elsewhere) for project in projects]
    predicted = plans(inspect_absent_links(links))
    assert plans(remove_links([project_link(project, elsewhere) for project in projects], lock_timeout=5)) == predicted
    assert (texts(projects), users(store)) == ([None] * 3, [])
    assert not any(one.plan.changed for one in remove_links(links, lock_timeout=5))
