# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is in a store: generations with their links, size and use; venvs that nobody uses; links that have gone."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .._errors import InputError
from .layout import generation_link
from .locks import is_held
from .tree import disk_bytes
from .trust import is_reachable
from .walk import follow, real_link

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from .generation import Generation
    from .links import Link, PublicLink
    from .store import Store

#: A file of a generation that a Python reads when it starts.
_READ_AT_STARTS = "pyvenv.cfg"
#: Linux; other systems do not tell.
_NO_ACCESS_TIMES = getattr(os, "ST_NOATIME", 0)
_UNDER_WAY = "it is being built or removed"
_NO_MARKER = "it has no marker: it is an incomplete build, or the marker was damaged"


@dataclass(frozen=True)
class Surveyed:
    """A directory among the store's generations; ``generation`` is None for what is not complete.

    ``bytes`` are those on disk, ``last_used`` is in seconds since the epoch, ``damage`` is empty when all is well.
    ``in_use`` is None where only the store's owner can know.
    """

    id: str
    path: str
    generation: Generation | None
    bytes: int
    last_used: float
    in_use: bool | None
    damage: tuple[str, ...] = ()
    links: tuple[Link, ...] = field(default=())


@dataclass(frozen=True)
class UnusedVenv:
    """A name in the store that no project links to; ``since``, in seconds, nothing was started in its generation."""

    link: PublicLink
    id: str | None
    since: float


def survey(store: Store, *, verify: bool = False, only: Collection[str] | None = None) -> list[Surveyed]:
    """All generations of ``store``, or those with the ids ``only``, sorted by id.

    With ``verify`` the content of every file is looked at.
    """
    links = list(store.links())
    ids = (id for id in store.generation_ids() if only is None or id in only)
    found = (_inspect(store, id, links, verify=verify) for id in ids)
    return [one for one in found if one is not None]


def _inspect(store: Store, id: str, links: Sequence[Link], *, verify: bool) -> Surveyed | None:
    """One generation; None for one that was removed a moment ago."""
    path, generation = store.generation_path(id), store.generation(id)
    damage: tuple[str, ...] = (_NO_MARKER,)
    if generation is not None:
        try:
            damage = tuple(_damage(generation, verify=verify))
        except FileNotFoundError:
            damage = ()
        if store.generation(id) is None:  # removed or built anew meanwhile: what was seen says nothing
            generation, damage = None, (_NO_MARKER,)
    try:
        last_used = last_use(store, id)
    except FileNotFoundError:
        return None
    in_use = is_held(store.lease_path(id))
    return Surveyed(
        id=id,
        path=path,
        generation=generation,
        bytes=disk_bytes(path),
        last_used=last_used,
        in_use=in_use,
        damage=(_UNDER_WAY,) if generation is None and in_use is not False else damage,
        links=tuple(link for link in links if link.id == id),
    )


def last_use(store: Store, id: str) -> float:
    """When a process was last started in the generation, as far as this user can know, else when it was completed.

    Whoever starts one takes the lease. Other users of root's store cannot, but a Python reads ``pyvenv.cfg`` at its
    start, and the file system notes when.
    """
    path = store.generation_path(id)
    try:
        used = os.stat(store.lease_path(id)).st_mtime
    except (FileNotFoundError, PermissionError):
        used = os.lstat(path).st_mtime
    if _others_use(store):
        with suppress(FileNotFoundError):
            used = max(used, os.lstat(os.path.join(path, _READ_AT_STARTS)).st_atime)
    return used


def utc(seconds: float) -> str:
    """A time as results tell it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def notes_every_use(store: Store) -> bool:
    """Whether :func:`last_use` is right: where other users use a store, the file system must note who reads a file."""
    return not (_others_use(store) and os.statvfs(store.path).f_flag & _NO_ACCESS_TIMES)


def _others_use(store: Store) -> bool:
    """Whether other users than its owner can use ``store``, which is so for one of root's that they can reach."""
    return store.is_there() and os.stat(store.path).st_uid == 0 and is_reachable(store.path)


def _damage(generation: Generation, *, verify: bool) -> Iterator[str]:
    if verify or not generation.is_intact():
        yield from generation.differences()
    if generation.record["path"] != generation.path:
        yield f"it was moved here from {generation.record['path']}, and its scripts still contain that path"
    interpreter = generation.record["interpreter"]["executable"]
    if shutil.which(interpreter) is None:
        yield f"its interpreter {interpreter} does not exist or cannot be executed"


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
