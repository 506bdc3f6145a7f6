# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Verified collections, cached in the store by name, version and content.

``<store>/.collections/<ns>.<name>-<version>-<sha256[:16]>/`` holds the collection's files in ``tree/`` and, written
last, ``collection.json``. An entry is put together in a directory beside it, made durable, and renamed: it is there
whole or not at all.

An entry is trusted without a look at its files. Each of them had the right sha256 when it was written; nothing
becomes visible before all is on disk; the tree is read-only; and the store refuses directories where others could
write. Who could change it nevertheless owns the store, or is root, and could change this code as well. Hashing all
files again would cost more than copying them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from .._errors import SourceError, StoreError
from .._store.durable import fsync_directory, sync_file_system
from .._store.json import OptionalText, read_json
from .._store.layout import COLLECTIONS
from .._store.staging import staging
from .._store.tree import make_read_only, note_use
from .collection import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._store.store import Store
    from .collection import Collection, SourceFile

SCHEMA = 1
_MARKER = "collection.json"
_TREE = "tree"


class _Marker(TypedDict):
    """What ``collection.json`` holds."""

    schema: int
    name: str
    version: str
    sha256: str
    dependencies: dict[str, str]
    requires_ansible: OptionalText


@dataclass(frozen=True)
class CachedCollection:
    """A collection in the cache.

    ``sha256`` is the digest over all its files (``collection.content_digest``), ``path`` the directory that holds them
    and nothing else, read-only. ``dependencies`` maps names to ranges; ``requires_ansible`` is a specifier for
    ansible-core.
    """

    name: str
    version: str
    sha256: str
    path: str
    dependencies: Mapping[str, str]
    requires_ansible: str | None


class CollectionCache:
    """The cache of collections in ``store``."""

    def __init__(self, store: Store) -> None:
        self.directory = store.directory(COLLECTIONS)
        self._store = store

    def find(self, name: str, version: str, sha256: str) -> CachedCollection | None:
        """The cached collection with exactly this content, or None. Reads one small file."""
        entry = self._entry(name, version, sha256)
        try:
            marker = read_json(os.path.join(entry, _MARKER), _Marker)
        except (OSError, ValueError):
            return None
        if (marker["schema"], marker["name"], marker["version"], marker["sha256"]) != (SCHEMA, name, version, sha256):
            return None
        note_use(entry)
        path = os.path.join(entry, _TREE)
        return CachedCollection(name, version, sha256, path, marker["dependencies"], marker["requires_ansible"])

    def versions(self, name: str) -> list[tuple[str, str]]:
        """The version of each cached collection with this name, and the beginning of its sha256."""
        entry = re.compile(rf"{re.escape(name)}-(?P<version>.+)-(?P<sha256>[0-9a-f]{{16}})")
        try:
            names = os.listdir(self.directory)
        except OSError:
            return []
        return [(match["version"], match["sha256"]) for match in map(entry.fullmatch, sorted(names)) if match]

    def add(self, collection: Collection) -> CachedCollection:
        """Put a collection into the cache, unless it is there; every file is checked while it is written.

        Raises :class:`SourceError` when the source does not deliver what it promised; then nothing is left behind.
        """
        sha256 = collection.sha256
        cached = self.find(collection.name, collection.version, sha256)
        if cached is not None:
            return cached
        self._store.prepare()
        with staging(self.directory) as directory:
            try:
                _write_tree(os.path.join(directory, _TREE), collection)
                _write_marker(os.path.join(directory, _MARKER), collection, sha256)
                make_read_only(directory)
                sync_file_system(directory)
                self._publish(directory, collection, sha256)
            except OSError as error:
                raise StoreError(
                    f"{collection.where} cannot be stored in {self.directory}: {error.strerror}"
                ) from error
        cached = self.find(collection.name, collection.version, sha256)
        if cached is None:
            entry = self._entry(collection.name, collection.version, sha256)
            raise StoreError(f"{entry} is damaged: its {_MARKER} is not valid. Remove the directory and run this again")
        return cached

    def _publish(self, directory: str, collection: Collection, sha256: str) -> None:
        entry = self._entry(collection.name, collection.version, sha256)
        try:
            os.rename(directory, entry)
            os.chmod(entry, 0o555)  # not before: others could hold the lock of what they can open
        except OSError:
            if not os.path.isdir(entry):  # else another process was quicker, with the same content
                raise
        else:
            fsync_directory(self.directory)

    def _entry(self, name: str, version: str, sha256: str) -> str:
        return os.path.join(self.directory, f"{name}-{version}-{sha256[:16]}")


def _write_tree(root: str, collection: Collection) -> None:
    os.mkdir(root, 0o755)
    made = {""}
    missing = dict(collection.checksums)
    left = MAX_BYTES
    for file in collection.files():
        expected = missing.pop(file.path, None)
        if expected is None:
            raise SourceError(f"{collection.where} contains {file.path[:200]!r}, which is not in its list of files")
        _make_directories(root, os.path.dirname(file.path), made)
        actual, size = _write_file(os.path.join(root, file.path), file, limit=left)
        left -= size
        if actual != expected:
            raise SourceError(
                f"{collection.where}: {file.path!r} does not have the expected sha256: it was changed or damaged"
            )
    if missing:
        raise SourceError(f"{collection.where} does not contain {sorted(missing)[0]!r}, which is in its list of files")


def _make_directories(root: str, relative: str, made: set[str]) -> None:
    if relative not in made:
        _make_directories(root, os.path.dirname(relative), made)
        os.mkdir(os.path.join(root, relative), 0o755)
        made.add(relative)


def _write_file(path: str, file: SourceFile, *, limit: int) -> tuple[str, int]:
    """Write a file that is not there yet; returns its sha256 and size."""
    digest = hashlib.sha256()
    size = 0
    mode = 0o755 if file.executable else 0o644
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as target:
        for chunk in file.chunks():
            size += len(chunk)
            if size > limit:
                raise SourceError(
                    f"{file.path!r} and the files before it have more than {MAX_BYTES >> 20} MiB; nothing was stored"
                )
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest(), size


def _write_marker(path: str, collection: Collection, sha256: str) -> None:
    marker: _Marker = {
        "schema": SCHEMA,
        "name": collection.name,
        "version": collection.version,
        "sha256": sha256,
        "dependencies": dict(collection.dependencies),
        "requires_ansible": collection.requires_ansible,
    }
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(marker, stream, indent=1, sort_keys=True)
