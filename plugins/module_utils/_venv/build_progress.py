# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""How far a build is: it tells its phases to a reporter, which writes the progress file of the venv in the store."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from .._background import in_background
from .._progress import ProgressFile

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType

    from .request import VenvRequest

#: Seconds between two looks at what a program has done until now.
_LOOK_SECONDS = 0.5


class Phase(NamedTuple):
    """A part of a build; ``weight`` is its usual share of the time."""

    step: str
    weight: int


COLLECTIONS = Phase("Fetch the collections", 30)
ROLES = Phase("Fetch the roles", 10)
RESOLVE = Phase("Resolve the packages", 10)
PACKAGES = Phase("Fetch and install the packages", 35)
COPY = Phase("Copy the collections and roles", 5)
AUDIT = Phase("Check the files", 5)
COMPILE = Phase("Compile", 12)
SEAL = Phase("Complete the venv", 3)


class Reporter:
    """Is told how far a build is. This one does nothing with it."""

    def begin(self, phase: Phase) -> None:
        """A phase begins; those before it are over."""

    def count(self, done: float, total: int) -> None:
        """How much of the phase is done."""

    @contextmanager
    def watching(self, look: Callable[[], tuple[float, int]]) -> Iterator[None]:
        """While a program runs, which says nothing, ``look`` finds out how much is done, and of how much."""
        yield


SILENT = Reporter()


class BuildProgress(Reporter):
    """Writes the file at ``path``, and tells ``show`` the same. ``phases`` are those that will come, in their order.

    A file that cannot be written is no failure of the build. As a context manager it writes the last state, too.
    """

    def __init__(
        self,
        path: str,
        phases: Sequence[Phase],
        *,
        ident: str | None = None,
        show: Callable[[Mapping[str, object]], None] | None = None,
    ) -> None:
        self._file = ProgressFile(path, ident=ident)
        self._phases = tuple(phases)
        self._phase = self._phases[0]
        self._show = show

    def begin(self, phase: Phase) -> None:
        if phase in self._phases:
            self._phase = phase
            self.count(0, 0)

    def count(self, done: float, total: int) -> None:
        before = sum(one.weight for one in self._phases[: self._phases.index(self._phase)])
        share = min(1.0, done / total) if total > 0 else 0.0
        reached = before + self._phase.weight * share
        percent = 100 * reached / sum(one.weight for one in self._phases)
        self._write(lambda: self._file.update(self._phase.step, int(done), total, percent=percent))

    @contextmanager
    def watching(self, look: Callable[[], tuple[float, int]]) -> Iterator[None]:
        def watch(ended: threading.Event) -> None:
            while not ended.wait(_LOOK_SECONDS):
                with suppress(OSError):  # what is looked at changes meanwhile
                    self.count(*look())

        with in_background(watch):
            yield

    def __enter__(self) -> BuildProgress:
        self.begin(self._phase)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write(lambda: self._file.__exit__(kind, error, trace))

    def _write(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError:
            self._file.path = None
        if self._show is not None:
            self._show(self._file.progress)


def phases_of(request: VenvRequest) -> list[Phase]:
    """The phases of a build for ``request``."""
    has_collections = request.collections_source is not None
    has_packages = bool(request.packages or request.optional_packages or request.ansible_core or has_collections)
    fetched = [
        *([COLLECTIONS] if has_collections else []),
        *([ROLES] if request.roles else []),
        *([RESOLVE, PACKAGES] if has_packages else []),
    ]
    return [*fetched, *([COPY] if has_collections or request.roles else []), AUDIT, COMPILE, SEAL]
