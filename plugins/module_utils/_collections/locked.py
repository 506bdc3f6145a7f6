# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The collections of a lock as a source: it offers exactly what is locked, and another source only delivers that.

So everything that takes versions from a source, the analysis and the build, takes those of the lock.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from .._errors import ResolutionError, VenvError
from .._galaxy.address import revision_of
from .._printable import listed
from .requests import LOCAL_TYPES, CollectionRequest, parse_request
from .source import CollectionCandidate
from .versions import SemanticVersion, VersionRange

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .build import TreeBuilder
    from .collection_cache import CachedCollection
    from .source import CollectionSource

#: What to do where a lock is not for what is required now.
UPDATE = "run once without the option 'locked' to update it"

_TEXT = r'("(?:[^"\\\n]|\\.)*")'
#: The version in the comment is that of a collection whose entry has a commit, or no version.
_ENTRY = re.compile(
    rf"^  - name: (\w+\.\w+)\n((?:    \w+: {_TEXT}\n)*?)    version: (\S+) # (?:(\S+) )?sha256:([0-9a-f]{{64}})$",
    re.MULTILINE | re.ASCII,
)
_FIELD = re.compile(rf"^    (\w+): {_TEXT}$", re.MULTILINE | re.ASCII)
#: What an entry of a collection has beside name and version.
_ORIGIN = ("type", "source", "requested_revision")


