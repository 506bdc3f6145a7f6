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


class LocalCollections:
    """The collections inside the project.

    ``entries`` are the playbooks and roles where it starts, ``collections`` those that they lie in.
    """

    def __init__(
        self,
        files: Files,
        config: ProjectConfig,
        entries: Sequence[Path],
        collections: Iterable[CollectionMetadata],
    ) -> None:
        self._files = files
        self._own = {
            one.name: CollectionDirectory(one.name, one.version, one.path.parent, local=True) for one in collections
        }
        beside = (entry.parent / "collections" for entry in entries)
        usual = (files.root / "collections", files.root / "playbooks" / "collections")
        self._bases = list(dict.fromkeys([*usual, *beside, *config.collections]))

    def find(self, name: str) -> CollectionDirectory | None:
        """The collection ``name``, where Ansible finds it; its version is known only of one in which an entry lies."""
        if name in self._own:
            return self._own[name]
        for base in self._bases:
            for directory in (base / "ansible_collections", base):
                found = self._files.named_directory(directory, name)
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
