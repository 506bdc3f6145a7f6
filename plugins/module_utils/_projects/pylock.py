# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""``pylock.toml`` (PEP 751) of a project: exact versions, each with the hashes of its wheels."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .._errors import InputError
from .._packaging.requirement import parse_requirement
from .model import DeclaredRequirement, FileContents, Location, join

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .files import ProjectFiles

#: The keys of packages that come from elsewhere, and what these are.
_NOT_FROM_AN_INDEX = {"vcs": "a repository", "archive": "an archive", "directory": "a directory"}


def read_pylock(files: ProjectFiles, path: str, *, where: str = "") -> FileContents:
    """Every package of the lock as ``name==version`` with the sha256 of its wheels."""
    toml = files.toml(path, where=where)
    packages = toml.array(toml.data, "packages")
    lines = toml.table_lines("packages")
    found = [FileContents(files=(path,), python=toml.requires_python())]
    for index, package in enumerate(packages):
        location = toml.location(lines[index] if len(lines) == len(packages) else 1)
        if not isinstance(package, dict):
            raise InputError(f"{location}: packages contains {str(package)[:80]!r}, which is not a table")
        found.append(_package(files, package, location))
    return join(found)


def _package(files: ProjectFiles, package: dict[str, Any], location: Location) -> FileContents:
    name, version, marker = (package.get(key) for key in ("name", "version", "marker"))
    place = next((key for key in _NOT_FROM_AN_INDEX if key in package), None)
    if place == "directory" and _is_project(files, package[place]):
        return FileContents(siblings=(files.import_directory,))
    if place is not None or not isinstance(version, str):
        kind = _NOT_FROM_AN_INDEX[place] if place else "locked without a version"
        raise InputError(
            f"{location}: {str(name)[:80]!r} is not taken from an index by version but is {kind}, so that it has no "
            "hash there; put a wheel of it into find_links and lock that"
        )
    if isinstance(marker, str) and ("extras" in marker or "dependency_groups" in marker):
        raise InputError(
            f"{location}: {str(name)[:80]!r} belongs to a group of the lock ({marker[:80]}), and groups of a lock "
            "cannot be chosen here; create a lock for the group"
        )
    text = f"{name}=={version}" + (f" ; {marker}" if isinstance(marker, str) else "")
    requirement = parse_requirement(text, where=str(location))
    found = list(_hashes(package))
    hashes = tuple(sorted({one["sha256"].lower() for one in found if isinstance(one.get("sha256"), str)}))
    if found and not hashes:
        raise InputError(
            f"{location}: {name!r} is locked with {', '.join(sorted(found[0]))[:80]}, but wheels are compared by their "
            "sha256; lock it again with sha256"
        )
    if "sdist" in package and "wheels" not in package:
        raise InputError(
            f"{location}: {name!r} is locked as source only, and packages are not built from source; put a wheel of it "
            "into find_links and lock that"
        )
    return FileContents(declared=(DeclaredRequirement(requirement, location, hashes=hashes),))


def _is_project(files: ProjectFiles, directory: Any) -> bool:
    target = directory.get("path") if isinstance(directory, dict) else None
    return isinstance(target, str) and files.is_root(os.path.join(files.directory, target))


def _hashes(package: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The hashes of each wheel, as far as they are written as the standard says."""
    wheels = package.get("wheels")
    for wheel in wheels if isinstance(wheels, list) else ():
        hashes = wheel.get("hashes") if isinstance(wheel, dict) else None
        if isinstance(hashes, dict) and hashes:
            yield hashes
