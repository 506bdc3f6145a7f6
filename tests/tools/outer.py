# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Run the module venv_playbook from a real play, and get its result as the play had it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller import Controller
from environments import Environment
from hosts import Host

#: A module that writes the answer would cost as much as the play.
_FILTER = """
import json

def written_to(answer, path):
    with open(path, "w") as stream:
        json.dump(answer, stream, default=str)
    return path

class FilterModule:
    def filters(self):
        return {"written_to": written_to}
"""


@dataclass(frozen=True)
class Outer:
    """The play: it runs on this machine, or on a host over SSH. It keeps what it needs in ``directory``."""

    controller: Controller
    whole: Environment
    directory: Path
    host: Host | None = None

    @property
    def answer(self) -> Path:
        """Where the result of the task is written."""
        return self.directory / "answer.json"

    @property
    def results(self) -> Path:
        """Where log, events and artefacts go."""
        return self.directory / "results"

    def run(
        self,
        options: Mapping[str, Any],
        *,
        stands_in: Path,
        env: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
        keywords: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The result of the task, with the play's own output as ``outer_output``; ``keywords`` are of the play."""
        argv = [*self.write(options, keywords=keywords or {}), *arguments]
        ended = self.controller.run("ansible-playbook", *argv, cwd=stands_in, env=self._env(env))
        assert self.answer.exists(), ended.output
        told: dict[str, Any] = json.loads(self.answer.read_text())
        return {**told, "outer_output": ended.output}

    def start(
        self, options: Mapping[str, Any], *, stands_in: Path, env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """The same, not waited for."""
        argv = [self.controller.venv.program("ansible-playbook"), *map(str, self.write(options, keywords={}))]
        return subprocess.Popen(
            argv, cwd=stands_in, env=self.controller.environment(**self._env(env)), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def write(self, options: Mapping[str, Any], *, keywords: Mapping[str, Any]) -> list[str | Path]:
        """Write the play; returns the arguments that name it."""
        module = {"venv": str(self.whole.path), "results": str(self.results), **options}
        given = {name: value for name, value in module.items() if value is not None}
        tasks = [
            {"mobile_ansible.venv.venv_playbook": given, "register": "answer", "ignore_errors": True},
            {"ansible.builtin.debug": {"var": "answer"}},
            {"ansible.builtin.debug": {"msg": f"{{{{ answer | written_to('{self.answer}') }}}}"}},
        ]
        (self.directory / "filter_plugins").mkdir(exist_ok=True)
        (self.directory / "filter_plugins" / "answer.py").write_text(_FILTER)
        where = self.host.name if self.host else "localhost"
        play = {"hosts": where, "gather_facts": False, "tasks": tasks, **keywords}
        (self.directory / "outer.json").write_text(json.dumps([play]))
        if self.host is None:
            return [self.directory / "outer.json"]
        inventory = {"all": {"hosts": {self.host.name: self.host.inventory()}}}
        (self.directory / "hosts.json").write_text(json.dumps(inventory))
        return [self.directory / "outer.json", "--inventory", self.directory / "hosts.json"]

    def _env(self, env: Mapping[str, str] | None) -> dict[str, str]:
        """The outer Ansible would take the ansible.cfg of a project for its own."""
        config = self.directory / "outer.cfg"
        config.touch()
        return {"ANSIBLE_CONFIG": str(config), **(env or {})}
