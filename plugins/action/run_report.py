# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Write the report of a run; see the module of the same name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._arguments import validated
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


class ActionModule(ActionBase):
    """Makes the document of the results, and writes it where that changes something."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Write and end; see ActionBase."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        try:
            options = validated(ARGUMENT_SPEC, self._task.args)
            file = ReportFile.at(options["dest"])
            if host_prefix(task_vars or {}, run_once=bool(self._task.run_once)):
                file = file.of_host(str((task_vars or {})["inventory_hostname"]))
            results = options["results"] if options["results"] is None else _steps(options["results"], options["role"])
            document = report_document(
                playbook=os.path.basename(options["playbook"]), results=results, events=_events(results)
            )
            changed = file.differs(document) if self._task.check_mode else file.write(document)
        except VenvError as error:
            # Where a role goes on, because the run is over, it is said all the same.
            warnings = [printable(error.message)] if self._task.args.get("results") else []
            return {**result, "failed": True, "changed": False, "warnings": warnings, **error.details()}
        return {**result, "changed": changed, "paths": list(file.paths), "verdict": document["verdict"]}


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
