# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Start the real programs of Ansible as a user on a clean machine would."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments import Environment, uv
from places import collection_tree

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def heed_signals() -> None:
    """For a program that is to start: tests that run in the background were told to ignore signals, as a shell does."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


@dataclass(frozen=True)
class Run:
    """A program that has ended."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """All it said, for the message of an assertion."""
        return f"{self.stdout}\n{self.stderr}"

    def json(self) -> Any:
        """What it printed, when it was asked to print JSON."""
        return json.loads(self.stdout)


@dataclass(frozen=True)
class Controller:
    """A controller environment, and the home directory of the user who works with it."""

    venv: Environment
    home: Path

    def environment(self, **extra: str) -> dict[str, str]:
        """All that the programs see: nothing of the caller's; uv is on PATH, so that tests need not fetch it."""
        search_path = [str(self.venv.path / "bin"), str(Path(uv()).parent), _SYSTEM_PATH]
        tree = str(collection_tree())
        return {
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "PATH": ":".join(search_path),
            "ANSIBLE_COLLECTIONS_PATH": tree,
            **extra,
        }

    def run(
        self,
        program: str,
        *arguments: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 600,
    ) -> Run:
        """Run a program of the environment to its end; ``env`` is added to :meth:`environment`."""
        argv = [self.venv.program(program), *map(str, arguments)]
        ended = subprocess.run(
            argv,
            cwd=cwd or self.home,
            env=self.environment(**(env or {})),
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Run(ended.returncode, ended.stdout, ended.stderr)

    def playbook(
        self,
        playbook: str | Path,
        *arguments: str | Path,
        variables: Mapping[str, Any] | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 600,
    ) -> Run:
        """Run ``ansible-playbook`` with extra ``variables``; ``playbook`` is a path or a name in a collection."""
        extra: Sequence[str] = ["--extra-vars", json.dumps(variables)] if variables else []
        return self.run("ansible-playbook", playbook, *extra, *arguments, cwd=cwd, env=env, timeout=timeout)
