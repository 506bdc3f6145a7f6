# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Collections and roles of the controller for a host without a network: what they are, verified on arrival, and kept.

The controller resolves and fetches. It says which content the venv is to have, by name, version and sha256, and sends
what the store of the host does not have. What arrives is read as what ansible-galaxy installed, and is stored as that.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, TypedDict

from .._collections.collection import is_plain
from .._collections.collection_cache import CachedCollection, CollectionCache
from .._collections.directory import read_directory
from .._collections.requests import check_name
from .._errors import InputError, SourceError
from .._playbook.extract import ArchiveError
from .._playbook.unpack import unpack
from .._printable import listed, shortened
from .._roles.role_cache import CachedRole, RoleCache, RoleOrigin
from .._roles.tree import role_digest
from .._store.json import OptionalText, conforms
from .._store.layout import CARRIED
from .._store.staging import staging

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .._collections.collection import Collection
    from .._store.store import Store

#: The directories of an archive, in which each collection and role has a directory of its name.
COLLECTIONS, ROLES = "collections", "roles"


class _Collection(TypedDict):
    name: str
    version: str
    sha256: str
    dependencies: dict[str, str]
    requires_ansible: OptionalText
    origin: dict[str, str]


class _Role(TypedDict):
    name: str
    version: str
    sha256: str
    src: str
    scm: OptionalText
    dependencies: list[str]
    requested_revision: str


class _Content(TypedDict):
    collections: list[_Collection]
    roles: list[_Role]
    core: OptionalText


@dataclass(frozen=True)
class CarriedContent:
    """The ``collections`` and ``roles`` of a venv with all that they depend on, as the controller has them.

    ``core`` is the requirement for ansible-core that goes with their source, if there is one.
    """

    collections: tuple[CachedCollection, ...] = ()
    roles: tuple[CachedRole, ...] = ()
    core: str | None = None

    def announced(self) -> dict[str, Any]:
        """What the controller says of it to a host, which has it elsewhere if at all.

        Where a collection is from is said as far as an entry names it; a lock has that. Servers are not.
        """
        collections, roles = ([asdict(one) for one in found] for found in (self.collections, self.roles))
        for one in (*collections, *roles):
            del one["path"]
        for one in collections:
            one["origin"] = dict(one["origin"]) if "type" in one["origin"] else {}
        return {COLLECTIONS: collections, ROLES: roles, "core": self.core}

    @classmethod
    def parse(cls, value: Any) -> CarriedContent:
        """What :meth:`announced` said, on the host; no path is known. Raises :class:`InputError`."""
        if not conforms(value, _Content):
            raise InputError("wheels: the list of collections and roles is not that of the controller; run this again")
        for one in value[COLLECTIONS]:
            check_name(one["name"])
        for one in value[ROLES]:
            if not is_plain(one["name"]) or "/" in one["name"]:
                raise InputError(f"wheels: {shortened(one['name'])} is not the name of a role")
        return cls(
            tuple(CachedCollection(**_fields(one, _Collection), path="") for one in value[COLLECTIONS]),
            tuple(
                CachedRole(**{**_fields(one, _Role), "dependencies": tuple(one["dependencies"])})
                for one in value[ROLES]
            ),
            value["core"],
        )

    def missing(self, store: Store) -> dict[str, list[str]]:
        """The names of the collections and roles that ``store`` does not have."""
        return {
            kind: [name for name, one in found.items() if one is None] for kind, found in self._found(store).items()
        }

    def in_store(self, store: Store) -> CarriedContent:
        """The same with the paths in ``store``; raises :class:`SourceError` where one is not there any more."""
        lost = [name for names in self.missing(store).values() for name in names]
        if lost:
            raise SourceError(f"wheels: {listed(lost)} was removed from the store after it was sent; run this again")
        found = self._found(store)
        collections = (replace(found[COLLECTIONS][one.name], origin=one.origin) for one in self.collections)
        roles = (replace(found[ROLES][one.name], requested_revision=one.requested_revision) for one in self.roles)
        return CarriedContent(tuple(collections), tuple(roles), self.core)

    def receive(self, archive: str, store: Store) -> None:
        """Verify what is in the archive, and put it into ``store``; raises :class:`SourceError`, and stores nothing."""
        store.prepare()
        with staging(store.directory(CARRIED)) as scratch:
            root = os.path.join(scratch, "content")
            try:
                unpack(archive, root)
            except ArchiveError as error:
                raise SourceError(
                    f"wheels: the collections and roles of the controller did not arrive whole: {error.message}; "
                    "nothing was stored. Run this again"
                ) from error
            collections = _arrived(os.path.join(root, COLLECTIONS), self.collections)
            roles = _arrived(os.path.join(root, ROLES), self.roles)
            verified = [_verified(one, path) for one, path in collections]
            for role, path in roles:
                _check(role, _role_sha256(role, path))
            for collection in verified:
                CollectionCache(store).add(collection)
            for role, path in roles:
                origin = RoleOrigin(role.name, role.version, role.src, role.scm, role.dependencies)
                RoleCache(store).add(path, origin)

    def _found(self, store: Store) -> dict[str, dict[str, Any]]:
        """What ``store`` has of it, by kind and name; None for what it does not have."""
        caches: Mapping[str, Any] = {COLLECTIONS: CollectionCache(store), ROLES: RoleCache(store)}
        content: Mapping[str, Iterable[Any]] = {COLLECTIONS: self.collections, ROLES: self.roles}
        return {
            kind: {one.name: caches[kind].find(one.name, one.version, one.sha256) for one in content[kind]}
            for kind in caches
        }


def _fields(said: Mapping[str, Any], kind: Any) -> dict[str, Any]:
    return {key: said[key] for key in kind.__annotations__}


def _arrived(directory: str, announced: Sequence[Any]) -> list[tuple[Any, str]]:
    """What was announced and has a directory there, with that; raises for what was not announced."""
    by_name = {one.name: one for one in announced}
    names = sorted(os.listdir(directory)) if os.path.isdir(directory) else []
    strange = [shortened(name) for name in names if name not in by_name]
    if strange:
        raise SourceError(f"wheels: {listed(strange)} arrived, which was not announced; nothing was stored")
    return [(by_name[name], os.path.join(directory, name)) for name in names]


def _verified(announced: CachedCollection, path: str) -> Collection:
    """The collection in the directory ``path``, if it is the one that was ``announced``."""
    try:
        found = read_directory(path)
    except SourceError as error:
        raise _failure(announced, error.message.replace(f"{path}{os.sep}", "").replace(path, announced.name)) from error
    if (found.name, found.version) != (announced.name, announced.version):
        raise _failure(announced, f"it is {found.name} {found.version}")
    _check(announced, found.sha256)
    return found


def _role_sha256(announced: CachedRole, path: str) -> str:
    try:
        return role_digest(path)
    except SourceError as error:
        raise _failure(announced, error.message) from error


def _check(announced: CachedCollection | CachedRole, sha256: str) -> None:
    if sha256 != announced.sha256:
        raise _failure(announced, f"its sha256 is {sha256}, and {announced.sha256} was announced")


def _failure(announced: CachedCollection | CachedRole, problem: str) -> SourceError:
    said = shortened(problem, 600)
    return SourceError(
        f"wheels: what arrived as {announced.name} {shortened(announced.version)} is not what the controller has: "
        f"{said}; nothing was stored. Run this again"
    )
