# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A phone as the gate sees it: a plain ssh client with a key of its own, and a gate that the role has set up."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller import Controller, Run
from host_setup import keygen
from hosts import Host, write_inventory

USER = "phone-gate"
ENDED = frozenset({"succeeded", "failed", "stopped", "refused", "died"})
#: Where the hosts of tests have wheels.
_WHEELS = "/srv/wheelhouse"
HERE = {"gatehost": {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3"}}


@dataclass(frozen=True)
class Phone:
    """``key`` is the private key of the phone."""

    host: Host
    key: Path

    @classmethod
    def make(cls, host: Host, directory: Path, name: str) -> Phone:
        """With a new key."""
        keygen(directory / name)
        return cls(host, directory / name)

    @property
    def public_key(self) -> str:
        return self.key.with_suffix(".pub").read_text().strip()

    def argv(self, command: str, *options: str) -> list[str]:
        """What the phone types."""
        settings = {"UserKnownHostsFile": self.host.known_hosts, "IdentitiesOnly": "yes", "BatchMode": "yes"}
        given = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
        return [
            "ssh",
            "-F",
            "/dev/null",
            "-i",
            str(self.key),
            *given,
            *options,
            "--",
            f"{USER}@{self.host.address}",
            command,
        ]

    def raw(self, command: str, content: bytes = b"", *options: str) -> subprocess.CompletedProcess[bytes]:
        """What comes back, as it is."""
        argv = self.argv(command, *options)
        return subprocess.run(argv, input=content, capture_output=True, check=False, timeout=120)

    def ask(self, command: str, content: bytes = b"") -> dict[str, Any]:
        """The answer to a command that is done."""
        done = self.raw(command, content)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return self._answer(done)

    def refused(self, command: str, content: bytes = b"") -> dict[str, Any]:
        """The error for a command that is not."""
        done = self.raw(command, content)
        assert done.returncode in (1, 2), (command, done.returncode, done.stdout, done.stderr)
        answer = self._answer(done)
        assert set(answer) >= {"error", "code"}
        return answer

    def wait(self, ident: str, states: frozenset[str] = ENDED, *, seconds: float = 120) -> dict[str, Any]:
        """Ask every half second until the run has one of the states."""
        deadline = time.monotonic() + seconds
        while (told := self.ask(f"status {ident}"))["state"] not in states:
            assert time.monotonic() < deadline, told
            time.sleep(0.5)
        return told

    def _answer(self, done: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
        (line,) = done.stdout.decode("ascii").splitlines()
        answer: dict[str, Any] = json.loads(line)
        assert answer["gate"] == 1
        return answer


def set_up(controller: Controller, host: Host, directory: Path, variables: Mapping[str, Any], *options: str) -> Run:
    """Apply the role on the host, with these options of ansible-playbook."""
    inventory = write_inventory(directory / "inventory.json", [host])
    given = {
        "phone_gate_find_links": [_WHEELS],
        "phone_gate_offline": True,
        "phone_gate_collections_source": "community_package",
        "phone_gate_python": "/usr/bin/python3",
        "phone_gate_targets": {"here": HERE},
        **variables,
    }
    (directory / "variables.json").write_text(json.dumps(given))
    given_file = f"@{directory / 'variables.json'}"
    return controller.playbook("mobile_ansible.venv.phone_gate", "-i", inventory, "--extra-vars", given_file, *options)
