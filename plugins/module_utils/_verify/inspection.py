# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Goes through the checks for each project."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Callable, TypeVar

from .._errors import VenvError
from .checks import CHECKS
from .facts import ProjectFacts, SeenVenvs
from .model import CheckResult, Finding, NotInspectedError, ProjectReport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._projects.entry import Project
    from .programs import VenvPrograms

_Fact = TypeVar("_Fact")


def inspect_projects(
    projects: Sequence[Project], *, expected: Mapping[str, str], programs: VenvPrograms
) -> list[ProjectReport]:
    """The result of every check, in their order, for each project.

    ``expected`` is the path to which the link of each shall lead, by the project's path; any will do for one that is
    not in it. What is the same for projects that share a venv is found out once.
    """
    seen = SeenVenvs()
    all_facts = [
        ProjectFacts(project, expected=expected.get(project.path), programs=programs, seen=seen) for project in projects
    ]
    _import_together(all_facts, programs)
    return [_report(facts) for facts in all_facts]


def _import_together(all_facts: list[ProjectFacts], programs: VenvPrograms) -> None:
    """Import the modules of all projects that share a venv in one process, which costs less than one for each."""
    wanted: dict[str, list[str]] = {}
    for facts in all_facts:
        with suppress(NotInspectedError, PermissionError, VenvError):
            wanted.setdefault(facts.venv, []).extend(facts.modules)
    for venv, modules in wanted.items():
        programs.import_modules(venv, dict.fromkeys(modules))


def _report(facts: ProjectFacts) -> ProjectReport:
    return ProjectReport(
        facts.project,
        link=_known(lambda: facts.link) or facts.project.link,
        results=tuple(_results(facts)),
        src=_known(lambda: facts.occupant.text),
        target=_known(lambda: facts.venv),
        digest=_known(lambda: facts.digest),
        python=_known(lambda: facts.python),
        packages=_known(lambda: {name: one.version for name, one in facts.installed.distributions.items()}) or {},
    )


def _results(facts: ProjectFacts) -> list[CheckResult]:
    """A result for every check; one that could not be made says which check says why."""
    results: list[CheckResult] = []
    for check in CHECKS:
        try:
            finding = check(facts)
        except PermissionError as error:
            remedy = "change its permissions, or run the task as its owner"
            finding = Finding(False, f"{error.filename} cannot be read: {error.strerror}", remedy)
            said = next((one.check for one in results if one.found == finding.found), None)
            finding = finding if said is None else Finding(None, f"not inspected, see {said}")
        except NotInspectedError as reason:
            failed = next((one.check for one in results if one.ok is False), "an earlier check")
            finding = Finding(None, str(reason) or f"not inspected, see {failed}")
        results.append(CheckResult(check.__name__, finding.ok, finding.found, finding.remedy))
    return results


def _known(fact: Callable[[], _Fact]) -> _Fact | None:
    try:
        return fact()
    except (NotInspectedError, PermissionError, VenvError):
        return None
