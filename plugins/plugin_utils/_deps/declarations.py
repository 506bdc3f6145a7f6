# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where what a project declares and what it uses differ: the collections of its requirements files and its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable

from .limits import MAX_LISTED
from .sources import SourceFinder


def declarations_of(report: Mapping[str, Any], finder: SourceFinder) -> dict[str, list[dict[str, Any]]]:
    """The collections that ``report`` uses and that are not declared, each where it is used first, and the reverse.

    Where no collection is declared, none is undeclared. So is none that the project has itself, or that a declared
    collection depends on, because ansible-galaxy installs these too. What is declared is of use where another
    collection that is used depends on it.
    """
    declared = finder.declared.named
    used: dict[str, Mapping[str, Any]] = {}
    for one in report["evidence"]:
        if one["required"]:
            used.setdefault(one["collection"], one)
    installed = _with_dependencies(declared, finder)
    undeclared = [
        {"collection": name, **{key: one[key] for key in ("kind", "name", "file", "line")}}
        for name, one in used.items()
        if declared and name in finder.taken and name not in installed
    ]
    needed = _with_dependencies({*finder.taken, *(one["collection"] for one in report["evidence"])}, finder)
    unused = [
        {"collection": name, "file": printable(at.file), "line": at.line}
        for name, one in declared.items()
        if name not in needed and not _is_named(name, report)
        for at in one.locations
    ]
    return {"undeclared": undeclared[:MAX_LISTED], "unused": unused[:MAX_LISTED]}


def _with_dependencies(names: Iterable[str], finder: SourceFinder) -> set[str]:
    """``names`` and all that these depend on, as far as that is known without fetching anything."""
    found: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += finder.dependencies(name)
    return found


def _is_named(collection: str, report: Mapping[str, Any]) -> bool:
    """Whether a name that is not resolved is one of the collection."""
    start = f"{collection}."
    return any(f"{one['name']}.".startswith(start) for one in report["unresolved"]) or any(
        start in one["expression"] for one in report["dynamic"]
    )
