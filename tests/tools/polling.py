# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Wait for what other processes do, and fail where it does not come."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

_INTERVAL = 0.05
_Found = TypeVar("_Found")


def wait_until(condition: Callable[[], Any], seconds: float = 60) -> None:
    """Raise AssertionError where the condition does not hold within the time, or is about a file that does not come."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(FileNotFoundError):
            if condition():
                return
        assert time.monotonic() < deadline, f"it did not happen within {seconds} s"
        time.sleep(_INTERVAL)


def found_at_last(look: Callable[[], _Found], expected: _Found, seconds: float = 30) -> _Found:
    """``expected`` as soon as that is found; after the time, what is found then, for an assertion that shows it."""
    deadline = time.monotonic() + seconds
    while (found := look()) != expected and time.monotonic() < deadline:
        time.sleep(_INTERVAL)
    return found
