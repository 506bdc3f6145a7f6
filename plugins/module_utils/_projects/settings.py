# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a project tells its own installer (``[tool.uv]``, ``uv.toml``, ``[tool.poetry]``, ``[tool.pdm]``) of packages.

A name that an installer is to take from elsewhere is never asked for at the index in its place, where a stranger can
have it: what cannot be followed is an error with file and line.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .._packaging.address import kind_of_source, public
from .._packaging.requirement import normalise_name, parse_requirement
from .files import no_index, other_index, other_links
from .model import DeclaredRequirement, FileContents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .._errors import InputError
    from .files import ProjectFiles
    from .toml import TomlFile

DEV_KEY = "dev-dependencies"
_CONSTRAINTS, _OVERRIDES = "constraint-dependencies", "override-dependencies"
#: Keys of uv that lead packages elsewhere or choose other versions, and why they are refused.
_SOURCE_BUILDS = "requires a build from source, which is not supported"
_REFUSED = {
    "exclude-newer": "limits packages by their date, which is not supported; pin versions, or add constraints",
    "exclude-newer-package": "limits packages by their date, which is not supported; pin versions, or add constraints",
    "exclude-dependencies": "excludes packages, which is not supported; add an override whose marker is never true",
    "dependency-metadata": "changes the requirements of packages, which is not supported; use override-dependencies",
    "no-binary": _SOURCE_BUILDS,
    "no-binary-package": _SOURCE_BUILDS,
}
_INDEX_TABLES = (("tool", "uv", "index"), ("tool", "poetry", "source"), ("tool", "pdm", "source"))
_INDEX_KEYS = ("index-url", "extra-index-url")
#: Sections that say in the words of one tool what a project needs.
_UNREAD = (
    ("poetry", "dependencies"),
    ("pdm", "dev-dependencies"),
    ("hatch", "envs"),
    ("pixi", "dependencies"),
    ("pixi", "pypi-dependencies"),
    ("flit", "metadata"),
)


