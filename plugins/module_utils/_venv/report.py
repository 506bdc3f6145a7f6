# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What users are told of a shared venv: the facts of a result, and the diff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._store.generation import Generation
    from .._store.links import PublicLink
    from .manager import VenvOutcome
    from .request import VenvRequest


def facts(outcome: VenvOutcome) -> dict[str, Any]:
    """Which generation it is and what it holds, where there is one."""
    generation = outcome.generation
    if generation is None:
        return {}
    return {"generation": generation.path, "digest": generation.id, **content_facts(generation)}


def content_facts(generation: Generation) -> dict[str, Any]:
    """What a generation holds."""
    record = generation.record
    return {
        "python": {key: record["interpreter"][key] for key in ("version", "executable")},
        "ansible_core": record["ansible_core"],
        "collections": [{"name": one["name"], "version": one["version"]} for one in record["collections"]],
        "packages": [{"name": one["name"], "version": one["version"]} for one in record["packages"]],
    }


def diff(link: PublicLink, outcome: VenvOutcome, request: VenvRequest | None) -> dict[str, Any]:
    """Before and after as asked for, so that check mode, which resolves nothing, says the same as the real run."""
    before = _state(link, outcome.before.record["request"] if outcome.before else None, intact=outcome.before_intact)
    if not outcome.changed:
        return {"before": before, "after": before}
    asked = request.as_dict() if request is not None else None
    if asked is None and outcome.generation is not None:
        asked = outcome.generation.record["request"]
    return {"before": before, "after": _state(link, asked)}


def _state(link: PublicLink, request: dict[str, Any] | None, *, intact: bool = True) -> dict[str, Any]:
    if request is None:
        return {"path": link.path, "state": "absent"}
    return {"path": link.path, "state": "present", "files": "intact" if intact else "damaged", "request": request}
