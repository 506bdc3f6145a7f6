# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Remove what is unused: first say what and why, then do it."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._errors import InputError, LockedError
from .bytecode import remove_unused_bytecode
from .durable import remove_symlink
from .generation import MARKER
from .layout import generation_link
from .links import key_of_path
from .locks import is_held
from .survey import last_use, notes_every_use
from .walk import follow, real_link

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .links import Link, PublicLink
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


@dataclass(frozen=True)
class UnusedVenv:
    """A name in the store that no project links to; ``since``, in seconds, nothing was started in its generation."""

    link: PublicLink
    id: str | None
    since: float


def parse_age(text: str) -> float:
    """``30d`` in seconds; the units are those of ``ansible.builtin.find``."""
    match = _AGE.fullmatch(text.strip())
    if match is None:
        raise InputError(f"older_than: {text!r} is not a valid time; write a number and s, m, h, d or w, such as 30d")
    return float(int(match[1]) * _SECONDS[match[2]])


def unused_venvs(store: Store) -> list[UnusedVenv]:
    """The names that no project links to and in which nothing runs; none where that cannot be known.

    A link of the user's own in the store is not one, and a venv at a path is used by the directory that it lies in.
    """
    links = list(store.links())
    hidden = any(link.kind == "project" and not _can_be_seen(link.path) for link in links)
    if hidden or not notes_every_use(store):
        return []
    visited = {link.path: follow(link.path).visited for link in links}
    followed = {path for link, paths in visited.items() for path in paths if path != real_link(link)}
    names = (link for link in links if link.kind == "name" and real_link(link.path) not in followed)
    found = (_unused(store, link) for link in names)
    return [one for one in found if one is not None]


def _unused(store: Store, link: Link) -> UnusedVenv | None:
    """The name without users that ``link`` is; None where it is in use, or not made by us."""
    with suppress(FileNotFoundError, InputError):
        text, since = os.readlink(link.path), os.lstat(link.path).st_mtime
        if text != generation_link(os.path.basename(text)):
            return None
        if link.id is not None:
            if is_held(store.lease_path(link.id)) is not False:
                return None
            with suppress(FileNotFoundError):
                since = max(since, last_use(store, link.id))
        return UnusedVenv(store.named(os.path.basename(link.path)), link.id, since)
    return None


def remove_unused(store: Store, venvs: Sequence[UnusedVenv]) -> list[UnusedVenv]:
    """Remove these names, except what came into use since; returns what is gone. Their generations stay."""
    gone = []
    for venv in venvs:
        with suppress(LockedError), store.writing(venv.link, timeout=0):
            if venv in unused_venvs(store):
                store.unlink(venv.link)
                gone.append(venv)
    return gone


def plan_prune(
    surveyed: Sequence[Surveyed], *, older_than: float, now: float, without: Collection[str] = ()
) -> list[Removal]:
    """Which generations no link keeps, in which nothing runs or was started in the last ``older_than`` seconds.

    The links at the paths ``without`` keep nothing. What an interrupted build left goes too.
    """
    return [
        Removal(one.id, one.path, one.bytes, _reason(one, now=now))
        for one in surveyed
        if not one.in_use
        and (
            one.generation is None
            or (now - one.last_used >= older_than and all(link.path in without for link in one.links))
        )
    ]


def _reason(one: Surveyed, *, now: float) -> str:
    if one.generation is None:
        return "its build was interrupted"
    return f"no venv and no project links to it; last used {(now - one.last_used) / 86400:.1f} days ago"


def orphaned_links(store: Store, venvs: Sequence[UnusedVenv] = ()) -> list[Link]:
    """What was kept to go back to for venvs that have gone, or go as ``venvs``: these links keep nothing."""
    links, gone = list(store.links()), {venv.link.path for venv in venvs}
    there = {os.path.basename(link.path) for link in links if link.kind == "name" and link.path not in gone}
    stale = {link.path for link in stale_links(store)}
    there |= {key_of_path(link.path) for link in links if link.kind == "path" and link.path not in stale}
    return [link for link in links if link.kind == "previous" and os.path.basename(link.path) not in there]


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
    removed = [one for one in removals if not _is_linked(store, one.id) and store.remove_generation(one.id)]
    for link in orphaned_links(store):
        if not os.path.exists(link.path):
            remove_symlink(link.path)
    remove_unused_bytecode(store)
    return removed


def _is_linked(store: Store, id: str) -> bool:
    links = set(store.links()) - set(orphaned_links(store))
    return any(link.id == id and os.path.isfile(os.path.join(link.path, MARKER)) for link in links)
