# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A gate with one key, of which the processes of runs are started by tests."""

from __future__ import annotations

import json
import multiprocessing
import os
from dataclasses import dataclass
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.run_state import (
    STARTING,
    GateRequest,
    new_state,
    write_request,
    write_state,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.settings import GateSettings
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.spool import GateRun, Spool
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.worker import Worker

_KEY = {
    "verbs": [], "targets": [], "profiles": [], "confirm": False, "confirm_torrent": False, "running": 2,
    "upload_mib": 1, "days": 1, "kept": 9, "kept_mib": 9,
}  # fmt: skip


@dataclass(frozen=True)
class Gate:
    """The gate in ``directory``, with the key ``phone``."""

    directory: Path

    @property
    def path(self) -> str:
        """The configuration."""
        return str(self.directory / "gate.json")

    @property
    def settings(self) -> GateSettings:
        return GateSettings.read(self.path)

    @property
    def spool(self) -> Spool:
        spool = Spool(str(self.directory / "runs"), "phone")
        spool.open()
        return spool

    def configure(self, **key: Any) -> None:
        """As the role does, with these limits of the key; ``there`` says which targets there are."""
        targets = {name: f"/nonexistent/{name}.json" for name in key.pop("there", ["web"])}
        limits = {"seconds": 60, "memory_mib": 4096, "processes": 4096, "results_mib": 1}
        config = {
            "schema": 1, "spool": str(self.directory / "runs"), "collections": "/", "ansible_config": "/dev/null",
            "manager": "session", "environment": {}, "sources": {}, "artifacts": [],
            "profiles": str(self.directory / "profiles"), "keys": {"phone": {**_KEY, **key}},
            "targets": targets, "torrent": None, "limits": limits,
        }  # fmt: skip
        Path(self.path).write_text(json.dumps(config))
        os.chmod(self.path, 0o600)

    def run(self, state: str = STARTING, **request: Any) -> GateRun:
        """A run of a playbook on the target ``web``, as a connection records it."""
        run = self.spool.new()
        os.mkdir(run.project)
        Path(run.path("project", "site.yml")).write_text("- hosts: all\n")
        asked: GateRequest = {
            "schema": 1, "id": run.ident, "verb": "run", "target": "web", "playbook": "site.yml", "created": "",
            "bytes": 1, "sha256": "", "files": 1, "left_out": [], "own_code": [],
        }  # fmt: skip
        write_state(run.directory, new_state(state))
        write_request(run.directory, {**asked, **request})  # type: ignore[typeddict-item]  # it has these names
        return run

    def process(self, run: GateRun, phase: str) -> ForkProcess:
        """The process of the run, which has what the test has replaced."""

        def work() -> None:
            Worker(self.settings, self.spool, run).work(phase)

        process = multiprocessing.get_context("fork").Process(target=work)
        process.start()
        return process