class ToolSettings:
    """The sections of tools in one ``pyproject.toml``, with the ``uv.toml`` beside it."""

    def __init__(self, files: ProjectFiles, toml: TomlFile) -> None:
        self._files = files
        self._toml = toml
        self._uv = toml.table("tool", "uv")

    @property
    def dev_dependencies(self) -> list[Any]:
        """What uv adds to the group ``dev``."""
        return self._toml.array(self._uv, "tool", "uv", DEV_KEY)

    def read(self, *, has_dependencies: bool) -> FileContents:
        """Constraints and overrides, and notes on what is not read; raises where something cannot be followed."""
        own = _UvTable(self._files, self._toml, ("tool", "uv"))
        beside = read_uv_toml(self._files, os.path.dirname(self._toml.path))
        declared = (*own.requirements(), *self._pdm_overrides(), *beside.declared)
        for keys in _INDEX_TABLES:
            _check_indexes(self._files, self._toml, keys)
        self._check_resolution()
        notes = () if has_dependencies else tuple(self._notes())
        return FileContents(declared=declared, notes=notes)

    def check_sources(self, declared: Iterable[DeclaredRequirement], groups: frozenset[str]) -> None:
        """Raise :class:`InputError` where one of ``declared`` is to come from elsewhere than the index."""
        required = {one.requirement.name for one in declared}
        for name, entry, keys in self._sources():
            chosen = {normalise_name(str(entry[key])) for key in ("extra", "group") if entry.get(key)}
            if name not in required or not chosen <= groups:
                continue
            kind = self._elsewhere(entry)
            if kind is not None:
                raise self._toml.refused(
                    f"{name} comes from {kind} ([{'.'.join(keys[:-1])}]); it is not taken from the index, where "
                    "another package can have its name. Put a wheel of it into find_links and remove this entry, or "
                    "name requirement files without it in 'files'",
                    self._toml.key_line(*keys),
                )

    def _sources(self) -> Iterator[tuple[str, dict[str, Any], tuple[str, ...]]]:
        """Each name with an entry that says where it comes from, and the keys of that entry."""
        groups = self._toml.table("tool", "poetry", "group")
        for keys in (
            ("tool", "uv", "sources"),
            ("tool", "poetry", "dependencies"),
            ("tool", "poetry", DEV_KEY),
            *(("tool", "poetry", "group", group, "dependencies") for group in groups),
        ):
            for name, value in self._toml.table(*keys).items():
                for entry in value if isinstance(value, list) else [value]:
                    if isinstance(entry, dict):
                        yield normalise_name(name), entry, (*keys, name)

    def _elsewhere(self, entry: dict[str, Any]) -> str | None:
        """What the entry of a source names; None where it is the index of the task."""
        if entry.get("git"):
            return "a Git repository"
        if entry.get("workspace"):
            return "a directory of its workspace"
        address = entry.get("path") or entry.get("url") or entry.get("file")
        if address:
            return kind_of_source(str(address)) or ("a directory" if entry.get("path") else "a URL")
        index = entry.get("index") or entry.get("source")
        if not index:
            return None
        if str(index) in self._other_urls:
            other = self._other_urls[str(index)]
            return other and f"the index {str(index)[:80]!r}, {public(other)[:200]}"
        return f"the index {str(index)[:80]!r}"

    @cached_property
    def _other_urls(self) -> dict[str, str | None]:
        """By the name of each index, an address of it that is not the index of the task, None where all are."""
        found: dict[str, str | None] = {}
        for one in (one for keys in _INDEX_TABLES for one in _indexes(self._toml, keys)):
            if not found.get(one.name):
                found[one.name] = None if self._files.is_index(one.url) else one.url or "without an address"
        return found

    def _check_resolution(self) -> None:
        keys = ("tool", "pdm", "resolution")
        table = self._toml.table(*keys)
        for key in ("excludes", "allow-prereleases"):
            if table.get(key):
                line = self._toml.key_line(*keys, key)
                raise self._toml.refused(
                    f"{_shown(keys)}{key} is not supported; name requirement files in 'files'", line
                )

    def _pdm_overrides(self) -> Iterator[DeclaredRequirement]:
        keys = ("tool", "pdm", "resolution", "overrides")
        table = self._toml.table(*keys)
        start = self._toml.key_line(*keys) if table else 1
        lines: dict[str, int] = {}
        for number, line in enumerate(self._toml.lines[start - 1 :], start=start):
            lines.setdefault(line.partition("=")[0].strip().strip("'\""), number)
        for name, versions in table.items():
            location = self._toml.location(lines.get(name, start))
            text = str(versions)
            joint = "==" if text[:1].isdigit() else " @ " if kind_of_source(text) else ""
            requirement = parse_requirement(f"{name}{joint}{text}", where=str(location))
            yield DeclaredRequirement(requirement, location, constraint=True, override=True)

    def _notes(self) -> Iterator[str]:
        for tool, key in _UNREAD:
            if self._toml.table("tool", tool, key):
                yield (
                    f"{self._toml.path}: [tool.{tool}.{key}] is not read; export a requirements file or use [project]"
                )


def read_uv_toml(files: ProjectFiles, directory: str) -> FileContents:
    """The constraints and overrides of the ``uv.toml`` in ``directory``, if there is one."""
    path = files.existing("uv.toml", directory=directory)
    if path is None:
        return FileContents()
    toml = files.toml(path)
    _check_indexes(files, toml, ("index",))
    return FileContents(declared=tuple(_UvTable(files, toml, ()).requirements()))


