# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The list of the links of projects: a link ``.roots/project-<hash>`` to each."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from .durable import remove_symlink, replace_symlink
from .layout import ROOTS

if TYPE_CHECKING:
    from .store import Store


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
