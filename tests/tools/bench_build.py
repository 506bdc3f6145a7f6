# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a build of 33 distributions costs: the part of `make bench-venv` that looks at one venv.

Measured above an empty play, with the wheels in uv's cache. What was built before is moved away and not removed: ext4
looks for a long time at inodes that were freed a moment ago, and the next build would pay for that.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from cost import Cost, median, remove, timed

#: With what they need these are 33 distributions.
PACKAGES = ["ansible-core", "requests", "urllib3", "pydo", "netaddr", "jmespath", "dnspython", "cryptography", "boto3"]
ONE_MORE = "toolz"
#: What a generation needs beside caches.
_BUILT = ("bench", ".previous", ".requests", ".generations", ".leases", ".roots", ".locks")
_BYTECODE = os.path.join(".cache", "bytecode")
#: Imports the top of every distribution in the venv, and of some what lies deeper.
_IMPORT_ALL = """
import importlib, importlib.metadata
for distribution in importlib.metadata.distributions():
    names = distribution.read_text("top_level.txt") or distribution.metadata["Name"].replace("-", "_")
    for name in names.split():
        try:
            importlib.import_module(name)
        except ImportError:
            pass
import ansible.cli.playbook, ansible.executor.task_queue_manager, boto3, dns.resolver, netaddr, pydo
"""


class Play(Protocol):
    """Runs a play with tasks, all of which change something or none."""

    def __call__(self, tasks: list[dict[str, Any]], *, changes: bool = False) -> Cost: ...


class BuildBench:
    """Builds in the directory ``store``, each by one task of ``play``."""

    def __init__(self, play: Play, store: Path) -> None:
        self._play = play
        self._store = store
        self._aside = store.parent / "aside"

    def rows(self, runs: int) -> list[tuple[str, Cost]]:
        """What is measured, each the median of ``runs``."""

        def row(name: str, action: Callable[[], Cost]) -> tuple[str, Cost]:
            return name, median([action() for _run in range(runs)])

        self._again()  # fetches uv and the wheels
        rows = [
            row("first build, nothing compiled before", self._first),
            row("the same again, bytecode kept", self._again),
            row(f"{ONE_MORE} added to it", self._one_more),
            row("nothing to do", lambda: self._task([*PACKAGES, ONE_MORE])),
            row("ansible --version in it", lambda: self._started("ansible", "--version")),
            row("import of every distribution", lambda: self._started("python", "-c", _IMPORT_ALL)),
        ]
        remove(self._aside)
        return rows

    def _first(self) -> Cost:
        self._put_aside(_BYTECODE)
        return self._again()

    def _again(self) -> Cost:
        self._put_aside(*_BUILT)
        return self._task(PACKAGES, changes=True)

    def _one_more(self) -> Cost:
        self._again()
        return self._task([*PACKAGES, ONE_MORE], changes=True)

    def _task(self, packages: list[str], *, changes: bool = False) -> Cost:
        request = {"name": "bench", "store": str(self._store), "packages": packages}
        empty = self._play([])
        full = self._play([{"mobile_ansible.venv.shared_venv": request}], changes=changes)
        return Cost(full.wall - empty.wall, full.cpu - empty.cpu)

    def _started(self, program: str, *arguments: str) -> Cost:
        argv = [str(self._store / "bench" / "bin" / program), *arguments]

        def run() -> None:
            subprocess.run(argv, env={"PATH": os.defpath, "HOME": str(self._store)}, check=True, capture_output=True)

        return timed(run)

    def _put_aside(self, *names: str) -> None:
        self._aside.mkdir(exist_ok=True)
        for name in names:
            if (self._store / name).is_symlink() or (self._store / name).exists():
                (self._store / name).rename(self._aside / f"{len(os.listdir(self._aside))}")
