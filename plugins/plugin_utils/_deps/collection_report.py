# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The analysis of a collection as plain data: its plugins, what it declares, and where the two differ.

All text is fit for a terminal, and no list has more than ``MAX_LISTED`` entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import normalise_name
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable, shortened

from .collection_subject import CollectionAnalysis
from .distributions.declared import CollectionRequirement, parsed
from .distributions.plugin_requirements import PluginRequirements
from .limits import MAX_LISTED
from .model import FileLocation, Plugin, PluginRequirement


def with_collection(report: Mapping[str, Any], found: CollectionAnalysis) -> dict[str, Any]:
    """A ``report`` with the keys that only the report of a collection has; plugins that require something go first."""
    plugins = [_plugin(one, needs, found) for one, needs in found.requirements.items()]
    if len(plugins) > MAX_LISTED:
        plugins.sort(key=lambda one: not (one["requirements"] or one["collections"]))
    return {
        **report,
        "plugins": plugins[:MAX_LISTED],
        "declared": _declared(found),
        "differences": _differences(found),
        "totals": {**report["totals"], "plugins": len(plugins)},
    }


def _plugin(plugin: Plugin, needs: PluginRequirements, found: CollectionAnalysis) -> dict[str, Any]:
    return {
        "kind": plugin.kind,
        "name": shortened(plugin.name),
        "file": printable(found.files.get(plugin, "")),
        "requirements": [_requirement(one) for one in needs.requirements[:MAX_LISTED]],
        "collections": sorted(needs.collections - {plugin.collection})[:MAX_LISTED],
    }


def _requirement(one: PluginRequirement) -> dict[str, Any]:
    return {
        "package": printable(one.requirement),
        "required": one.required,
        "where": one.where,
        "layer": one.layer,
        **_location(one.location),
    }


def _declared(found: CollectionAnalysis) -> dict[str, Any]:
    """What an execution environment gets from the collection, and the collections that are installed with it."""
    return {
        "collection": found.directory.name,
        "version": printable(found.directory.version),
        "python": [_line(one) for one in found.declared.python[:MAX_LISTED]],
        "system": [printable(line) for line in found.declared.system[:MAX_LISTED]],
        "collections": [
            {"name": name, "version": shortened(wanted)}
            for name, wanted in sorted(found.dependencies.items())[:MAX_LISTED]
        ],
    }


def _differences(found: CollectionAnalysis) -> dict[str, Any]:
    """Both directions; what is declared but unused is known only when all plugins were analysed."""
    users = _users_of_packages(found)
    used = _users_of_collections(found)
    known = found.declared.named | found.inherited
    unused = [one for one in found.declared.python if one.name not in users] if found.whole else []
    unused_collections = sorted(found.dependencies.keys() - used) if found.whole else []
    return {
        "undeclared": [_undeclared(users[name]) for name in sorted(users.keys() - known)[:MAX_LISTED]],
        "undeclared_collections": [
            {"collection": name, "plugins": used[name][:MAX_LISTED]}
            for name in sorted(used.keys() - found.dependencies.keys())[:MAX_LISTED]
        ],
        "unused": [_line(one) for one in unused[:MAX_LISTED]],
        "unused_collections": unused_collections[:MAX_LISTED],
    }


def _undeclared(users: list[tuple[Plugin, PluginRequirement]]) -> dict[str, Any]:
    return {
        "package": printable(users[0][1].requirement),
        "required": any(one.required for _plugin, one in users),
        "where": sorted({one.where for _plugin, one in users}),
        "plugins": list(dict.fromkeys(shortened(plugin.name) for plugin, _one in users))[:MAX_LISTED],
    }


def _users_of_packages(found: CollectionAnalysis) -> dict[str, list[tuple[Plugin, PluginRequirement]]]:
    """The plugins that require a package, by its normalised name."""
    users: dict[str, list[tuple[Plugin, PluginRequirement]]] = {}
    for plugin, needs in found.requirements.items():
        for one in needs.requirements:
            requirement = parsed(one.requirement)
            name = normalise_name(requirement.name if requirement is not None else one.requirement)
            users.setdefault(name, []).append((plugin, one))
    return users


def _users_of_collections(found: CollectionAnalysis) -> dict[str, list[str]]:
    users: dict[str, list[str]] = {}
    for plugin, needs in found.requirements.items():
        for name in needs.collections - {found.directory.name}:
            users.setdefault(name, []).append(shortened(plugin.name))
    return users


def _line(one: CollectionRequirement) -> dict[str, Any]:
    return {"package": printable(one.text), **_location(one.location)}


def _location(location: FileLocation | None) -> dict[str, Any]:
    return {"file": printable(location.file), "line": location.line} if location is not None else {}
