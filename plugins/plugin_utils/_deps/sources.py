# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Collections and roles, verified and kept on the controller, as the analysis asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CachedCollection
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.download import Told
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.galaxy import GALAXY_SOURCE
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import CollectionRequest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.source import (
    CollectionCandidate,
    CollectionSource,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.sources import open_source
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, ResolutionError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.requests import is_galaxy_name, parse_roles
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.source import (
    RoleSource,
    is_outside,
    open_roles,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import TOOLS
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.commands import Uv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.tool import find_uv

from .._mount import COLLECTION
from .._process import SubprocessRunner
from .model import CollectionDirectory, FetchedRole

_OWN = "mobile_ansible.venv"


class SourceFinder:
    """A ``CollectionFinder`` that takes the highest release that a source has, and that goes with those before it."""

    def __init__(self, source: CollectionSource) -> None:
        self.source = source
        self._taken: dict[str, CachedCollection] = {}

    def __call__(self, name: str, /) -> CollectionDirectory | None:
        """Verify and keep the collection; None when the source does not know it.

        This collection is taken as it is here, whatever the source has.
        """
        if name == _OWN:
            return CollectionDirectory(name, "*", COLLECTION, own=True)
        # What came along with another one is there.
        candidates = self.source.candidates(name) or self._delivered(name)
        if not candidates:
            return None
        taken = max(candidates, key=lambda one: one.rank).take()
        self._taken[name] = taken
        return CollectionDirectory(taken.name, taken.version, Path(taken.path))

    def _delivered(self, name: str) -> Sequence[CollectionCandidate]:
        before = [CollectionRequest(one.name, one.version) for one in self._taken.values()]
        try:
            self.source.prepare([*before, CollectionRequest(name)])
        except ResolutionError as error:
            if error.context.get("unmet") == [f"{name}:*"]:
                return []
            raise
        return self.source.candidates(name)


def open_finder(
    spec: str, *, store: Store, index: PackageIndex, told: Told | None = None, upgrade: bool = False
) -> SourceFinder:
    """The finder for ``collections_source``; uv is looked for only when something has to be fetched.

    ``told`` hears how much was fetched; with ``upgrade`` servers are asked again.
    """
    runner, uv = SubprocessRunner(), _uv(store, index)
    return SourceFinder(open_source(spec, store=store, uv=uv, runner=runner, index=index, told=told, upgrade=upgrade))


class SourceRoles:
    """A ``RoleFinder`` for the project in ``root``: what it declares, and names on Galaxy where ``is_galaxy``.

    ``asked``: whether it was asked for one. ``failed``: whether one could not be had, which another time can be.
    """

    def __init__(self, source: RoleSource, *, root: str, is_galaxy: bool) -> None:
        self.asked = self.failed = False
        self._source = source
        self._root = root
        self._is_galaxy = is_galaxy

    def __call__(self, name: str, entry: Mapping[str, Any] | None, /) -> Sequence[FetchedRole] | str:
        """See ``RoleFinder``. What a project declares is no option of the user's: its paths stay in the project."""
        if entry is None and not is_galaxy_name(name):
            return ""
        if entry is None and not self._is_galaxy:
            return (
                "no directory of roles in the project contains it, and no requirements.yml declares it; declare it "
                "there, set collections_source to galaxy, or add the role to the project"
            )
        self.asked = True
        try:
            (request,) = parse_roles([name if entry is None else dict(entry)])
            if is_outside(request.src, self._root):
                raise InputError(f"{request.src} is outside of the project")
            found = self._source.deliver([request])
        except VenvError as error:
            self.failed = True
            return error.message
        return [FetchedRole(one.name, Path(one.path), one.version, one.src, one.scm) for one in found]


def open_role_finder(spec: str, *, root: str, store: Store, index: PackageIndex, upgrade: bool = False) -> SourceRoles:
    """The finder of roles that goes with ``collections_source``; see :func:`open_finder`."""
    source = open_roles(
        store=store, uv=_uv(store, index), runner=SubprocessRunner(), offline=index.offline, upgrade=upgrade
    )
    return SourceRoles(source, root=root, is_galaxy=spec == GALAXY_SOURCE)


def _uv(store: Store, index: PackageIndex) -> Callable[[], Uv]:
    def uv() -> Uv:
        store.prepare()
        tools, cache = store.directory(TOOLS), str(Path(store.cache(), "uv"))
        return find_uv(runner=SubprocessRunner(), tools=tools, cache=cache, index=index)

    return uv
