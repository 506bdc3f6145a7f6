# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What people see of a run's progress: one line at the end of a terminal's output, or a line for each new step."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any, Protocol

_WIDTH = 20
_MIB = 1 << 20
_DEFAULT_COLUMNS = 80
#: To the start of the line, and clear it; in a line that is too long for the terminal, show its beginning only.
_CLEAR = "\r\x1b[K"
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"


#: One that its thread can take again.
Lock = AbstractContextManager[bool]


class Display(Protocol):
    """How people are told."""

    def show(self, progress: Mapping[str, Any]) -> None: ...

    def pause(self) -> None:
        """Somebody else uses the line, until the next :meth:`show`."""

    def close(self) -> None: ...


def choose(option: str, ansible_display: Any, *, asks: bool, lock: Lock | None = None) -> Display | None:
    """The display that the callback's ``option`` selects; ``asks``: Ansible itself asks before each task."""
    if option == "never":
        return None
    # Where only standard error is a terminal, what a pipe writes to the same one would go through the bar.
    is_terminal = os.isatty(1) and os.environ.get("TERM", "dumb") != "dumb"
    if option == "auto" and is_terminal and not asks:
        return Bar(2 if os.isatty(2) else 1, ansible_display, lock)
    return Lines()


class Lines:
    """A line on standard error for each new step."""

    def __init__(self) -> None:
        self._step = ""

    def show(self, progress: Mapping[str, Any]) -> None:
        if progress["step"] != self._step:
            self._step = progress["step"]
            with suppress(OSError):
                os.write(2, f"progress: {text(progress)}\n".encode())

    def pause(self) -> None:
        pass

    def close(self) -> None:
        pass


class Bar:
    """The last line of a terminal. Ansible's own lines are printed through its display: they are let through above it.

    The cursor stays at the start of the bar, so that what does not use the display overwrites it. ``lock`` is that of
    who shows progress.
    """

    def __init__(self, stream: int, ansible_display: Any = None, lock: Lock | None = None) -> None:
        self._stream = stream
        self._display = ansible_display
        self._pid = os.getpid()
        self._lock = lock or threading.RLock()
        self._line = ""
        if ansible_display is not None:
            self._original = ansible_display.display
            ansible_display.display = self._let_through

    def show(self, progress: Mapping[str, Any]) -> None:
        with self._lock:
            line = f"{drawn(progress['percent'])} {text(progress)}"[: self._columns()]
            if line != self._line:
                self._line = line
                self._draw()

    def pause(self) -> None:
        with self._lock:
            if self._line:
                self._write(_CLEAR)
            self._line = ""

    def close(self) -> None:
        """Leave nothing of the bar, on the terminal and in Ansible's display."""
        self.pause()
        if self._display is not None and self._display.__dict__.get("display") == self._let_through:
            del self._display.display

    def _let_through(self, *arguments: Any, **options: Any) -> None:
        # Processes that Ansible forks hand over what they print to this one; they have no bar.
        if os.getpid() != self._pid or options.get("log_only"):
            self._original(*arguments, **options)
            return
        with self._lock:
            if self._line:
                self._write(_CLEAR)
            try:
                self._original(*arguments, **options)
            finally:
                if options.get("newline", True):
                    self._draw()

    def _draw(self) -> None:
        if self._line:
            sys.stdout.flush()
            self._write(f"{_CLEAR}{_NO_WRAP}{self._line}{_WRAP}\r")

    def _write(self, output: str) -> None:
        with suppress(OSError):  # the terminal was closed: the run goes on
            os.write(self._stream, output.encode("utf-8", "replace"))

    def _columns(self) -> int:
        try:
            return (os.get_terminal_size(self._stream).columns or _DEFAULT_COLUMNS) - 1
        except OSError:
            return _DEFAULT_COLUMNS - 1


def drawn(percent: float) -> str:
    """A bar of fixed width."""
    full = int(percent * _WIDTH / 100)
    return f"[{'#' * full}{'.' * (_WIDTH - full)}]"


def text(progress: Mapping[str, Any]) -> str:
    """The same in words."""
    eta, total = progress["eta"], progress["total"]
    known = [f"{progress['done']} of {total}"] if total else []
    known += [f"{duration(eta)} left"] if eta is not None else []
    known += [f"{progress['rate'] / _MIB:.1f} MiB/s"] if "rate" in progress else []
    known += [f"{progress['peers']} peers"] if "peers" in progress else []
    known += [f"${progress['microdollars'] / 1e6:.4f}"] if "microdollars" in progress else []
    return " ".join([f"{int(progress['percent'])} %", *([f"({', '.join(known)})"] if known else []), progress["step"]])


def duration(seconds: int) -> str:
    """As people say it."""
    if seconds < 60:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
