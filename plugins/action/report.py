# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Print what a role of this collection came to; see the module of the same name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.utils.display import Display

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._controller_action import ControllerAction
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._report import (
    profile,
    run_playbook,
    shared_venv,
    torrent,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._report.report import (
    STEPS,
    Report,
    host_prefix,
    prints_text,
)

FLOWS = {
    "share": shared_venv.share,
    "verify": shared_venv.verify,
    "migrate": shared_venv.migrate,
    "fall_back": shared_venv.fall_back,
    "undo": shared_venv.undo,
    "prune": shared_venv.prune,
    "run": run_playbook.run,
    "torrent": torrent.download,
    "reap": torrent.reap,
    "timer": torrent.timer,
    "profile_list": profile.profile_list,
    "profile_show": profile.profile_show,
    "profile_check": profile.profile_check,
    "profile_check_strict": profile.profile_check_strict,
    "profile_save": profile.profile_save,
    "profile_remove": profile.profile_remove,
}
ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "flow": {"type": "str", "required": True, "choices": list(FLOWS)},
    "results": {"type": "dict", "required": True},
    "detail": {"type": "str", "choices": ["live", "summary", "none"], "default": "live"},
}


class ActionModule(ControllerAction):
    """Prints text as it is, which no callback does with a result, and fails with one sentence."""

    argument_spec = ARGUMENT_SPEC

    def act(self, options: dict[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Print and end."""
        report = self._report(options)
        lines = report.lines()
        if report.failed:
            # Ansible shows the lines of a failed task's file above its message. They are ours, and say nothing here.
            self._task._ds = None
        if not prints_text() or (options["detail"] == "none" and not report.failed):
            return _ending(report, "\n".join(lines))
        # Ansible itself shows the sentence of a failure.
        if report.details or not report.failed:
            host = host_prefix(task_vars, run_once=bool(self._task.run_once))
            # All of it at once, so that the text of several hosts does not mix.
            Display().display("\n".join([host + lines[0], *lines[1:]]))
        return _ending(report, lines[0])

    def _report(self, options: dict[str, Any]) -> Report:
        unknown = sorted(set(options["results"]) - set(STEPS))
        if unknown:
            raise InputError(f"results: {', '.join(unknown)} is not one of {', '.join(STEPS)}")
        results = {step: result for step, result in options["results"].items() if result and not result.get("skipped")}
        return FLOWS[options["flow"]](results, check=self._task.check_mode)


def _ending(report: Report, message: str) -> dict[str, Any]:
    """Of an unreachable host Ansible tells apart from a failed one, also in its exit code."""
    if report.unreachable:
        return {"changed": False, "unreachable": True, "msg": message}
    code = {"error_code": report.code} if report.code else {}
    return {"changed": False, "failed": report.failed, "msg": message, **code}
