# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The tasks that failed, with their messages; how many there were, where not all are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .checked import mappings, message, name

#: So many are told: first those that made the run fail.
MAX_FAILURES = 100


@dataclass(frozen=True)
class Failures:
    """``fatal`` made the run fail, ``others`` were ignored or rescued; there may have been more, up to ``count``."""

    fatal: tuple[Mapping[str, Any], ...]
    others: tuple[Mapping[str, Any], ...]
    count: int

    def as_dict(self) -> dict[str, Any]:
        """As the document has it."""
        items = [*self.fatal, *self.others][:MAX_FAILURES]
        return {"count": self.count, "left_out": max(0, self.count - len(items)), "items": items}


def failures_of(given: Any, *, counted: int) -> Failures:
    """Those in the result of a run; ``counted`` is how many failures its events tell that were not caught."""
    found = [_failure(item) for item in mappings(given)]
    fatal = tuple(item for item in found if not item["ignored"] and not item["rescued"])
    others = tuple(item for item in found if item["ignored"] or item["rescued"])
    return Failures(fatal, others, max(len(fatal), counted) + len(others))


def _failure(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{key: name(item.get(key)) for key in ("host", "play", "task", "action", "path")},
        "message": message(item.get("msg")),
        **{key: item.get(key) is True for key in ("ignored", "rescued", "unreachable")},
    }
