# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The directory of the gate's user with all runs: one directory for each key, in it one for each run.

A run is looked up in the directory of the key alone, so that a key cannot reach the runs of others.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Any

from ...module_utils._progress import new_ident
from ...module_utils._store.json import read_json
from ...module_utils._store.locks import locked
from ...module_utils._store.tree import disk_bytes, remove_tree
from ...module_utils._store.trust import make_own_directories, make_trusted
from .answers import GateError
from .disk_space import release
from .grammar import is_ident
from .run_state import REQUEST, GateRequest, GateState, new_state, read_request, read_state, write_state

_MODE = 0o700
_LOCK_SECONDS = 20
#: The directory of torrent runs beside those of keys: no key has a name that begins with a dot.
_TORRENTS = ".torrent"
_OUTER_REPORT = "outer_report.json"
_LOCK, _CANCELLED = ".lock", ".cancelled"
#: What a project would need, as it is shown, and the whole result of the analysis.
ANALYSIS, NEEDS = "analysis.json", "needs.json"


@dataclass(frozen=True)
class GateRun:
    """A run, by its directory."""

    ident: str
    directory: str

    def path(self, *names: str) -> str:
        """Something in the directory."""
        return os.path.join(self.directory, *names)

    @property
    def project(self) -> str:
        return self.path("project")

    @property
    def results(self) -> str:
        return self.path("results")

    @property
    def reports(self) -> str:
        """The directory of the reports that the role writes, one for each host."""
        return self.path("reports")

    @property
    def progress(self) -> str:
        return self.path("progress")

    @property
    def log(self) -> str:
        return self.path("log")

    @property
    def reserve(self) -> str:
        """The file with the space that is kept for the last state."""
        return self.path(".reserve")

    def request(self) -> GateRequest:
        """Raises :class:`GateError` where it cannot be read."""
        try:
            return read_request(self.directory)
        except (OSError, ValueError) as error:
            raise self._damaged() from error

    def state(self) -> GateState:
        """As it is now; raises :class:`GateError` where it cannot be read."""
        try:
            return read_state(self.directory)
        except (OSError, ValueError) as error:
            raise self._damaged() from error

    @property
    def is_cancelled(self) -> bool:
        """Whether the phone wants it to end."""
        return os.path.lexists(self.path(_CANCELLED))

    def mark_cancelled(self) -> None:
        """Record that the phone wants it to end; raises OSError."""
        with open(self.path(_CANCELLED), "wb"):
            pass

    def end(self, state: str, *, error: str | None = None) -> None:
        """Write its last state, on a full disk in the space that was kept for it; raises OSError.

        Callers hold :meth:`locked`, and know that it has no last state yet.
        """
        release(self.reserve)
        write_state(self.directory, new_state(state, error=error, size=disk_bytes(self.directory)))

    def analysis(self) -> dict[str, Any] | None:
        """What was found to be needed, as the process of the run wrote it; None where it has not."""
        return self._read(ANALYSIS)

    @property
    def outer_report(self) -> str:
        """The report of the playbook that starts the one that was sent, or of that of a torrent."""
        return self.path(_OUTER_REPORT)

    def outer_failures(self) -> list[Any]:
        """The tasks of that playbook that failed, with their messages, which only its report has."""
        report = self._read(_OUTER_REPORT) or {}
        failures = report.get("failures")
        items = failures.get("items") if isinstance(failures, dict) else None
        return items if isinstance(items, list) else []

    def needs(self) -> dict[str, Any]:
        """The whole result of the analysis; nothing where there is none."""
        return self._read(NEEDS) or {}

    def _read(self, name: str) -> dict[str, Any] | None:
        with suppress(OSError, ValueError):
            found: dict[str, Any] = read_json(self.path(name), dict)
            return found
        return None

    def locked(self) -> AbstractContextManager[int]:
        """Keep others from changing what this run does."""
        return locked(self.path(_LOCK), timeout=_LOCK_SECONDS, purpose="change the run")

    def _damaged(self) -> GateError:
        return GateError(f"the record of the run {self.ident} cannot be read: cancel it and start it again", code="run")


@dataclass(frozen=True)
class Spool:
    """The runs of the key ``key`` in the directory ``path``."""

    path: str
    key: str

    @property
    def directory(self) -> str:
        return os.path.join(self.path, self.key)

    @property
    def torrents(self) -> str:
        """Where torrent runs of all keys are recorded, so that their budget is one."""
        return os.path.join(self.path, _TORRENTS)

    def open(self) -> None:
        """Make what is missing; raises :class:`StoreError` where others could change it."""
        make_trusted(self.path, mode=_MODE)
        make_own_directories(self.path, {self.key: _MODE})

    def locked(self) -> AbstractContextManager[int]:
        """Keep other connections of this key from starting runs at the same time."""
        return locked(os.path.join(self.directory, _LOCK), timeout=_LOCK_SECONDS, purpose="start a run")

    def new(self) -> GateRun:
        """Make the directory of a new run."""
        run = self._run(new_ident())
        make_own_directories(self.directory, {run.ident: _MODE})
        return run

    def run(self, ident: str) -> GateRun:
        """Raises :class:`GateError` where this key has no such run."""
        run = self._run(ident)
        if not is_ident(ident) or not os.path.lexists(run.path(REQUEST)):
            raise GateError(f"there is no run {ident}; `list` shows those that are kept", code="no_run")
        return run

    def runs(self) -> list[GateRun]:
        """All that are recorded, the newest first."""
        return [run for run, _when in self._dated()]

    def unrecorded(self, *, before: float = math.inf) -> Iterator[GateRun]:
        """Uploads under way, and what a connection left that was ended before its run was recorded.

        Nothing that began after ``before``.
        """
        for name in self._names():
            run = self._run(name)
            with suppress(FileNotFoundError):
                if not os.path.lexists(run.path(REQUEST)) and os.lstat(run.directory).st_mtime < before:
                    yield run

    def remove_all(self) -> None:
        """Remove all that the key has."""
        remove_tree(self.directory)

    def remove(self, run: GateRun) -> None:
        """Remove a run with all that it has."""
        remove_tree(run.directory)

    def _dated(self) -> list[tuple[GateRun, int]]:
        found = []
        for name in self._names():
            run = self._run(name)
            with suppress(OSError):
                found.append((run, os.lstat(run.path(REQUEST)).st_mtime_ns))
        return sorted(found, key=lambda one: -one[1])

    def _names(self) -> list[str]:
        try:
            return [name for name in os.listdir(self.directory) if is_ident(name)]
        except (FileNotFoundError, NotADirectoryError):  # a run can put anything beside the directories of keys
            return []

    def _run(self, ident: str) -> GateRun:
        return GateRun(ident, os.path.join(self.directory, ident))
