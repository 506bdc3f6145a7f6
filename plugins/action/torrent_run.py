# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Keep the record of a torrent run on the controller; see the module of the same name."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from ansible.plugins.action import ActionBase

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.run_mark import RunMark
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.magnet import parse_magnet
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.run_record import (
    DIGITALOCEAN,
    HOST,
    PROVIDERS,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.source import read_source
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._arguments import validated
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.receipt import receipt_of, write_receipt
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.runs import (
    TorrentRun,
    TorrentRuns,
    new_record,
)

if TYPE_CHECKING:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.source import Source

_CHANGES = ("hourly", "created", "cost", "destroyed", "host")
ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "choices": ["begun", "step", "ended"], "required": True},
    "magnet_file": {"type": "path"},
    "magnet": {"type": "str"},
    "provider": {"type": "str", "choices": list(PROVIDERS)},
    "dest": {"type": "path"},
    "host": {"type": "str"},
    "state_directory": {"type": "path"},
    "deadline": {"type": "int", "default": 3600},
    "directory": {"type": "path"},
    "step": {"type": "str"},
    "hourly": {"type": "float"},
    "created": {"type": "float"},
    "destroyed": {"type": "float"},
    "cost": {"type": "float"},
    "error": {"type": "str"},
    "error_code": {"type": "str"},
    "downloaded": {"type": "dict", "default": {}},
    "fetched": {"type": "dict", "default": {}},
}
_REQUIRED = [
    ("state", "begun", ("provider", "state_directory")),
    ("state", "step", ("directory", "step")),
    ("state", "ended", ("directory",)),
]


class ActionModule(ActionBase):
    """Reads the link, and writes files of this user only."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """See ActionBase."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        try:
            options = validated(ARGUMENT_SPEC, self._task.args, required_if=_REQUIRED)
            answer = {"begun": self._begin, "step": _step, "ended": _end}[options["state"]](options)
        except VenvError as error:
            return {**result, "failed": True, "changed": False, **error.details()}
        return {**result, **answer}

    def _begin(self, options: dict[str, Any]) -> dict[str, Any]:
        _check(options)
        source = _source(options)
        info_hash = source.info_hash_v1 or source.info_hash_v2 or ""
        runs, now = TorrentRuns(os.path.abspath(options["state_directory"])), time.time()
        runs.check_alone(info_hash)
        record = new_record(
            pid=os.getppid(),  # workers are children of ansible-playbook
            deadline=options["deadline"],
            now=now,
            provider=options["provider"],
            info_hash=info_hash,
            name=source.name or "",
            dest=os.path.abspath(options["dest"] or os.path.expanduser(f"~/torrents/{info_hash}")),
            host=options["host"] or "",
        )
        mark = RunMark(record.run, record.expires)
        known = {
            "run": record.run,
            "mark": str(mark),
            "info_hash": info_hash,
            "dest": record.dest,
            "expires": record.expires,
            "unfinished": runs.unfinished(info_hash),
            "spent": runs.spent(now),
            "lock": runs.lock(info_hash),
        }
        if self._task.check_mode:
            return {"changed": True, **known}
        run = runs.begin(record, source)
        public = run.write_keys(mark) if record.provider == DIGITALOCEAN else None
        return {
            "changed": True,
            **known,
            "public_key": public,
            "directory": run.path,
            "link": run.link,
        }


def _check(options: dict[str, Any]) -> None:
    if (options["provider"] == HOST) != bool(options["host"]):
        raise InputError(
            "host: a host of the inventory that downloads the files is required for the provider host, and not "
            "allowed for another; set it, or remove it"
        )
    if options["deadline"] < 1:
        raise InputError(f"deadline: {options['deadline']} must be at least 1")


def _source(options: dict[str, Any]) -> Source:
    """What the user wants; relative paths start at the current directory."""
    if options["magnet_file"] is not None:
        return read_source(os.path.abspath(options["magnet_file"]), option="magnet_file")
    if not (options["magnet"] or "").strip():
        raise InputError("magnet_file: there is no link; give the path of a file with a magnet link or a torrent")
    return parse_magnet(options["magnet"].strip())


def _step(options: dict[str, Any]) -> dict[str, Any]:
    changed = {name: options[name] for name in _CHANGES if options[name] is not None}
    TorrentRun(options["directory"]).step(options["step"], time.time(), **changed)
    return {"changed": False}


def _end(options: dict[str, Any]) -> dict[str, Any]:
    changed = {name: options[name] for name in _CHANGES if options[name] is not None}
    run = TorrentRun(options["directory"])
    record = run.end(time.time(), error=options["error"] or None, **changed)
    receipt = receipt_of(record, fetched=options["fetched"], downloaded=options["downloaded"])
    receipt["error_code"] = options["error_code"] or None
    return {"changed": True, "receipt": receipt, "paths": write_receipt(run.path, receipt)}
