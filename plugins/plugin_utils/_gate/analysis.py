# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What an uploaded project would need, before anything of it runs: the analysis, as much of it as a phone shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import shortened

from .._cached_analysis import ProjectAnalysis
from .._core import CoreRelease
from .answers import shown
from .run_state import MAX_ERROR

_STORE = "~/.local/share/ansible-venvs"


class AnalysisSummary(TypedDict):
    """``refused`` says why the playbook cannot run, if it cannot; ``not_shown`` counts entries beyond those shown."""

    ansible_core: str
    collections: list[str]
    roles: list[str]
    python: list[str]
    system: list[str]
    unresolved: list[str]
    dynamic: list[str]
    target_packages: list[str]
    not_shown: int
    refused: str | None


def analysed(project: str, playbook: str, sources: Mapping[str, Any]) -> tuple[AnalysisSummary, Mapping[str, Any]]:
    """Analyse the playbook in the directory ``project``: what is shown of the result, and the result.

    Raises :class:`VenvError` where that cannot be done.
    """
    options = {
        "path": project,
        "playbooks": [playbook],
        "store": _STORE,
        "collections_source": "galaxy",
        "index_url": None,
        "find_links": [],
        "offline": False,
        **sources,
        "allow_unresolved": [],
        "unresolved": "as_ansible",
        "inventory": [],
        "target_packages": "auto",
        "exclude": [],
        "upgrade": False,
    }
    analysis = ProjectAnalysis(options, core=CoreRelease.find())
    try:
        report = analysis.known() or analysis.made()
        return summary(report), report
    except ResolutionError as error:
        if "profile" not in error.context:
            raise
        return summary(error.context, refused=error.message), error.context


def summary(report: Mapping[str, Any], *, refused: str | None = None) -> AnalysisSummary:
    """What the result of ``collection_deps`` comes to."""
    needs = report["profile"]["dependencies"]
    galaxy = needs["galaxy"]
    lists = {
        "collections": [f"{one['name']} {one.get('version', '')}".rstrip() for one in galaxy["collections"]],
        "roles": [f"{one['name']} {one.get('version') or ''}".rstrip() for one in galaxy.get("roles", ())],
        "python": list(needs["python"]),
        "system": sorted({str(one["entry"]) for one in report.get("system_packages", ())}),
        "unresolved": [_located(one) for one in report["unresolved"]],
        "dynamic": [_located(one) for one in report["dynamic"]],
        "target_packages": sorted({str(one["package"]) for one in report.get("target_packages", ())}),
    }
    found, not_shown = shown(lists)
    return {
        "ansible_core": shortened(str(needs.get("ansible_core", {}).get("package_pip", ""))),
        "collections": found["collections"],
        "roles": found["roles"],
        "python": found["python"],
        "system": found["system"],
        "unresolved": found["unresolved"],
        "dynamic": found["dynamic"],
        "target_packages": found["target_packages"],
        "not_shown": not_shown,
        "refused": None if refused is None else shortened(refused, MAX_ERROR),
    }


def _located(one: Mapping[str, Any]) -> str:
    reason = f": {one['reason']}" if one.get("reason") else ""
    name = f"{one['kind']} {one['name']}" if "name" in one else one["expression"]
    return f"{name} ({one['file']}:{one['line']}){reason}"
