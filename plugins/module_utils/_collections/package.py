# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The source ``community_package``: the collections of one release of the ``ansible`` package.

The whole wheel is fetched once, checked against the sha256 that the package index states, and cached in
``<store>/.wheels``. An index of what is in it lies beside it, so that what is there can be found without opening the
wheel, uv or the network.
"""

from __future__ import annotations

import json
import os
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Callable, Protocol, TypedDict

from .._errors import ResolutionError, SourceError, StoreError
from .._printable import shortened
from .._store.durable import sync_file_system
from .._store.json import read_json
from .._store.layout import WHEELS
from .._store.staging import staging
from .._store.tree import note_use
from .requests import by_name
from .source import CollectionCandidate
from .wheel import Wheel

# What only a download needs is imported there.

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._packaging.pylock import LockedPackage
    from .._store.store import Store
    from .._uv.package_index import PackageIndex
    from .build import TreeBuilder
    from .collection_cache import CachedCollection
    from .download import Told
    from .requests import CollectionRequest

SCHEMA = 1


class _Entry(TypedDict):
    version: str
    dependencies: dict[str, str]
    sha256: str


class _Contents(TypedDict):
    """What lies beside a wheel: the collections in it, by name."""

    schema: int
    sha256: str
    core_requirement: str
    collections: dict[str, _Entry]


class CollectionResolver(Protocol):
    """The part of ``Uv`` that is needed to find the wheel."""

    def compile(
        self, requirements: Sequence[str], *, python: str | None = None, no_deps: bool = False
    ) -> list[LockedPackage]:
        """Resolve requirements to wheels."""


class CommunityPackage:
    """The release ``version`` of the ``ansible`` package as a source of collections.

    ``uv`` is called only when the wheel is not there. ``python``: the interpreter to resolve for, as uv takes it; the
    package says for which versions of Python it is. ``told`` hears how much of the wheel was fetched.
    """

    def __init__(
        self,
        version: str,
        *,
        store: Store,
        builder: TreeBuilder,
        uv: Callable[[], CollectionResolver],
        index: PackageIndex,
        python: str | None = None,
        told: Told | None = None,
    ) -> None:
        self.spec = f"community_package=={version}"
        self.builder = builder
        self._version = version
        self._store = store
        self._directory = store.directory(WHEELS)
        self._filename = f"ansible-{version}-py3-none-any.whl"
        self._uv = uv
        self._index = index
        self._python = python
        self._told = told
        self._contents: _Contents | None = None
        self._wheel: Wheel | None = None  # stays open while collections are taken: reading its directory is what costs

    def prepare(
        self, requests: Sequence[CollectionRequest], given: Sequence[CollectionCandidate] = ()
    ) -> Sequence[CollectionRequest]:
        """See ``CollectionSource``: a release has what it has."""
        return by_name(requests, self.spec)

    def names(self) -> Sequence[str]:
        """The names of all collections of the release."""
        return sorted(self._read()["collections"])

    def candidates(self, name: str) -> Sequence[CollectionCandidate]:
        """The one version of a collection that the release has."""
        entry = self._read()["collections"].get(name)
        if entry is None:
            return []
        return [CollectionCandidate(name, entry["version"], entry["dependencies"], partial(self._take, name))]

    def core_requirement(self) -> str:
        """The ansible-core that the release itself asks for."""
        return str(self._read()["core_requirement"])

    def _take(self, name: str) -> CachedCollection:
        entry = self._read()["collections"][name]
        cached = self.builder.cache.find(name, entry["version"], entry["sha256"])
        if cached is not None:
            return cached
        if self._wheel is None:
            self._wheel = self._open()
        content = self._wheel.content(name)
        if content.sha256 != entry["sha256"]:
            raise SourceError(
                f"{content.where} was changed after the download; remove the wheel, and it is fetched again"
            )
        return self.builder.cache.add(content)

    def _open(self) -> Wheel:
        path = os.path.join(self._directory, self._filename)
        if not os.path.isfile(path):
            self._contents = self._fetch()
        return Wheel(path)

    def _read(self) -> _Contents:
        """What is in the wheel; read once, and fetched when it is not there."""
        if self._contents is None:
            self._contents = self._read_cached() or self._fetch()
        return self._contents

    def _read_cached(self) -> _Contents | None:
        try:
            contents: _Contents = read_json(self._contents_path(), _Contents)
        except (OSError, ValueError):
            return None
        for name in (self._filename, f"{self._filename}.json"):
            note_use(os.path.join(self._directory, name))
        return contents if contents["schema"] == SCHEMA else None

    def _contents_path(self) -> str:
        return os.path.join(self._directory, f"{self._filename}.json")

    def _fetch(self) -> _Contents:
        """Bring the wheel and the index of what is in it into the store, the index last."""
        from .download import fetch

        self._store.prepare()
        locked = self._locate()
        with staging(self._directory) as directory:
            wheel = os.path.join(directory, self._filename)
            listing = f"{wheel}.json"
            try:
                fetch(locked.url, to=wheel, sha256=locked.sha256, index=self._index, told=self._told)
                contents = _survey(wheel, sha256=locked.sha256)
                with open(listing, "w", encoding="utf-8") as stream:
                    json.dump(contents, stream, indent=1, sort_keys=True)
                for path in (wheel, listing):
                    os.chmod(path, 0o444)
                sync_file_system(directory)
                os.replace(wheel, os.path.join(self._directory, self._filename))
                os.replace(listing, self._contents_path())
            except OSError as error:
                raise StoreError(f"{self._filename} cannot be stored in {self._directory}: {error.strerror}") from error
        return contents

    def _locate(self) -> LockedPackage:
        """Where the package index has the wheel, and its sha256."""
        requirement = f"ansible=={self._version}"
        try:
            locked = self._uv().compile([requirement], python=self._python, no_deps=True)
        except ResolutionError as error:
            if self._index.offline:
                raise
            raise ResolutionError(
                f"collections_source: the package index has no release {self._version} of ansible for this Python that "
                f"can be used; choose another one, as community_package==X.Y.Z ({shortened(error.message, 400)})"
            ) from error
        wheels = [package for package in locked if package.filename == self._filename]
        if len(wheels) != 1:
            raise SourceError(
                f"The package index has no wheel {self._filename}; choose another release: community_package==X.Y.Z"
            )
        if self._index.offline and not wheels[0].url.startswith("file:"):
            raise SourceError(
                f"{self._filename} is not in {self._directory}, and the option 'offline' is set: run once without, or "
                "put the wheel into a find_links directory"
            )
        return wheels[0]


def _survey(path: str, *, sha256: str) -> _Contents:
    """What is in the wheel, as it is written beside it."""
    with closing(Wheel(path)) as wheel:
        collections: dict[str, _Entry] = {}
        for name in wheel.names():
            content = wheel.content(name)
            collections[name] = {
                "version": content.version,
                "dependencies": dict(content.dependencies),
                "sha256": content.sha256,
            }
        core_requirement = wheel.core_requirement()
    return {"schema": SCHEMA, "sha256": sha256, "core_requirement": core_requirement, "collections": collections}
