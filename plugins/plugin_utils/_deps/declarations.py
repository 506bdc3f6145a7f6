# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where what a project declares and what it uses differ: the entries of its requirements files and its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.versions import (
    SemanticVersion,
    VersionRange,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable

from .limits import MAX_LISTED
from .reachable import reachable
from .sources import SourceFinder

_TOGETHER = (
    "The collections that the requirements files declare cannot be had together, so only the entries of those in use "
    "count: {}"
)
_UNSEARCHED = (
    "{location}: {name} is a collection that the project itself has, in a directory where ansible-playbook does not "
    "look for collections: make a link collections/ansible_collections/{path} to it beside the playbook, or install it"
)


def declarations_of(report: Mapping[str, Any], finder: SourceFinder, *, is_whole: bool = False) -> dict[str, list[Any]]:
    """The collections that ``report`` uses and that are not declared, each where it is used first, and the reverse.

    Where no collection is declared, none is undeclared. So is none that the project has itself, or that a declared
    collection depends on, because ansible-galaxy installs these too. What is declared is of use where another
    collection that is used depends on it. What the project has in another version than it declares is ``unmet``: that
    is the one that Ansible uses. Roles were compared by ``RoleUses``, and are only handed on.

    ``is_whole``: the report is of a whole project or a collection, of which nobody says that it is run in its place.
    """
    declared = finder.declared.named
    used: dict[str, Mapping[str, Any]] = {}
    for one in report["evidence"]:
        if one["required"]:
            used.setdefault(one["collection"], one)
    installed = reachable(declared, finder.dependencies)
    undeclared = [
        {"collection": name, **{key: one[key] for key in ("kind", "name", "file", "line")}}
        for name, one in used.items()
        if declared and name in finder.taken and name not in installed
    ]
    needed = reachable({*finder.taken, *(one["collection"] for one in report["evidence"])}, finder.dependencies)
    unused = [
        {"collection": name, "file": printable(at.file), "line": at.line}
        for name, one in declared.items()
        if name not in needed and not one.is_dependency and not _is_named(name, report)
        for at in one.locations
    ]
    roles = report["role_declarations"]
    unmet = [
        {"collection": name, "version": one.range, "found": version, "file": printable(at.file), "line": at.line}
        for name, version in report["local_collections"].items()
        for one in [declared.get(name)]
        if one is not None and not _allows(one.range, version)
        for at in one.locations
    ]
    listed = {"undeclared": undeclared, "unused": unused, "unmet": unmet}
    problems = [_TOGETHER.format(finder.problem)] if finder.problem else []
    problems += [
        f"{one['file']}:{one['line']}: {one['role']} is in a list of roles, and the project uses the collection of "
        "this name: put it below the key 'collections'"
        for one in roles.get("unused_roles", ())
        if one["role"] in used and one["role"] not in declared
    ]
    problems += [
        _UNSEARCHED.format(location=f"{one['file']}:{one['line']}", name=name, path=name.replace(".", "/"))
        for name in report["unsearched_collections"]
        for one in [used.get(name)]
        if one is not None and not is_whole
    ]
    return {**{key: entries[:MAX_LISTED] for key, entries in listed.items()}, **roles, "problems": problems}


def _allows(versions: str, version: str) -> bool:
    """Whether a range has a version, as far as that is one: in the project, it is what somebody wrote."""
    try:
        return SemanticVersion.parse(version) in VersionRange.parse(versions)
    except InputError:
        return True


def _is_named(collection: str, report: Mapping[str, Any]) -> bool:
    """Whether a name that is not resolved is one of the collection."""
    start = f"{collection}."
    return any(f"{one['name']}.".startswith(start) for one in report["unresolved"]) or any(
        start in one["expression"] for one in report["dynamic"]
    )
