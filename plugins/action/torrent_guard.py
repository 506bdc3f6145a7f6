# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Arm or disarm the guard of a torrent run; see the module of the same name."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.options import (
    API_OPTIONS,
    check_seconds,
    token_of,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.run_mark import RunMark, check_run
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import process_start
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.trust import check_trusted
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._controller_action import ControllerAction
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.guard import GuardOrder
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.guard_files import ARMED, read_record
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.guard_process import arm, disarm

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    **API_OPTIONS,
    "state": {"type": "str", "choices": ["armed", "disarmed"], "default": "armed"},
    "run": {"type": "str", "required": True},
    "directory": {"type": "path", "required": True},
    "expires": {"type": "int"},
    "lock": {"type": "path"},
    "timeout": {"type": "int", "default": 60},
}
RULES: dict[str, Any] = {"required_if": [("state", "armed", ("expires", "lock"))]}


class ActionModule(ControllerAction):
    """Runs in a worker of ``ansible-playbook``, whose parent is the process that is watched."""

    argument_spec = ARGUMENT_SPEC
    rules = RULES

    def act(self, options: dict[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Arm or disarm."""
        check_run(options["run"])
        check_seconds(options, "timeout")
        _check_directory(options["directory"])
        return self._armed(options) if options["state"] == ARMED else self._disarmed(options)

    def _armed(self, options: dict[str, Any]) -> dict[str, Any]:
        expires = options["expires"]
        mark = RunMark(options["run"], expires)
        if expires <= time.time() or RunMark.of(str(mark)) != mark:
            raise InputError(
                f"expires: {expires} is not a time to come; give the seconds since 1970 at which the run ends"
            )
        token = token_of(options)
        if self._task.check_mode:
            return {"changed": True, "state": ARMED, "destroyed": [], "cost": 0.0}
        watched = os.getppid()
        order = GuardOrder(
            run=options["run"],
            expires=expires,
            directory=options["directory"],
            lock=options["lock"],
            api_url=options["api_url"],
            token=token,
            process=watched,
            process_started=process_start(watched),
        )
        return {"changed": True, **_told(arm(order, seconds=options["timeout"]))}

    def _disarmed(self, options: dict[str, Any]) -> dict[str, Any]:
        directory = options["directory"]
        record = read_record(directory)
        if record["run"] != options["run"]:
            raise InputError(f"run: the guard in {directory} is that of the run {record['run']}; give this id")
        if self._task.check_mode:
            return {"changed": record["state"] == ARMED, **_told(record)}
        was_there, record = disarm(directory, seconds=options["timeout"])
        return {"changed": was_there, **_told(record)}


def _told(record: Any) -> dict[str, Any]:
    return {name: record[name] for name in ("state", "reason", "pid", "destroyed", "cost")}


def _check_directory(path: str) -> None:
    """Raise unless it is a directory that nobody but this user can open."""
    try:
        is_there = os.path.isabs(path) and check_trusted(path)
        status = os.stat(path) if is_there else None
    except OSError as error:
        raise InputError(
            f"directory: {path} cannot be read: {error.strerror}; give the directory of the run"
        ) from error
    if status is None or not stat.S_ISDIR(status.st_mode) or status.st_mode & 0o077:
        raise InputError(f"directory: {path} must be the path of a directory with mode 0700; give that of the run")
