# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The collections that a project has itself, where Ansible finds them before all others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from ..model import CollectionDirectory
from .collection_metadata import CollectionMetadata, metadata_of
from .config import ProjectConfig
from .files import Files
from .names import is_collection
from .scan import Findings
from .yaml import UnusableFileError

_COLLECTIONS = "ansible_collections"


class LocalCollections:
    """The collections inside the project.

    ``entries`` are the playbooks and roles where it starts, ``collections`` those that they lie in. A directory that
    cannot be read is reported and left out.
    """

    def __init__(
        self,
        files: Files,
        config: ProjectConfig,
        entries: Sequence[Path],
        collections: Iterable[CollectionMetadata],
        findings: Findings,
    ) -> None:
        self._files = files
        self._findings = findings
        self._own = {
            one.name: CollectionDirectory(one.name, one.version, one.path.parent, local=True) for one in collections
        }
        beside = (entry.parent / "collections" for entry in entries)
        usual = (files.root / "collections", files.root / "playbooks" / "collections")
        self._bases = dict.fromkeys([*usual, *beside, *config.collections])

    def find(self, name: str) -> CollectionDirectory | None:
        """The collection ``name``; its version is known only of one in which an entry lies, and which goes first."""
        found, own = self._searched(name), self._own.get(name)
        if own is None:
            return found
        # One that lies as an installed one does is found by who has its directory on the path.
        is_placed = own.path.parts[-3:] == (_COLLECTIONS, *name.split("."))
        return replace(own, is_unsearched=found is None and not is_placed)

    def _searched(self, name: str) -> CollectionDirectory | None:
        """The collection ``name``, where Ansible finds it."""
        for base in tuple(self._bases):
            try:
                places = (self._files.named_directory(one, name) for one in (base / _COLLECTIONS, base))
                found = next(filter(None, places), None)
            except UnusableFileError as error:
                self._findings.unusable(error)
                del self._bases[base]
                continue
            if found is not None:
                return CollectionDirectory(name, "*", found, local=True)
        return None

    def versioned(self, name: str) -> CollectionDirectory | None:
        """The same with its version; ``*`` where it does not say that."""
        found = self.find(name) if is_collection(name) else None
        if found is None or found.version != "*":
            return found
        try:
            metadata = metadata_of(self._files, found.path)
        except InputError:
            return found
        return replace(found, version=metadata.version) if metadata is not None else found
