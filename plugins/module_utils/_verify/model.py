# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The checklist: a project that is looked at, and a line for each thing that can be wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._projects.entry import Project

#: In the order in which they are looked at: where an early one fails, later ones may have nothing to look at.
CHECKS = (
    "link",
    "target",
    "registered",
    "venv",
    "activation",
    "which_python",
    "prefix",
    "python_version",
    "requirements",
    "imports",
    "sealed",
)
SHARE = "run the playbook mobile_ansible.venv.share again"


@dataclass(frozen=True)
class CheckResult:
    """``ok`` is None for what could not be looked at; ``remedy`` goes on after "To mend it," where ``ok`` is False."""

    check: str
    ok: bool | None
    found: str
    remedy: str | None = None


@dataclass(frozen=True)
class ProjectReport:
    """All lines of a project.

    ``src`` is what the link says, ``target`` the real path of its venv, ``digest`` the id of its generation, if any.
    """

    project: Project
    link: str
    lines: tuple[CheckResult, ...]
    src: str | None = None
    target: str | None = None
    digest: str | None = None
    python: str | None = None
    packages: dict[str, str] = field(default_factory=dict)

    @property
    def healthy(self) -> bool:
        """Whether no line says that something is wrong."""
        return all(line.ok is not False for line in self.lines)

    def as_dict(self) -> dict[str, Any]:
        """The form in which users get it."""
        return {
            "path": self.project.path,
            "name": self.project.link_name,
            "link": self.link,
            "src": self.src,
            "target": self.target,
            "digest": self.digest,
            "python": self.python,
            "packages": [{"name": name, "version": version} for name, version in sorted(self.packages.items())],
            "healthy": self.healthy,
            "checks": [
                {"check": one.check, "ok": one.ok, "found": one.found, "remedy": one.remedy} for one in self.lines
            ],
        }


def listed(items: list[str], *, most: int = 5) -> str:
    """``items`` as one text, of long lists the beginning."""
    more = f"; and {len(items) - most} more" if len(items) > most else ""
    return "; ".join(items[:most]) + more
