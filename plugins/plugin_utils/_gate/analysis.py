# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What an uploaded project would need, before anything of it runs: the analysis, as much of it as a phone shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypedDict

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, ResolutionError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import shortened

from .._cached_analysis import ProjectAnalysis
from .._core import CoreRelease
from .answers import shown
from .run_state import MAX_ERROR
from .words import OTHER_SOURCE, in_words_of_the_gate

#: Names with a namespace, but those of ansible-core.
_OF_A_COLLECTION = re.compile(r"(?!ansible\.(?:builtin|legacy)\.)\w+(?:\.\w+)+")
#: What is the matter with the form of a file, and not with a name.
_OF_THE_FORM = ("file", "keyword")
_STORE = "~/.local/share/ansible-venvs"
#: As much of a result as is shown, where there is none.
_NOTHING: Mapping[str, Any] = {
    "profile": {"dependencies": {"galaxy": {"collections": []}, "python": []}}, "unresolved": [], "dynamic": []
}  # fmt: skip


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

    The result is empty where what was sent cannot be read as a playbook. Raises :class:`VenvError` where the analysis
    cannot be done.
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
        report = _worded(analysis.known() or analysis.made())
        return summary(report), report
    except (InputError, ResolutionError) as error:
        # An error of what was sent says in which file; others are of the settings of the gate.
        if isinstance(error, InputError) and "file" not in error.context:
            raise
        report = _worded(error.context) if "profile" in error.context else {}
        said = in_words_of_the_gate(error.message)
        if report and not any(_is_of_a_collection(one) for one in report["unresolved"]):
            said = said.replace(OTHER_SOURCE, "")
        return summary(report or _NOTHING, refused=said), report


def can_begin(report: Mapping[str, Any]) -> bool:
    """Whether a playbook with this result begins where all is installed that it names: its form is right."""
    return bool(report) and not any(one["stops"] and one["kind"] in _OF_THE_FORM for one in report["unresolved"])


def _is_of_a_collection(one: Mapping[str, Any]) -> bool:
    """Whether another source of collections could have what is unresolved: no file of the project, nothing of core."""
    name = str(one.get("name", ""))
    return _OF_A_COLLECTION.fullmatch(name) is not None and not name.endswith((".yml", ".yaml"))


def _worded(report: Mapping[str, Any]) -> dict[str, Any]:
    """The result with reasons that name no option."""
    names = [{**one, "reason": in_words_of_the_gate(str(one.get("reason", "")))} for one in report["unresolved"]]
    return {**report, "unresolved": names}


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
