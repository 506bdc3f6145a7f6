# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What an analysis derived, and why: each collection and package with the places that require it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .._left_out import packages_left_out
from .checked import count, mapping, mappings, name, names

_MAX_REQUIREMENTS, _MAX_REASONS, _MAX_OPEN, _MAX_SYSTEM = 200, 20, 50, 100
_WHERE = ("controller", "target")


def requirements_of(needs: Mapping[str, Any], built: Mapping[str, Any]) -> dict[str, Any] | None:
    """The tree, and what the venv that was ``built`` is without; None where nothing was analysed."""
    if "evidence" not in needs:
        return None
    dependencies = mapping(mapping(needs.get("profile")).get("dependencies"))
    versions = {
        name(one.get("name")): name(one.get("version"))
        for one in mappings(mapping(dependencies.get("galaxy")).get("collections"))
    }
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {("collection", known): [] for known in versions}
    for one in mappings(needs["evidence"]):
        for kind, key in (("collection", "collection"), ("package", "distribution")):
            required = name(one.get(key))
            if required and (kind == "collection" or one.get("required", True)):
                found.setdefault((kind, required), []).append(one)
    tree = [
        {"kind": kind, "name": required, "version": versions.get(required, ""), **_reasons(evidence)}
        for (kind, required), evidence in sorted(found.items())
    ]
    return {
        "ansible_core": name(mapping(dependencies.get("ansible_core")).get("package_pip")),
        **_limited("items", tree, _MAX_REQUIREMENTS),
        "unresolved": _some(needs.get("unresolved"), _unresolved),
        "dynamic": _some(needs.get("dynamic"), _dynamic),
        "packages_left_out": _some(packages_left_out(needs, built), _left_out),
        "on_hosts": _some(needs.get("target_packages"), _on_hosts),
        "system_packages": _system_packages(needs.get("system_packages")),
    }


def _reasons(evidence: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    rows = {(_place(one), name(one.get("kind")), name(one.get("name")), name(one.get("plugin"))) for one in evidence}
    keys = ("place", "kind", "name", "plugin")
    because = [dict(zip(keys, row, strict=True)) for row in sorted(rows)]
    return _limited("because", because, _MAX_REASONS)


def _some(given: Any, told: Callable[[Mapping[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    return _limited("items", [told(one) for one in mappings(given)], _MAX_OPEN)


def _limited(key: str, items: list[dict[str, Any]], most: int) -> dict[str, Any]:
    return {key: items[:most], "left_out": max(0, len(items) - most)}


def _system_packages(given: Any) -> dict[str, Any]:
    """Each entry once, with all collections that declare it."""
    found: dict[str, dict[str, set[str]]] = {}
    for one in mappings(given):
        entry, collection = name(one.get("entry")), name(one.get("collection"))
        if entry:
            known = found.setdefault(entry, {"collections": set(), "where": set()})
            known["collections"].update(filter(None, [collection]))
            known["where"].update(where for where in names(one.get("where"), _MAX_REASONS) if where in _WHERE)
    items = [
        {"entry": entry, **{key: sorted(values)[:_MAX_REASONS] for key, values in known.items()}}
        for entry, known in sorted(found.items())
    ]
    return _limited("items", items, _MAX_SYSTEM)


def _unresolved(one: Mapping[str, Any]) -> dict[str, Any]:
    what = name(f"{name(one.get('kind'))} {name(one.get('name'))}".strip())
    return {"place": _place(one), "text": what, "reason": name(one.get("reason"))}


def _dynamic(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"place": _place(one), "text": name(one.get("expression")), "reason": ""}


def _left_out(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"package": name(one.get("package")), "reason": name(one.get("reason"))}


def _on_hosts(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"package": name(one.get("package")), "hosts": names(one.get("hosts"), _MAX_REASONS)}


def _place(one: Mapping[str, Any]) -> str:
    file, line = name(one.get("file")), count(one.get("line"))
    return f"{file}:{line}" if file and line else file
