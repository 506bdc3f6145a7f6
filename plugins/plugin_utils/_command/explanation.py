# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What an analysis found, as a table for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import (
    CollectionRequest,
    parse_requests,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.requests import RoleRequest, parse_roles
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.profile import parse_profile
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.system_packages import names_for_host

from .._deps.project.task_hosts import names_localhost
from .._deps.unresolved import described
from .._left_out import left_out_line, packages_left_out
from .._target_packages import required_on_hosts
from .requirements import Requirements

_HEAD = ("what", "where", "requires", "from", "on")


def explanation(requirements: Requirements) -> Iterator[str]:
    """The lines: what is required, and the evidence for it. Raises :class:`InputError` for a malformed profile."""
    profile = parse_profile(requirements.profile)
    collections = [f"{one.name} {_version(one)}" for one in parse_requests(profile.collections)]
    yield f"ansible-core: {(profile.ansible_core or '').removeprefix('ansible-core') or 'any version'}"
    yield f"collections: {', '.join(collections) or 'none'}"
    if profile.roles:
        yield f"roles: {', '.join(f'{one.name} {_version(one)}'.rstrip() for one in parse_roles(profile.roles))}"
    yield f"Python packages: {', '.join(profile.packages) or 'none'}"
    yield from _system_packages(requirements.system_packages, profile.system)
    required = required_on_hosts(requirements.target_packages, profile=requirements.profile)
    if required is not None:
        yield required
    yield from left_out_line(packages_left_out({"left_out": requirements.left_out}, {}))
    has_several = len({one["project"] for one in requirements.evidence}) > 1
    rows = [_HEAD, *sorted({_row(one, has_several) for one in requirements.evidence})]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    if len(rows) > 1:
        yield ""
        for row in rows:
            yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
    for one in requirements.unresolved:
        yield f"unresolved: {_location(one, has_several)}: {described(one)}"
    for one in requirements.dynamic:
        yield f"known at run time only: {_location(one, has_several)}: {one['expression']}"


def _system_packages(found: Sequence[Mapping[str, Any]], written: Iterable[str]) -> Iterator[str]:
    """The system packages, each with the collections that declare it: for this host, and for other hosts of plays.

    Of another host the system is not known, so that its entries have their selectors.
    """
    here: dict[str, set[str]] = {name: set() for name in names_for_host(written)}
    there: dict[str, set[str]] = {}
    for one in found:
        for name in names_for_host([one["entry"]]) if one["here"] else ():
            here.setdefault(name, set()).add(one["collection"])
        others = [pattern for pattern in one["hosts"] if not names_localhost(pattern)]
        for name in names_for_host([one["entry"]], ()) if others else ():
            there.setdefault(name, set()).add(f"{one['collection']} on {', '.join(others)}")
    for said, names in (("this host", here), ("hosts of the plays", there)):
        if names:
            shown = (f"{name} ({', '.join(sorted(names[name]))})" if names[name] else name for name in sorted(names))
            yield f"system packages that collections declare for {said}: {', '.join(shown)}"


def _version(request: CollectionRequest | RoleRequest) -> str:
    """The version, or the commit with the branch or tag that was asked for."""
    revision = f" ({request.requested_revision})" if request.requested_revision else ""
    return f"{request.version}{revision}"


def _row(one: Mapping[str, Any], has_several: bool) -> tuple[str, str, str, str, str]:
    required = one["distribution"] or one["collection"]
    optional = "" if one["required"] or not one["distribution"] else " (optional)"
    what, location = f"{one['kind']} {one['name']}", _location(one, has_several)
    where = one["where"] + (f" ({', '.join(one['hosts'])})" if one.get("hosts") else "")
    return (what, location, required + optional, one["layer"], where)


def _location(one: Mapping[str, Any], has_several: bool) -> str:
    """The line; with its project where there are several."""
    return f"{one['project'] + ': ' if has_several else ''}{one['file']}:{one['line']}"
