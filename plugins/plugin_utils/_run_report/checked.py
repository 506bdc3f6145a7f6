# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Values of others, taken only if they have the expected type; text is printable and has a limit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable, shortened

MAX_NAME = 200
MAX_MESSAGE = 2000
#: Counts and times beyond it are not of a run.
_MAX_NUMBER = 1 << 53
_LAST_SECOND = 253402300799  # of the year 9999


def name(value: Any) -> str:
    """A text of one line; empty for anything else."""
    return str(shortened(value, MAX_NAME)) if isinstance(value, str) else ""


def names(value: Any, most: int) -> list[str]:
    """The first texts of a list, each of one line."""
    return [name(item) for item in value[:most]] if isinstance(value, list | tuple) else []


def message(value: Any) -> str:
    """A text of several lines."""
    if not isinstance(value, str):
        return ""
    shown = printable(value[: MAX_MESSAGE + 1].strip(), lines=True)
    return shown if len(value) <= MAX_MESSAGE and len(shown) <= 2 * MAX_MESSAGE else f"{shown[:MAX_MESSAGE]}…"


def count(value: Any) -> int:
    """A whole number that is not negative; 0 for anything else."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_NUMBER
    return int(value) if is_count else 0


def number(value: Any) -> float | None:
    """A number that is not negative, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= _MAX_NUMBER and math.isfinite(value) else None


def mapping(value: Any) -> Mapping[str, Any]:
    """A dictionary; an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    """The dictionaries in a list; nothing for anything else."""
    return (item for item in value if isinstance(item, Mapping)) if isinstance(value, list | tuple) else iter(())


def moment(value: Any) -> float | None:
    """The seconds since 1970 of a time, which is such a number or ISO 8601 in UTC; None for anything else."""
    seconds = number(value)
    if isinstance(value, str) and len(value) <= MAX_NAME:
        try:
            seconds = number(datetime.fromisoformat(value).timestamp())
        except (ValueError, OverflowError, OSError):
            return None
    return seconds if seconds is not None and seconds <= _LAST_SECOND else None


def utc(seconds: float | None) -> str | None:
    """The time as the document has it."""
    return (
        None if seconds is None else datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    )
