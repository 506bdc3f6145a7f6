# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The collections of a source, verified and kept on the controller, as the analysis asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections._source import (
    Candidate,
    CollectionSource,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections._sources import open_source
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections._versions import SemanticVersion
from ansible_collections.mobile_ansible.venv.plugins.module_utils._package_index import PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv import Uv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv_tool import find_uv
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._model import CollectionFolder
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._process import SubprocessRunner


@dataclass(frozen=True)
class SourceFinder:
    """A ``CollectionFinder`` that takes the highest release that a source has."""

    source: CollectionSource

    def __call__(self, name: str, /) -> CollectionFolder | None:
        """Verify and keep the collection; None when the source does not know it."""
        candidates = self.source.candidates(name)
        if not candidates:
            return None
        taken = max(candidates, key=_rank).take()
        return CollectionFolder(taken.name, taken.version, Path(taken.path))


def open_finder(spec: str, *, store: Store, index: PackageIndex) -> SourceFinder:
    """The finder for ``collections_source``; uv is looked for only when something has to be fetched."""

    def uv() -> Uv:
        store.prepare()
        tools, cache = store.folder(".tools"), str(Path(store.cache(), "uv"))
        return find_uv(runner=SubprocessRunner(), tools=tools, cache=cache, index=index)

    return SourceFinder(open_source(spec, store=store, uv=uv, index=index))


def _rank(candidate: Candidate) -> tuple[bool, SemanticVersion]:
    """Releases before pre-releases, then by version."""
    version = SemanticVersion.parse(candidate.version)
    return not version.prerelease, version
