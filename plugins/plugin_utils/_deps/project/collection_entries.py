# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The collections that requirements files declare, with the real paths of those that lie in the project.

What an entry without a type is, ``from_requirement_dict`` in ansible/galaxy/dependency_resolution/dataclasses.py says.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import (
    ADDRESSED_TYPES,
    ENTRY_KEYS,
    LOCAL_TYPES,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import shortened

from ..model import CollectionEntry
from .context import search
from .files import Files
from .galaxy_requirements import DeclaredEntry
from .names import is_collection

#: What says that a directory is a collection, installed or as a source tree.
_METADATA = ("MANIFEST.json", "galaxy.yml")
_ADDRESSES = ("git+", "git@", "http://", "https://")


def collection_entry(files: Files, declared: DeclaredEntry) -> CollectionEntry:
    """An entry for a collection; paths are relative to where ansible-galaxy starts, and stay in the project."""
    fields, problem = _fields(files, declared)
    return CollectionEntry(fields, declared.location, problem, declared.is_dependency)


def _fields(files: Files, declared: DeclaredEntry) -> tuple[dict[str, Any], str]:
    """What ansible-galaxy reads of an entry, and the problem with it."""
    value = {"name": declared.value} if isinstance(declared.value, str) else declared.value
    if not isinstance(value, dict):
        return {}, "an entry must be a name or a dictionary"
    fields = {key: value[key] for key in ENTRY_KEYS if value.get(key) is not None}
    kind = fields.get("type")
    if "name" not in fields and "source" in fields and kind in ADDRESSED_TYPES:
        fields["name"] = fields.pop("source")
    name = fields.get("name")
    is_path = kind in LOCAL_TYPES
    if kind is None and isinstance(name, str):
        is_path = not is_collection(name) and not name.startswith(_ADDRESSES)
    if not is_path:
        return fields, _problem_of_address(files, str(fields.get("source", name)))
    key = "source" if kind is not None and "source" in fields else "name"
    path = fields.get(key)
    if not isinstance(path, str):
        return fields, "it has no name"
    bases = dict.fromkeys((declared.directory, files.root))
    found = search(bases, lambda base: files.either(base / path, strict=True))
    if found.path is None:
        reason = found.reason or "neither a collection has this name, nor a file or directory of the project"
        return fields, f"{shortened(path)}: {reason}"
    return {**fields, "type": kind or _type_of(files, found.path), key: str(found.path)}, ""


def _problem_of_address(files: Files, address: str) -> str:
    """Why the address of a repository on this host cannot be used: like any path it must stay in the project."""
    try:
        parts = urlsplit(address.removeprefix("git+"))
    except ValueError:
        return ""  # not an address, as is said where it is parsed
    # ansible-galaxy takes a version behind a comma and a directory in the repository behind "#".
    path = Path(unquote(parts.path.partition(",")[0]))
    if parts.scheme not in ("", "file") or not path.is_absolute():
        return ""
    found = search((files.root,), lambda _base: files.directory(path, strict=True))
    return (
        "" if found.path is not None else f"{shortened(address)}: {found.reason or 'the project has no such directory'}"
    )


def _type_of(files: Files, path: Path) -> str:
    if files.file(path) is not None:
        return "file"
    return "dir" if files.file(*(path / name for name in _METADATA)) is not None else "subdirs"