class _UvTable:
    """The settings of uv at ``keys`` of a file."""

    def __init__(self, files: ProjectFiles, toml: TomlFile, keys: tuple[str, ...]) -> None:
        self._files = files
        self._toml = toml
        self._keys = keys

    def requirements(self) -> list[DeclaredRequirement]:
        """Constraints and overrides; raises :class:`InputError` for what cannot be followed."""
        self._check(self._keys)
        self._check((*self._keys, "pip"))
        return [*self._listed(_CONSTRAINTS, override=False), *self._listed(_OVERRIDES, override=True)]

    def _check(self, keys: tuple[str, ...]) -> None:
        table = self._toml.table(*keys)
        if table.get("no-index"):
            raise self._toml.refused(no_index(f"{_shown(keys)}no-index"), self._toml.key_line(*keys, "no-index"))
        links = table.get("find-links")
        if links:
            place = str(links[0] if isinstance(links, list) else links)
            message = other_links(f"{_shown(keys)}find-links", place)
            raise self._toml.refused(message, self._toml.key_line(*keys, "find-links"))
        for key, why in _REFUSED.items():
            if table.get(key):
                raise self._refused(key, why, keys)
        if table.get("prerelease") == "allow":
            raise self._refused(
                "prerelease", "applies to all packages; require a pre-release by name, such as x>=2.0b1", keys
            )
        if str(table.get("resolution", "highest")) != "highest":
            raise self._refused(
                "resolution", "selects the lowest versions, which is not supported; add constraints", keys
            )
        for key in _INDEX_KEYS:
            value = table.get(key, [])
            other = [str(url) for url in (value if isinstance(value, list) else [value])]
            other = [url for url in other if not self._files.is_index(url)]
            if other:
                raise _other_index(self._toml, other[0], (*keys, key))

    def _refused(self, key: str, why: str, keys: tuple[str, ...]) -> InputError:
        return self._toml.refused(f"{_shown(keys)}{key} {why}", self._toml.key_line(*keys, key))

    def _listed(self, key: str, *, override: bool) -> Iterator[DeclaredRequirement]:
        header = f"[{'.'.join(self._keys)}]" if self._keys else ""
        for text in self._toml.array(self._toml.table(*self._keys), *self._keys, key):
            one = self._toml.requirement(text, header=header, key=key)
            yield replace(one, constraint=True, override=override)


@dataclass(frozen=True)
class _Index:
    """An index that a file names; an explicit one serves only the names whose source it is, a flat one is a page."""

    name: str
    url: str
    is_explicit: bool
    is_flat: bool


def _indexes(toml: TomlFile, keys: tuple[str, ...]) -> Iterator[_Index]:
    for entry in toml.array(toml.table(*keys[:-1]), *keys):
        if not isinstance(entry, dict):
            raise toml.refused(f"{'.'.join(keys)} must contain tables", toml.key_line(*keys))
        if "poetry" in keys and not entry.get("url"):  # poetry's name for the public index
            continue
        is_explicit = entry.get("explicit") is True or entry.get("priority") == "explicit"
        yield _Index(str(entry.get("name", "")), str(entry.get("url", "")), is_explicit, entry.get("format") == "flat")


def _check_indexes(files: ProjectFiles, toml: TomlFile, keys: tuple[str, ...]) -> None:
    found, lines = list(_indexes(toml, keys)), toml.table_lines(*keys)
    for position, one in enumerate(found):
        if one.is_explicit or (files.is_for_any_index if one.is_flat else files.is_index(one.url)):
            continue
        line = lines[position] if len(lines) == len(found) else toml.key_line(*keys)
        if one.is_flat:
            raise toml.refused(other_links(_statement(keys), one.url), line)
        raise _other_index(toml, one.url, keys, line)


def _other_index(toml: TomlFile, url: str, keys: tuple[str, ...], line: int | None = None) -> InputError:
    return toml.refused(other_index(_statement(keys), url), line or toml.key_line(*keys))


def _statement(keys: tuple[str, ...]) -> str:
    return f"{_shown(keys[:-1])}{keys[-1]}"


def _shown(keys: tuple[str, ...]) -> str:
    return f"[{'.'.join(keys)}] " if keys else ""
