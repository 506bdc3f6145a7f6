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
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

from .._errors import SourceError
from .._store.entry_cache import EntryCache
from .._store.json import OptionalText
from .._store.layout import COLLECTIONS
from .collection import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._store.store import Store
    from .collection import Collection, SourceFile

SCHEMA = 1
_MARKER = "collection.json"


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
    ansible-core. ``origin`` is what an entry of a requirements file needs beside the name and version to get it again,
    where it does not come from a source by its name; the cache does not hold it.
    """

    name: str
    version: str
    sha256: str
    path: str
    dependencies: Mapping[str, str]
    requires_ansible: str | None
    origin: Mapping[str, Any] = field(default_factory=dict)


class CollectionCache:
    """The cache of collections in ``store``."""

    def __init__(self, store: Store) -> None:
        self._entries = EntryCache(store, COLLECTIONS, _MARKER, _Marker)
        self.directory = self._entries.directory

    def find(self, name: str, version: str, sha256: str) -> CachedCollection | None:
        """The cached collection with exactly this content, or None. Reads one small file."""
        entry = _entry(name, version, sha256)
        found = self._entries.find(entry, {"schema": SCHEMA, "name": name, "version": version, "sha256": sha256})
        if found is None:
            return None
        path = self._entries.tree(entry)
        return CachedCollection(name, version, sha256, path, found["dependencies"], found["requires_ansible"])

    def versions(self, name: str) -> list[tuple[str, str]]:
        """The version of each cached collection with this name, and the beginning of its sha256."""
        entry = re.compile(rf"{re.escape(name)}-(?P<version>.+)-(?P<sha256>[0-9a-f]{{16}})")
        matches = map(entry.fullmatch, self._entries.names())
        return [(match["version"], match["sha256"]) for match in matches if match]

    def add(self, collection: Collection) -> CachedCollection:
        """Put a collection into the cache, unless it is there; every file is checked while it is written.

        Raises :class:`SourceError` when the source does not deliver what it promised; then nothing is left behind.
        """
        key = collection.name, collection.version, collection.sha256
        cached = self.find(*key)
        if cached is None:
            self._entries.add(
                _entry(*key),
                _marker(collection, collection.sha256),
                lambda path: _write_tree(path, collection),
                what=collection.where,
            )
            cached = self.find(*key)
        if cached is None:
            raise self._entries.damaged(_entry(*key))
        return cached


def _entry(name: str, version: str, sha256: str) -> str:
    return f"{name}-{version}-{sha256[:16]}"


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


def _marker(collection: Collection, sha256: str) -> _Marker:
    return {
        "schema": SCHEMA,
        "name": collection.name,
        "version": collection.version,
        "sha256": sha256,
        "dependencies": dict(collection.dependencies),
        "requires_ansible": collection.requires_ansible,
    }
