# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What ansible-galaxy brought, so that it is not asked again: for a set of requests, and each collection by itself.

What counts for one configuration of servers does not count for another.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from .._store.answers import AnswerCache
from .._store.layout import GALAXY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .._store.store import Store
    from .collection_cache import CachedCollection, CollectionCache
    from .requests import CollectionRequest


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
            sha256 = self._answers.read(self._one(request, version), str)
            if sha256 is not None and sha256.startswith(beginning):
                found.append(self.cache.find(request.collection, version, sha256))
        return [one for one in found if one is not None]

    def keep(self, collection: CachedCollection, request: CollectionRequest) -> None:
        """Note that ``collection`` came from where ``request`` says."""
        self._answers.write(self._one(request, collection.version), collection.sha256)

    def read(
        self, requests: Sequence[CollectionRequest], held: Iterable[CachedCollection]
    ) -> list[CachedCollection] | None:
        """What was brought for these requests beside ``held``, if all of it is still in the cache."""
        answer = self._answers.read(self._set(requests, held), list[tuple[str, str, str]])
        found = [self.cache.find(*one) for one in answer] if answer is not None else [None]
        there = [one for one in found if one is not None]
        return there if len(there) == len(found) else None

    def write(
        self,
        requests: Sequence[CollectionRequest],
        held: Iterable[CachedCollection],
        brought: Iterable[CachedCollection],
    ) -> None:
        """Note what was brought."""
        answer = sorted((one.name, one.version, one.sha256) for one in brought)
        self._answers.write(self._set(requests, held), answer)

    @property
    def _answers(self) -> AnswerCache:
        return AnswerCache(self.store, GALAXY)

    def _one(self, request: CollectionRequest, version: str) -> list[object]:
        origin = [request.type, request.source, list(request.signatures)]
        # The version of a Git repository names a commit.
        reference = None if request.type == "galaxy" else request.version
        return [self.settings, request.collection, version, *origin, reference]

    def _set(self, requests: Sequence[CollectionRequest], held: Iterable[CachedCollection]) -> list[object]:
        # What content is demanded changes no answer: it is compared with it.
        entries = (asdict(one).items() for one in requests)
        asked = sorted(({key: value for key, value in entry if key != "sha256"} for entry in entries), key=str)
        return [self.settings, asked, sorted((one.name, one.version) for one in held)]
