# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The result of an analysis as plain data: a profile (execution environment, version 3) and the report."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._distributions import merged
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._model import Analysis, Place


def profile_of(analysis: Analysis, *, ansible_core: str | None = None) -> dict[str, Any]:
    """The profile: exact collections, Python requirements with their ranges, core if the source demands one."""
    dependencies: dict[str, Any] = {}
    if ansible_core:
        dependencies["ansible_core"] = {"package_pip": ansible_core}
    dependencies["python"] = merged(one.distribution for one in analysis.evidence if one.distribution and one.required)
    dependencies["galaxy"] = {
        "collections": [
            {"name": folder.name, "version": folder.version}
            for _name, folder in sorted(analysis.collections.items())
            if not folder.local
        ]
    }
    return {"version": 3, "dependencies": dependencies}


def report_of(analysis: Analysis) -> dict[str, list[dict[str, Any]]]:
    """Evidence, unresolved and dynamic names as lists of dicts of text, numbers and booleans."""
    return {
        "evidence": [
            {
                "kind": one.kind,
                "name": one.name,
                **_place(one.place),
                "collection": one.collection,
                "plugin": one.plugin,
                "distribution": one.distribution,
                "required": one.required,
                "where": one.where,
                "layer": one.layer,
            }
            for one in analysis.evidence
        ],
        "unresolved": [
            {"kind": one.kind, "name": one.name, **_place(one.place), "reason": one.reason}
            for one in analysis.unresolved
        ],
        "dynamic": [{"expression": one.expression, **_place(one.place)} for one in analysis.dynamic],
    }


def not_allowed(report: dict[str, list[dict[str, Any]]], allowed: Collection[str]) -> list[dict[str, Any]]:
    """The unresolved names that the user did not allow."""
    return [one for one in report["unresolved"] if one["name"] not in allowed]


def _place(place: Place) -> dict[str, Any]:
    return {"file": place.file, "line": place.line}
