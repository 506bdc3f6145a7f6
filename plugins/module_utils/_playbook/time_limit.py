# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""One time limit over all steps of a run: whatever a step does when time is over, it is interrupted."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .outcome import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHORTEST = 0.001


class TimeLimit:
    """So many seconds from now on; 0 is no limit."""

    def __init__(self, seconds: int = 0) -> None:
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """The seconds that are left, never 0 while there is a limit; 0 is no limit."""
        return max(_SHORTEST, self._deadline - time.monotonic()) if self._seconds else 0

    @contextmanager
    def holds(self, doing: str) -> Iterator[None]:
        """Raise :class:`RunError` from whatever is done inside when time is over. Main thread only: it takes a signal.

        No check in a loop could be forgotten, or talked into waiting for the next turn.
        """
        before = signal.signal(signal.SIGALRM, lambda number, frame: self._raise(doing))
        signal.setitimer(signal.ITIMER_REAL, self.left)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def _raise(self, doing: str) -> None:
        raise RunError(f"{doing} was stopped: the timeout of {self._seconds} s for the whole run is over")


NO_TIME_LIMIT = TimeLimit()
