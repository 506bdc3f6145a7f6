# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The source ``galaxy``: what the servers of the user have, as the real ansible-galaxy resolves and verifies it.

Its part is to know when nothing has to be asked. An exact version that it brought before is taken from the cache, and
so is the answer to a set of requests that was asked before, until an upgrade is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .._errors import ResolutionError, SourceError
from .._printable import listed, shortened
from .requests import COMMIT, CollectionRequest
from .resolve import choose
from .source import CollectionCandidate
from .versions import SemanticVersion, VersionRange

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .build import TreeBuilder
    from .collection_cache import CachedCollection
    from .galaxy_answers import GalaxyAnswers
    from .galaxy_install import GalaxyInstaller

GALAXY_SOURCE = "galaxy"


class GalaxySource:
    """The collections that ``installer`` brings, and that ``answers`` knows from before.

    ``offline`` only the latter; with ``upgrade`` what was answered before is asked again.
    """

    spec = GALAXY_SOURCE

    def __init__(
        self,
        *,
        builder: TreeBuilder,
        answers: GalaxyAnswers,
        installer: GalaxyInstaller,
        offline: bool = False,
        upgrade: bool = False,
    ) -> None:
        self.builder = builder
        self._answers = answers
        self._installer = installer
        self._offline = offline
        self._upgrade = upgrade
        self._offered: dict[str, CachedCollection] = {}

    def prepare(
        self, requests: Sequence[CollectionRequest], given: Sequence[CollectionCandidate] = ()
    ) -> Sequence[CollectionRequest]:
        """See ``CollectionSource``. What was offered before stays as it is, if it is not asked for anew."""
        local = {one.name: one.take() for one in given}
        # An entry can have an address, and a lock its version: the address is asked, and both have to suit.
        addressed = {one.collection for one in requests if one.needs_galaxy}
        asked = [
            one
            for one in requests
            if one.collection not in local and (one.needs_galaxy or one.collection not in addressed)
        ]
        names = {one.collection for one in asked}
        earlier = {name: one for name, one in self._offered.items() if name not in names}
        self._offered = self._resolved(asked, local, earlier)
        named = [CollectionRequest(one.collection, one.range) for one in requests if one.collection is not None]
        if len(named) == len(requests):
            return named
        return [*named, *(CollectionRequest(one.name, one.version) for one in self._offered.values())]

    def names(self) -> Sequence[str]:
        """The names of all collections that were brought."""
        return sorted(self._offered)

    def candidates(self, name: str) -> Sequence[CollectionCandidate]:
        """The version that was brought."""
        return [CollectionCandidate.taken(self._offered[name])] if name in self._offered else []

    def core_requirement(self) -> str | None:
        """None: a server has collections for many versions of ansible-core."""
        return None

    def _resolved(
        self,
        requests: Sequence[CollectionRequest],
        local: Mapping[str, CachedCollection],
        earlier: Mapping[str, CachedCollection],
    ) -> dict[str, CachedCollection]:
        """All collections that ``requests`` and the ``local`` ones need, but for these; ``earlier`` ones stay."""
        asked, held = self._split(requests, {**earlier, **local})
        brought: Iterable[CachedCollection] | None = []
        if asked:
            brought = None if self._upgrade else self._answers.read(asked, held.values())
        if brought is None and self._offline:
            brought = self._chosen_offline(asked, held)
        elif brought is None:
            brought = self._installer.fetch(asked, list(held.values()))
            self._note(requests, asked, held, brought, local)
        found = {**held, **{one.name: one for one in brought or ()}}
        return {name: _as_requested(one, requests) for name, one in found.items() if name not in local}

    def _split(
        self, requests: Sequence[CollectionRequest], held: Mapping[str, CachedCollection]
    ) -> tuple[list[CollectionRequest], dict[str, CachedCollection]]:
        """What has to be asked, and what is held: ``held`` and the exact versions that were brought before."""
        asked, found = [], dict(held)
        for request in requests:
            exact = None if request.collection in found else self._exact(request)
            if exact is not None:
                found[exact.name] = exact
            elif request.collection not in found:
                asked.append(request)
        names = {one.collection for one in asked}
        required = {
            (name, versions)
            for one in found.values()
            for name, versions in one.dependencies.items()
            if name not in found and name not in names
        }
        return [*asked, *(CollectionRequest(*one) for one in sorted(required))], found

    def _exact(self, request: CollectionRequest) -> CachedCollection | None:
        """What was brought before for a request that allows one version only."""
        if request.type == "git" and COMMIT.fullmatch(request.version):
            return next(iter(self._answers.kept(request)), None)
        if request.type != "galaxy":
            return None
        versions = VersionRange.parse(request.version)
        return next(
            (one for one in self._answers.kept(request) if versions.pins(SemanticVersion.parse(one.version))), None
        )

    def _note(
        self,
        requests: Sequence[CollectionRequest],
        asked: Sequence[CollectionRequest],
        held: Mapping[str, CachedCollection],
        brought: Sequence[CachedCollection],
        local: Mapping[str, CachedCollection],
    ) -> None:
        """Note what was brought: for what was asked, and for the same where the versions found are required exactly."""
        by_name = {one.collection: one for one in asked}
        for one in brought:
            # What an address has brought is nobody else's: which of them that is, ansible-galaxy does not say.
            if one.name in by_name or None not in by_name:
                self._answers.keep(one, by_name.get(one.name) or CollectionRequest(one.name))
        self._answers.write(asked, held.values(), brought)
        found = {**held, **{one.name: one for one in brought}}
        pinned = [_pinned(one, found) for one in requests]
        for request in pinned:
            if request.type == "git" and request.name in found:
                self._answers.keep(found[request.name], request)
        again, exact = self._split(pinned, local)
        if again:
            self._answers.write(again, exact.values(), [one for name, one in found.items() if name not in exact])

    def _chosen_offline(
        self, asked: Sequence[CollectionRequest], held: Mapping[str, CachedCollection]
    ) -> list[CachedCollection]:
        unnamed = [shortened(one.name) for one in asked if one.collection is None]
        try:
            if unnamed:
                raise SourceError(f"the store has nothing from {listed(unnamed)}")
            kept = _Kept(self._answers, {one.name: one for one in asked})
            chosen = choose(asked, kept, {name: CollectionCandidate.taken(one) for name, one in held.items()})
        except (SourceError, ResolutionError) as error:
            missing = error.context.get("collection")
            reason = f"the store does not have {missing} in a version that is required" if missing else error.message
            raise SourceError(
                f"collections_source galaxy: {reason}, and the option 'offline' is set; run this once without it",
                **({"collection": missing} if missing else {}),
            ) from error
        return [one.take() for name, one in chosen.items() if name not in held]


