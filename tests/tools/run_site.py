# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A project with an inventory of real hosts, whose playbooks are run with the playbook ``run``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
from controller import Controller, Run, heed_signals
from hosts import Host

RUN = "mobile_ansible.venv.run"
_ENDS = 300


@dataclass(frozen=True)
class Site:
    """A project and its inventory of real hosts, in which the user stands."""

    controller: Controller
    directory: Path
    wheelhouse: Path
    hosts: list[Host]

    @classmethod
    def below(cls, tmp_path: Path, controller: Controller, wheelhouse: Path, hosts: list[Host]) -> Site:
        """With the hosts a, b and c in the group web."""
        directory = tmp_path / "site"
        (directory / "group_vars").mkdir(parents=True)
        (directory / "ansible.cfg").write_text("[privilege_escalation]\nbecome_allow_same_user = true\n")
        (directory / "group_vars" / "all.yml").write_text("colour: red\n")
        named = dict(zip("abc", hosts, strict=True))
        variables = {name: {**host.inventory(), "own": f"of {name}"} for name, host in named.items()}
        (directory / "hosts.json").write_text(json.dumps({"all": {"children": {"web": {"hosts": variables}}}}))
        return cls(controller, directory, wheelhouse, hosts)

    @property
    def results(self) -> Path:
        return self.directory.parent / "results"

    def write(self, name: str, *plays: dict[str, Any]) -> None:
        (self.directory / name).write_text(json.dumps([{"gather_facts": False, **play} for play in plays]))

    def arguments(self, playbook: str, *arguments: str, **variables: Any) -> list[str]:
        given = {
            "path": playbook,
            "packages": ["packaging"],
            "collections_source": "community_package",
            "find_links": [str(self.wheelhouse)],
            "offline": True,
            "store": "/srv/venvs",
            **variables,
        }
        own = json.dumps({f"run_playbook_{name}": value for name, value in given.items()})
        return [RUN, "-i", "hosts.json", "-e", own, *arguments]

    def run(self, playbook: str, *arguments: str, **variables: Any) -> Run:
        argv = self.arguments(playbook, *arguments, **variables)
        return self.controller.run("ansible-playbook", *argv, cwd=self.directory)

    def on_terminal(self, argv: list[str], **env: str) -> pexpect.spawn[str]:
        """``ansible-playbook`` with ``argv``."""
        return pexpect.spawn(
            self.controller.venv.program("ansible-playbook"), argv, cwd=str(self.directory), encoding="utf-8",
            env=self.controller.environment(TERM="xterm", **env), timeout=_ENDS, dimensions=(50, 200),
            preexec_fn=heed_signals,
        )  # fmt: skip


def ended(screen: pexpect.spawn[str]) -> str:
    """The rest of what a run said that ended well."""
    screen.expect(pexpect.EOF)
    screen.close()
    assert screen.exitstatus == 0, screen.before
    return str(screen.before)
