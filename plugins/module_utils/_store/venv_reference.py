# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which venv is meant: from a name or a path to the directory, the store and the generation behind it.

Every module that is told of a venv asks here, so that one text means one venv in all of them.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._errors import InputError
from .layout import is_store
from .store import LOCK_TIMEOUT, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .generation import Generation
    from .walk import Trail


@dataclass(frozen=True)
class LocatedVenv:
    """What is at the real ``path``; ``store`` leads there, ``generation`` is that of the store; None for others."""

    path: str
    store: Store | None = None
    generation: Generation | None = None

    @property
    def is_incomplete(self) -> bool:
        """Whether it is a generation whose build was interrupted, or that lost its marker."""
        return self.generation is None and self.store is not None and self.store.id_behind(self.path) is not None

    @contextmanager
    def lease(self, *, timeout: float = LOCK_TIMEOUT) -> Iterator[tuple[int, ...]]:
        """Keep a generation from being removed; yields the descriptors that what runs in it inherits."""
        if self.store is None or self.generation is None:
            yield ()
            return
        with self.store.lease(self.generation, timeout=timeout) as descriptors:
            yield descriptors


def is_path(reference: str) -> bool:
    """Whether ``reference`` is a path; all that is none is a name in a store."""
    return "/" in reference or reference.startswith("~")


def path_of(reference: str, *, store: Store, option: str, base: str = "/") -> str:
    """The path that a name in ``store`` means, or a path, relative to the directory ``base``; no link is followed.

    Only before a ``..`` they are, as the system does. Raises :class:`InputError`, which names ``option``.
    """
    if not is_path(reference):
        return store.named(reference).path
    if not reference.isprintable():
        raise InputError(f"{option}: {reference!r} contains line breaks or other control characters")
    return normalised(os.path.join(base, os.path.expanduser(reference)))


def normalised(path: str) -> str:
    """The absolute ``path`` without ``.``, ``..`` and needless slashes; links in it stay, except before a ``..``."""
    done = "/"
    for part in path.split("/"):
        if part not in ("", "."):
            done = os.path.dirname(os.path.realpath(done)) if part == ".." else os.path.join(done, part)
    return done


def store_of(trail: Trail) -> Store | None:
    """The store that a path leads through, nearest its end; it may be another than the one that options name.

    Raises :class:`StoreError` where it is another user's.
    """
    for path in reversed(trail.visited):
        directory = os.path.dirname(path)
        if is_store(directory):
            return Store(directory)
    return None


def locate(trail: Trail) -> LocatedVenv:
    """What is at the end of ``trail``."""
    store = store_of(trail)
    return LocatedVenv(trail.end, store, store.holding(trail.end) if store is not None else None)