@dataclass(frozen=True)
class _Kept:
    """What was brought before, as an offer; ``requests`` say for some names where they are from."""

    answers: GalaxyAnswers
    requests: Mapping[str, CollectionRequest]
    spec: str = "the store"

    def names(self) -> Sequence[str]:
        """Nothing is suggested: a name that is not there can be right."""
        return []

    def candidates(self, name: str) -> Sequence[CollectionCandidate]:
        """All versions in the cache."""
        kept = self.answers.kept(self.requests.get(name) or CollectionRequest(name))
        return [CollectionCandidate.taken(one) for one in kept]


def _pinned(request: CollectionRequest, found: Mapping[str, CachedCollection]) -> CollectionRequest:
    """``request`` for exactly what it was answered with, where its name says what that is."""
    brought = found.get(request.name)
    if brought is None:
        return request
    if request.type == "git":
        return replace(request, version=brought.origin.get("version", request.version))
    return replace(request, version=brought.version) if request.type == "galaxy" else request


def _as_requested(collection: CachedCollection, requests: Sequence[CollectionRequest]) -> CachedCollection:
    """``collection`` with the branch or tag by which one of ``requests`` asks for its commit."""
    origin = collection.origin
    for one in requests:
        if one.collection not in (None, collection.name) or not one.type == "git" == origin.get("type"):
            continue
        if one.brings(origin["source"]) and one.revision not in ("", origin["version"]):
            return replace(collection, origin={**origin, "requested_revision": one.revision})
    return collection
