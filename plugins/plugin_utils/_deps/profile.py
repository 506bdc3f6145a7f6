# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The result of an analysis as plain data: a profile (execution environment, version 3) and the report."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import LOCAL_TYPES
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable, shortened
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.requests import RoleRequest

from .distributions.match import merged
from .limits import MAX_LISTED
from .model import (
    Analysis,
    CollectionDirectory,
    Evidence,
    FetchedRole,
    FileLocation,
    RoleLocation,
    Unresolved,
)
from .target_packages import TargetPackage, TargetPackages, packages_of
from .unresolved import UnresolvedPolicy, refused_names

_MAX_REASON = 600


def profile_of(
    analysis: Analysis,
    *,
    ansible_core: str | None = None,
    target_packages: TargetPackages = "auto",
    exclude: Sequence[str] = (),
) -> dict[str, Any]:
    """The profile: exact collections, Python requirements with their ranges, core if the source requires one.

    ``exclude`` is in it as well: what a container gets from the collections is to be without the same packages.
    """
    packages = packages_of(analysis, target_packages, exclude)
    dependencies: dict[str, Any] = {}
    if ansible_core:
        dependencies["ansible_core"] = {"package_pip": ansible_core}
    dependencies["python"] = merged([*packages.required, *packages.optional])
    dependencies["galaxy"] = {
        "collections": [
            {"name": directory.name, "version": directory.version, **directory.origin, **_content(directory)}
            for _name, directory in sorted(analysis.collections.items())
            if not (directory.local or directory.own)
        ]
    }
    if analysis.roles:
        dependencies["galaxy"]["roles"] = [_role(one) for one in sorted(analysis.roles, key=lambda one: one.name)]
    if exclude:
        dependencies["exclude"] = {"python": list(exclude)}
    return {"version": 3, "dependencies": dependencies}


def _content(directory: CollectionDirectory) -> dict[str, str]:
    """What a venv has to get, whatever a server has by then under this version; what lies on this host may change."""
    is_fixed = directory.sha256 and directory.origin.get("type") not in LOCAL_TYPES
    return {"sha256": directory.sha256} if is_fixed else {}


def _role(role: FetchedRole) -> dict[str, str]:
    """An entry of a requirements file that asks for exactly this role."""
    return RoleRequest(role.name, role.src, role.scm, role.version, role.requested_revision, role.sha256).listed()


def report_of(
    analysis: Analysis,
    *,
    allowed: Collection[str] = (),
    policy: UnresolvedPolicy = "fail",
    target_packages: TargetPackages = "auto",
    exclude: Sequence[str] = (),
) -> dict[str, Any]:
    """Evidence, unresolved and dynamic names as lists of dicts of text, numbers and booleans.

    All text is fit for a terminal. No list has more than ``MAX_LISTED`` entries, ``totals`` says how many there were;
    ``refused`` counts the unresolved names that the ``policy`` refuses and that are not ``allowed``, and
    ``role_declarations`` is what roles have of ``declarations``, ``local_collections`` has the versions of those that
    the project has itself, and ``unsearched_collections`` those of them that ansible-playbook does not find there.
    """
    packages = packages_of(analysis, target_packages, exclude)
    evidence = [_evidence(one) for one in _new_ones_first(analysis.evidence)[:MAX_LISTED]]
    unresolved = [_unresolved(one) for one in analysis.unresolved]
    refused = refused_names(unresolved, allowed, policy)
    passed = [one for one in unresolved if one not in refused] if len(unresolved) > MAX_LISTED else []
    listed = [*refused, *passed] if passed else unresolved
    return {
        "optional_packages": list(packages.optional),
        "own_collection": any(directory.own for directory in analysis.collections.values()),
        "target_packages": [_target_package(one) for one in packages.targets[:MAX_LISTED]],
        "left_out": [
            {"package": printable(line), "reason": f"exclude has {printable(entry)}"}
            for line, entry in [*packages.excluded.items()][:MAX_LISTED]
        ],
        "system_packages": [
            {"collection": one.collection, "entry": printable(one.entry), "where": list(one.where)}
            for one in analysis.system_packages[:MAX_LISTED]
        ],
        "evidence": evidence,
        "unresolved": listed[:MAX_LISTED],
        "dynamic": [{"expression": one.expression, **_location(one.location)} for one in analysis.dynamic[:MAX_LISTED]],
        "totals": {
            "evidence": len(analysis.evidence),
            "unresolved": len(unresolved),
            "dynamic": len(analysis.dynamic),
        },
        "refused": len(refused),
        "local_collections": {
            shortened(name): shortened(one.version) for name, one in analysis.collections.items() if one.local
        },
        "unsearched_collections": [shortened(name) for name, one in analysis.collections.items() if one.is_unsearched],
        "role_declarations": {
            "undeclared_roles": _roles(analysis.role_declarations.undeclared),
            "unused_roles": _roles(analysis.role_declarations.unused),
        },
    }


def _new_ones_first(evidence: Sequence[Evidence]) -> Sequence[Evidence]:
    """Where lines have to go, those go that repeat what another says: no collection and no package gets lost."""
    if len(evidence) <= MAX_LISTED:
        return evidence
    seen: set[tuple[str, str, bool]] = set()
    new: list[Evidence] = []
    repeated: list[Evidence] = []
    for one in evidence:
        key = (one.collection, one.distribution, one.required)
        (repeated if key in seen else new).append(one)
        seen.add(key)
    return [*new, *repeated]


def _evidence(one: Evidence) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "name": shortened(one.name),
        **_location(one.location),
        "collection": shortened(one.collection),
        "plugin": shortened(one.plugin),
        "distribution": printable(one.distribution),
        "required": one.required,
        "where": one.where,
        **({"hosts": _hosts(one.hosts), "on_venv_host": one.local} if one.where == "target" else {}),
        "layer": one.layer,
    }


def _target_package(one: TargetPackage) -> dict[str, Any]:
    return {
        "package": printable(one.package),
        "hosts": _hosts(one.hosts),
        "on_venv_host": one.local,
        "system": [printable(entry) for entry in one.system],
    }


def _hosts(patterns: Sequence[str]) -> list[str]:
    return [shortened(pattern) for pattern in patterns]


def _unresolved(one: Unresolved) -> dict[str, Any]:
    reason = shortened(one.reason, _MAX_REASON)
    location = _location(one.location)
    told = {"stops": one.stops, "ansible_reads": one.ansible_reads}
    return {"kind": one.kind, "name": shortened(one.name), **location, "reason": reason, **told}


def _roles(roles: Sequence[RoleLocation]) -> list[dict[str, Any]]:
    return [{"role": shortened(one.name), **_location(one.location)} for one in roles[:MAX_LISTED]]


def _location(location: FileLocation) -> dict[str, Any]:
    return {"file": printable(location.file), "line": location.line}
