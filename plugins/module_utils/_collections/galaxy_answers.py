# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What ansible-galaxy brought, so that it is not asked again: for a set of requests, and each collection by itself.

What counts for one configuration of servers does not count for another.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, TypedDict

from .._store.answers import AnswerCache
from .._store.layout import GALAXY
from .requests import BESIDE_QUESTION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .._store.store import Store
    from .collection_cache import CachedCollection, CollectionCache
    from .requests import CollectionRequest


class _Brought(TypedDict):
    name: str
    version: str
    sha256: str
    origin: dict[str, str]


@dataclass(frozen=True)
class GalaxyAnswers:
    """The answers in ``store`` of the servers that ``settings``, a digest, stands for."""

    store: Store
    cache: CollectionCache
    settings: str

    def kept(self, request: CollectionRequest) -> list[CachedCollection]:
        """All versions in the cache that came from where ``request`` says."""
        if request.collection is None:
            return []
        found = []
        for version, beginning in self.cache.versions(request.collection):
            answer = self._answers.read(self._one(request, version), _Brought)
            if answer is not None and answer["sha256"].startswith(beginning):
                found.append(self._find(answer))
        return [one for one in found if one is not None]

    def keep(self, collection: CachedCollection, request: CollectionRequest) -> None:
        """Note that ``collection`` came from where ``request`` says."""
        self._answers.write(self._one(request, collection.version), _brought(collection))

    def read(
        self, requests: Sequence[CollectionRequest], held: Iterable[CachedCollection]
    ) -> list[CachedCollection] | None:
        """What was brought for these requests beside ``held``, if all of it is still in the cache."""
        answer = self._answers.read(self._set(requests, held), list[_Brought])
        found = [self._find(one) for one in answer] if answer is not None else [None]
        there = [one for one in found if one is not None]
        return there if len(there) == len(found) else None

    def write(
        self,
        requests: Sequence[CollectionRequest],
        held: Iterable[CachedCollection],
        brought: Iterable[CachedCollection],
    ) -> None:
        """Note what was brought."""
        answer = [_brought(one) for one in sorted(brought, key=lambda one: one.name)]
        self._answers.write(self._set(requests, held), answer)

    def _find(self, brought: _Brought) -> CachedCollection | None:
        found = self.cache.find(brought["name"], brought["version"], brought["sha256"])
        return replace(found, origin=brought["origin"]) if found is not None else None

    @property
    def _answers(self) -> AnswerCache:
        return AnswerCache(self.store, GALAXY)

    def _one(self, request: CollectionRequest, version: str) -> list[object]:
        origin = [request.type, request.source, list(request.signatures)]
        # The version of a Git repository names a commit.
        reference = None if request.type == "galaxy" else request.version
        return [self.settings, request.collection, version, *origin, reference]

    def _set(self, requests: Sequence[CollectionRequest], held: Iterable[CachedCollection]) -> list[object]:
        # Neither the content that is demanded nor what a commit was called when it was asked for changes an answer.
        entries = (asdict(one).items() for one in requests)
        asked = sorted(({key: value for key, value in one if key not in BESIDE_QUESTION} for one in entries), key=str)
        return [self.settings, asked, sorted((one.name, one.version) for one in held)]


def _brought(collection: CachedCollection) -> _Brought:
    return {
        "name": collection.name,
        "version": collection.version,
        "sha256": collection.sha256,
        "origin": dict(collection.origin),
    }
