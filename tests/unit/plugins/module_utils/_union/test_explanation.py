# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The error of a resolution that failed names who requires what; others stay as they are, and nothing is resolved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import parse_requirement
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.model import (
    DeclaredRequirement,
    Location,
    ProjectRequirements,
    PythonRequirement,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.conflicts import Attempt, RequirementResolver
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.explanation import (
    explained,
    of_task,
    python_error,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def project(name: str, *lines: str, hashes: tuple[str, ...] = ()) -> ProjectRequirements:
    declared = tuple(
        DeclaredRequirement(
            parse_requirement(line, where=name), Location(name, f"/{name}/r.txt", number), False, hashes
        )
        for number, line in enumerate(lines, start=1)
    )
    return ProjectRequirements(name, f"/{name}", requirements=declared)


class Pins:
    """A resolver for which two different pins of a package conflict."""

    def resolve(self, declared: Sequence[DeclaredRequirement]) -> Attempt:
        return self.attempt(declared)

    def attempt(self, declared: Sequence[DeclaredRequirement]) -> Attempt:
        lines = {one.line for one in declared if one.requirement.versions}
        names = [line.partition("==")[0] for line in lines]
        return Attempt(None, "because") if len(names) > len(set(names)) else Attempt(frozenset(names))


def unused() -> RequirementResolver:
    raise AssertionError("nothing is to be resolved")


def unsatisfiable() -> ResolutionError:
    return ResolutionError("They cannot be resolved", unsatisfiable=True)


def test_conflicts_take_the_place_of_the_resolvers_words() -> None:
    error = explained(unsatisfiable(), [project("a", "x", "six==1"), project("b", "six==2")], Pins)
    assert error.message == (
        "The projects cannot share a venv: a requires six==1 (/a/r.txt, line 2); b requires six==2 (/b/r.txt, line 1); "
        "these requirements conflict: because"
    )
    (conflict,) = error.details()["conflicts"]
    assert [(one["project"], one["line"]) for one in conflict["requirements"]] == [("a", 2), ("b", 1)]


def test_what_the_task_asks_for_is_named_where_no_file_does() -> None:
    sources = [project("a", "six==1")]
    task = of_task(["six==1", "six==2"], sources)
    assert [one.line for one in task.requirements] == ["six==2"]
    assert "the task requires six==2 (its options)" in explained(unsatisfiable(), [*sources, task], Pins).message


@pytest.mark.parametrize("hashes", [("ab" * 32,), ()])
def test_a_package_that_cannot_be_taken_is_named_with_the_lines_that_require_it(hashes: tuple[str, ...]) -> None:
    """The lines that give hashes, where there are any."""
    error = ResolutionError("six==1: no wheel", package="six")
    sources = [project("a", "x", "six==1", hashes=hashes), project("b", "six")]
    message = explained(error, sources, unused).message
    others = "" if hashes else "; b requires six (/b/r.txt, line 1)"
    assert message == f"six==1: no wheel. a requires six==1 (/a/r.txt, line 2){others}"


@pytest.mark.parametrize(
    "error", [ResolutionError("no network", unsatisfiable=False), ResolutionError("dep: no wheel", package="dep")]
)
def test_what_no_requirement_explains_stays_as_it_is(error: ResolutionError) -> None:
    assert explained(error, [project("a", "six==1")], unused) is error


@pytest.mark.parametrize(
    ("versions", "reason"), [("<3.9", "no Python meets all of these"), (">=3.13", "Python 3.12.4 does not meet this")]
)
def test_a_python_that_does_not_suit_is_explained(versions: str, reason: str) -> None:
    error = python_error([PythonRequirement(versions, Location("a", "/a/pyproject.toml", 3))], "3.12.4")
    assert error.message.endswith(f"a requires Python {versions} (/a/pyproject.toml, line 3): {reason}")
