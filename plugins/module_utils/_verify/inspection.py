# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Goes through the checks for each project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, TypeVar

from .._errors import VenvError
from .checks import CHECKS
from .facts import ProjectFacts, SeenVenvs
from .model import CheckResult, Finding, NotInspectedError, ProjectReport

if TYPE_CHECKING:
    from .._projects.entry import Project
    from .programs import VenvPrograms

_Fact = TypeVar("_Fact")


class Inspector:
    """Inspects projects. What is the same for those that share a venv is found out once."""

    def __init__(self, programs: VenvPrograms) -> None:
        self._programs = programs
        self._seen = SeenVenvs()

    def inspect(self, project: Project, *, expected: str | None) -> ProjectReport:
        """The result of every check, in their order; ``expected`` is the path to which the link shall lead, if any."""
        facts = ProjectFacts(project, expected=expected, programs=self._programs, seen=self._seen)
        return ProjectReport(
            project,
            link=_known(lambda: facts.link) or project.link,
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
        except NotInspectedError as reason:
            failed = next((one.check for one in results if one.ok is False), "an earlier check")
            finding = Finding(None, str(reason) or f"not inspected, see {failed}")
        results.append(CheckResult(check.__name__, finding.ok, finding.found, finding.remedy))
    return results


def _known(fact: Callable[[], _Fact]) -> _Fact | None:
    try:
        return fact()
    except (NotInspectedError, VenvError):
        return None