class LockedContent(Protocol):
    """A collection or role, in a lock or as it is found."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def sha256(self) -> str: ...


def check_content(kind: str, found: Iterable[LockedContent], locked: Iterable[LockedContent]) -> None:
    """Raise :class:`ResolutionError` where what is ``found`` is not what is ``locked``, with both versions."""
    here, there = ({one.name: one for one in some} for some in (found, locked))
    drifted = [_drift(here.get(name), there.get(name)) for name in sorted({*here, *there})]
    if any(drifted):
        differences = listed([one for one in drifted if one])
        raise ResolutionError(
            f"The content of {kind} differs from the lock: {differences}; find out why, then {UPDATE}"
        )


def _drift(found: LockedContent | None, locked: LockedContent | None) -> str:
    """How they differ; empty where they do not."""
    if found is None or locked is None:
        there = found or locked
        return f"{_named(there)} ({'not in the lock' if locked is None else 'only in the lock'})" if there else ""
    if found.version != locked.version:
        return f"{_named(found)} (the lock has {locked.version})"
    if found.sha256 != locked.sha256:
        return f"{_named(found)} (its sha256 is {found.sha256[:16]}…, the lock has {locked.sha256[:16]}…)"
    return ""


def _named(content: LockedContent) -> str:
    return f"{content.name} {content.version}".rstrip()


@dataclass(frozen=True)
class LockedCollection:
    """A collection in a lock; ``origin``: see ``CachedCollection``."""

    name: str
    version: str
    sha256: str
    origin: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def is_local(self) -> bool:
        """Whether it is a file or directory of a host, which the entry that asks for it names."""
        return self.origin.get("type") in LOCAL_TYPES

    def request(self) -> CollectionRequest:
        """What asks for exactly this."""
        return parse_request({"name": self.name, "version": self.version, **self.origin})

    def difference(self, asked: CollectionRequest) -> str:
        """What ``asked`` requires of it and it is not; empty where it is what is asked for."""
        here, source = f"the lock has {self.version}", str(self.origin.get("source", ""))
        if asked.type == "galaxy" or asked.path is not None:
            if SemanticVersion.parse(self.version) not in VersionRange.parse(asked.range):
                return f"{self.name} {asked.range} is required, and {here}"
            return ""
        if asked.type != self.origin.get("type") or not asked.brings(source):
            return f"{self.name} from {asked.address} is required, and {here} from {source or 'a Galaxy server'}"
        commit, revision = self.origin.get("version", "*"), revision_of(self.origin.get("requested_revision", ""))
        if asked.type == "git" and commit not in (asked.version, asked.revision) and asked.revision != revision:
            newest = "the newest commit"
            return f"{self.name} {asked.revision or newest} is required, and the lock has {revision or newest}"
        return ""


def collections_of(text: str) -> tuple[LockedCollection, ...]:
    """The collections in this listing; ``ValueError`` or :class:`InputError` for an entry that is none of ours."""
    return tuple(map(_collection_of, _ENTRY.findall(text)))


def _collection_of(match: tuple[str, ...]) -> LockedCollection:
    name, fields, _last, version, resolved, sha256 = match
    origin = {key: json.loads(text) for key, text in _FIELD.findall(fields) if key in _ORIGIN}
    if "type" in origin:
        reference, version = json.loads(version), resolved
        origin.update({"version": reference} if reference != "*" else {})
    SemanticVersion.parse(version)
    locked = LockedCollection(name, version, sha256, origin)
    locked.request()
    return locked


def collection_text(collection: LockedCollection) -> str:
    """An entry for ansible-galaxy; of a collection that is not found by its version, that stands in the comment."""
    origin = collection.origin
    fields = [f"    {key}: {json.dumps(origin[key])}\n" for key in _ORIGIN if origin.get(key)]
    version, comment = collection.version, ""
    if "type" in origin:
        version, comment = json.dumps(origin.get("version", "*")), f"{version} "
    lines = f"{''.join(fields)}    version: {version}"
    return f"  - name: {collection.name}\n{lines} # {comment}sha256:{collection.sha256}\n"


class LockedSource:
    """Offers what ``locked`` lists; ``source`` is asked for what the cache does not have, once."""

    spec = "the lock"

    def __init__(self, locked: Sequence[LockedCollection], source: CollectionSource) -> None:
        self.builder: TreeBuilder = source.builder
        self._locked = {one.name: one for one in locked}
        self._source = source
        self._delivered: dict[str, CachedCollection] | None = None

    def prepare(
        self, requests: Sequence[CollectionRequest], given: Sequence[CollectionCandidate] = ()
    ) -> Sequence[CollectionRequest]:
        """See ``CollectionSource``; raises :class:`ResolutionError` for what the lock does not meet."""
        local = {one.name for one in given}
        named: list[CollectionRequest] = []
        for request in requests:
            meant = self._meant(request) if request.collection not in local else []
            if not meant:
                named.append(CollectionRequest(request.name, request.range))
            if not meant and request.collection not in local:
                self._check_unknown(request)
            for locked in meant:
                difference = locked.difference(request)
                if difference:
                    raise ResolutionError(f"The lock does not meet the requirements: {difference}: {UPDATE}")
                named.append(CollectionRequest(locked.name, request.range))
        if named:
            self._deliver()
        return named

    def names(self) -> Sequence[str]:
        """The names of all collections in the lock."""
        return sorted(self._locked)

    def candidates(self, name: str) -> Sequence[CollectionCandidate]:
        """The version that is locked."""
        found = self._deliver().get(name) if name in self._locked else None
        return [CollectionCandidate.taken(found)] if found is not None else []

    def core_requirement(self) -> str | None:
        """That of the source."""
        return self._source.core_requirement()

    def _meant(self, request: CollectionRequest) -> list[LockedCollection]:
        """Those that a request asks for; one without a name asks for what its address brings."""
        if request.collection is not None:
            return [self._locked[request.collection]] if request.collection in self._locked else []
        found = (one for one in self._locked.values() if one.origin.get("type") == request.type)
        return [one for one in found if request.brings(one.origin["source"])]

    def _check_unknown(self, request: CollectionRequest) -> None:
        """Raise :class:`ResolutionError` where the source has it, and the lock does not."""
        name = request.collection
        if name is not None and not request.is_from_elsewhere:
            held = [CollectionCandidate.taken(one) for one in self._deliver().values()]
            self._source.prepare([request], held)
            if not self._source.candidates(name):
                return
        raise ResolutionError(f"The lock does not meet the requirements: it does not have {request.name}: {UPDATE}")

    def _deliver(self) -> Mapping[str, CachedCollection]:
        """All that the lock lists, but for what lies on this host."""
        if self._delivered is None:
            wanted = [one for one in self._locked.values() if not one.is_local]
            found = {one.name: self.builder.cache.find(one.name, one.version, one.sha256) for one in wanted}
            there = [one for one in found.values() if one is not None]
            fetched = self._fetched([one for one in wanted if found[one.name] is None], there)
            self._delivered = {
                one.name: replace(one, origin=self._locked[one.name].origin) for one in (*there, *fetched)
            }
        return self._delivered

    def _fetched(
        self, missing: Sequence[LockedCollection], there: Sequence[CachedCollection]
    ) -> list[CachedCollection]:
        if not missing:
            return []
        names = listed([f"{one.name} {one.version}" for one in missing])
        try:
            self._source.prepare([one.request() for one in missing], [CollectionCandidate.taken(one) for one in there])
        except VenvError as error:
            raise type(error)(f"The lock lists {names}, which cannot be had: {error.message}") from error
        return [self._taken(one) for one in missing]

    def _taken(self, locked: LockedCollection) -> CachedCollection:
        """Raises :class:`ResolutionError` for another version, or another content of it."""
        offered = {one.version: one for one in self._source.candidates(locked.name)}
        if locked.version not in offered:
            has = listed(sorted(offered)) or "no version of it"
            raise ResolutionError(
                f"The lock lists {locked.name} {locked.version}, and {self._source.spec} has {has}; choose the "
                f"collections_source that the lock was made from, or {UPDATE}"
            )
        taken = offered[locked.version].take()
        if taken.sha256 != locked.sha256:
            raise ResolutionError(
                f"{locked.name} {locked.version} from {self._source.spec} has another content than the lock lists "
                f"(sha256 {taken.sha256[:16]}…, not {locked.sha256[:16]}…); find out why, then {UPDATE}"
            )
        return taken
