# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Find out on the controller what a playbook or a collection needs; see the module of the same name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.inventory_sources import check_inventory
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import STORE_ARGUMENT
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import INDEX_ARGUMENTS
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._cached_analysis import ProjectAnalysis
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._connections import with_this_machine
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._controller_action import ControllerAction
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._core import CoreRelease
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.formats import FORMATS
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.limits import MAX_CANDIDATES
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.undeclared import (
    UNDECLARED_POLICIES,
    undeclared_message,
    unmet_messages,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.unresolved import (
    complaint,
    unread_requirements,
    warnings_of,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress import collections_told, progress_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._subject import SUBJECTS

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "path": {"type": "str", "required": True},
    "subject": {"type": "str", "choices": list(SUBJECTS)},
    "plugins": {"type": "list", "elements": "str", "default": []},
    "playbooks": {"type": "list", "elements": "str", "default": []},
    "collections_source": {"type": "str", "default": "galaxy"},
    **STORE_ARGUMENT,
    **INDEX_ARGUMENTS,
    "allow_unresolved": {"type": "list", "elements": "str", "default": []},
    "unresolved": {"type": "str", "choices": ["fail", "as_ansible", "warn"], "default": "fail"},
    "undeclared": {"type": "str", "choices": list(UNDECLARED_POLICIES), "default": "warn"},
    "formats": {"type": "list", "elements": "str", "choices": list(FORMATS), "default": []},
    "inventory": {"type": "list", "elements": "str", "default": []},
    "upgrade": {"type": "bool", "default": False},
    "target_packages": {"type": "str", "choices": ["auto", "all", "none"], "default": "auto"},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "max_candidates": {"type": "int", "default": MAX_CANDIDATES},
    "follow_outside": {"type": "bool", "default": False},
    "lock": {"type": "path"},
}


class ActionModule(ControllerAction):
    """Reads the project, runs nothing of it, changes nothing on any host."""

    argument_spec = ARGUMENT_SPEC

    def act(self, options: dict[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Analyse and report."""
        progress = progress_of(self._task, task_vars.get("inventory_hostname", ""))
        told = collections_told(progress, options["collections_source"])
        check_inventory(options["inventory"])
        options["inventory"] = with_this_machine(options["inventory"], self._loader)
        # On another host, there are other roles and plugins where Ansible looks by default.
        options["usual"] = self._connection.transport == "local"
        analysis = ProjectAnalysis(options, core=CoreRelease.find())
        report = analysis.known() or analysis.made(told)
        warnings = _warnings(report, options)
        files = {name: FORMATS[name](report) for name in options["formats"]}
        return {"changed": False, **report, "files": files, **({"warnings": warnings} if warnings else {})}


def _warnings(report: dict[str, Any], options: dict[str, Any]) -> list[str]:
    """The warnings for what passes; raises :class:`ResolutionError`, with the report, for what does not."""
    warnings = warnings_of(report["unresolved"], options["allow_unresolved"])
    policy, declarations = options["undeclared"], report["declarations"]
    unread = unread_requirements(report["unresolved"], options["allow_unresolved"])
    if unread and policy == "fail":
        raise ResolutionError(complaint(unread, len(unread)), **report)
    undeclared = undeclared_message(declarations) if policy != "ignore" else ""
    said = [*unmet_messages(declarations), *([undeclared] if undeclared else [])]
    if said and policy == "fail":
        raise ResolutionError(". ".join(said), **report)
    return [*warnings, *said]
