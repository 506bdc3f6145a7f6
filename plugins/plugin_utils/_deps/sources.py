# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Collections and roles, verified and kept on the controller, as the analysis asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CachedCollection
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.galaxy import GALAXY_SOURCE
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.local import (
    candidate_at,
    collection_paths,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.locked import (
    LockedCollection,
    LockedSource,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import CollectionRequest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.resolve import choose
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.source import (
    CollectionCandidate,
    CollectionSource,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.sources import open_source
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.versions import VersionRange
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import (
    InputError,
    ResolutionError,
    SourceError,
    VenvError,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.locked import LockedRoles
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.requests import (
    LockedRole,
    is_galaxy_name,
    parse_roles,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.source import (
    RoleSource,
    is_outside,
    open_roles,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import SubprocessRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import TOOLS
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex

from .._mount import COLLECTION
from .declared_collections import DeclaredCollections, DeclaredRequest
from .model import CollectionDirectory, CollectionEntry, FetchedRole

# What only a download needs is imported there.

if TYPE_CHECKING:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.download import Told
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.commands import Uv

OWN = "mobile_ansible.venv"


class TogetherError(Exception):
    """No versions go with those that were taken before: the analysis has to begin again with ``names`` together."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"{', '.join(names)} have to be asked for together")
        self.names = tuple(names)


class SourceFinder:
    """A ``CollectionFinder`` that takes the highest release that a source has, and that goes with those before it.

    What the project declares counts: the versions, and where a collection comes from. As for ``ansible-galaxy
    collection install -r``, the versions of all that is declared are found at once if the source is ``is_joint``, so
    that each narrows the others; ``problem`` says why that is not possible. ``together`` are names that are known to be
    asked for, so that the versions of all of them are found at once as well.
    """

    def __init__(self, source: CollectionSource, *, together: Sequence[str] = (), is_joint: bool = False) -> None:
        self.source = source
        self.problem = ""
        self._together = tuple(together)
        self._is_joint = is_joint
        self._is_prepared = not (together or is_joint)
        self._joint: frozenset[str] = frozenset()
        self.declared = DeclaredCollections()
        self.taken: dict[str, CachedCollection] = {}
        #: What goes along with a collection that the user asked for.
        self._along: Mapping[str, CollectionCandidate] = {}
        #: Collections that lie in the project, by the names that were found in them.
        self.given: dict[str, CollectionCandidate] = {}
        self._unserved: list[DeclaredRequest] = []

    def declare(self, entries: Sequence[CollectionEntry]) -> None:
        """Be told what requirements files have; before any collection is asked for."""
        self.declared = DeclaredCollections(entries)

    def asked(self, request: CollectionRequest) -> CollectionDirectory:
        """What ``request`` asks for; the collections that it depends on are taken in the versions that go with it.

        Raises of the ``VenvError`` family where the source does not have it.
        """
        if request.name == OWN:
            return _own()
        self._along = choose(self.source.prepare([request]), self.source, {})
        return self._take(self._along[request.name])

    def __call__(self, name: str, /) -> CollectionDirectory | None:
        """Verify and keep the collection; None when the source does not know it.

        This collection is taken as it is here, whatever the source has. Raises an error that names the entry when
        the project declares what cannot be had: another version never takes its place.
        """
        if name == OWN:
            return _own()
        if not self._is_prepared:
            self._prepare()
        declared = self._declared(name)
        candidate = self._highest(name) if declared is None else self._declared_candidate(name, declared)
        return self._take(candidate, declared) if candidate is not None else None

    def _take(self, candidate: CollectionCandidate, declared: DeclaredRequest | None = None) -> CollectionDirectory:
        taken = candidate.take()
        self.taken[taken.name] = taken
        origin = {**(declared.origin(taken.version) if declared is not None else {}), **taken.origin}
        return CollectionDirectory(taken.name, taken.version, Path(taken.path), origin=origin, sha256=taken.sha256)

    def _prepare(self) -> None:
        self._is_prepared = True
        if self._is_joint and self._prepare_declared():
            return
        if self._together:
            self._prepare_together()

    def _prepare_declared(self) -> bool:
        """Find the versions of all that is declared, and of what is known to be used; whether there are any."""
        joint = {
            name: one.request
            for name, one in self.declared.named.items()
            if not one.is_local and one.request.path is None and name != OWN
        }
        if not joint:
            return False
        used = [CollectionRequest(name) for name in self._together if name not in self.declared.named]
        try:
            self.source.prepare([*joint.values(), *used], list(self.given.values()))
        except VenvError as error:
            self.problem = error.message
            return False
        self._joint = frozenset(joint)
        return True

    def _prepare_together(self) -> None:
        declared = {name: self._declared(name) for name in self._together}
        last = declared[self._together[-1]]
        requests = [one.request if one is not None else CollectionRequest(name) for name, one in declared.items()]
        with last.blamed() if last is not None else nullcontext():
            self.source.prepare([one for one in requests if one.path is None], list(self.given.values()))

    def dependencies(self, name: str) -> Sequence[str]:
        """The names that a collection depends on, as far as that is known without fetching it."""
        taken = self.taken.get(name)
        if taken is not None:
            return list(taken.dependencies)
        return [one for candidate in self.source.candidates(name) for one in candidate.dependencies]

    def _declared(self, name: str) -> DeclaredRequest | None:
        while name not in self.declared.named and self.declared.unnamed:
            self._learn(self.declared.unnamed.pop(0))
        return self.declared.get(name)

    def _learn(self, declared: DeclaredRequest) -> None:
        """Find out which collections an entry means that does not say it."""
        path = declared.request.path
        with declared.blamed():
            if path is None:
                self._learn_address(declared)
                return
            for place in collection_paths(path) if declared.request.type == "subdirs" else [path]:
                name = self._given(place)
                kind = "dir" if declared.request.type == "subdirs" else declared.request.type
                request = CollectionRequest(name, declared.range, kind, place)
                self.declared.add(replace(declared, request=request))

    def _learn_address(self, declared: DeclaredRequest) -> None:
        request = declared.request
        try:
            self.source.prepare([request])
        except InputError:
            self._unserved.append(declared)
            return
        offered = {name: one.take().origin for name in self.source.names() for one in self.source.candidates(name)}
        places = {name: str(origin.get("source", "")) for name, origin in offered.items()}
        found = {name: place for name, place in places.items() if place and request.brings(place)}
        if not found:
            raise SourceError("ansible-galaxy does not say which collection this is; add its name to the entry")
        for name, place in found.items():
            self.declared.add(replace(declared, request=replace(request, name=name, source=place)))

    def _given(self, path: str) -> str:
        """Take note of the collection at a path in the project; returns its name."""
        candidate = candidate_at(path, builder=self.source.builder)
        self.given[candidate.name] = candidate
        return candidate.name

    def _highest(self, name: str) -> CollectionCandidate | None:
        if name in self._along:
            return self._along[name]
        # What came along with another one is there.
        candidates = self.source.candidates(name) or self._delivered(CollectionRequest(name))
        if not candidates and self._unserved:
            with self._unserved[0].blamed():
                self.source.prepare([self._unserved[0].request])
        return max(candidates, key=lambda one: one.rank, default=None)

    def _declared_candidate(self, name: str, declared: DeclaredRequest) -> CollectionCandidate | None:
        request, allowed = declared.request, VersionRange.parse(declared.range)
        with declared.blamed():
            if request.path is not None:
                return self._in_project(name, declared)
            is_asked = name in self._joint or not request.needs_galaxy
            offered = self.source.candidates(name) if is_asked else []
            if not any(one.semantic in allowed for one in offered):
                offered = self._delivered(request)
            return self._chosen(name, declared.range, offered) if offered else None

    def _in_project(self, name: str, declared: DeclaredRequest) -> CollectionCandidate:
        path = str(declared.request.path)
        found = name if name in self.given else self._given(path)
        if found != name:
            raise SourceError(f"{path} is {found}, not {name}; correct the name or the source")
        return self._chosen(name, declared.range, [self.given[name]], is_given=True)

    def _chosen(
        self, name: str, versions: str, offered: Sequence[CollectionCandidate], *, is_given: bool = False
    ) -> CollectionCandidate:
        """The best of ``offered`` in a range; what it requires itself is asked for when the analysis gets there."""
        alone = [replace(one, dependencies={}) for one in offered]
        given = {name: alone[0]} if is_given else {}
        return choose([CollectionRequest(name, versions)], _Offer(self.source.spec, alone), given)[name]

    def _delivered(self, request: CollectionRequest) -> Sequence[CollectionCandidate]:
        # What comes from elsewhere stays as it was offered.
        before = [
            CollectionRequest(one.name, one.version)
            for name, one in self.taken.items()
            if not one.origin
            and (name not in self.declared.named or not self.declared.named[name].request.is_from_elsewhere)
        ]
        given = [one for name, one in self.given.items() if name in self.taken]
        try:
            self.source.prepare([*before, request], given)
        except ResolutionError as error:
            unmet = error.context.get("unmet")
            if unmet == [f"{request.name}:*"]:
                return []
            names = dict.fromkeys([*self._together, *self.taken, request.name])
            if not unmet or len(unmet) == 1 or len(names) in (1, len(self._together)):
                raise
            raise TogetherError(list(names)) from error
        return self.source.candidates(request.name)


def _own() -> CollectionDirectory:
    return CollectionDirectory(OWN, "*", Path(COLLECTION), own=True)


@dataclass(frozen=True)
class _Offer:
    """The versions of one collection."""

    spec: str
    offered: Sequence[CollectionCandidate]

    def names(self) -> Sequence[str]:
        """Its name."""
        return [one.name for one in self.offered[:1]]

    def candidates(self, name: str) -> Sequence[CollectionCandidate]:
        """All of them."""
        return [one for one in self.offered if one.name == name]


def open_finder(
    spec: str,
    *,
    store: Store,
    index: PackageIndex,
    told: Told | None = None,
    upgrade: bool = False,
    together: Sequence[str] = (),
    locked: Sequence[LockedCollection] | None = None,
) -> SourceFinder:
    """The finder for ``collections_source``; uv is looked for only when something has to be fetched.

    ``told`` hears how much was fetched; with ``upgrade`` servers are asked again; ``together``: see ``SourceFinder``.
    With ``locked`` it finds what a lock lists, and nothing else.
    """
    runner, uv = SubprocessRunner(), _uv(store, index)
    source = open_source(spec, store=store, uv=uv, runner=runner, index=index, told=told, upgrade=upgrade)
    if locked is not None:
        return SourceFinder(LockedSource(locked, source), together=together)
    return SourceFinder(source, together=together, is_joint=spec == GALAXY_SOURCE)


class SourceRoles:
    """A ``RoleFinder`` for the project in ``root``: what it declares, and names on Galaxy where ``is_galaxy``.

    ``asked``: whether it was asked for one. ``failed``: whether one could not be had, which another time can be.
    """

    def __init__(self, source: RoleSource | LockedRoles, *, root: str, is_galaxy: bool) -> None:
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
            lost = next((one for one in found if is_outside(one.src, self._root)), None)
            if lost is not None:
                raise InputError(f"it depends on {lost.name} from {lost.src}, which is outside of the project")
        except ResolutionError:  # the lock does not have what is required
            raise
        except VenvError as error:
            self.failed = True
            return error.message
        return [
            FetchedRole(one.name, Path(one.path), one.version, one.src, one.scm, one.requested_revision, one.sha256)
            for one in found
        ]


def open_role_finder(
    spec: str,
    *,
    root: str,
    store: Store,
    index: PackageIndex,
    upgrade: bool = False,
    locked: Sequence[LockedRole] | None = None,
) -> SourceRoles:
    """The finder of roles that goes with ``collections_source``; see :func:`open_finder`."""
    source = open_roles(
        store=store, uv=_uv(store, index), runner=SubprocessRunner(), offline=index.offline, upgrade=upgrade
    )
    roles = source if locked is None else LockedRoles(locked, source)
    return SourceRoles(roles, root=root, is_galaxy=spec == GALAXY_SOURCE)


def _uv(store: Store, index: PackageIndex) -> Callable[[], Uv]:
    def uv() -> Uv:
        from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.tool import find_uv

        store.prepare()
        tools, cache = store.directory(TOOLS), str(Path(store.cache(), "uv"))
        return find_uv(runner=SubprocessRunner(), tools=tools, cache=cache, index=index)

    return uv
