# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Starts what a user would start: a shell that activates a venv, and the venv's own interpreter."""

from __future__ import annotations

import json
import os
import shutil
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._errors import CommandError
from .._resource import module_source
from . import probe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._runner import Runner

SHELL_TIMEOUT = 30.0
_DESCRIBE_TIMEOUT = 60.0
_PATH = "/usr/local/bin:/usr/bin:/bin"
#: What people type, with the answers behind it. NUL ends each: a path may hold a line break.
_ACTIVATE = (
    'source "$1/bin/activate" || exit 1; found=$(command -v python); printf "%s\\0" "$VIRTUAL_ENV" "$found"; '
    "python -I -B -c 'import sys; sys.stdout.write(sys.prefix)'"
)


@dataclass(frozen=True)
class Activated:
    """What a shell said after ``source bin/activate``: ``python`` is what it starts by that name, links followed."""

    returncode: int
    message: str
    virtual_env: str = ""
    python: str = ""
    python_directory: str = ""
    prefix: str = ""


class VenvPrograms:
    """Starts programs of venvs, and remembers the answers, because projects share a venv.

    ``home`` is a directory for programs that write to their home when they are imported. ``import_timeout`` is in
    seconds, for the import of one module.
    """

    def __init__(self, *, runner: Runner, home: str, import_timeout: int) -> None:
        self._runner = runner
        self._environment = {"PATH": _PATH, "HOME": home, "TMPDIR": home, "LC_ALL": "C.UTF-8"}
        self._import_timeout = import_timeout
        self._described: dict[str, dict[str, Any] | CommandError] = {}
        self._imported: dict[str, dict[str, dict[str, Any]]] = {}

    def describe(self, venv: str) -> dict[str, Any] | CommandError:
        """What the venv's interpreter says of it, or why it does not run."""
        if venv not in self._described:
            try:
                self._described[venv] = self._describe(venv)
            except CommandError as error:
                self._described[venv] = error
        return self._described[venv]

    def activate(self, link: str) -> Activated | None:
        """What bash says once the venv is activated through ``link``; None on a host without bash."""
        bash = shutil.which("bash", path=_PATH)
        if bash is None:
            return None
        argv = [bash, "--noprofile", "--norc", "-c", _ACTIVATE, "bash", link]
        try:
            done = self._runner.run(argv, env=self._environment, cwd="/", timeout=SHELL_TIMEOUT)
        except CommandError as error:
            return Activated(1, error.message)
        said = [*done.stdout.split("\0"), "", "", ""]
        directory = os.path.realpath(os.path.dirname(said[1])) if said[1] else ""
        last = (done.stderr.strip().splitlines() or [""])[-1]
        prefix = os.path.realpath(said[2]) if said[2] else ""
        # Without a VIRTUAL_ENV the script stopped; a Python that does not run is said by the checks of it.
        return Activated(0 if said[0] else done.returncode, last, said[0], said[1], directory, prefix)

    def import_modules(self, venv: str, modules: Iterable[str]) -> dict[str, dict[str, Any]]:
        """What came of importing each of ``modules``, as the probe says it.

        One process imports all that were not tried before. Where a module ends it, another one tries the rest.
        """
        imported = self._imported.setdefault(venv, {})
        while untried := [module for module in modules if module not in imported]:
            imported.update(self._import_until_the_end(venv, untried))
        return {module: imported[module] for module in modules}

    def _import_until_the_end(self, venv: str, modules: list[str]) -> dict[str, dict[str, Any]]:
        """What came of importing ``modules`` in one process, up to the one that ended it."""
        seconds = self._import_timeout
        limit = seconds * len(modules) + SHELL_TIMEOUT
        done = self._run_probe(venv, "import", str(seconds), *modules, timeout=limit)
        lines = done.stdout.splitlines()
        said = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        # The answers come in the order of the modules: the first that is missing is that of the module which ended it.
        answers = dict(zip(modules, said))
        if len(answers) < len(modules):
            end = f"the interpreter ended with {done.returncode}"
            if done.returncode == -signal.SIGALRM:
                end = f"the import took longer than {seconds} s"
            answers[modules[len(answers)]] = {"error": end, "missing": None, "own": True}
        return answers

    def _describe(self, venv: str) -> dict[str, Any]:
        done = self._run_probe(venv, "describe", timeout=_DESCRIBE_TIMEOUT).check(f"{venv}/bin/python")
        try:
            described: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            raise CommandError(f"{venv}/bin/python does not work as a Python 3 interpreter") from None
        return described

    def _run_probe(self, venv: str, *arguments: str, timeout: float) -> Any:
        argv = [os.path.join(venv, "bin", "python"), "-I", "-B", "-c", module_source(probe.__name__), *arguments]
        return self._runner.run(argv, env=self._environment, cwd=self._environment["HOME"], timeout=timeout)
