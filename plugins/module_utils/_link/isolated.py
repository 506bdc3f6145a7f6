# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A project's isolated venv, in a store inside the project: told from others, and removed when it is spare."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from .._store.layout import DIRECTORIES, GENERATIONS, LEASES
from .._store.locks import is_held
from .._store.store import LOCK_TIMEOUT, Store
from .._store.tree import remove_tree

if TYPE_CHECKING:
    from .link_path import LinkPath

DIRECTORY = ".venv-isolated"
NAME = "venv"
#: Its generations go last; anything else in the directory is the user's.
_PARTS = tuple(sorted(DIRECTORIES, key=lambda name: name == GENERATIONS))


class IsolatedVenv:
    """The venv in the directory ``.venv-isolated`` of a project, beside the link ``location``."""

    def __init__(self, location: LinkPath) -> None:
        self.directory = os.path.join(location.project, DIRECTORY)
        self._link = location.path

    @cached_property
    def store(self) -> Store:
        """Its store; raises :class:`StoreError` where others can write to the project."""
        return Store(self.directory)

    def is_spare(self) -> bool:
        """Whether it is there, nothing runs in it, and no other link of the project leads to it."""
        if not self.is_there():
            return False
        if any(one.id and one.path != self._link for one in self.store.links() if one.kind == "project"):
            return False
        leases = self.store.directory(LEASES)
        names = os.listdir(leases) if os.path.isdir(leases) else []
        return not any(is_held(os.path.join(leases, name)) for name in names)

    def remove(self, *, lock_timeout: float = LOCK_TIMEOUT) -> None:
        """Remove its store, except what something began to run in since, and what is not ours."""
        self.store.prepare()  # a removal that was killed may have taken the locks
        link = self.store.named(NAME)
        with self.store.writing(link, timeout=lock_timeout):
            self.store.remove(link)
        removed = [self.store.remove_generation(id) for id in self.store.generation_ids()]
        if all(removed):
            for part in _PARTS:
                remove_tree(self.store.directory(part))
            with suppress(OSError):  # something of the user's is in it
                os.rmdir(self.store.path)

    def is_there(self) -> bool:
        """Whether there is a store of ours, or the empty directory that is left when its removal is killed at the end.

        A link in its place, or another user's directory, is not: what is there would be removed as spare.
        """
        if not _is_own_directory(self.directory):
            return False
        return _is_own_directory(os.path.join(self.directory, GENERATIONS)) or not os.listdir(self.directory)


def _is_own_directory(path: str) -> bool:
    """Whether ``path`` is a directory, and no link to one, of this user."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
