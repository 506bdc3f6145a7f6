# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Remove what nobody uses: first say what and why, then do it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .links import Link
    from .store import Store
    from .survey import Surveyed


_AGE = re.compile(r"(\d{1,9})([smhdw]?)", re.ASCII)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


@dataclass(frozen=True)
class Removal:
    """A generation that will be or was removed, how many bytes that frees, and why nobody needs it."""

    id: str
    path: str
    bytes: int
    reason: str


def parse_age(text: str) -> float:
    """``30d`` in seconds; the units are those of ``ansible.builtin.find``."""
    match = _AGE.fullmatch(text.strip())
    if match is None:
        raise InputError(f"older_than: {text!r} is not a time; write a number and s, m, h, d or w, such as 30d")
    return float(int(match[1]) * _SECONDS[match[2]])


def plan_prune(surveyed: Sequence[Surveyed], *, older_than: float, now: float) -> list[Removal]:
    """Which generations nobody links, runs in, or used in the last ``older_than`` seconds, and debris of builds."""
    return [
        Removal(one.id, one.path, one.bytes, _reason(one, now=now))
        for one in surveyed
        if not one.in_use and (one.generation is None or (not one.links and now - one.last_used >= older_than))
    ]


def _reason(one: Surveyed, *, now: float) -> str:
    if one.generation is None:
        return "a build was interrupted"
    return f"nobody links to it, last used {(now - one.last_used) / 86400:.1f} days ago"


def stale_links(store: Store) -> list[Link]:
    """Links from outside the store that have gone or lead elsewhere, and still are on the list of who links."""
    return [
        link
        for link in store.links()
        if link.kind in ("path", "project") and link.id is None and _can_be_seen(link.path)
    ]


def _can_be_seen(path: str) -> bool:
    """Whether it can be known what is at ``path``: a link in a directory that is closed to this user has not gone."""
    try:
        os.lstat(path)
    except PermissionError:
        return False
    except OSError:
        return True
    return True


def prune(store: Store, removals: Sequence[Removal]) -> list[Removal]:
    """Remove what was planned, except what came into use since; returns what is gone."""
    for link in stale_links(store):
        store.forget_root(link.path)
    return [
        removal for removal in removals if not _is_linked(store, removal.id) and store.remove_generation(removal.id)
    ]


def _is_linked(store: Store, id: str) -> bool:
    return any(link.id == id and os.path.isfile(os.path.join(link.path, "venv.json")) for link in store.links())
