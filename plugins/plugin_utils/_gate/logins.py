# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Whether the hosts of a target can be reached, tried as a run reaches them: ansible-playbook with the gate's settings.

What the hosts say is read from the report of that run, not from its output, which a host could forge.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

from ...module_utils._printable import shortened
from ...module_utils._progress import new_ident
from ...module_utils._store.json import read_json
from ...module_utils._supervisor import adopt_orphans
from .leftovers import SOCKETS_PREFIX, kill_processes_of
from .playbooks import SOCKETS_VARIABLE, environment_of
from .settings import GateSettings

#: For a connection, for one host altogether, and for all hosts of all targets.
CONNECT_SECONDS, HOST_SECONDS, ALL_SECONDS = 5, 10, 25
#: Targets at once, and hosts of each of them.
_TARGETS, _FORKS = 4, 10
_MAX_SAID = 10_000
_PLAY = {
    "hosts": "all",
    "gather_facts": False,
    "tasks": [{"name": "Log in", "ansible.builtin.ping": {}, "timeout": HOST_SECONDS}],
}
_CORRECT = "correct the host in phone_gate_targets, and apply the role phone_gate again"
_OTHER_KEY = (
    "the host has another key than phone_gate_known_hosts says; compare it on the host itself, correct the line, and "
    "apply the role phone_gate again"
)
_UNKNOWN_KEY = (
    "add the line that ssh-keyscan shows for the host to phone_gate_known_hosts, after you compared it on the host, "
    "and apply the role phone_gate again"
)
_PASSWORD = "set ansible_become_password in phone_gate_targets, or let the user become root without a password"
_SHELL = "give the user on the host a shell, and a home directory that it can write to, or correct ansible_user"
_PYTHON = "install Python 3.11 or newer on the host, or correct ansible_python_interpreter in phone_gate_targets"
_NETWORK = f"check that the host is on and that its sshd runs; otherwise {_CORRECT}"
#: What ssh says of a host that could not be reached, and what Ansible says of one that could. The first that fits.
_OF_SSH = (
    (re.compile("IDENTIFICATION HAS CHANGED"), _OTHER_KEY),
    (re.compile("[Hh]ost key"), _UNKNOWN_KEY),
    (re.compile("temporary directory"), _SHELL),
    (re.compile("Permission denied|Too many authentication failures"), ""),
)
_OF_ANSIBLE = (
    (re.compile("(?i)password"), _PASSWORD),
    (re.compile("(?i)interpreter|python"), _PYTHON),
)


@dataclass(frozen=True)
class FailedLogin:
    """A host of a target that cannot be used; ``host`` is empty if that is so for the whole target."""

    host: str
    found: str
    fix: str


@dataclass(frozen=True)
class Logins:
    """How many hosts of a target answered, and those that did not."""

    answered: int
    failed: tuple[FailedLogin, ...]


def try_logins(settings: GateSettings, inventories: Mapping[str, str]) -> dict[str, Logins]:
    """Log in to all hosts of the inventories, by the names of their targets, and start Python there.

    It ends in time, and leaves no process and no connection: it kills all that is below this process, which is that of
    one connection. Raises OSError.
    """
    mark = new_ident()
    adopt_orphans()
    deadline = time.monotonic() + ALL_SECONDS
    # A path for the sockets of ssh is short, and an open connection of a run would answer for one that is refused.
    with tempfile.TemporaryDirectory(prefix=SOCKETS_PREFIX) as directory:
        playbook = os.path.join(directory, "login.json")
        with open(playbook, "w", encoding="ascii") as stream:
            json.dump([_PLAY], stream)

        def tried(number: int, inventory: str) -> Logins:
            report = os.path.join(directory, f"{number}.json")
            environment = _environment(settings, directory, mark=mark, report=report)
            with open(os.path.join(directory, f"{number}.err"), "w+b") as stream:
                said = _run([playbook, "--inventory", inventory], environment, stream, until=deadline)
            return logins_in(_report(report), said=said)

        try:
            with ThreadPoolExecutor(_TARGETS) as pool:
                found = list(pool.map(tried, range(len(inventories)), inventories.values()))
        finally:
            kill_processes_of(mark, below=True)
    return dict(zip(inventories, found, strict=True))


def logins_in(report: Mapping[str, Any], *, said: str) -> Logins:
    """What a report tells; ``said`` is what there is to say if it tells nothing."""
    hosts = report.get("hosts", {"items": [], "left_out": 0})
    failures = report.get("failures", {"items": [], "left_out": 0})
    answered = sum(1 for one in hosts["items"] if one["ok"])
    failed = [_failed(one) for one in failures["items"]]
    if not report or not hosts["items"]:
        failed.append(FailedLogin("", said or "there is no host in it", _CORRECT))
    left_out = hosts["left_out"] + failures["left_out"]
    if left_out:
        failed.append(FailedLogin("", f"{left_out} further hosts are not shown", "correct those that are shown first"))
    return Logins(answered, tuple(failed))


def _failed(failure: Mapping[str, Any]) -> FailedLogin:
    message = failure["message"]
    # ssh says the reason last, after what the host wants to be read and its own warnings.
    lines = [line.strip() for line in message.splitlines() if line.strip()] or ["it does not say why"]
    if not failure["unreachable"]:
        return FailedLogin(failure["host"], shortened(lines[0]), _first(_OF_ANSIBLE, message) or _CORRECT)
    fix = _first(_OF_SSH, message)
    return FailedLogin(failure["host"], shortened(lines[-1]), (fix or _authorize()) if fix is not None else _NETWORK)


def _first(remedies: Sequence[tuple[re.Pattern[str], str]], message: str) -> str | None:
    return next((fix for pattern, fix in remedies if pattern.search(message)), None)


def _authorize() -> str:
    """With the key itself, which is public, so that it can be copied from the phone."""
    key = "that phone_gate_result has"
    with suppress(OSError, UnicodeDecodeError):
        path = os.path.expanduser("~/.ssh/id_ed25519.pub")
        with open(path, encoding="ascii") as stream:
            key = shortened(stream.readline().strip())
    return f"add the key of the gate to ~/.ssh/authorized_keys of the user on the host: {key}"


def _environment(settings: GateSettings, directory: str, *, mark: str, report: str) -> dict[str, str]:
    user = pwd.getpwuid(os.geteuid())
    return {
        **environment_of(settings, mark=mark, report=report, home=user.pw_dir, user=user.pw_name),
        SOCKETS_VARIABLE: directory,
    }


def _run(arguments: Sequence[str], environment: Mapping[str, str], errors: IO[bytes], *, until: float) -> str:
    """What there is to say if it writes no report. A pipe would be waited for that a process of ssh keeps open."""
    program = os.path.join(os.path.dirname(sys.executable), "ansible-playbook")
    argv = [program, *arguments, "--timeout", str(CONNECT_SECONDS), "--forks", str(_FORKS)]
    try:
        done = subprocess.run(
            argv, env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
            timeout=max(0.0, until - time.monotonic()), check=False, start_new_session=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"its hosts did not all answer in {ALL_SECONDS} s"
    errors.seek(0)
    said = errors.read(_MAX_SAID).decode(errors="replace").strip()
    return shortened(said) or f"ansible-playbook ended with {done.returncode}"


def _report(path: str) -> Mapping[str, Any]:
    with suppress(OSError, ValueError):
        found: Mapping[str, Any] = read_json(path, dict)
        return found
    return {}
