# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The links of many projects in one run: all are inspected before the first is changed; and what users are told."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .backup import backups
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
            link.check_can_apply(outcome.plan)
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
    outcomes = [link.inspect_absent() for link in links]
    for link, outcome in zip(links, outcomes):
        link.check_can_apply(outcome.plan)
    return outcomes


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


def report(outcomes: Sequence[LinkOutcome]) -> dict[str, Any]:
    """The result of the module."""
    plans = [one.plan for one in outcomes]
    return {
        "changed": any(plan.changed for plan in plans),
        "links": [_link(one) for one in outcomes],
        "diff": {
            "before": {plan.path: plan.before for plan in plans},
            "after": {plan.path: plan.after for plan in plans},
        },
    }


def _link(outcome: LinkOutcome) -> dict[str, Any]:
    plan, venv = outcome.plan, outcome.venv
    generation = venv.generation if venv is not None else None
    return {
        "changed": plan.changed,
        "project": outcome.location.project,
        "path": plan.path,
        "target": plan.after["src"],
        "resolved": venv.path if venv is not None else None,
        "generation": generation.path if generation is not None else None,
        "digest": generation.id if generation is not None else None,
        "python": {"version": venv.version, "executable": venv.executable} if venv is not None else None,
        "registered_in": plan.after["registered_in"],
        "isolated": outcome.is_isolated,
        "backup": outcome.backup,
        "backups": backups(plan.path),
    }
