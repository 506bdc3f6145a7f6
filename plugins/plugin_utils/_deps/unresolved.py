# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What becomes of the unresolved names of a report: which of them fail it, and what is said of them.

This is imported on the way to each run of a playbook, so that it imports nothing itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

#: Which unresolved names are refused: all, those for which ansible-playbook stops before the first task, or none.
UnresolvedPolicy = Literal["fail", "as_ansible", "warn"]
#: Names that one error shows, and names that get a warning of their own.
_SHOWN, _MAX_WARNINGS = 5, 20
#: A file of ansible-galaxy, which ansible-playbook does not read.
_REQUIREMENTS = "requirements"
_CONSEQUENCES = {_REQUIREMENTS: "What it declares is not used", "ansible_core": "ansible-playbook only warns of it"}
#: As ``failure`` in module_utils/_galaxy/run.py says it.
_UNFETCHED = "ansible-galaxy cannot fetch"
#: What a setting enables, and Ansible skips with a warning where there is none (``load_callbacks`` in
#: executor/task_queue_manager.py, ``_fetch_inventory_plugins`` and ``parse_source`` in inventory/manager.py,
#: vars/plugins.py, the cache in vars/manager.py), and what ``collections:`` lists.
_LEFT_OUT = ("cache", "callback", "inventory", "vars", "collection")
_LIMIT = "Only the analysis has this limit, ansible-playbook does not: what is behind it is missing in the result"


def refused_names(
    unresolved: Iterable[Mapping[str, Any]], allowed: Collection[str], policy: UnresolvedPolicy
) -> list[Mapping[str, Any]]:
    """Those of the entries ``unresolved`` of a report that fail it; the names ``allowed`` never do."""
    if policy == "warn":
        return []
    return [one for one in _not_allowed(unresolved, allowed) if policy == "fail" or one["stops"]]


def unread_requirements(unresolved: Iterable[Mapping[str, Any]], allowed: Collection[str]) -> list[Mapping[str, Any]]:
    """The entries for requirements files that cannot be used: what they declare is not known."""
    return [one for one in _not_allowed(unresolved, allowed) if one["kind"] == _REQUIREMENTS]


def complaint(refused: Sequence[Mapping[str, Any]], count: int) -> str:
    """One message for ``count`` unresolved names, of which ``refused`` has the first."""
    shown = "; ".join(_line(one) for one in refused[:_SHOWN])
    more = f"; and {count - min(len(refused), _SHOWN)} more" if count > _SHOWN else ""
    if all(one["kind"] == _REQUIREMENTS for one in refused):
        are_meant = all(one["stops"] for one in refused)
        remedy = "Correct them" if are_meant else "Correct them, or add files for other programs to allow_unresolved"
        return f"The requirements of the project cannot be read: {shown}{more}. {remedy}"
    imports = (
        " and imports whose package you require yourself" if any(one["kind"] == "import" for one in refused) else ""
    )
    # What ansible-galaxy cannot fetch says itself what to do.
    is_told = all(_UNFETCHED in one["reason"] for one in refused)
    remedy = "Or add" if is_told else "Correct them, choose another collections_source, or add"
    return (
        f"{count} of the names that the project uses cannot be resolved: {shown}{more}. {remedy} names that are not "
        f"required{imports} to allow_unresolved"
    )


def warnings_of(unresolved: Iterable[Mapping[str, Any]], allowed: Collection[str]) -> list[str]:
    """The warnings for a report that was not refused: a line for each name that nobody allowed."""
    names = _not_allowed(unresolved, allowed)
    lines = [f"{_line(one)}. {_consequence(one)}" for one in names[:_MAX_WARNINGS]]
    more = len(names) - len(lines)
    return [*lines, f"{more} more names cannot be resolved; collection_deps lists them"] if more else lines


def _consequence(one: Mapping[str, Any]) -> str:
    """What ansible-playbook does about a name that leads nowhere, or that only the analysis does not follow."""
    if one.get("ansible_reads"):
        return _LIMIT
    if one["kind"] in _CONSEQUENCES:
        return _CONSEQUENCES[one["kind"]]
    if one["stops"]:
        return "ansible-playbook stops before the first task"
    return (
        "ansible-playbook goes on without it" if one["kind"] in _LEFT_OUT else "ansible-playbook fails if it gets there"
    )


def _not_allowed(unresolved: Iterable[Mapping[str, Any]], allowed: Collection[str]) -> list[Mapping[str, Any]]:
    known = frozenset(allowed)
    return [one for one in unresolved if one["name"] not in known]


def _line(one: Mapping[str, Any]) -> str:
    return f"{one['file']}:{one['line']}: {described(one)}"


def described(one: Mapping[str, Any]) -> str:
    """The name and what is the matter with it; a file that is named as the place already is not named again."""
    return one["reason"] if one["name"] == one["file"] else f"{one['kind']} {one['name']}: {one['reason']}"
