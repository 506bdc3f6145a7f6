# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The analysis that a profile is made by, and made by again to see whether the playbook changed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from .._cached_analysis import ProjectAnalysis
from .._core import CoreRelease
from .._deps.formats import FORMATS
from .directory import DEFINITION, ProfileSource

if TYPE_CHECKING:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.download import Told

#: The choices of options, of which the first is the default; a file that came from elsewhere can say anything.
_CHOICES = {"target_packages": ("auto", "all", "none"), "unresolved": ("as_ansible", "fail", "warn")}
#: The options of an analysis that its result depends on, besides what the playbook is: noted with the profile.
_NOTED_LISTS = ("inventory", "exclude", "allow_unresolved")


def source_of(options: Mapping[str, Any]) -> ProfileSource:
    """What is noted of the ``playbook`` in its ``project``, and of how it is analysed."""
    playbook = _absolute(options["playbook"])
    project = _absolute(options["project"]) if options["project"] else None
    noted: dict[str, Any] = {name: list(options[name]) for name in _NOTED_LISTS if options[name]}
    noted.update({name: options[name] for name in _CHOICES})
    noted["follow_outside"] = options["follow_outside"]
    if "inventory" in noted:
        noted["inventory"] = [_inventory(one) for one in noted["inventory"]]
    if project is None:
        return cast("ProfileSource", {"path": playbook, **noted})
    inside = os.path.relpath(os.path.realpath(playbook), os.path.realpath(project))
    return cast("ProfileSource", {"path": project, "playbooks": [inside], **noted})


def analysed(source: ProfileSource, options: Mapping[str, Any], told: Told | None = None) -> dict[str, Any]:
    """The report of an analysis, from the cache where nothing changed; raises of the ``VenvError`` family.

    ``options`` say where collections and packages come from.
    """
    asked = {
        "path": source["path"],
        "playbooks": source.get("playbooks", []),
        "inventory": source.get("inventory", []),
        "exclude": source.get("exclude", []),
        "allow_unresolved": source.get("allow_unresolved", []),
        **{name: _chosen(source.get(name), choices) for name, choices in _CHOICES.items()},
        "follow_outside": source.get("follow_outside", False),
        "upgrade": False,
        **{name: options[name] for name in ("collections_source", "store", "index_url", "find_links", "offline")},
    }
    analysis = ProjectAnalysis(asked, core=CoreRelease.find())
    return analysis.known() or analysis.made(told)


def definition_text(report: Mapping[str, Any]) -> str:
    """The definition that the report makes."""
    return FORMATS[DEFINITION](report)


def lines_of(report: Mapping[str, Any]) -> list[str]:
    """What the playbook requires, a line for each, to compare with a later analysis."""
    dependencies = report["profile"]["dependencies"]
    core = dependencies.get("ansible_core")
    galaxy = dependencies["galaxy"]
    return sorted(
        [
            *([core["package_pip"]] if core else []),
            *dependencies["python"],
            *(f"collection {_entry(one)}" for one in galaxy["collections"]),
            *(f"role {_entry(one)}" for one in galaxy.get("roles", ())),
            *(f"system package {one['entry']}" for one in report["system_packages"]),
        ]
    )


def changed_lines(before: Sequence[str], after: Sequence[str]) -> dict[str, list[str]]:
    """What was added and what was removed."""
    return {"added": sorted({*after} - {*before}), "removed": sorted({*before} - {*after})}


def _chosen(value: object, choices: Sequence[str]) -> str:
    return value if isinstance(value, str) and value in choices else choices[0]


def _entry(one: Mapping[str, Any]) -> str:
    return f"{one.get('name') or one.get('src')} {one.get('version') or ''}".rstrip()


def _absolute(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))


def _inventory(source: str) -> str:
    """A list of hosts as it is, a path from the root."""
    return source if "," in source else _absolute(source)
