# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Try projects in the venv that they link to, and give the own venv back to those that do not work in it.

The name of a project's backup is all that is recorded, and whether there is one can be seen, so that a run that was
killed at any point is continued, or undone, by the next.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .._errors import CommandError
from .._link.backup import RestoreError, find_backup
from .._link.isolated import IsolatedVenv
from .._link.link_path import (
    LinkPath,
    find_link_path,
    find_occupant,
)
from .._link.paths import follow
from .._link.project_link import ProjectLink
from .._projects.model import NO_REQUIREMENTS
from .._python.startable import check_startable
from .._uv.package_index import PackageIndex

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._projects.entry import Project
    from .._runner import Runner
    from .._store.store import Store

_LAST_LINES = 15
_THROUGH = "it links through"


@dataclass(frozen=True)
class Candidate:
    """A project: where its link is, and the command that tests it, None for none."""

    path: str
    place: LinkPath
    test: tuple[str, ...] | None


@dataclass(frozen=True)
class MigrationResult:
    """What came of a project.

    ``passed`` is None where nothing was run. ``restored`` is the backup that was put back, or in check mode would be;
    ``reason`` says why, or why it could not be.
    """

    candidate: Candidate
    passed: bool | None = None
    output: str = ""
    restored: str | None = None
    reason: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The form in which users get it."""
        return {
            "path": self.candidate.path,
            "name": self.candidate.place.name,
            "passed": self.passed,
            "output": self.output,
            "restored": self.restored,
            "reason": self.reason,
        }


def find_candidates(projects: Sequence[Project]) -> list[Candidate]:
    """The projects with the places of their links; raises :class:`InputError` for the first that has none."""
    return [Candidate(one.path, find_link_path(one.path, one.link_name), one.test) for one in projects]


class Trials:
    """Tests and gives back. ``environment`` is what a test sees, before its venv is put in front."""

    def __init__(
        self, *, store: Store, runner: Runner, environment: Mapping[str, str], timeout: float, lock_timeout: float
    ) -> None:
        self._store = store
        self._runner = runner
        self._environment = {name: value for name, value in environment.items() if not name.startswith("PYTHON")}
        self._timeout = timeout
        self._lock_timeout = lock_timeout

    def run(self, candidates: Sequence[Candidate]) -> list[MigrationResult]:
        """Test each that links; those that fail get their own venv back, and so do those that link through them."""
        for one in candidates:
            self._check(one)
        for one in candidates:
            self._link(one.place).clear_up(lock_timeout=self._lock_timeout)
        results = [self._test(candidate) for candidate in candidates]
        gone = {
            one.candidate.place.path
            for one in results
            if one.passed is False and self._give_back(one, really=False).restored is not None
        }
        # Before anything is put back: afterwards their links lead elsewhere.
        through = {one.path: _leads_through(one.place, gone) for one in candidates}
        return [self._judge(result, through[result.candidate.path]) for result in results]

    def undo(self, candidates: Sequence[Candidate], *, really: bool) -> list[MigrationResult]:
        """Give every project its own venv back, if a backup is there; unless ``really`` only tell.

        Raises :class:`RestoreError`, before anything is changed, where something else has the name of the backup.
        """
        for one in candidates:
            if find_occupant(one.place.path).kind != "directory":
                find_backup(one.place.path)
        for one in candidates if really else ():
            self._link(one.place).clear_up(lock_timeout=self._lock_timeout)
        return [self._give_back(MigrationResult(one, reason="asked for"), really=really) for one in candidates]

    def _check(self, candidate: Candidate) -> None:
        """Raise :class:`StoreError` for a venv in which others could plant what a test starts, before one runs."""
        link = candidate.place.path
        if candidate.test is not None and find_occupant(link).kind == "link" and os.path.isdir(link):
            check_startable(os.path.realpath(link))

    def _test(self, candidate: Candidate) -> MigrationResult:
        place = candidate.place
        if candidate.test is None or find_occupant(place.path).kind != "link":
            return MigrationResult(candidate)
        programs = os.path.join(place.path, "bin")
        search = f"{programs}{os.pathsep}{self._environment.get('PATH', os.defpath)}"
        environment = {**self._environment, "PATH": search, "VIRTUAL_ENV": place.path}
        try:
            done = self._runner.run(candidate.test, env=environment, cwd=place.project, timeout=self._timeout)
        except CommandError as error:
            return MigrationResult(candidate, passed=False, output=error.message)
        lines = f"{done.stdout}\n{done.stderr}".strip().splitlines()
        return MigrationResult(candidate, passed=done.returncode == 0, output="\n".join(lines[-_LAST_LINES:]))

    def _judge(self, result: MigrationResult, through: str | None) -> MigrationResult:
        if result.passed is False:
            return self._give_back(replace(result, reason="its tests failed"), really=True)
        if through is not None:
            reason = f"{_THROUGH} {through}, whose tests failed"
            return self._give_back(replace(result, reason=reason), really=True)
        return result

    def _give_back(self, result: MigrationResult, *, really: bool) -> MigrationResult:
        place = result.candidate.place
        kind = find_occupant(place.path).kind
        if kind == "directory":
            return replace(result, reason="it has its own venv")
        if kind == "file":
            return replace(result, reason=f"{result.reason}, but {place.path} is a file now")
        try:
            backup = find_backup(place.path)
        except RestoreError as error:
            return replace(result, reason=f"{result.reason}, but {error.message}")
        if backup is None:
            return replace(result, reason=f"{result.reason}, but there is no backup beside {place.path}")
        if really:
            self._link(place).restore(lock_timeout=self._lock_timeout)
        return replace(result, restored=backup)

    def _link(self, place: LinkPath) -> ProjectLink:
        isolated = IsolatedVenv(place, requirements=lambda: NO_REQUIREMENTS, runner=self._runner, index=PackageIndex())
        return ProjectLink(place, store=self._store, isolated=isolated, runner=self._runner)


def _leads_through(place: LinkPath, others: set[str]) -> str | None:
    """The first of ``others`` that the link leads through, unless it is the link itself."""
    return next((path for path in follow(place.path).visited if path in others and path != place.path), None)


def lines(results: Sequence[MigrationResult]) -> list[str]:
    """What happened, for people: a line for each project that has its own venv again, or should have."""
    told = []
    for one in results:
        path = one.candidate.place.path
        if one.restored is not None:
            told.append(f"{path} is the project's own venv again: {one.reason}")
        elif one.passed is False or (one.reason or "").startswith(_THROUGH):
            told.append(f"{path} stays a link: {one.reason}")
        if one.passed is False:
            told += [f"  {line}" for line in one.output.splitlines()]
    return told
