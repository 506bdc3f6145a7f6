# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The bar of the command while it fetches and builds: on standard error, where that is a terminal."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

# What only something long needs is imported there: most runs of the command build nothing.

if TYPE_CHECKING:
    from .._progress.display import Bar


class CommandBar:
    """Shows progress below what ``say`` tells; draws nothing where there is no terminal."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._is_terminal = os.isatty(2) and os.environ.get("TERM", "dumb") != "dumb"
        self._bar: Bar | None = None

    def show(self, progress: Mapping[str, Any]) -> None:
        """Draw the bar."""
        if self._is_terminal:
            from .._progress.display import Bar

            self._bar = self._bar or Bar(2)
            self._bar.show(progress)

    def say(self, message: str) -> None:
        """Tell a line for people."""
        self.close()
        self._say(message)

    def close(self) -> None:
        """Leave nothing of the bar on the terminal."""
        if self._bar:
            self._bar.close()


@contextmanager
def shown_fetch(progress_bar: CommandBar, step: str) -> Iterator[Callable[[int, int], None]]:
    """What is told how much of a file was fetched, and shows it."""
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import ProgressFile

    counted = ProgressFile(None)

    def told(done: int, total: int) -> None:
        counted.update(step, done, total)
        progress_bar.show(counted.progress)

    try:
        yield told
    finally:
        progress_bar.close()
