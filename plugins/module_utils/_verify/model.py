# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What verify finds out of a project: the shapes that the checks fill and that users get."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._projects.entry import Project

SHARE = "run the playbook mobile_ansible.venv.share again"


@dataclass(frozen=True)
class Finding:
    """What a check found: ``ok`` is None where it could not be made, ``remedy`` what to do where it is False."""

    ok: bool | None
    found: str
    remedy: str | None = None


class NotInspectedError(Exception):
    """There is nothing to inspect, because of what an earlier check found; its message says so."""


@dataclass(frozen=True)
class CheckResult:
    """The finding of the check that is called ``check``."""

    check: str
    ok: bool | None
    found: str
    remedy: str | None = None


@dataclass(frozen=True)
class ProjectReport:
    """All results of a project.

    ``src`` is what the link says, ``target`` the real path of its venv, ``digest`` the id of its generation, if any.
    """

    project: Project
    link: str
    results: tuple[CheckResult, ...]
    src: str | None = None
    target: str | None = None
    digest: str | None = None
    python: str | None = None
    packages: dict[str, str] = field(default_factory=dict)

    @property
    def healthy(self) -> bool:
        """Whether no check found anything wrong."""
        return all(result.ok is not False for result in self.results)

    @property
    def usable(self) -> bool:
        """Whether the project can work with its venv, be that a directory, to which the first check alone objects."""
        return self.python is not None and all(result.ok is not False for result in self.results[1:])

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
            "usable": self.usable,
            "checks": [
                {"check": one.check, "ok": one.ok, "found": one.found, "remedy": one.remedy} for one in self.results
            ],
        }


def listed(items: list[str], *, most: int = 5) -> str:
    """``items`` as one text, of long lists the beginning."""
    more = f"; and {len(items) - most} more" if len(items) > most else ""
    return "; ".join(items[:most]) + more
