# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Control groups of a test's own, in which a systemd can start."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_ROOTS = ("/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified")


def make(uid: int) -> tuple[Path, ...]:
    """A group in each hierarchy, as a login makes one: systemd starts only in what it can write."""
    made = []
    for root in map(Path, _ROOTS):
        if (root / "cgroup.procs").exists():
            group = root / f"venv-test-{secrets.token_hex(4)}"
            group.mkdir()
            os.chown(group, uid, uid)
            for file in group.iterdir():
                os.chown(file, uid, uid)
            made.append(group)
    return tuple(made)


def joining(groups: Sequence[Path]) -> str:
    """The commands of a shell that joins the groups."""
    return " ".join(f"echo 0 > {group}/cgroup.procs;" for group in groups)


def remove(groups: Sequence[Path]) -> None:
    """Remove the groups with all below them; their processes have been ended."""
    for group in groups:
        for directory in (*sorted(group.rglob("*/"), reverse=True), group):
            _remove(directory)


def _remove(directory: Path, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError):  # its last processes are ending
            directory.rmdir()
            return
        time.sleep(0.05)
