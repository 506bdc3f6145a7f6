# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Collections and roles for hosts without a network: fetched on the controller, into its store, as for an analysis.

What leaves the controller is content and what it is called. Servers, tokens and addresses of servers stay.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CachedCollection
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.locked import UPDATE
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import (
    COMMIT,
    CollectionRequest,
    parse_request,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.resolve import resolve
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.sources import open_source
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy.address import REFERENCE
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.archive_contents import ArchiveContents
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.pack import pack_entries
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import listed
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.requests import RoleRequest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.source import open_roles
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import SubprocessRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.tool import uv_of
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.carried_content import (
    COLLECTIONS,
    ROLES,
    CarriedContent,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.profile import parse_profile
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.request import build_request
from ansible_collections.mobile_ansible.venv.plugins.modules.shared_venv import ARGUMENT_SPEC, RULES

from ._arguments import validated

if TYPE_CHECKING:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.download import Told
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.source import CollectionSource
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.role_cache import CachedRole
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.source import RoleSource
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.commands import Uv
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.request import VenvRequest


@dataclass(frozen=True)
class ControllerContent:
    """The collections and roles that the options of a task ask for, as this controller gets them.

    ``wheels`` is the directory of wheels, which can have the ``ansible`` package too.
    """

    options: Mapping[str, Any]
    request: VenvRequest
    wheels: str

    @classmethod
    def of(cls, given: Mapping[str, Any], *, wheels: str) -> ControllerContent:
        """For the options of the module; raises :class:`InputError` as the module does."""
        options = validated(ARGUMENT_SPEC, given, **RULES)
        request = build_request(
            python=None,
            ansible_core=None,
            packages=[],
            collections=options["collections"],
            collections_source=options["collections_source"],
            roles=options["roles"],
            profile=parse_profile(options["profile"]) if options["profile"] else None,
            may_be_empty=True,
        )
        return cls(options, request, wheels)

    def fetch(self, locked: Mapping[str, Mapping[str, str]], *, told: Told | None = None) -> CarriedContent:
        """What is asked for with all it depends on, fetched unless the store has it.

        ``locked`` are versions by the names of collections and of roles, as the host has them in its lock. A host
        chooses versions, but neither names nor addresses: else it could have anything fetched that this user can get.
        """
        store = Store(self.options["controller_store"])
        index = PackageIndex(find_links=(os.path.abspath(self.wheels),), offline=self.options["offline"])
        runner, upgrade = SubprocessRunner(), self.options["upgrade"]

        def uv() -> Uv:
            store.prepare()
            return uv_of(store, runner=runner, index=index)

        collections: Sequence[CachedCollection] = ()
        core = None
        if self.request.collections_source is not None:
            spec = self.request.collections_source
            source = open_source(spec, store=store, uv=uv, runner=runner, index=index, told=told, upgrade=upgrade)
            collections = self._collections(source, locked.get(COLLECTIONS, {}))
            core = source.core_requirement()
        roles = open_roles(store=store, uv=uv, runner=runner, offline=index.offline, upgrade=upgrade)
        delivered = self._roles(roles, locked.get(ROLES, {}))
        return CarriedContent(tuple(collections), tuple(delivered), core)

    def _collections(self, source: CollectionSource, locked: Mapping[str, str]) -> Sequence[CachedCollection]:
        """Those of the lock; each version that it has can depend on others than the newest one does."""
        requests, pins = list(self.request.collections), dict[str, CollectionRequest]()
        known: set[str] = set()
        while True:
            try:
                found = resolve([*requests, *pins.values()], source)
            except ResolutionError as error:
                if not known:
                    raise
                has = listed([f"{name} {locked[name]}" for name in sorted(known)])
                raise ResolutionError(
                    f"The lock on the host does not meet the requirements: it has {has}: {UPDATE}"
                ) from error
            others = [
                one for one in found if one.name not in known and locked.get(one.name, _revision(one)) != _revision(one)
            ]
            if not others:
                return found
            known.update(one.name for one in others)
            requests = [_at_commit(one, others, locked) for one in requests]
            named = (one.name for one in others if one.origin.get("type") != "git")
            pins.update({name: parse_request(f"{name}:{locked[name]}") for name in named})

    def _roles(self, source: RoleSource, locked: Mapping[str, str]) -> Sequence[CachedRole]:
        """Those of the lock, with the roles that they depend on; only the controller says which roles these are."""
        requests = {one.name: _pinned(one, locked) for one in self.request.roles}
        while True:
            found = source.deliver(list(requests.values()))
            others = [
                one for one in found if one.name not in requests and locked.get(one.name, one.version) != one.version
            ]
            if not others:
                return found
            requests.update({one.name: _pinned(RoleRequest(one.name, one.src, one.scm), locked) for one in others})


def _revision(collection: CachedCollection) -> str:
    """What a lock names: the commit of a Git repository, else the version."""
    return str(collection.origin.get("version", collection.version))


def _at_commit(
    request: CollectionRequest, brought: Sequence[CachedCollection], locked: Mapping[str, str]
) -> CollectionRequest:
    """The same Git repository at the commit of a lock; ``brought`` tells which collection it has."""
    if request.type != "git":
        return request
    of_it = (one.name for one in brought if request.brings(one.origin.get("source", "")))
    commit = next((locked[name] for name in of_it), "")
    if not COMMIT.fullmatch(commit):
        return request
    return replace(request, version=commit, requested_revision=request.revision)


def _pinned(request: RoleRequest, locked: Mapping[str, str]) -> RoleRequest:
    """The same role in the version of a lock, where that is a version, commit, tag or branch."""
    version = locked.get(request.name, "")
    return replace(request, version=version) if REFERENCE.fullmatch(version) else request


def missing_of(content: CarriedContent, missing: Mapping[str, Sequence[str]]) -> list[CachedCollection | CachedRole]:
    """Those of ``content`` that a host says are ``missing`` there."""
    return [
        *(one for one in content.collections if one.name in missing.get(COLLECTIONS, ())),
        *(one for one in content.roles if one.name in missing.get(ROLES, ())),
    ]


def write_archive(content: Sequence[CachedCollection | CachedRole], target: Path) -> None:
    """Write collections and roles as they are in the store of the controller."""
    contents = ArchiveContents()
    for one in content:
        kind = COLLECTIONS if isinstance(one, CachedCollection) else ROLES
        contents.add_whole(one.path, f"{kind}/{one.name}")
    pack_entries(contents.entries, str(target))
