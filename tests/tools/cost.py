# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What programs cost: seconds on the clock, CPU seconds of all processes, bytes on disk."""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """Of one run: seconds on the clock, CPU seconds, and bytes on disk."""

    wall: float
    cpu: float
    disk: int = 0


def median(costs: list[Cost]) -> Cost:
    return Cost(
        statistics.median(one.wall for one in costs),
        statistics.median(one.cpu for one in costs),
        int(statistics.median(one.disk for one in costs)),
    )


def timed(action: Callable[[], None]) -> Cost:
    """What ``action`` and the processes that it waits for cost."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    action()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return Cost(time.monotonic() - started, used)


def disk(directories: tuple[Path, ...]) -> int:
    """The bytes that ``directories`` take, a file with several names in them once."""
    found = {}
    for directory in directories:
        for place, _directories, names in os.walk(directory):
            for name in names:
                status = os.lstat(os.path.join(place, name))
                found[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(found.values())


def remove(path: Path) -> None:
    """Remove a directory or a link; what is in a store is read-only."""
    if path.is_symlink():
        path.unlink()
        return
    for directory, _directories, _files in os.walk(path):
        os.chmod(directory, 0o755)
    shutil.rmtree(path, ignore_errors=True)  # it need not be there


def call(argv: list[str], *, env: dict[str, str]) -> str:
    """Run a program to its end; what it said."""
    done = subprocess.run(argv, env=env, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout
