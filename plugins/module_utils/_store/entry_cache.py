# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A cache in the store of directory trees that were verified once: ``<entry>/tree``, and a marker that says what it is.

An entry that has its marker is complete: it becomes visible by one rename, when all of it is on disk and read-only.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable

from .._errors import StoreError
from .durable import fsync_directory, sync_file_system
from .json import read_json
from .staging import staging
from .tree import make_read_only, note_use

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .store import Store

_TREE = "tree"


@dataclass(frozen=True)
class EntryCache:
    """The entries in the directory ``name`` of ``store``; ``kind`` is the TypedDict that each file ``marker`` holds."""

    store: Store
    name: str
    marker: str
    kind: Any

    @property
    def directory(self) -> str:
        """Where the entries are."""
        return self.store.directory(self.name)

    def tree(self, entry: str) -> str:
        """The directory that holds the files of an entry, and nothing else."""
        return os.path.join(self.directory, entry, _TREE)

    def find(self, entry: str, expected: Mapping[str, Any]) -> Any:
        """The marker of ``entry`` if it says what is ``expected``, else None. Reads one small file."""
        path = os.path.join(self.directory, entry)
        try:
            marker = read_json(os.path.join(path, self.marker), self.kind)
        except (OSError, ValueError):
            return None
        if any(marker[key] != value for key, value in expected.items()):
            return None
        note_use(path)
        return marker

    def names(self) -> list[str]:
        """The names of all entries."""
        try:
            return sorted(os.listdir(self.directory))
        except OSError:
            return []

    def add(self, entry: str, marker: Mapping[str, Any], write: Callable[[str], None], *, what: str) -> None:
        """Let ``write`` make the tree of ``entry``, which becomes visible when that returns; ``what`` is for messages.

        Where another process was quicker, its tree stays: the name of an entry decides its content.
        """
        self.store.prepare()
        with staging(self.directory) as scratch:
            try:
                write(os.path.join(scratch, _TREE))
                with open(os.path.join(scratch, self.marker), "w", encoding="utf-8") as stream:
                    json.dump(marker, stream, indent=1, sort_keys=True)
                make_read_only(scratch)
                sync_file_system(scratch)
                self._publish(scratch, os.path.join(self.directory, entry))
            except OSError as error:
                raise StoreError(f"{what} cannot be stored in {self.directory}: {error.strerror}") from error

    def damaged(self, entry: str) -> StoreError:
        """The error for an entry that is there, and is not found."""
        path = os.path.join(self.directory, entry)
        return StoreError(f"{path} is damaged: its {self.marker} is not valid. Remove the directory and run this again")

    def _publish(self, scratch: str, path: str) -> None:
        try:
            os.rename(scratch, path)
            os.chmod(path, 0o555)  # not before: others could hold the lock of what they can open
        except OSError:
            if not os.path.isdir(path):  # else another process was quicker, with the same content
                raise
        else:
            fsync_directory(self.directory)
