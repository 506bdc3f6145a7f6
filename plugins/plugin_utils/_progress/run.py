# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""One run of ``ansible-playbook``: who is told of its progress, and that its last state is told however it ends."""

from __future__ import annotations

import atexit
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...module_utils._progress import FAILED, STOPPED, ProgressFile
from .display import Display, Lock
from .estimate import Estimate
from .run_files import RunFiles

if TYPE_CHECKING:
    from .._run_report.recorded import RecordedRun

#: Ctrl-C, a request to end, and a terminal or connection that was closed.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Run:
    """Hands each event to the files and to the display. A file that cannot be written is one warning, not a failure.

    Ansible sends events from two threads, one at a time; a signal may come between. ``lock`` keeps off the thread that
    hears tasks which run.
    """

    def __init__(
        self,
        *,
        directory: str,
        display: Display | None,
        warn: Callable[[str], None],
        lock: Lock | None = None,
        report: RecordedRun | None = None,
    ) -> None:
        self.estimate = Estimate()
        self.counts: Counter[str] = Counter()
        self.step = ""
        self.has_ended = False
        #: Called when the run is over.
        self.at_end: Callable[[], None] | None = None
        self.report = report
        self._waits = False
        self._is_interrupted = False
        self._end: tuple[str, Mapping[str, Any]] = FAILED, {}
        self._warn: Callable[[str], None] | None = warn
        self._display = display
        self._directory = directory
        self._status = ProgressFile(None, interval=0)
        self._files = self._open(directory) if directory else None
        self._lock = lock or threading.RLock()
        self._pid = os.getpid()
        self._handlers: dict[int, Any] = {number: self._handle(number) for number in _SIGNALS}
        atexit.register(self._at_exit)

    def tell(
        self,
        kind: str,
        *,
        eta: int | None = None,
        detail: str = "",
        measures: Mapping[str, int] | None = None,
        more_follows: bool = False,
        **details: Any,
    ) -> None:
        """An event, after it was counted; ``detail`` and ``measures`` are what the current step says of itself.

        ``more_follows``: the next event comes at once, and the status can wait for it.
        """
        with self._lock:
            if self.has_ended:
                return
            self._end = FAILED, {}
            self._waits = more_follows
            if self.report:
                self.report.event(kind, {**details, **(measures or {})})
            try:
                self._update(detail=detail, eta=eta, measures=measures)
                if self._files:
                    more: dict[str, Any] = {**({"detail": detail} if detail else {}), **(measures or {})}
                    self._files.event(kind, more_follows=more_follows, **details, **more)
            except OSError as error:
                self._complain(error)
            if self._display:
                self._display.show(self._status.progress)

    def catch_up(self) -> None:
        """Write what waited for another event: something else comes first."""
        if not self._waits:
            return
        with self._lock:
            self._waits = False
            try:
                if self._files and not self.has_ended:
                    self._update()
                    self._files.flush()
            except OSError as error:
                self._complain(error)

    def _update(self, *, detail: str = "", eta: int | None = None, measures: Mapping[str, int] | None = None) -> None:
        estimate = self.estimate
        self._status.update(
            f"{self.step}: {detail}" if detail else self.step,
            estimate.done,
            estimate.total,
            percent=estimate.percent,
            eta=eta,
            more_follows=self._waits,
            counts=dict(self.counts),
            **(measures or {}),
        )

    def pause(self) -> None:
        """Somebody is asked something on the terminal."""
        if self._display:
            self._display.pause()

    def end_unless_more(self, state: str, **details: Any) -> None:
        """The run is over, unless it tells of something else before the program ends."""
        self._end = state, details

    def end(self, state: str, **details: Any) -> None:
        """The run is over; only the first call counts."""
        with self._lock:
            if self.has_ended:
                return
            self.has_ended = True
            if self.at_end:
                self.at_end()
            if self._display:
                self._display.close()
            try:
                if self._files:
                    self._files.finish(state, **details)
            except OSError as error:
                self._complain(error)
            if self.report:
                self.report.end(state, details, self._status.progress)
        atexit.unregister(self._at_exit)

    def _open(self, directory: str) -> RunFiles | None:
        try:
            return RunFiles(directory, self._status)
        except OSError as error:
            self._complain(error)
            return None

    def _complain(self, error: OSError) -> None:
        warn, self._warn = self._warn, None
        if warn is None:
            return
        reason = error.strerror or "it cannot be written"
        if isinstance(error, BlockingIOError):
            reason = "another run writes its progress there"
        warn(
            f"progress: the files in {self._directory} are not written: {reason}. The run goes on without them; "
            "to have them, choose another directory (MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY)"
        )

    def _handle(self, number: int) -> Any:
        """Have the signal noted on its way to what it does otherwise, which is returned."""
        previous = signal.getsignal(number)
        if (callable(previous) or previous == signal.SIG_DFL) and threading.current_thread() is threading.main_thread():
            signal.signal(number, self._on_signal)
        return previous

    def _on_signal(self, number: int, frame: Any) -> None:
        if os.getpid() == self._pid:
            self._is_interrupted = True
            if number != signal.SIGINT:  # after which nothing more is run here
                self.end(STOPPED)
        if callable(self._handlers[number]):
            self._handlers[number](number, frame)
        else:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    def _at_exit(self) -> None:
        """Ansible tells callbacks about the end of a run that comes to it, and not about an error that stops it."""
        if os.getpid() == self._pid:
            state, details = self._end
            self.end(STOPPED if self._is_interrupted else state, **details)
