# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The command as it is installed, for the tests of it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pexpect
from controller import Controller, Run, heed_signals
from environments import Environment

_PROGRAM = Path(".local", "bin", "ansible-playbook-venv")


@cache
def _content(venv: Environment) -> str:
    """What the playbook installs, as users do: the same in each home directory, so once is enough."""
    with tempfile.TemporaryDirectory() as home:
        ended = Controller(venv, Path(home)).playbook("mobile_ansible.venv.command")
        program = Path(home) / _PROGRAM
        assert ended.returncode == 0, ended.output
        assert f"{program.parent} is not on PATH" in ended.stdout
        assert program.stat().st_mode & 0o777 == 0o755
        text = program.read_text()
        assert home not in text
        return text


@dataclass(frozen=True)
class Command:
    """The command as it is installed, in the current directory ``directory``."""

    program: Path
    controller: Controller
    store: Path
    wheelhouse: Path
    directory: Path

    @classmethod
    def installed(cls, controller: Controller, store: Path, wheelhouse: Path, directory: Path) -> Command:
        """Have it where users have it."""
        program = controller.home / _PROGRAM
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(_content(controller.venv))
        program.chmod(0o755)
        directory.mkdir()
        return cls(program, controller, store, wheelhouse, directory)

    def argv(self, *arguments: str) -> list[str]:
        """``arguments``, behind options that need no network and that they can change."""
        own = ["--venv-store", str(self.store), "--venv-source", "community_package"]
        return [*own, "--venv-find-links", str(self.wheelhouse), "--venv-offline", *arguments]

    def environment(self, **extra: str) -> dict[str, str]:
        """What a shell has: no program of the controller's venv on PATH, collections in the home directory."""
        return {**self.controller.environment(**extra), "PATH": "/usr/local/bin:/usr/bin:/bin", "TERM": "xterm"}

    def run(self, *arguments: str, before: Sequence[str] = (), **env: str) -> Run:
        """``before``: a program that starts it."""
        ended = subprocess.run(
            [*before, self.program, *self.argv(*arguments)],
            cwd=self.directory, env=self.environment(**env), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False, timeout=300,
        )  # fmt: skip
        return Run(ended.returncode, ended.stdout, ended.stderr)

    def on_terminal(self, *arguments: str) -> pexpect.spawn[str]:
        return self.on_terminal_with(*self.argv(*arguments))

    def on_terminal_with(self, *arguments: str) -> pexpect.spawn[str]:
        """With these arguments alone."""
        return pexpect.spawn(
            str(self.program), list(arguments), cwd=str(self.directory), env=self.environment(), timeout=120,
            encoding="utf-8", dimensions=(40, 120), preexec_fn=heed_signals,
        )  # fmt: skip

    def write(self, path: str, text: str) -> Path:
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        # Files that have just changed are analysed again.
        os.utime(file, (1_700_000_000, 1_700_000_000))
        return file


def finish(terminal: pexpect.spawn[str]) -> tuple[int, str]:
    """The exit code, and what the terminal showed until the end."""
    terminal.expect(pexpect.EOF)
    shown = str(terminal.before)
    terminal.close()
    return int(terminal.exitstatus if terminal.exitstatus is not None else -(terminal.signalstatus or 0)), shown
