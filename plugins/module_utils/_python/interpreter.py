# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The interpreters of this host: where they are, and what each is."""

from __future__ import annotations

import glob
import json
import os
import re
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .._errors import CommandError, ToolMissingError
from .._uv.commands import network_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._runner import Runner

PROBE_TIMEOUT = 20.0
#: The program that an interpreter runs to describe itself; Python 2.7 can read it, to be told apart.
_PROBE = (
    "import json, os, platform, sys, sysconfig; print(json.dumps({"
    "'executable': os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable),"
    "'implementation': platform.python_implementation(), 'version': platform.python_version(),"
    "'soabi': sysconfig.get_config_var('SOABI') or '', 'machine': platform.machine(),"
    "'libc': '-'.join(platform.libc_ver()) or sys.platform}))"
)
_DIRECTORIES = ("/usr/local/bin", "/usr/bin", "/opt/homebrew/bin")
_INTERPRETER = re.compile(r"python3(\.\d+)?")


@dataclass(frozen=True)
class Interpreter:
    """A base interpreter (never one of a venv): its real path and what wheels must fit."""

    executable: str
    implementation: str
    version: str
    soabi: str
    machine: str
    libc: str

    @property
    def minor(self) -> tuple[int, int]:
        """``(3, 12)``."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    def identity(self) -> dict[str, Any]:
        """What decides the content of a venv made from it: a patch release does not."""
        return {**asdict(self), "version": "{}.{}".format(*self.minor)}


def candidates() -> Iterator[tuple[str, tuple[int, int] | None]]:
    """Interpreters of this host, a real path once, each with the minor version that is known without starting it.

    The module's own comes first, then the newest; those whose name tells no version come last.
    """
    seen = set()
    for path, minor in _paths():
        real = os.path.realpath(path)
        if real not in seen and os.access(path, os.X_OK):
            seen.add(real)
            yield path, minor


def _paths() -> Iterator[tuple[str, tuple[int, int] | None]]:
    yield sys.executable, sys.version_info[:2]
    directories = [*os.environ.get("PATH", os.defpath).split(os.pathsep), *_DIRECTORIES]
    directories += glob.glob(os.path.join(os.path.expanduser("~"), ".pyenv", "versions", "*", "bin"))
    found = []
    for directory in directories:
        for path in glob.glob(os.path.join(glob.escape(directory), "python3*")):
            match = _INTERPRETER.fullmatch(os.path.basename(path))
            if match:
                found.append((path, int(match[1][1:]) if match[1] else -1))
    for path, minor in sorted(found, key=lambda entry: -entry[1]):
        yield path, (3, minor) if minor >= 0 else None


def probe(path: str, runner: Runner) -> Interpreter:
    """Ask the program at ``path`` what it is; raises :class:`ToolMissingError` for what is no Python 3."""
    try:
        done = runner.run([path, "-I", "-c", _PROBE], env=network_environment(), cwd="/", timeout=PROBE_TIMEOUT)
        return Interpreter(**json.loads(done.check(f"Running {path} to inspect it").stdout))
    except CommandError as error:
        raise ToolMissingError(f"{path} cannot be used: {error.message}") from error
    except (ValueError, TypeError) as error:
        raise ToolMissingError(f"{path} cannot be used: it does not work as a Python 3 interpreter") from error
