# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Programs of Debian that tests need: used where they are, installed where root runs the tests."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from places import CACHE

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def program(name: str, *, package: str | None = None) -> str | None:
    """The absolute path of ``name``; None where it is missing and its ``package``, called the same, cannot be had."""
    if not shutil.which(name, path=PATH) and os.geteuid() == 0:
        install([package or name])
    return shutil.which(name, path=PATH)


def install(packages: list[str]) -> bool:
    """Install Debian packages; False where that is not possible."""
    apt = shutil.which("apt-get", path=PATH)
    if apt is None:
        return False
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "apt.lock").open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)  # of this checkout; apt has one of its own for others
        return _install(apt, packages)


def _install(apt: str, packages: list[str]) -> bool:
    # Without a policy Debian would start sshd on this machine's own addresses.
    policy = Path("/usr/sbin/policy-rc.d")
    own_policy = not policy.exists()
    if own_policy:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    env = {"PATH": PATH, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run([apt, "update", "-qq"], env=env, check=False)
        # Two test processes may want something at once: the second waits.
        argv = [
            apt,
            "install",
            "-qq",
            "--option",
            "DPkg::Lock::Timeout=300",
            "--yes",
            "--no-install-recommends",
            *packages,
        ]
        return subprocess.run(argv, env=env, check=False).returncode == 0
    finally:
        if own_policy:
            policy.unlink()
