# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is in a store: generations, the links that keep them, whether something runs in them, how large they are."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._locks import is_held
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._tree import disk_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._generation import Generation
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._store import Link, Store

_NO_MARKER = "it has no marker: its build was interrupted, or the marker was damaged"


@dataclass(frozen=True)
class Surveyed:
    """A folder among the store's generations; ``generation`` is None for what is not complete.

    ``bytes`` are those on disk, ``last_used`` is in seconds since the epoch, ``damage`` is empty when all is well.
    """

    id: str
    path: str
    generation: Generation | None
    bytes: int
    last_used: float
    in_use: bool
    damage: tuple[str, ...] = ()
    links: tuple[Link, ...] = field(default=())


def survey(store: Store, *, verify: bool = False) -> list[Surveyed]:
    """All generations of ``store``, sorted by id; with ``verify`` the content of every file is looked at."""
    folder = store.folder(".generations")
    if not os.path.isdir(folder):
        return []
    links = list(store.links())
    return [_look_at(store, id, links, verify=verify) for id in sorted(os.listdir(folder))]


def _look_at(store: Store, id: str, links: Sequence[Link], *, verify: bool) -> Surveyed:
    path, lease = os.path.join(store.folder(".generations"), id), store.lease_path(id)
    generation = store.generation(id)
    return Surveyed(
        id=id,
        path=path,
        generation=generation,
        bytes=disk_bytes(path),
        last_used=os.stat(lease if os.path.exists(lease) else path).st_mtime,
        in_use=is_held(lease),
        damage=tuple(_damage(generation, verify=verify)) if generation is not None else (_NO_MARKER,),
        links=tuple(link for link in links if link.id == id),
    )


def _damage(generation: Generation, *, verify: bool) -> Iterator[str]:
    if verify or not generation.is_intact():
        yield from generation.differences()
    if generation.record["path"] != generation.path:
        yield f"it was moved here from {generation.record['path']}, which its scripts still name"
    interpreter = generation.record["interpreter"]["executable"]
    if shutil.which(interpreter) is None:
        yield f"its interpreter {interpreter} is gone or cannot be executed"
