# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Find out on the controller what a playbook needs; see the module of the same name."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ansible
from ansible.plugins.action import ActionBase

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import (
    InputError,
    ResolutionError,
    ToolMissingError,
    VenvError,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.shipping import default_project
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import STORE_ARGUMENT
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import INDEX_ARGUMENTS, PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._arguments import validated
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.profile import not_allowed
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.sandbox import (
    AnalysisRequest,
    analyse_in_sandbox,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.sources import open_finder

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "path": {"type": "str", "required": True},
    "playbooks": {"type": "list", "elements": "str", "default": []},
    "collections_source": {"type": "str", "default": "community_package"},
    **STORE_ARGUMENT,
    **INDEX_ARGUMENTS,
    "allow_unresolved": {"type": "list", "elements": "str", "default": []},
}
#: How many unresolved names a message lists.
_SHOWN = 5


class ActionModule(ActionBase):
    """Reads the project, runs nothing of it, changes nothing on any host."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Analyse and report; see ActionBase."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        try:
            report = _analysed(validated(ARGUMENT_SPEC, self._task.args))
        except VenvError as error:
            return {**result, "failed": True, "changed": False, **error.details()}
        return {**result, "changed": False, **report}


def _analysed(options: dict[str, Any]) -> dict[str, Any]:
    """The report; raises :class:`ResolutionError`, which carries it, when names stay unresolved."""
    if importlib.util.find_spec("findimports") is None:
        raise ToolMissingError(
            "collection_deps requires the Python package findimports on the controller. Install it into the "
            "environment of ansible-core (pip install findimports)"
        )
    root, playbooks = _project(options["path"], options["playbooks"])
    index = PackageIndex.of(options)
    finder = open_finder(options["collections_source"], store=Store(options["store"]), index=index)
    core = str(Path(ansible.__file__).resolve().parent)
    allowed = options["allow_unresolved"]
    request = AnalysisRequest(root, playbooks, core, ansible_core=finder.source.core_requirement(), allowed=allowed)
    report = analyse_in_sandbox(request, source=finder)
    refused = report.pop("refused")
    if refused:
        raise ResolutionError(_complaint(not_allowed(report["unresolved"], allowed), refused), **report)
    return report


def _project(path: str, playbooks: Sequence[str]) -> tuple[str, list[str]]:
    """The project directory of ``path`` and the playbooks in it; a relative path starts at the current directory."""
    current = os.getcwd()
    absolute = os.path.normpath(os.path.join(current, os.path.expanduser(path)))
    if os.path.isdir(absolute):
        return absolute, list(playbooks)
    if not os.path.isfile(absolute):
        raise InputError(f"path: {absolute} is neither a playbook nor a project directory")
    if playbooks:
        raise InputError("playbooks: this option requires that path is a project directory")
    root = default_project(absolute, current=current)
    return root, [os.path.relpath(absolute, root)]


def _complaint(names: list[dict[str, Any]], count: int) -> str:
    """One message for all unresolved names, of which ``names`` has the first."""
    lines = [f"{one['file']}:{one['line']}: {one['kind']} {one['name']}: {one['reason']}" for one in names[:_SHOWN]]
    shown = "; ".join(lines)
    more = f"; and {count - len(lines)} more" if count > len(lines) else ""
    return (
        f"{count} of the names that the project uses cannot be resolved: {shown}{more}. Correct them, choose "
        "another collections_source, or add names that are not required to allow_unresolved"
    )
