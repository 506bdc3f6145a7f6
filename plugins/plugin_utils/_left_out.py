# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The packages that playbooks require and that their venv is without: excluded by the user, or not to be had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ._target_packages import name_of


def packages_left_out(needs: Mapping[str, Any], built: Mapping[str, Any]) -> list[dict[str, str]]:
    """Each with the reason: those that the analysis was told to exclude, then those that the build left out.

    What is excluded and there nevertheless, because the user lists it or another package requires it, is none of them.
    """
    there = {name_of(str(one.get("name", ""))) for one in _listed(built, "packages")}
    excluded = [one for one in _listed(needs, "left_out") if name_of(str(one.get("package", ""))) not in there]
    found = [*excluded, *_listed(built, "left_out")]
    reasons = {str(one.get("package", "")): str(one.get("reason", "")) for one in found}
    return [{"package": package, "reason": reason} for package, reason in reasons.items()]


def left_out_line(packages: Sequence[Mapping[str, str]]) -> list[str]:
    """One line for all of them; no line for none."""
    said = "; ".join(f"{one['package']} ({one['reason']})" for one in packages)
    return [f"Packages that are not in the venv: {said}"] if said else []


def _listed(part: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    given = part.get(key)
    return [one for one in given if isinstance(one, Mapping)] if isinstance(given, (list, tuple)) else []
