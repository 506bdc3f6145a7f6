# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Test projects in the venv that they link to, and restore the own venv of those whose tests fail.

The name of a project's backup is all that is recorded, and whether there is one can be seen, so that a run that was
killed at any point is continued, or undone, by the next.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .._errors import CommandError
from .._link.backup import RestoreError, find_backup
from .._link.link_path import (
    LinkPath,
    find_link_paths,
    find_occupant,
)
from .._link.project_link import ProjectLink
from .._link.target import TargetInspector
from .._python.startable import check_startable
from .._store.trust import why_not_writable
from .._store.walk import follow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._projects.entry import Project
    from .._runner import Runner
    from .._store.store import Store

_LAST_LINES = 15
_THROUGH = "it links through"


@dataclass(frozen=True)
class MigrationCandidate:
    """A project: where its link is, and the command that tests it, None for none."""

    path: str
    location: LinkPath
    test: tuple[str, ...] | None


@dataclass(frozen=True)
class MigrationResult:
    """What came of a project.

    ``passed`` is None where nothing was run. ``restored`` is the backup that was put back, or in check mode would be;
    ``reason`` says why, or why it could not be.
    """

    candidate: MigrationCandidate
    passed: bool | None = None
    output: str = ""
    restored: str | None = None
    reason: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The form in which users get it."""
        return {
            "path": self.candidate.path,
            "name": self.candidate.location.name,
            "passed": self.passed,
            "output": self.output,
            "restored": self.restored,
            "reason": self.reason,
        }


def find_candidates(projects: Sequence[Project]) -> list[MigrationCandidate]:
    """The projects with the paths of their links; raises :class:`InputError` for the first that has none."""
    locations = find_link_paths(projects)
    return [MigrationCandidate(one.path, location, one.test) for one, location in zip(projects, locations)]


class MigrationTests:
    """Tests and restores. ``environment`` is what a test sees, before its venv is put in front."""

    def __init__(
        self, *, store: Store, runner: Runner, environment: Mapping[str, str], timeout: float, lock_timeout: float
    ) -> None:
        self._store = store
        self._runner = runner
        self._environment = {name: value for name, value in environment.items() if not name.startswith("PYTHON")}
        self._timeout = timeout
        self._lock_timeout = lock_timeout
        self._links: dict[str, ProjectLink] = {}

    def run(self, candidates: Sequence[MigrationCandidate]) -> list[MigrationResult]:
        """Test each that links; the own venv of those that fail is restored, and of those that link through them."""
        for one in candidates:
            self._check(one)
        self._prepare(candidates)
        results = [self._test(candidate) for candidate in candidates]
        gone = {
            one.candidate.location.path
            for one in results
            if one.passed is False and self._restore(one, really=False).restored is not None
        }
        # Before anything is restored: afterwards their links lead elsewhere.
        through = {one.path: _leads_through(one.location, gone) for one in candidates}
        return [self._restore_if_failed(result, through[result.candidate.path]) for result in results]

    def undo(self, candidates: Sequence[MigrationCandidate], *, really: bool) -> list[MigrationResult]:
        """Restore every project's own venv, if a backup is there; unless ``really`` only tell.

        Raises :class:`RestoreError`, before anything is changed, where something else has the name of a backup, or
        one cannot be moved.
        """
        for one in candidates:
            backup = find_backup(one.location.path) if find_occupant(one.location.path).kind != "directory" else None
            reason = why_not_writable(one.location.project) if backup is not None else None
            if reason is not None:
                raise RestoreError(f"{backup} cannot be restored: {reason}; nothing was changed; run this as its owner")
        if really:
            self._prepare(candidates)
        return [self._restore(MigrationResult(one, reason="requested"), really=really) for one in candidates]

    def _prepare(self, candidates: Sequence[MigrationCandidate]) -> None:
        """Inspect the links as they are: where they led is not seen once those that they lead through are restored."""
        for one in candidates:
            link = ProjectLink(one.location, store=self._store, inspector=TargetInspector(self._runner))
            link.clear_up(lock_timeout=self._lock_timeout)
            link.inspect_absent()
            self._links[one.location.path] = link

    def _check(self, candidate: MigrationCandidate) -> None:
        """Raise :class:`StoreError` for a venv in which others could plant what a test starts, before one runs."""
        link = candidate.location.path
        if candidate.test is not None and find_occupant(link).kind == "link" and os.path.isdir(link):
            check_startable(os.path.realpath(link))

    def _test(self, candidate: MigrationCandidate) -> MigrationResult:
        location = candidate.location
        if candidate.test is None or find_occupant(location.path).kind != "link":
            return MigrationResult(candidate)
        programs = os.path.join(location.path, "bin")
        search = f"{programs}{os.pathsep}{self._environment.get('PATH', os.defpath)}"
        environment = {**self._environment, "PATH": search, "VIRTUAL_ENV": location.path}
        try:
            done = self._runner.run(candidate.test, env=environment, cwd=location.project, timeout=self._timeout)
        except CommandError as error:
            return MigrationResult(candidate, passed=False, output=error.message)
        lines = f"{done.stdout}\n{done.stderr}".strip().splitlines()
        return MigrationResult(candidate, passed=done.returncode == 0, output="\n".join(lines[-_LAST_LINES:]))

    def _restore_if_failed(self, result: MigrationResult, through: str | None) -> MigrationResult:
        if result.passed is False:
            return self._restore(replace(result, reason="its tests failed"), really=True)
        if through is not None:
            reason = f"{_THROUGH} {through}, whose tests failed"
            return self._restore(replace(result, reason=reason), really=True)
        return result

    def _restore(self, result: MigrationResult, *, really: bool) -> MigrationResult:
        location = result.candidate.location
        kind = find_occupant(location.path).kind
        if kind == "directory":
            return replace(result, reason="it has its own venv")
        if kind == "file":
            return replace(result, reason=f"{result.reason}, but {location.path} is a file now")
        try:
            backup = find_backup(location.path)
        except RestoreError as error:
            return replace(result, reason=f"{result.reason}, but {error.message}")
        if backup is None:
            return replace(result, reason=f"{result.reason}, but there is no backup beside {location.path}")
        if really:
            self._links[location.path].restore(lock_timeout=self._lock_timeout)
        return replace(result, restored=backup)


def _leads_through(location: LinkPath, others: set[str]) -> str | None:
    """The first of ``others`` that the link leads through, unless it is the link itself."""
    return next((path for path in follow(location.path).visited if path in others and path != location.path), None)


def lines(results: Sequence[MigrationResult]) -> list[str]:
    """What happened, for people: a line for each project that has its own venv again, or should have."""
    told = []
    for one in results:
        path = one.candidate.location.path
        if one.restored is not None:
            told.append(f"{path} is the project's own venv again: {one.reason}")
        elif one.passed is False or (one.reason or "").startswith(_THROUGH):
            told.append(f"{path} is still a link: {one.reason}")
        if one.passed is False:
            told += [f"  {line}" for line in one.output.splitlines()]
    return told
