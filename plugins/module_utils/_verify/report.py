# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The results of the checks as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WORDS = {True: "ok", False: "FAIL", None: "-"}


def problems(projects: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each project that has something wrong: its link, and below it what is wrong and what to do."""
    found = []
    for project in projects:
        failed = [one for one in project["checks"] if one["ok"] is False]
        found += [f"{project['link']}:"] if failed else []
        for one in failed:
            found.append(f"  {one['check']}: {one['found']}")
            found += [f"    To repair it, {one['remedy']}."] if one["remedy"] else []
    return found


def table(projects: Sequence[Mapping[str, Any]]) -> list[str]:
    """A row for each project and a column for each check."""
    if not projects:
        return []
    width = max(len(name) for name in ["project", *(project["link"] for project in projects)])
    head = ["project".ljust(width), *(one["check"] for one in projects[0]["checks"])]
    rows = [
        [
            project["link"].ljust(width),
            *(_WORDS[one["ok"]].ljust(len(one["check"])) for one in project["checks"]),
        ]
        for project in projects
    ]
    return ["  ".join(row).rstrip() for row in [head, *rows]]
