# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Find a Python on this host and ask it what it is."""

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


def find_interpreter(asked: str | None, *, minimum: tuple[int, int], runner: Runner) -> Interpreter:
    """The interpreter for a venv: ``asked`` is a path, a version such as ``3.12``, or None for the first that will do.

    Raises :class:`ToolMissingError` that says which were looked at and why none will do.
    """
    if asked is not None and os.path.isabs(asked):
        found = _probe(asked, runner)
        if found.minor < minimum:
            raise ToolMissingError(
                f"{asked} is Python {found.version}; what is asked for needs {minimum[0]}.{minimum[1]} or newer"
            )
        return found
    rejected = []
    for candidate in _candidates(asked):
        try:
            found = _probe(candidate, runner)
        except ToolMissingError as error:
            rejected.append(error.message)
            continue
        if found.minor >= minimum and asked in (None, "{}.{}".format(*found.minor)):
            return found
        rejected.append(f"{candidate} is Python {found.version}")
    wanted = f"Python {asked}" if asked else f"Python {minimum[0]}.{minimum[1]} or newer"
    looked = "; ".join(rejected) or "there is none on PATH or in the usual places"
    raise ToolMissingError(
        f"This host has no {wanted} ({looked}): install it, or name an interpreter's path in 'python'"
    )


def _candidates(version: str | None) -> Iterator[str]:
    """Paths to try, the module's own interpreter first, then the newest; a real path once."""
    seen = set()
    for path in _places(version):
        real = os.path.realpath(path)
        if real not in seen and os.access(path, os.X_OK):
            seen.add(real)
            yield path


def _places(version: str | None) -> Iterator[str]:
    if version is None or version == "{}.{}".format(*sys.version_info):
        yield sys.executable
    directories = [*os.environ.get("PATH", os.defpath).split(os.pathsep), *_DIRECTORIES]
    directories += glob.glob(os.path.join(os.path.expanduser("~"), ".pyenv", "versions", "*", "bin"))
    found = []
    for directory in directories:
        for path in glob.glob(os.path.join(glob.escape(directory), f"python{version or '3*'}")):
            match = _INTERPRETER.fullmatch(os.path.basename(path))
            if match:
                found.append((-int((match.group(1) or ".0")[1:]), path))
    yield from (path for _newest_first, path in sorted(found, key=lambda entry: entry[0]))


def _probe(path: str, runner: Runner) -> Interpreter:
    try:
        done = runner.run([path, "-I", "-c", _PROBE], env=network_environment(), cwd="/", timeout=PROBE_TIMEOUT)
        return Interpreter(**json.loads(done.check(f"Asking {path} what it is").stdout))
    except CommandError as error:
        raise ToolMissingError(f"{path} cannot be used: {error.message}") from error
    except (ValueError, TypeError) as error:
        raise ToolMissingError(f"{path} cannot be used: it does not answer as a Python 3 does") from error
