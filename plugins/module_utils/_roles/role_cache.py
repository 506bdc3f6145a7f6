# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Roles, cached in the store by name, version and content: ``<store>/.roles/<name>-<version>-<sha256[:16]>/``."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from .._errors import SourceError, StoreError
from .._store.entry_cache import EntryCache
from .._store.json import OptionalText
from .._store.layout import ROLES
from .tree import role_digest, role_files

if TYPE_CHECKING:
    from .._store.store import Store

SCHEMA = 1
_MARKER = "role.json"


class _Marker(TypedDict):
    """What ``role.json`` holds."""

    schema: int
    name: str
    version: str
    sha256: str
    src: str
    scm: OptionalText
    dependencies: list[str]


@dataclass(frozen=True)
class RoleOrigin:
    """A role as it was brought: where from, in which exact ``version``, and the names of the roles it depends on.

    The version is that of Galaxy, or a commit; empty for a tarball or directory, which has none.
    """

    name: str
    version: str
    src: str
    scm: str | None = None
    dependencies: tuple[str, ...] = ()


@dataclass(frozen=True)
class CachedRole(RoleOrigin):
    """A role in the cache; ``sha256`` is over its content, ``path`` its directory, read-only.

    ``requested_revision``: see ``CollectionRequest``; the cache does not hold it.
    """

    sha256: str = ""
    path: str = ""
    requested_revision: str = ""


class RoleCache:
    """The cache of roles in ``store``."""

    def __init__(self, store: Store) -> None:
        self._entries = EntryCache(store, ROLES, _MARKER, _Marker)

    def find(self, name: str, version: str, sha256: str) -> CachedRole | None:
        """The cached role with exactly this content, or None. Raises :class:`StoreError` for one that was edited."""
        entry = _entry(name, version, sha256)
        found = self._entries.find(entry, {"schema": SCHEMA, "name": name, "version": version, "sha256": sha256})
        if found is None:
            return None
        tree = self._entries.tree(entry)
        if not _has_digest(tree, sha256):
            path = os.path.dirname(tree)
            raise StoreError(f"{path} is not the role that was fetched any more. Remove it and run this again")
        dependencies = tuple(found["dependencies"])
        return CachedRole(name, version, found["src"], found["scm"], dependencies, sha256, tree)

    def add(self, root: str, origin: RoleOrigin) -> CachedRole:
        """Put the role in the directory ``root``, which nobody else changes, into the cache, unless it is there.

        Raises :class:`SourceError` where it cannot be one.
        """
        sha256 = role_digest(root)
        key = origin.name, origin.version, sha256
        cached = self.find(*key)
        if cached is None:
            marker: _Marker = {
                "schema": SCHEMA,
                "name": origin.name,
                "version": origin.version,
                "sha256": sha256,
                "src": origin.src,
                "scm": origin.scm,
                "dependencies": list(origin.dependencies),
            }
            self._entries.add(_entry(*key), marker, lambda path: _copy(root, path), what=f"the role {origin.name}")
            cached = self.find(*key)
        if cached is None:
            raise self._entries.damaged(_entry(*key))
        return cached


def _has_digest(tree: str, sha256: str) -> bool:
    """Whether a tree is what was put into the cache; a role is small, so that all of it is read."""
    try:
        return role_digest(tree) == sha256
    except (OSError, SourceError):
        return False


def _entry(name: str, version: str, sha256: str) -> str:
    return f"{name}-{re.sub(r'[^A-Za-z0-9.+]+', '-', version)[:100]}-{sha256[:16]}"


def _copy(root: str, target: str) -> None:
    os.mkdir(target)
    for name, path in role_files(root).items():
        copy = os.path.join(target, name)
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        shutil.copy(path, copy, follow_symlinks=False)
