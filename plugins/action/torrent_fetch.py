# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Bring the files of a download to the controller; see the module of the same name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.client import check_number
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.download_directory import DownloadDirectory
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.source import read_source
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._controller_action import ControllerAction
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress.told import ToldProgress, told_progress
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.fetch import Fetch, FetchProgress
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.transfer import HostFiles

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "src": {"type": "str"},
    "dest": {"type": "path", "required": True},
    "magnet": {"type": "path", "required": True},
    "select": {"type": "list", "elements": "str", "default": []},
    "timeout": {"type": "int", "default": 0},
    "stall_timeout": {"type": "int", "default": 60},
    "run_directory": {"type": "path"},
}


class ActionModule(ControllerAction):
    """Runs no module: the host sends files, and everything else is done here."""

    _requires_connection = True
    _supports_check_mode = False
    argument_spec = ARGUMENT_SPEC

    def act(self, options: dict[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Fetch and prove."""
        for option, lowest in (("timeout", 0), ("stall_timeout", 1)):
            check_number(options, option, lowest)
        host = task_vars.get("inventory_hostname", "")
        try:
            with told_progress(self._task, host, options["run_directory"]) as progress:
                return self._fetched(options, progress)
        except OSError as error:
            raise AnsibleActionFail(f"{error.filename}: {error.strerror}") from error

    def _fetched(self, options: dict[str, Any], progress: ToldProgress) -> dict[str, Any]:
        directory = DownloadDirectory.named(options["dest"])
        torrent = read_source(options["magnet"], option="magnet", machine="the controller")
        told = FetchProgress(progress.tell)
        host = HostFiles(self, stall_timeout=options["stall_timeout"], timeout=options["timeout"], told=told.brought)
        source = "" if options["src"] is None else self._source(options["src"])
        fetch = Fetch(torrent, directory, host=host, source=source, patterns=options["select"], progress=told)
        outcome = fetch.at_home() if options["src"] is None else fetch.run()
        if outcome is None:
            return {"changed": False, "complete": False, "directory": directory.path}
        return {
            "changed": outcome.changed,
            "complete": True,
            "directory": directory.path,
            "files": [
                {**asdict(one), "unproven": [list(pair) for pair in one.unproven]} for one in outcome.payload.files
            ],
            "size": outcome.payload.size,
            "received": outcome.received,
            "resumed": outcome.resumed,
            "seconds": {part: round(seconds, 3) for part, seconds in outcome.seconds.items()},
        }

    def _source(self, src: str) -> str:
        """The path on the host, whose home directory only the host knows."""
        path: str = self._remote_expand_user(src) if src.startswith("~") else src
        if not path.startswith("/") or "\0" in path:
            raise InputError(f"src: {src!r} is not an absolute path; give the absolute path of a directory on the host")
        return path.rstrip("/") or "/"
