# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The requirements of plugins as facts of their collections: they are found once for each exact content.

They follow from all collections whose code the plugin uses. A fact has the content of each, and counts where these are
the same. It does not count where a file of the project takes the place of one of ansible-core's module_utils.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, TypedDict, Union

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.json import OptionalText

from ..code.closure import local_utils
from ..model import FileLocation, Plugin, PluginRequirement, Unresolved
from ..resolution.routing import Library
from .plugin_requirements import PluginRequirements, requirements_of


class _Location(TypedDict):
    file: str
    line: int


_OptionalLocation = Union[_Location, None]


class _Unresolved(TypedDict):
    kind: str
    name: str
    location: _Location
    reason: str
    stops: bool
    ansible_reads: bool


class _Requirement(TypedDict):
    requirement: str
    layer: str
    where: str
    required: bool
    location: _OptionalLocation


class _Fact(TypedDict):
    requirements: list[_Requirement]
    unresolved: list[_Unresolved]
    collections: list[str]
    core_utils: list[str]
    contents: dict[str, OptionalText]


def known_requirements(plugin: Plugin, library: Library, *, utils: tuple[Path, ...] = ()) -> PluginRequirements:
    """As :func:`requirements_of`, from the facts of the plugin's collection where it has some."""
    facts = library.facts(plugin.collection)
    if facts is None:
        return requirements_of(plugin, library, utils=utils)
    name = f"requirements of the {plugin.kind} {plugin.name}{' on the controller' * plugin.action}"
    fact = facts.get(name, _Fact)
    if fact is not None and _counts(fact, library, utils):
        return _read(fact)
    with library.noting() as opened:
        found = requirements_of(plugin, library, utils=utils)
    fact = _written(found, {one: library.content_of(one) for one in sorted(opened)})
    if "" not in fact["contents"].values() and not _is_replaced(fact, library, utils):
        facts.add(name, fact)
    return found


def _counts(fact: Any, library: Library, utils: tuple[Path, ...]) -> bool:
    same = all(library.content_of(name) == content for name, content in fact["contents"].items())
    return same and not _is_replaced(fact, library, utils)


def _is_replaced(fact: Any, library: Library, utils: tuple[Path, ...]) -> bool:
    return any(found for name in fact["core_utils"] for found in local_utils(name, library, utils))


def _written(found: PluginRequirements, contents: dict[str, str | None]) -> dict[str, Any]:
    return {
        "requirements": [asdict(one) for one in found.requirements],
        "unresolved": [asdict(one) for one in found.unresolved],
        "collections": sorted(found.collections),
        "core_utils": sorted(found.core_utils),
        "contents": contents,
    }


def _read(fact: Any) -> PluginRequirements:
    return PluginRequirements(
        tuple(PluginRequirement(**{**one, "location": _location(one)}) for one in fact["requirements"]),
        tuple(Unresolved(**{**one, "location": FileLocation(**one["location"])}) for one in fact["unresolved"]),
        frozenset(fact["collections"]),
        frozenset(fact["core_utils"]),
    )


def _location(one: Any) -> FileLocation | None:
    return FileLocation(**one["location"]) if one["location"] is not None else None
