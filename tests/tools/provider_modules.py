# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Tasks with the real modules of community.digitalocean, run by the real ansible-playbook against an API double."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api_client import TOKEN
from controller import Controller
from digitalocean_double import DigitalOceanDouble


@dataclass(frozen=True)
class ProviderModules:
    """A controller with the modules, and the double that they ask."""

    controller: Controller
    double: DigitalOceanDouble

    def run(self, *tasks: tuple[str, dict[str, Any]], timeout: float = 120) -> list[dict[str, Any]]:
        """Run tasks one after the other, also after a failure; what each returned.

        A task is the short name of a module, as in ``droplet``, and its options.
        """
        directory = self.controller.home
        results = directory / "results.json"
        interpreter = self.controller.venv.program("python")
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": interpreter},
            "tasks": [
                *(self._task(number, name, options) for number, (name, options) in enumerate(tasks)),
                {"ansible.builtin.copy": {"dest": str(results), "content": self._all(len(tasks))}},
            ],
        }
        playbook = directory / "playbook.yml"
        playbook.write_text(json.dumps([play]))
        run = self.controller.playbook(playbook, env={"DO_API_TOKEN": TOKEN}, timeout=timeout)
        assert run.returncode == 0, run.output
        assert TOKEN not in run.output
        found: list[dict[str, Any]] = json.loads(results.read_text())
        return found

    def _task(self, number: int, name: str, options: dict[str, Any]) -> dict[str, Any]:
        return {
            f"community.digitalocean.digital_ocean_{name}": {"baseurl": self.double.baseurl, **options},
            "register": f"result{number}",
            "ignore_errors": True,  # how each one fails is what tests look at
        }

    @staticmethod
    def _all(count: int) -> str:
        return "{{ [" + ", ".join(f"result{number}" for number in range(count)) + "] | to_json }}"


def droplet(**more: Any) -> tuple[str, dict[str, Any]]:
    """A task that makes a droplet, as the modules can do it safely: without waiting and without `unique_name`."""
    options = {"name": "one", "size": "s-1vcpu-1gb", "image": "debian-12-x64", "region": "fra1", "wait": False}
    return "droplet", options | more


def removed(module: str, **options: Any) -> tuple[str, dict[str, Any]]:
    """A task that removes something."""
    return module, {"state": "absent", **options}


def key_pair(path: Path) -> str:
    """Make a key pair; the public key."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return path.with_suffix(".pub").read_text().strip()
