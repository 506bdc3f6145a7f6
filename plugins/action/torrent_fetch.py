# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Bring the files of a download to the controller; see the module of the same name."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.client import check_number
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.download_directory import DownloadDirectory
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.source import read_source
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._arguments import validated
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


class ActionModule(ActionBase):
    """Runs no module: the host sends files, and everything else is done here."""

    TRANSFERS_FILES = False
    _supports_check_mode = False
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Fetch and prove; see ActionBase."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        host = (task_vars or {}).get("inventory_hostname", "")
        try:
            params = validated(ARGUMENT_SPEC, self._task.args)
            for option, lowest in (("timeout", 0), ("stall_timeout", 1)):
                check_number(params, option, lowest)
            with told_progress(self._task, host, params["run_directory"]) as progress:
                return {**result, **self._fetched(params, progress)}
        except VenvError as error:
            return {**result, "failed": True, "changed": False, **error.details()}
        except OSError as error:
            raise AnsibleActionFail(f"{error.filename}: {error.strerror}") from error

    def _fetched(self, params: dict[str, Any], progress: ToldProgress) -> dict[str, Any]:
        directory = DownloadDirectory.named(params["dest"])
        torrent = read_source(params["magnet"], option="magnet", machine="the controller")
        told = FetchProgress(progress.tell)
        host = HostFiles(self, stall_timeout=params["stall_timeout"], timeout=params["timeout"], told=told.brought)
        source = "" if params["src"] is None else self._source(params["src"])
        fetch = Fetch(torrent, directory, host=host, source=source, patterns=params["select"], progress=told)
        outcome = fetch.at_home() if params["src"] is None else fetch.run()
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
