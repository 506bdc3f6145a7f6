# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The checks as text."""

from __future__ import annotations

from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.report import problems, table


def project(link: str, *checks: tuple[str, bool | None, str, str | None]) -> dict[str, Any]:
    results = [{"check": one[0], "ok": one[1], "found": one[2], "remedy": one[3]} for one in checks]
    return {"link": link, "checks": results}


SICK = project("/srv/a/venv", ("link", True, "fine", None), ("target", False, "it leads nowhere", "share again"))
WELL = project("/srv/longer/venv", ("link", True, "fine", None), ("target", None, "not inspected", None))


def test_only_what_is_wrong_is_said_with_its_remedy() -> None:
    assert problems([WELL]) == []
    assert problems([WELL, SICK]) == [
        "/srv/a/venv:",
        "  target: it leads nowhere",
        "    To repair it, share again.",
    ]


def test_a_row_for_each_project_and_a_column_for_each_check() -> None:
    assert table([SICK, WELL]) == [
        "project           link  target",
        "/srv/a/venv       ok    FAIL",
        "/srv/longer/venv  ok    -",
    ]
    assert table([]) == []
