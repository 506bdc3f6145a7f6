# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What people are told of packages that modules require on their hosts, and that are not in the venv."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import normalise_name

#: Of the patterns of hosts in a line.
_MOST = 10


def required_on_hosts(
    packages: Iterable[Mapping[str, Any]], *, profile: Mapping[str, Any], left_out: Iterable[Mapping[str, str]] = ()
) -> str | None:
    """One line for those of the target ``packages`` that the venv of ``profile`` does not have; None for none."""
    missing = {name_of(one["package"]) for one in left_out}
    installed = {name_of(line) for line in profile["dependencies"].get("python", ())} - missing
    return _line([one for one in packages if name_of(one["package"]) not in installed])


def _line(packages: Collection[Mapping[str, Any]]) -> str | None:
    by_hosts: dict[str, list[str]] = {}
    for one in packages:
        by_hosts.setdefault(", ".join(one["hosts"]) or "any", []).append(_package(one))
    if not by_hosts:
        return None
    parts = [f"{', '.join(names)} on {hosts}" for hosts, names in by_hosts.items()]
    more = f"; and {len(parts) - _MOST} more" if len(parts) > _MOST else ""
    return f"Modules require packages on their hosts that are not in the venv: {'; '.join(parts[:_MOST])}{more}"


def _package(one: Mapping[str, Any]) -> str:
    system = ", ".join(one["system"])
    return f"{one['package']} (system package: {system})" if system else str(one["package"])


def name_of(line: str) -> str:
    """The normalised name of the package in a requirement."""
    return normalise_name(re.split(r"[^A-Za-z0-9._-]", line.strip(), maxsplit=1)[0])
