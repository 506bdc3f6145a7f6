# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The links of many projects in one run: all are inspected before the first is changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .target import TargetError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .project_link import LinkOutcome, LinkRequest, ProjectLink


def inspect_links(requests: Sequence[tuple[ProjectLink, LinkRequest]]) -> list[LinkOutcome]:
    """What :func:`ensure_links` would do; nothing is written. Links through which others lead come first.

    Raises :class:`TargetError`, which tells in ``unusable`` of every project that cannot use its target.
    """
    outcomes: list[LinkOutcome] = []
    planned: dict[str, str | None] = {}
    unusable: list[dict[str, Any]] = []
    for link, request in requests:
        try:
            outcome = link.inspect(request, planned=planned)
        except TargetError as error:
            planned[link.path] = None
            unusable.append({"project": link.location.project, "path": link.path, "reason": error.message})
        else:
            outcomes.append(outcome)
            planned[link.path] = os.path.join(link.location.project, outcome.plan.after["src"])
    if unusable:
        only = len(requests) == 1
        reasons = [one["reason"] if only else f"{one['path']}: {one['reason']}" for one in unusable]
        raise TargetError(". ".join(reasons), unusable=unusable)
    return outcomes


def ensure_links(requests: Sequence[tuple[ProjectLink, LinkRequest]], *, lock_timeout: float) -> list[LinkOutcome]:
    """Let every link lead to what is asked for."""
    _clear_up([link for link, _request in requests], lock_timeout)
    outcomes = inspect_links(requests)
    return [
        link.ensure(request, lock_timeout=lock_timeout) if outcome.plan.changed else outcome
        for (link, request), outcome in zip(requests, outcomes)
    ]


def inspect_absent_links(links: Sequence[ProjectLink]) -> list[LinkOutcome]:
    """What :func:`remove_links` would do; nothing is written."""
    return [link.inspect_absent() for link in links]


def remove_links(links: Sequence[ProjectLink], *, lock_timeout: float) -> list[LinkOutcome]:
    """Remove every link."""
    _clear_up(links, lock_timeout)
    outcomes = inspect_absent_links(links)
    return [
        link.remove(lock_timeout=lock_timeout) if outcome.plan.changed else outcome
        for link, outcome in zip(links, outcomes)
    ]


def _clear_up(links: Sequence[ProjectLink], lock_timeout: float) -> None:
    for link in links:
        link.clear_up(lock_timeout=lock_timeout)
