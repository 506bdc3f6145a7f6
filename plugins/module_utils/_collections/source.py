# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What every source of collections is: it knows names, and offers versions of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Callable, Protocol

from .versions import SemanticVersion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .build import TreeBuilder
    from .collection_cache import CachedCollection
    from .requests import CollectionRequest


@dataclass(frozen=True)
class CollectionCandidate:
    """One version of a collection that could be taken; ``take`` verifies it and puts it into the cache."""

    name: str
    version: str
    dependencies: Mapping[str, str]
    take: Callable[[], CachedCollection]

    @classmethod
    def taken(cls, collection: CachedCollection) -> CollectionCandidate:
        """The candidate that is in the cache already."""
        return cls(collection.name, collection.version, collection.dependencies, lambda: collection)

    @cached_property
    def semantic(self) -> SemanticVersion:
        """Its version, as versions are compared."""
        return SemanticVersion.parse(self.version)

    @property
    def rank(self) -> tuple[bool, SemanticVersion]:
        """The highest is the best: releases count above pre-releases, whatever their versions."""
        return not self.semantic.prerelease, self.semantic


class CollectionOffers(Protocol):
    """What versions of collections can be chosen from."""

    @property
    def spec(self) -> str:
        """What the user wrote for it, for messages."""

    def names(self) -> Sequence[str]:
        """The names of all collections that it has."""

    def candidates(self, name: str) -> Sequence[CollectionCandidate]:
        """The versions that it has of a collection; none when it does not know the name."""


class CollectionSource(CollectionOffers, Protocol):
    """Where collections come from."""

    @property
    def builder(self) -> TreeBuilder:
        """What builds source trees, and the cache for all that is delivered."""

    def prepare(
        self, requests: Sequence[CollectionRequest], given: Sequence[CollectionCandidate] = ()
    ) -> Sequence[CollectionRequest]:
        """Be told together all that is to come from it, beside what is ``given``; before :meth:`candidates` is asked.

        Returns the same requests, each by the name of its collection. Raises :class:`InputError` for one that this kind
        of source cannot serve.
        """

    def core_requirement(self) -> str | None:
        """The requirement for ansible-core that goes with this source, such as ``ansible-core~=2.19.5``, if there is
        one."""
