# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A collection in a source tree (galaxy.yml), taken as ``ansible-galaxy collection install`` takes a directory.

The same files are chosen as by ``ansible-galaxy collection build``, and MANIFEST.json and FILES.json are made for
them. There is nothing to verify against: the tree is the user's own.
"""

from __future__ import annotations

import fnmatch
import hashlib
import io
import json
import os
from functools import partial
from typing import TYPE_CHECKING, Any

try:
    import yaml
except ImportError:  # modules cannot count on it
    HAS_YAML = False
else:
    HAS_YAML = True

from .._errors import SourceError
from .collection import (
    Collection,
    SourceFile,
)
from .directory import (
    files_at,
    find_files,
    read_file,
    sha256_of_file,
)
from .links import expand_links
from .manifest import (
    FILES,
    MANIFEST,
    RUNTIME,
    parse_information,
    requires_ansible,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GALAXY_FILE = "galaxy.yml"
_LARGEST = 1 << 16
_DEEPEST = 20
_NEVER = ("MANIFEST.json", "FILES.json", "galaxy.yml", "galaxy.yaml", ".git", "*.pyc", "*.retry", "tests/output")
_NEVER_DIRECTORIES = frozenset(("CVS", ".bzr", ".hg", ".git", ".svn", "__pycache__", ".tox"))


def build_directory(path: str) -> Collection:
    """The collection in a source tree; raises :class:`SourceError`."""
    galaxy_file = os.path.join(path, GALAXY_FILE)
    information = _read_galaxy_file(galaxy_file)
    name, version, dependencies = parse_information(information, where=galaxy_file)
    ignored = _ignored(information, name, galaxy_file)
    found = find_files(path, leave_out=partial(_is_ignored, ignored), may_point_out=lambda _name: False)
    places = expand_links(found.files, found.links, where=path)
    checksums = {relative: sha256_of_file(place) for relative, place in places.items()}
    made = _metadata(information, checksums)
    return Collection(
        name=name,
        version=version,
        dependencies=dependencies,
        requires_ansible=requires_ansible(read_file(places[RUNTIME])) if RUNTIME in places else None,
        checksums={**checksums, **{relative: hashlib.sha256(data).hexdigest() for relative, data in made.items()}},
        files=partial(_files, places, made),
        where=path,
    )


def name_in_source_tree(path: str) -> tuple[str, str, Mapping[str, str]]:
    """Name, version and dependencies that galaxy.yml states."""
    galaxy_file = os.path.join(path, GALAXY_FILE)
    return parse_information(_read_galaxy_file(galaxy_file), where=galaxy_file)


def _files(places: Mapping[str, str], made: Mapping[str, bytes]) -> Iterator[SourceFile]:
    yield from files_at(places)
    for name, data in made.items():
        yield SourceFile(name, False, partial(io.BytesIO, data))


def _read_galaxy_file(path: str) -> dict[str, Any]:
    if not HAS_YAML:
        raise SourceError(
            f"{path} cannot be read: this Python has no PyYAML. Install it, or build the collection with "
            "ansible-galaxy collection build and give the tarball"
        )
    data = read_file(path)
    try:
        _check_yaml(data, path)
        information = yaml.safe_load(data)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SourceError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(information, dict):
        raise SourceError(f"{path} is not a dictionary")
    if information.get("manifest") is not None:
        raise SourceError(
            f"{path} chooses files by manifest directives, which only ansible-galaxy understands: build the "
            "collection with "
            "ansible-galaxy collection build and give the tarball"
        )
    return information


def _check_yaml(data: bytes, path: str) -> None:
    """Refuse what makes a loader run out of time or memory, before it constructs anything."""
    if len(data) > _LARGEST:
        raise SourceError(f"{path} is larger than {_LARGEST >> 10} KiB; that is no galaxy.yml")
    depth = 0
    for event in yaml.parse(data, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST or isinstance(event, yaml.AliasEvent):
            raise SourceError(f"{path} has YAML aliases or is nested too deeply; write it out")


def _ignored(information: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    patterns = information.get("build_ignore") or []
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
        raise SourceError(f"{where}: build_ignore is not a list of patterns")
    return (*_NEVER, f"{name.replace('.', '-')}-*.tar.gz", *patterns)


def _is_ignored(patterns: tuple[str, ...], path: str) -> bool:
    return os.path.basename(path) in _NEVER_DIRECTORIES or any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def _metadata(information: Mapping[str, Any], checksums: Mapping[str, str]) -> dict[str, bytes]:
    """MANIFEST.json and FILES.json, with what Ansible and our own checks read of them."""
    entries: list[dict[str, Any]] = [
        {"name": ".", "ftype": "dir", "chksum_type": None, "chksum_sha256": None, "format": 1}
    ]
    for path, sha256 in sorted(checksums.items()):
        entries.append({"name": path, "ftype": "file", "chksum_type": "sha256", "chksum_sha256": sha256, "format": 1})
    files = _json({"files": entries, "format": 1})
    manifest_file = {
        "name": FILES,
        "ftype": "file",
        "chksum_type": "sha256",
        "chksum_sha256": hashlib.sha256(files).hexdigest(),
        "format": 1,
    }
    kept = {key: value for key, value in information.items() if key not in ("build_ignore", "manifest")}
    document = {"collection_info": kept, "file_manifest_file": manifest_file, "format": 1}
    return {MANIFEST: _json(document), FILES: files}


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, indent=1, default=str).encode() + b"\n"
