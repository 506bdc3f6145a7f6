# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Write the report of a run; see the module of the same name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._controller_action import ControllerAction
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._report.report import host_prefix, in_words_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.document import report_document
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.report_file import ReportFile, read_events

_STEPS = ("needs", "built", "run", "torrent")
ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "dest": {"type": "str", "required": True},
    "playbook": {"type": "str", "required": True},
    "results": {"type": "dict"},
    "role": {"type": "str", "choices": ["run_playbook"]},
}


class ActionModule(ControllerAction):
    """Makes the document of the results, and writes it where that changes something."""

    argument_spec = ARGUMENT_SPEC

    def act(self, options: dict[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Write and end."""
        file = ReportFile.at(options["dest"])
        if host_prefix(task_vars, run_once=bool(self._task.run_once)):
            file = file.of_host(str(task_vars["inventory_hostname"]))
        results = options["results"] if options["results"] is None else _steps(options["results"], options["role"])
        document = report_document(
            playbook=os.path.basename(options["playbook"]), results=results, events=_events(results)
        )
        changed = file.differs(document) if self._task.check_mode else file.write(document)
        return {"changed": changed, "paths": list(file.paths), "verdict": document["verdict"]}

    def failed(self, error: VenvError) -> dict[str, Any]:
        """Where a role goes on, because the run is over, the error is a warning too."""
        role, details = self._task.args.get("role"), super().failed(error)
        message = in_words_of(role, error.message) if role else error.message
        return {**details, "msg": message, "warnings": [message] if self._task.args.get("results") else []}


def _steps(results: Mapping[str, Any], role: str | None) -> dict[str, Any]:
    """The results of the steps that ran; what they say of options of modules, in words of the role."""
    unknown = sorted(set(results) - set(_STEPS))
    if unknown:
        raise InputError(f"results: {', '.join(unknown)} is not one of {', '.join(_STEPS)}")
    ran = {step: one for step, one in results.items() if isinstance(one, Mapping) and not one.get("skipped")}
    if role is None:
        return ran
    return {
        step: {**one, "msg": in_words_of(role, str(one["msg"]))} if one.get("error_code") and one.get("msg") else one
        for step, one in ran.items()
    }


def _events(results: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
    path = ((results or {}).get("run") or {}).get("events")
    return read_events(path) if isinstance(path, str) else iter(())
