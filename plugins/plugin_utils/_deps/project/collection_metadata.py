# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a directory says of the collection that it holds: its name, its version, and the collections it depends on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import shortened

from .files import Files
from .names import is_collection
from .scan import Findings
from .yaml import UnusableFileError

#: As ``_get_meta_from_dir`` of ansible-core takes them: a built collection first, then a source tree.
_MANIFEST, _SOURCE = "MANIFEST.json", "galaxy.yml"
METADATA_FILES = (_MANIFEST, _SOURCE)
MAX_DEPENDENCIES = 1000


@dataclass(frozen=True)
class CollectionMetadata:
    """``dependencies`` maps names to ranges, as written; ``path`` is the file that says so.

    ``written`` has all entries of the dependencies, also those that are addresses of repositories.
    """

    name: str
    version: str
    dependencies: Mapping[str, str]
    path: Path
    written: tuple[tuple[Any, Any], ...] = field(default=(), compare=False)


def own_collections(files: Files, findings: Findings, directories: Iterable[Path]) -> list[CollectionMetadata]:
    """The collections that ``directories`` of a project are; a file that cannot be used is reported."""
    found = []
    for directory in directories:
        try:
            metadata = metadata_of(files, directory)
        except UnusableFileError as error:
            findings.unusable(error, kind="requirements")
        else:
            found += [metadata] if metadata is not None else []
    return found


def metadata_of(files: Files, directory: Path) -> CollectionMetadata | None:
    """The metadata of a directory; None where it has none, or none that names a collection.

    A MANIFEST.json that cannot be used is that of another program.
    """
    for name in METADATA_FILES:
        path = files.file(directory / name)
        found = _read(files, path) if path is not None else None
        if found is not None:
            return found
    return None


def _read(files: Files, path: Path) -> CollectionMetadata | None:
    if path.name != _MANIFEST:
        return _metadata(files.yaml(path), path)
    try:
        said = files.yaml(path)  # JSON is YAML.
    except InputError:
        return None
    return _metadata(said.get("collection_info"), path) if isinstance(said, dict) else None


def _metadata(said: Any, path: Path) -> CollectionMetadata | None:
    if not isinstance(said, dict):
        return None
    name = f"{said.get('namespace')}.{said.get('name')}"
    if not is_collection(name):
        return None
    version = shortened(str(said.get("version") or "*"))
    dependencies = said.get("dependencies")
    written = tuple(dependencies.items())[:MAX_DEPENDENCIES] if isinstance(dependencies, dict) else ()
    named = {str(name): str(wanted) for name, wanted in written if is_collection(str(name))}
    return CollectionMetadata(name, version, named, path, written)
