# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is in a store: generations, the links that keep them, whether something runs in them, how large they are."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .locks import is_held
from .tree import disk_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .generation import Generation
    from .links import Link
    from .store import Store

_UNDER_WAY = "it is being built or removed"
_NO_MARKER = "it has no marker: its build was interrupted, or the marker was damaged"


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


def survey(store: Store, *, verify: bool = False) -> list[Surveyed]:
    """All generations of ``store``, sorted by id; with ``verify`` the content of every file is looked at."""
    links = list(store.links())
    found = (_look_at(store, id, links, verify=verify) for id in store.generation_ids())
    return [one for one in found if one is not None]


def _look_at(store: Store, id: str, links: Sequence[Link], *, verify: bool) -> Surveyed | None:
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
        last_used = _last_used(store, id)
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


def _last_used(store: Store, id: str) -> float:
    """When the lease was last taken, where this user can see that, else when the generation was completed."""
    with suppress(FileNotFoundError, PermissionError):
        return os.stat(store.lease_path(id)).st_mtime
    return os.lstat(store.generation_path(id)).st_mtime


def _damage(generation: Generation, *, verify: bool) -> Iterator[str]:
    if verify or not generation.is_intact():
        yield from generation.differences()
    if generation.record["path"] != generation.path:
        yield f"it was moved here from {generation.record['path']}, which its scripts still name"
    interpreter = generation.record["interpreter"]["executable"]
    if shutil.which(interpreter) is None:
        yield f"its interpreter {interpreter} is gone or cannot be executed"
