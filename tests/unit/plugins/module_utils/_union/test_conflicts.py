# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Conflicts are narrowed to the fewest requirements, with all who have them; a table decides what resolves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import parse_requirement
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.model import (
    DeclaredRequirement,
    Location,
    ProjectRequirements,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.conflicts import (
    MAX_CONFLICTS,
    Attempt,
    fewest,
    find_conflicts,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


class Table:
    """A resolver for which the sets of lines in ``impossible`` cannot be met; ``names`` begins what it says of it."""

    def __init__(self, *impossible: set[str], names: str = "") -> None:
        self.impossible = impossible
        self.names = names
        self.asked: list[frozenset[str]] = []

    def resolve(self, declared: Sequence[DeclaredRequirement]) -> Attempt:
        return self.attempt(declared)

    def attempt(self, declared: Sequence[DeclaredRequirement]) -> Attempt:
        lines = frozenset(one.line for one in declared)
        self.asked.append(lines)
        failed = [one for one in self.impossible if one <= lines]
        if failed:
            return Attempt(None, f"{self.names} {sorted(failed[0])}")
        return Attempt(frozenset(one.requirement.name for one in declared))


def project(name: str, *lines: str, limits: Sequence[str] = ()) -> ProjectRequirements:
    def declare(text: str, number: int, constraint: bool) -> DeclaredRequirement:
        requirement = parse_requirement(text, where="here")
        return DeclaredRequirement(requirement, Location(name, f"/{name}/requirements.txt", number), constraint)

    return ProjectRequirements(
        name,
        f"/{name}",
        requirements=tuple(declare(line, number, False) for number, line in enumerate(lines, start=1)),
        constraints=tuple(declare(line, number, True) for number, line in enumerate(limits, start=100)),
    )


def told(projects: Sequence[ProjectRequirements], resolver: Table) -> list[list[str]]:
    return [
        [f"{one.location.project}:{one.location.line} {one.line}" for one in conflict.requirements]
        for conflict in find_conflicts(projects, resolver)
    ]


def test_what_can_be_met_is_asked_for_once() -> None:
    resolver = Table()
    assert told([project("a", "x==1"), project("b", "y")], resolver) == []
    assert len(resolver.asked) == 1


def test_two_projects_that_demand_what_cannot_go_together() -> None:
    projects = [project("a", "k", "x==1", "l"), project("b", "m", "x==2"), project("c", "x")]
    assert told(projects, Table({"x==1", "x==2"})) == [["a:2 x==1", "b:2 x==2"]]


def test_everybody_who_demands_the_same_is_named_once() -> None:
    projects = [project("a", "x==1"), project("b", "x==1"), project("c", "x==2"), project("d", "y")]
    assert told(projects, Table({"x==1", "x==2"})) == [["a:1 x==1", "b:1 x==1", "c:1 x==2"]]


def test_every_pair_of_three_that_differ() -> None:
    projects = [project("a", "x==1"), project("b", "x==2"), project("c", "x==3")]
    resolver = Table({"x==1", "x==2"}, {"x==1", "x==3"}, {"x==2", "x==3"})
    assert told(projects, resolver) == [
        ["a:1 x==1", "b:1 x==2"],
        ["a:1 x==1", "c:1 x==3"],
        ["b:1 x==2", "c:1 x==3"],
    ]


def test_a_project_that_fails_alone_hides_no_other_conflict() -> None:
    projects = [project("a", "gone", "x==1"), project("b", "x==2")]
    assert told(projects, Table({"gone"}, {"x==1", "x==2"})) == [["a:1 gone"], ["a:2 x==1", "b:1 x==2"]]


def test_demands_that_only_three_projects_have_together() -> None:
    projects = [project("a", "x", "p"), project("b", "y", "q"), project("c", "z")]
    assert told(projects, Table({"x", "y", "z"})) == [["a:1 x", "b:1 y", "c:1 z"]]


def test_a_constraint_is_part_of_a_conflict() -> None:
    projects = [project("a", "x", limits=["x<1"]), project("b", "x==2")]
    assert told(projects, Table({"x<1", "x==2"})) == [["a:100 x<1", "b:1 x==2"]]


def test_the_packages_that_the_resolver_names_are_tried_first() -> None:
    many = [f"p{number}" for number in range(64)]
    projects = [project("a", *many, "foo-bar==1"), project("b", *many, "baz.qux>2")]
    resolver = Table({"foo-bar==1", "baz-qux>2"}, names="Because foo-bar==1 and baz-qux>2")
    assert told(projects, resolver) == [["a:65 foo-bar==1", "b:65 baz-qux>2"]]
    assert len(resolver.asked) < 15


def test_a_resolver_that_names_the_wrong_packages_is_not_believed() -> None:
    projects = [project("a", "x==1", "y"), project("b", "x==2")]
    assert told(projects, Table({"x==1", "x==2"}, names="y is to blame")) == [["a:1 x==1", "b:1 x==2"]]


def test_there_is_an_end() -> None:
    count = MAX_CONFLICTS + 5
    projects = [project(f"p{number}", "x" + "==" + str(number)) for number in range(count)]
    pairs = [{f"x=={one}", f"x=={other}"} for one in range(count) for other in range(one)]
    assert len(told(projects, Table(*pairs))) == MAX_CONFLICTS


@pytest.mark.parametrize("culprits", [{0}, {99}, {0, 99}, {3, 4}, {10, 50, 90}, set(range(0, 100, 9))])
def test_culprits_among_many_are_found_in_few_questions(culprits: set[int]) -> None:
    questions = []

    def fails(part: Sequence[int]) -> bool:
        questions.append(part)
        return culprits <= set(part)

    assert set(fewest(range(100), fails)) == culprits
    assert len(questions) < 20 * len(culprits)


def test_nothing_has_no_culprits() -> None:
    assert fewest([], lambda part: True) == []
