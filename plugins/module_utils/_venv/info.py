# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What users are told of the venvs in a store."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .._store.survey import stale_links, survey, unused_venvs, utc
from .facts import content_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._progress import Progress
    from .._store.links import Link, PublicLink
    from .._store.store import Store
    from .._store.survey import Surveyed


_NOWHERE = "the link does not point to a generation of the store"


def store_report(store: Store, *, verify: bool, only: PublicLink | None = None) -> dict[str, Any]:
    """The venvs of ``store``, its generations, and registered links that lead nowhere any more.

    Of the venv ``only``, where one is given, its own generation and how far its build is are told.
    """
    links = list(store.links())
    chosen = [link for link in links if link.kind in ("name", "path") and (only is None or link.path == only.path)]
    surveyed = survey(store, verify=verify, only=None if only is None else {str(link.id) for link in chosen})
    unused = {venv.link.path: utc(venv.since) for venv in unused_venvs(store)}
    return {
        "store": store.path,
        "venvs": [
            {
                **_venv(link, surveyed, links),
                "linked_projects": store.linked_projects(link.path),
                "unused_since": unused.get(link.path),
            }
            for link in chosen
        ],
        "generations": [_generation(one) for one in surveyed],
        "gone_links": [link.path for link in stale_links(store)],
        "bytes": sum(one.bytes for one in surveyed),
        "progress": _progress(store, only) if only is not None else None,
    }


def _progress(store: Store, link: PublicLink) -> Progress | None:
    """How far the build of ``link`` is, or how the last one ended; None where it is not known to this user."""
    if not store.is_own():
        return None
    from .._progress import read_progress  # most runs do not need it

    return read_progress(store.progress_path(link))


def _venv(link: Link, surveyed: Sequence[Surveyed], links: Sequence[Link]) -> dict[str, Any]:
    previous = {os.path.basename(one.path): one.id for one in links if one.kind == "previous"}
    told: dict[str, Any] = {"name": os.path.basename(link.path), "path": link.path, "digest": link.id}
    one = next((one for one in surveyed if one.id == link.id), None)
    if one is None:
        return {**told, "healthy": False, "problems": [_NOWHERE]}
    others = [other for other in one.links if other.kind in ("name", "path") and other.path != link.path]
    return {
        **told,
        "generation": one.path,
        "previous": previous.get(told["name"]) if link.kind == "name" else None,
        **(content_facts(one.generation) if one.generation is not None else {}),
        "created": one.generation.record["created"] if one.generation is not None else None,
        "last_used": utc(one.last_used),
        "own_bytes": 0 if others else one.bytes,
        "shared_bytes": one.bytes if others else 0,
        "in_use": one.in_use,
        "healthy": not one.damage,
        "problems": list(one.damage),
    }


def _generation(one: Surveyed) -> dict[str, Any]:
    return {
        "digest": one.id,
        "bytes": one.bytes,
        "in_use": one.in_use,
        "venvs": _paths(one, "name", "path"),
        "previous_of": sorted(os.path.basename(path) for path in _paths(one, "previous")),
        "linked_projects": _paths(one, "project"),
        "problems": list(one.damage),
    }


def _paths(one: Surveyed, *kinds: str) -> list[str]:
    """The links of these kinds that lead to a generation."""
    return sorted({link.path for link in one.links if link.kind in kinds})
