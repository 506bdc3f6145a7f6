# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What requirements files and dependencies ask for each collection: the entries for one name count together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import (
    CollectionRequest,
    parse_request,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.versions import VersionRange
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, VenvError

from .model import CollectionEntry, FileLocation
from .project.names import is_collection


@dataclass(frozen=True)
class DeclaredRequest:
    """What the entries at ``locations`` ask for; ``range`` has the versions that all of them allow.

    ``is_dependency``: a collection in the project depends on it. ``is_local``: see ``CollectionEntry``.
    """

    request: CollectionRequest
    locations: tuple[FileLocation, ...]
    range: str = "*"
    is_dependency: bool = False
    is_local: bool = False

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """An error that the entries cause begins with where they stand."""
        try:
            yield
        except VenvError as error:
            first = self.locations[0]
            context = {"file": first.file, "line": first.line, **error.context}
            raise type(error)(f"{shown(self.locations)}: {error.message}", **context) from error

    def together(self, other: DeclaredRequest) -> DeclaredRequest:
        """Both; raises :class:`InputError` when they want the collection from two places."""
        places = {_place(one.request): one.request for one in (self, other) if one.request.is_from_elsewhere}
        both = (*self.locations, *other.locations)
        if len(places) > 1:
            raise InputError(
                f"{shown(both)}: {self.request.name} is declared to come from two places; remove one of the entries",
                file=both[0].file,
                line=both[0].line,
            )
        ranges = dict.fromkeys(part for one in (self, other) for part in one.range.split(",") if part.strip() != "*")
        joined = ",".join(ranges) or "*"
        request = next(iter(places.values()), self.request)
        is_ranged = request.type == "galaxy" or request.path is not None
        return DeclaredRequest(
            replace(request, version=joined) if is_ranged else request,
            both,
            joined,
            self.is_dependency or other.is_dependency,
            self.is_local or other.is_local,
        )

    def origin(self, version: str) -> dict[str, Any]:
        """What an entry of a profile needs beside the name and the exact ``version`` to get the same collection."""
        request = self.request
        kind = {} if request.type == "galaxy" else {"type": request.type}
        source = {} if request.source is None else {"source": request.source}
        signatures = {"signatures": list(request.signatures)} if request.signatures else {}
        return {**kind, **source, **signatures, "version": request.version if request.type == "git" else version}


class DeclaredCollections:
    """The ``entries`` by the names of their collections.

    ``unnamed`` are those of which only what is found at their address or path knows which collection it is. An entry
    that cannot be used is an error when its collection is asked for, and one that has no name for each collection that
    no other entry names.
    """

    def __init__(self, entries: Iterable[CollectionEntry] = ()) -> None:
        self.named: dict[str, DeclaredRequest] = {}
        self.unnamed: list[DeclaredRequest] = []
        self._errors: dict[str, InputError] = {}
        self._nameless: list[InputError] = []
        for entry in entries:
            try:
                declared = _declared(entry)
            except InputError as error:
                name = str(entry.fields.get("name"))
                if is_collection(name):
                    self._errors.setdefault(name, error)
                else:
                    self._nameless.append(error)
                continue
            if declared.request.collection is None:
                self.unnamed.append(declared)
            else:
                self.add(declared)

    def add(self, declared: DeclaredRequest) -> None:
        """Take one more for a collection whose name is known."""
        name = declared.request.name
        earlier = self.named.get(name)
        try:
            self.named[name] = declared if earlier is None else earlier.together(declared)
        except InputError as error:
            self._errors.setdefault(name, error)

    def get(self, name: str) -> DeclaredRequest | None:
        """What is asked for a collection, None where it is not declared; raises :class:`InputError`."""
        if name in self._errors:
            raise self._errors[name]
        if name not in self.named and self._nameless:
            raise self._nameless[0]
        return self.named.get(name)


def _declared(entry: CollectionEntry) -> DeclaredRequest:
    where = f"{entry.location.file}, line {entry.location.line}"
    reason = entry.problem
    if not reason:
        try:
            request = parse_request(entry.fields)
            VersionRange.parse(request.range)
            location = (entry.location,)
            return DeclaredRequest(request, location, request.range, entry.is_dependency, entry.is_local)
        except InputError as error:
            reason = error.message
    raise InputError(
        f"{where}: this collection cannot be used: {reason}", file=entry.location.file, line=entry.location.line
    )


def _place(request: CollectionRequest) -> tuple[object, ...]:
    reference = "" if request.type == "galaxy" or request.path is not None else request.version
    return (request.type, request.source, request.signatures, reference)


def shown(locations: Iterable[FileLocation]) -> str:
    """The lines as they stand in messages."""
    return " and ".join(dict.fromkeys(f"{one.file}, line {one.line}" for one in locations))
