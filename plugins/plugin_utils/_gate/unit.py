# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Start the process of a run so that it outlives the connection: a unit of the user's systemd, or a session."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...module_utils._printable import shortened
from .answers import GateError
from .settings import GateLimits
from .spool import GateRun

#: Which of the two is used; with ``auto`` systemd, if the host has booted it.
MANAGERS = ("auto", "systemd", "session")
_BOOTED = "/run/systemd/system"
SYSTEMD_RUN = "/usr/bin/systemd-run"
#: What a run may take after its time to end what it started.
END_SECONDS = 60
_START_SECONDS = 20
_LAUNCHER = Path(__file__).resolve().parents[3] / "bin" / "phone-gate"


def runtime_directory() -> str:
    """Where the systemd of this user listens."""
    return f"/run/user/{os.geteuid()}"


def uses_systemd(manager: str) -> bool:
    """Whether runs are units; ``manager`` is one of :data:`MANAGERS`."""
    return manager == "systemd" or (manager == "auto" and os.path.isdir(_BOOTED))


def user_manager_runs() -> bool:
    """Whether the systemd of this user answers, also without a login."""
    return os.path.exists(os.path.join(runtime_directory(), "systemd", "private"))


def start(run: GateRun, *, config: str, key: str, phase: str, manager: str, limits: GateLimits, lingers: int) -> None:
    """Start the phase of a run; ``lingers`` seconds are left after its time to end what it started.

    Raises :class:`GateError`.
    """
    command = [
        sys.executable,
        "-I",
        str(_LAUNCHER),
        "--config",
        config,
        "--key",
        key,
        "--run",
        run.ident,
        "--phase",
        phase,
    ]
    if uses_systemd(manager):
        _start_unit(command, run, phase, limits, lingers)
    else:
        _start_session(command)


def unit_name(run: GateRun, phase: str) -> str:
    """The name of the unit of a phase."""
    return f"phone-gate-{run.ident}-{phase}.service"


def unit_properties(limits: GateLimits, lingers: int) -> dict[str, str]:
    """The limits as systemd has them. The address space is limited too: a memory limit needs control groups."""
    return {
        "Type": "exec",
        "KillMode": "mixed",
        "TimeoutStopSec": str(lingers),
        "RuntimeMaxSec": str(limits["seconds"] + lingers),
        "MemoryMax": f"{limits['memory_mib']}M",
        "TasksMax": str(limits["processes"]),
        "LimitAS": f"{limits['memory_mib']}M",
        "UMask": "0077",
    }


def _start_unit(command: Sequence[str], run: GateRun, phase: str, limits: GateLimits, lingers: int) -> None:
    if not os.access(SYSTEMD_RUN, os.X_OK) or not user_manager_runs():
        raise GateError(
            "the systemd of this user does not run, so that nothing would outlive the connection; as root: loginctl "
            "enable-linger USER",
            code="systemd",
        )
    properties = [f"--property={name}={value}" for name, value in unit_properties(limits, lingers).items()]
    argv = [
        SYSTEMD_RUN,
        "--user",
        "--quiet",
        "--collect",
        f"--unit={unit_name(run, phase)}",
        *properties,
        "--",
        *command,
    ]
    environment = {"XDG_RUNTIME_DIR": runtime_directory(), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(
            argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=_START_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise GateError(f"systemd did not start the run in {_START_SECONDS} s", code="systemd") from None
    if done.returncode != 0:
        raise GateError(f"systemd did not start the run: {shortened(done.stderr.strip())}", code="systemd")


def _start_session(command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """In a session of its own, with no descriptor of the connection: sshd waits until nobody has one."""
    subprocess.Popen(
        command,
        env=environment or {},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
