# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which collections are needed in the end, in which versions: the closure over dependencies, or who wants what it
cannot have."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .._errors import (
    InputError,
    ResolutionError,
    SourceError,
)
from .local import candidate_at, collection_paths
from .requests import CollectionRequest
from .versions import VersionRange, core_requirement, core_satisfies, excludes, is_core_range

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .collection_cache import CachedCollection
    from .source import (
        CollectionCandidate,
        CollectionOffers,
        CollectionSource,
    )

_MOST_STEPS = 2_000


@dataclass(frozen=True)
class _RangeRequirement:
    """``by`` requires a collection in a range."""

    name: str
    range: VersionRange
    by: str


def resolve(requests: Sequence[CollectionRequest], source: CollectionSource) -> list[CachedCollection]:
    """The collections asked for and all they depend on, verified and in the cache, sorted by name.

    Of several versions the highest that suits all requirements is taken, pre-releases only when pinned or when there is
    nothing else. Raises :class:`ResolutionError`, which names who requires what, or :class:`SourceError`. A request
    with a ``sha256`` gets this content or an error.
    """
    given: dict[str, CollectionCandidate] = {}
    named: list[CollectionRequest] = []
    for request in requests:
        if request.path is not None:
            named += [CollectionRequest(name, request.version) for name in _note_given(request, source, given)]
    delivered = source.prepare([one for one in requests if one.path is None], list(given.values()))
    chosen = choose([*named, *delivered], source, given)
    taken = [chosen[name].take() for name in sorted(chosen)]
    _check_content(requests, taken, source)
    return taken


def _check_content(
    requests: Sequence[CollectionRequest], taken: Sequence[CachedCollection], source: CollectionSource
) -> None:
    required = {(one.collection, one.sha256) for one in requests if one.sha256 is not None}
    for one in taken:
        differing = [sha256 for name, sha256 in required if name == one.name and sha256 != one.sha256]
        if differing:
            raise ResolutionError(
                f"The content of {one.name} {one.version} from {source.spec} is not what is required: its sha256 is "
                f"{one.sha256}, and {differing[0]} is required. Find out who changed it; to use it as it is, analyse "
                "again with the option 'upgrade', or remove sha256 from the entry",
                collection=one.name,
            )


def choose(
    requests: Sequence[CollectionRequest], source: CollectionOffers, given: Mapping[str, CollectionCandidate]
) -> dict[str, CollectionCandidate]:
    """The candidates, by name, that meet the requests and what those require; ``given`` go before the source."""
    requirements = [_RangeRequirement(one.name, VersionRange.parse(one.range), "the request") for one in requests]
    return _Solver(source, given).solve(requirements)


def check_core_choice(collections: Sequence[CachedCollection], versions: str) -> None:
    """Raise :class:`ResolutionError` that names each collection whose ``requires_ansible`` excludes all ``versions`` of
    ansible-core that may be installed; see :func:`check_core`."""
    wanted = [(one, one.requires_ansible or "") for one in collections]
    refusing = [f"{one.name} {one.version} requires {text}" for one, text in wanted if excludes(versions, text)]
    if refusing and core_requirement(text for _one, text in wanted) is not None:
        raise ResolutionError(
            f"ansible_core: {versions} does not go with {'; '.join(refusing)}. Choose another ansible_core or other "
            "versions of the collections"
        )


def check_core(collections: Sequence[CachedCollection], core_version: str) -> None:
    """Raise :class:`ResolutionError` that names each collection whose ``requires_ansible`` excludes this
    ansible-core.

    Where no ansible-core suits all of them, each will do: Ansible warns of what does not suit, and runs it.
    """
    ranges = [(one, one.requires_ansible or "") for one in collections if is_core_range(one.requires_ansible or "")]
    refusing = [
        f"{one.name} {one.version} requires ansible-core {wanted}"
        for one, wanted in ranges
        if not core_satisfies(wanted, core_version)
    ]
    if refusing and core_requirement(wanted for _one, wanted in ranges) is not None:
        raise ResolutionError(
            f"ansible-core {core_version} is not allowed: {'; '.join(refusing)}. Choose another ansible_core or other "
            "versions of the collections"
        )


def _note_given(
    request: CollectionRequest, source: CollectionSource, given: dict[str, CollectionCandidate]
) -> list[str]:
    """Note the collections that a request brings itself, and return their names."""
    names = []
    path = str(request.path)
    for place in collection_paths(path) if request.type == "subdirs" else [path]:
        candidate = _from_path(candidate_at(place, builder=source.builder), request, place)
        if request.collection not in (None, candidate.name):
            raise SourceError(f"{place} is {candidate.name}, not {request.collection}; correct the name or the source")
        if candidate.name in given:
            raise InputError(f"collections: {candidate.name} has two entries of type file, dir or subdirs; remove one")
        given[candidate.name] = candidate
        names.append(candidate.name)
    return names


