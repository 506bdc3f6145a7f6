# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Keep the record of a torrent run on the controller; see the module of the same name."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.run_mark import RunMark
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.client import ClientOptions, check_number
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.download import DownloadLimits
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.magnet import Magnet, parse_magnet
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.run_record import (
    DIGITALOCEAN,
    HOST,
    PROVIDERS,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.selection import select_files
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.source import read_source
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._controller_action import ControllerAction
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
    "host_dest": {"type": "str"},
    "select": {"type": "list", "elements": "str", "default": []},
    "max_size": {"type": "bytes", "default": "20GB"},
    "metadata_timeout": {"type": "int", "default": 120},
    "stall_timeout": {"type": "int", "default": 120},
    "boot_timeout": {"type": "int", "default": 300},
    "upload_limit": {"type": "bytes", "default": 0},
    "download_limit": {"type": "bytes", "default": 0},
    "port": {"type": "int", "default": 6881},
    "wheels": {"type": "path"},
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
RULES: dict[str, Any] = {
    "required_if": [
        ("state", "begun", ("provider", "state_directory")),
        ("state", "step", ("directory", "step")),
        ("state", "ended", ("directory",)),
    ]
}


class ActionModule(ControllerAction):
    """Reads the link, and writes files of this user only."""

    argument_spec = ARGUMENT_SPEC
    rules = RULES

    def act(self, options: dict[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Begin a run, note a step of it, or end it."""
        try:
            return {"begun": self._begin, "step": _step, "ended": _end}[options["state"]](options)
        except OSError as error:
            raise InputError(
                f"state_directory: {error.filename or 'a file of the run'} cannot be written: {error.strerror}; "
                "correct this, or choose another directory"
            ) from error

    def _begin(self, options: dict[str, Any]) -> dict[str, Any]:
        _check(options)
        source = _source(options)
        _check_selection(source, options)
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
        try:
            run = runs.begin(record, source)
        except StoreError as error:
            raise InputError(f"state_directory: {error.message}") from error
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
    for option in ("deadline", "boot_timeout"):
        check_number(options, option, 1)
    DownloadLimits.of({**options, "timeout": 0})
    ClientOptions.of({**options, "dht": True})
    if options["provider"] == DIGITALOCEAN:
        check_number(options, "port", 1)
    if options["wheels"] is not None and not os.path.isdir(options["wheels"]):
        raise InputError(f"wheels: {options['wheels']} is not a directory; give one with wheels")
    host_dest = options["host_dest"]
    if host_dest is not None and not (host_dest.startswith(("/", "~/")) and host_dest.strip("/~.")):
        raise InputError(
            f"host_dest: {host_dest!r} is not the absolute path of a directory; give one that is only for this download"
        )
    if "$" in os.path.abspath(options["state_directory"]):
        raise InputError(
            f"state_directory: {options['state_directory']} has a $, which SSH takes for a variable; choose another one"
        )


def _check_selection(source: Source, options: dict[str, Any]) -> None:
    """What a torrent contains is known before anything costs."""
    if not isinstance(source, Magnet):
        selected = source.selected_size(select_files(source, source.magnet(), options["select"]))
        if 0 < options["max_size"] < selected:
            raise InputError(
                f"max_size: the selected files have {selected} bytes, more than {options['max_size']}; select fewer "
                "files, or increase it"
            )


def _source(options: dict[str, Any]) -> Source:
    """What the user wants; relative paths start at the current directory."""
    if options["magnet_file"]:
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
