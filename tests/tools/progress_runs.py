# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Runs of ansible-playbook with the callback that shows progress, and what the tests of it have in common."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
from controller import Controller, heed_signals
from places import ROOT
from polling import wait_until

SCHEMA = json.loads((ROOT / "docs" / "reference" / "progress.schema.json").read_text())
EVENT_SCHEMA = {"$schema": SCHEMA["$schema"], "$defs": SCHEMA["$defs"], "$ref": "#/$defs/event"}


@dataclass(frozen=True)
class Runs:
    """Runs of one user with the callback."""

    controller: Controller
    directory: Path

    @classmethod
    def below(cls, directory: Path, controller: Controller) -> Runs:
        """Runs in a project of their own."""
        (directory / "project").mkdir()
        return cls(controller, directory / "project")

    @property
    def files(self) -> Path:
        return self.directory / "progress"

    def write(self, *plays: dict[str, Any], name: str = "site.yml") -> str:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(list(plays)))
        return str(path)

    def environment(self, files: Path | None = None, **env: str) -> dict[str, str]:
        given = {
            "ANSIBLE_CALLBACKS_ENABLED": "mobile_ansible.venv.progress",
            "MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY": str(files or self.files),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_ASYNC_DIR": str(self.directory / "jobs"),
        }
        given.update(env)
        if not given["ANSIBLE_CALLBACKS_ENABLED"]:
            del given["ANSIBLE_CALLBACKS_ENABLED"]
        return self.controller.environment(**given)

    def start(
        self, *arguments: str, files: Path | None = None, env: dict[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[str]:
        argv = [self.controller.venv.program("ansible-playbook"), "-c", "local", *arguments]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        options = {**pipes, "preexec_fn": heed_signals, **options}
        environment = self.environment(files, **(env or {}))
        return subprocess.Popen(argv, cwd=self.directory, env=environment, text=True, **options)

    def run(self, *arguments: str, code: int = 0, **options: Any) -> tuple[str, str]:
        """Run to the end; what it said on standard output and error."""
        with self.start(*arguments, **options) as process:
            shown, errors = process.communicate(timeout=300)
        assert process.returncode == code, shown + errors
        return shown, errors

    def status(self, files: Path | None = None) -> dict[str, Any]:
        """The status, which conforms to the schema."""
        status: dict[str, Any] = json.loads(((files or self.files) / "status.json").read_text())
        jsonschema.validate(status, SCHEMA)
        return status

    def events(self, files: Path | None = None) -> list[dict[str, Any]]:
        events = [json.loads(line) for line in ((files or self.files) / "events.jsonl").read_text().splitlines()]
        for event in events:
            jsonschema.validate(event, EVENT_SCHEMA)
        return events

    def wait_for(self, text: str, files: Path | None = None) -> None:
        """Until a step is announced."""
        path = (files or self.files) / "events.jsonl"
        wait_until(lambda: path.exists() and text in path.read_text())


def play(*tasks: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    return {"hosts": "all", "gather_facts": False, **keywords, "tasks": list(tasks)}


def say(name: str, **keywords: Any) -> dict[str, Any]:
    return {"name": name, "ansible.builtin.debug": {"msg": "said"}, **keywords}


def sleep(name: str, seconds: int = 600) -> dict[str, Any]:
    return {"name": name, "ansible.builtin.command": {"cmd": f"sleep {seconds}"}}


def watchers(directory: Path) -> list[int]:
    """The pids of watchers of this directory."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
        except OSError:
            continue
        if any(b"_progress_watcher" in word for word in words) and str(directory).encode() in words:
            found.append(int(entry.name))
    return found


def never_falls(statuses: list[dict[str, Any]]) -> bool:
    percents = [status["percent"] for status in statuses]
    return percents == sorted(percents)
