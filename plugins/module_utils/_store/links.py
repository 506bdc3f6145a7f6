# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The links that lead to generations, and the list of those of projects: a link ``.roots/project-<hash>`` to each."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .durable import remove_symlink, replace_symlink
from .layout import ROOTS

if TYPE_CHECKING:
    from .store import Store

#: How the keys of venvs outside the store begin. Those of projects begin otherwise.
KEY_OF_PATH = "path-"


@dataclass(frozen=True)
class PublicLink:
    """The stable path of a shared venv: ``path`` is the link, ``key`` names its lock and its previous generation."""

    path: str
    key: str


def key_of_path(path: str) -> str:
    """The key of a venv at this absolute path."""
    return KEY_OF_PATH + hashlib.sha256(path.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Link:
    """A link that keeps a generation; ``id`` is None where it leads nowhere.

    ``kind``: ``name`` and ``path`` are venvs, ``previous`` is what one was before, ``project`` is a link to a venv.
    """

    kind: str
    path: str
    id: str | None


def can_register(store: Store) -> bool:
    """Whether the list is this user's to write: root's is not."""
    return store.is_own() and os.path.isdir(store.directory(ROOTS))


def is_registered(store: Store, path: str) -> bool:
    """Whether the project's link ``path`` is on the list."""
    try:
        return os.readlink(_root(store, path)) == path
    except OSError:
        return False


def register(store: Store, path: str) -> None:
    """Put the project's link ``path`` on the list. Callers are the one writer of ``path``."""
    replace_symlink(_root(store, path), path)


def forget(store: Store, path: str) -> None:
    """Take the project's link ``path`` off the list. Callers are the one writer of ``path``."""
    remove_symlink(_root(store, path))


def _root(store: Store, path: str) -> str:
    return os.path.join(store.directory(ROOTS), "project-" + hashlib.sha256(os.fsencode(path)).hexdigest()[:32])
