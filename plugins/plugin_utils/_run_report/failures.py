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
    """Those of the events, which have names as the playbook has them, and of the result of the run, which can be equal.

    So the result is for the hosts of which the events have nothing that made them fail, such as one that could not be
    reached, and for all where the events have nothing. There may be more that the events count.
    """
    fatal, others = (list(map(_failure, timeline.failures[kind])) for kind in ("fatal", "caught"))
    of_result = list(map(_failure, mappings(given)))
    if not fatal and not others:
        others = [item for item in of_result if not _is_fatal(item)]
    failed = {item["host"] for item in fatal}
    fatal += [item for item in of_result if _is_fatal(item) and item["host"] not in failed]
    return Failures(tuple(fatal), tuple(others), max(len(fatal), timeline.failed) + len(others))


def _is_fatal(item: Mapping[str, Any]) -> bool:
    return not item["ignored"] and not item["rescued"]


def _failure(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{key: name(item.get(key)) for key in ("host", "play", "task", "action", "path")},
        "message": message(item.get("msg")),
        **{key: item.get(key) is True for key in ("ignored", "rescued", "unreachable")},
    }
