# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Runs of the gate as units of a real systemd of its user: their limits, and that nothing of them is left."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import timer_machine
from environments import uv_environment
from places import COLLECTION, ROOT
from polling import found_at_last
from timer_machine import UID, TimerMachine

SYSTEMD = "/usr/lib/systemd/systemd"
LONG = "- hosts: all\n  gather_facts: false\n  tasks: [{pause: {seconds: 600}}]\n"


@dataclass(frozen=True)
class UnitGate:
    """The gate of the user of ``machine``, with all of it in ``directory``."""

    machine: TimerMachine
    directory: Path

    def ask(self, command: str, content: str = "") -> dict[str, Any]:
        (self.directory / "input").write_text(content)
        program = f"{self.directory}/venv/bin/python -I {self.directory}/search/{COLLECTION}/bin/phone-gate"
        argv = f"{program} --config {self.directory}/gate.json --key phone < {self.directory}/input"
        done = self.machine.run("sh", "-c", argv, env={"SSH_ORIGINAL_COMMAND": command})
        answer: dict[str, Any] = json.loads(done.stdout)
        assert "error" not in answer or "state" in answer, answer
        return answer

    def paused(self) -> str:
        """The id of a run that has come to its long task."""
        ident: str = self.ask("run", LONG)["id"]
        deadline = time.monotonic() + 120
        while "pause" not in str((told := self.ask(f"status {ident}"))["progress"]):
            assert told["state"] in ("analysing", "running") and time.monotonic() < deadline, told
            time.sleep(0.5)
        return ident

    def left(self) -> str:
        """What still runs of a playbook."""
        return self.machine.run("sh", "-c", "ps -u nobody -o args= | grep '[a]nsible-playbook'").stdout


@pytest.fixture(scope="module")
def gate(uv: str, wheelhouse: Path) -> Iterator[UnitGate]:
    if reason := timer_machine.missing([SYSTEMD]):
        pytest.skip(reason)
    directory = Path(tempfile.mkdtemp(prefix="unit-gate-"))
    directory.chmod(0o755)
    (directory / "home").mkdir(mode=0o700)
    os.chown(directory / "home", UID, UID)
    fill(directory, uv, wheelhouse)
    machine = TimerMachine.make(directory / "home", uid=UID)
    try:
        if reason := machine.start_systemd():
            pytest.skip(reason)
        yield UnitGate(machine, directory)
    finally:
        machine.close()
        subprocess.run(["rm", "-rf", str(directory)], check=True)


def fill(directory: Path, uv: str, wheelhouse: Path) -> None:
    """What the role would install, where the user can reach it."""
    for part in ("bin", "plugins", "roles", "playbooks", "meta"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, directory / "search" / COLLECTION / part, ignore=ignored)
    shutil.copy(ROOT / "galaxy.yml", directory / "search" / COLLECTION)
    shutil.copytree(wheelhouse, directory / "wheels")
    python = str(directory / "venv" / "bin" / "python")
    offline = ["--quiet", "--offline", "--no-index", "--find-links", str(wheelhouse)]
    for argv in (
        [uv, "venv", "--quiet", "--python", "/usr/bin/python3", str(directory / "venv")],
        [uv, "pip", "install", *offline, "--python", python, "ansible-core", "findimports"],
    ):
        subprocess.run(argv, check=True, env=uv_environment())
    host = {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3"}
    (directory / "here.json").write_text(json.dumps({"all": {"hosts": {"gatehost": host}}}))
    (directory / "ansible.cfg").touch()
    (directory / "gate.json").write_text(json.dumps(configuration(directory)))


def configuration(directory: Path) -> dict[str, Any]:
    sources = {"collections_source": "community_package", "find_links": [str(directory / "wheels")], "offline": True}
    numbers = {"running": 2, "upload_mib": 20, "days": 14, "kept": 100, "kept_mib": 1000}
    return {
        "schema": 1,
        "spool": str(directory / "home" / "runs"),
        "collections": str(directory / "search"),
        "ansible_config": str(directory / "ansible.cfg"),
        "manager": "systemd",
        "environment": {},
        "sources": sources,
        "artifacts": ["results"],
        "profiles": str(directory / "profiles"),
        "keys": {
            "phone": {"verbs": [], "targets": [], "profiles": [], "confirm": False, "confirm_torrent": False, **numbers}
        },
        "targets": {"here": str(directory / "here.json")},
        "torrent": None,
        "limits": {"seconds": 600, "memory_mib": 2048, "processes": 64, "results_mib": 10},
    }


def test_a_run_is_a_unit_with_limits_and_is_cancelled_whole(gate: UnitGate) -> None:
    ident = gate.paused()
    unit = f"phone-gate-{ident}-analyse.service"
    shown = gate.machine.run("systemctl", "--user", "show", unit).stdout.splitlines()
    wanted = {"KillMode=mixed", "MemoryMax=2147483648", "TasksMax=64", "LimitAS=2147483648", "RuntimeMaxUSec=11min"}
    assert wanted <= set(shown)
    assert gate.ask(f"cancel {ident}")["state"] == "stopping"
    assert (found_at_last(lambda: gate.ask(f"status {ident}")["state"], "stopped"), gate.left()) == ("stopped", "")


def test_a_unit_whose_process_is_killed_leaves_nothing(gate: UnitGate) -> None:
    ident = gate.paused()
    state = json.loads((gate.directory / "home" / "runs" / "phone" / ident / "state.json").read_text())
    gate.machine.run("kill", "-9", str(state["pid"]))
    assert (found_at_last(gate.left, ""), gate.ask(f"status {ident}")["state"]) == ("", "died")


def test_the_doctor_says_that_nothing_lingers(gate: UnitGate) -> None:
    (found,) = [check for check in gate.ask("doctor")["checks"] if check["name"] == "linger"]
    assert found["ok"] is False and found["fix"].startswith("as root: loginctl enable-linger ")