def _from_path(candidate: CollectionCandidate, request: CollectionRequest, place: str) -> CollectionCandidate:
    """``candidate``, which says when it is taken that it comes from a path of this host."""
    kind = "dir" if request.type == "subdirs" else request.type

    def take() -> CachedCollection:
        return replace(candidate.take(), origin={"type": kind, "source": place})

    return replace(candidate, take=take)


class _Solver:
    """Searches versions depth first, highest first; collections have few versions in a source, most have one."""

    def __init__(self, source: CollectionOffers, given: Mapping[str, CollectionCandidate]) -> None:
        self._source = source
        self._candidates = {name: [candidate] for name, candidate in given.items()}
        self._given = frozenset(given)
        self._steps = 0
        self._problem: ResolutionError | None = None

    def solve(self, requirements: Sequence[_RangeRequirement]) -> dict[str, CollectionCandidate]:
        """The chosen candidates by name; the error is that of the first dead end, which the highest versions led to."""
        chosen = self._search(requirements, {})
        if chosen is None:
            raise self._problem or ResolutionError("The requirements of the collections conflict")
        return chosen

    def _search(
        self, requirements: Sequence[_RangeRequirement], chosen: Mapping[str, CollectionCandidate]
    ) -> dict[str, CollectionCandidate] | None:
        """``chosen`` extended until all requirements are met; None when that cannot be."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise self._problem or ResolutionError(
                "The collections have too many versions; require exact versions of some of them"
            )
        if any(candidate not in self._suitable(name, requirements) for name, candidate in chosen.items()):
            return None
        name = next((requirement.name for requirement in requirements if requirement.name not in chosen), None)
        if name is None:
            return dict(chosen) if self._settled(requirements, chosen) else None
        for candidate in self._suitable(name, requirements):
            found = self._search([*requirements, *_requirements_of(candidate)], {**chosen, name: candidate})
            if found is not None:
                return found
        return None

    def _suitable(self, name: str, requirements: Sequence[_RangeRequirement]) -> list[CollectionCandidate]:
        """The candidates in all ranges required of ``name``, best first; the first time that there is none is noted."""
        here = [requirement for requirement in requirements if requirement.name == name]
        if name not in self._candidates:
            self._candidates[name] = self._ask_source(name, here)
        suitable = [
            one for one in self._candidates[name] if all(one.semantic in requirement.range for requirement in here)
        ]
        if not suitable:
            self._note_conflict(name, here)
        return sorted(suitable, key=lambda one: one.rank, reverse=True)

    def _settled(self, requirements: Sequence[_RangeRequirement], chosen: Mapping[str, CollectionCandidate]) -> bool:
        """As ansible-galaxy: where there are releases, a pre-release is taken only when somebody asks for exactly it.

        That is looked at last, because who asks may be known last.
        """
        for name, candidate in chosen.items():
            here = [requirement for requirement in requirements if requirement.name == name]
            if not candidate.semantic.prerelease:
                continue
            has_releases = any(not other.semantic.prerelease for other in self._candidates[name])
            if has_releases and not any(requirement.range.pins(candidate.semantic) for requirement in here):
                self._note_conflict(name, here)
                return False
        return True

    def _ask_source(self, name: str, requirements: Sequence[_RangeRequirement]) -> list[CollectionCandidate]:
        candidates = list(self._source.candidates(name))
        if candidates:
            return candidates
        names = self._source.names()
        close = difflib.get_close_matches(name, names, n=3)
        hint = f" Similar names: {', '.join(close)}." if close else ""
        raise SourceError(
            f"The collection {name}, required by {_and(requirement.by for requirement in requirements)}, is not in "
            f"{self._source.spec}, which has {len(names)} collections.{hint} Correct the name, choose another "
            "collections_source, or add the collection as an entry with type: file or dir",
            collection=name,
            source=self._source.spec,
        )

    def _note_conflict(self, name: str, requirements: Sequence[_RangeRequirement]) -> None:
        if self._problem is not None:
            return
        place = "the entry with its path" if name in self._given else self._source.spec
        versions = ", ".join(
            candidate.version for candidate in sorted(self._candidates[name], key=lambda one: one.semantic)
        )
        wanted = _and(f"{requirement.range.text} by {requirement.by}" for requirement in requirements)
        self._problem = ResolutionError(
            f"No version of {name} meets all requirements: {wanted}; {place} has {versions}. Change one of these "
            "requirements, or choose another collections_source (a pre-release must be required exactly)",
            collection=name,
            requirements=[{"by": requirement.by, "version": requirement.range.text} for requirement in requirements],
        )


def _requirements_of(candidate: CollectionCandidate) -> list[_RangeRequirement]:
    by = f"{candidate.name} {candidate.version}"
    return [
        _RangeRequirement(name, VersionRange.parse(wanted), by)
        for name, wanted in sorted(candidate.dependencies.items())
    ]


def _and(parts: Iterable[str]) -> str:
    """``a, b and c``, each once."""
    *most, last = dict.fromkeys(parts)
    return f"{', '.join(most)} and {last}" if most else last
