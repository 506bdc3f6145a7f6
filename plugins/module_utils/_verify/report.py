# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The checklist as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .model import CHECKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .model import ProjectReport

_WORDS = {True: "ok", False: "FAIL", None: "-"}


def table(reports: Sequence[ProjectReport]) -> list[str]:
    """A row a project and a column a check; below it what is wrong, and what to do."""
    names = [report.link for report in reports]
    width = max(len(name) for name in ["project", *names]) if names else 0
    head = ["project".ljust(width), *CHECKS]
    rows = [
        [report.link.ljust(width), *(_WORDS[line.ok].ljust(len(line.check)) for line in report.lines)]
        for report in reports
    ]
    wrong = [(report, line) for report in reports for line in report.lines if line.ok is False]
    return [
        *("  ".join(row).rstrip() for row in [head, *rows]),
        *(f"{report.link}: {line.check}: {line.found}. To mend it, {line.remedy}." for report, line in wrong),
    ]
