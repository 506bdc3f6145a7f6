# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The collections of a source, verified and kept on the controller, as the analysis asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CachedCollection
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.download import Told
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import CollectionRequest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.source import (
    CollectionCandidate,
    CollectionSource,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.sources import open_source
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import TOOLS
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.commands import Uv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.tool import find_uv

from .._mount import COLLECTION
from .._process import SubprocessRunner
from .model import CollectionDirectory

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
        return CollectionDirectory(taken.name, taken.version, Path(taken.path), sha256=taken.sha256)

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
    runner = SubprocessRunner()

    def uv() -> Uv:
        store.prepare()
        tools, cache = store.directory(TOOLS), str(Path(store.cache(), "uv"))
        return find_uv(runner=runner, tools=tools, cache=cache, index=index)

    return SourceFinder(open_source(spec, store=store, uv=uv, runner=runner, index=index, told=told, upgrade=upgrade))
