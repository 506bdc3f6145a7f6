# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The tasks that failed, with their messages; how many there were, where not all are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .checked import mappings, message, name
from .timeline import Timeline

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


def failures_of(given: Any, timeline: Timeline) -> Failures:
    """Those of the events, which have names as the playbook has them, or of the result of the run, if they have none.

    There may be more that the events count.
    """
    told = [*timeline.failures["fatal"], *timeline.failures["caught"]]
    found = [_failure(item) for item in told or mappings(given)]
    fatal = tuple(item for item in found if not item["ignored"] and not item["rescued"])
    others = tuple(item for item in found if item["ignored"] or item["rescued"])
    return Failures(fatal, others, max(len(fatal), timeline.failed) + len(others))


def _failure(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{key: name(item.get(key)) for key in ("host", "play", "task", "action", "path")},
        "message": message(item.get("msg")),
        **{key: item.get(key) is True for key in ("ignored", "rescued", "unreachable")},
    }
