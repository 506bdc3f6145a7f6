# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Look at projects: read links and files, ask a shell and the venv's own interpreter. Nothing is changed."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

from .._errors import (
    CommandError,
    StoreError,
    ToolMissingError,
    VenvError,
)
from .._link.link_path import find_link_path, find_occupant
from .._link.paths import follow
from .._link.target import store_of
from .._projects.python import python_needs
from .._projects.reader import read_project
from .._python.startable import check_startable
from .._resource import module_source
from .._store.roots import can_register, is_registered
from .._store.trust import check_trusted
from . import probe
from .checks import (
    Activated,
    activation_lines,
    imports_line,
    link_line,
    modules_to_import,
    python_line,
    registered_line,
    requirements_line,
    sealed_line,
    target_line,
    venv_line,
)
from .model import (
    CHECKS,
    SHARE,
    CheckResult,
    ProjectReport,
)
from .requirement_check import Distribution, Installed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .._link.paths import Trail
    from .._projects.entry import Project
    from .._projects.model import ProjectRequirements
    from .._runner import Runner

SHELL_TIMEOUT = 30.0
_DESCRIBE_TIMEOUT = 60.0
_PATH = "/usr/local/bin:/usr/bin:/bin"
#: What people type, with the answers behind it. NUL ends each: a path may hold a line break.
_ACTIVATE = (
    'source "$1/bin/activate" || exit 1; found=$(command -v python); printf "%s\\0" "$VIRTUAL_ENV" "$found"; '
    "python -I -B -c 'import sys; sys.stdout.write(sys.prefix)'"
)


class Inspector:
    """Looks at projects.

    ``home`` is a directory for programs that write to their home when they are imported. ``shared`` is the path of the
    venv that all shall use, None where any will do. ``import_timeout`` is in seconds, for all imports of a project.
    """

    def __init__(self, *, runner: Runner, home: str, shared: str | None, import_timeout: int) -> None:
        self._runner = runner
        self._environment = {"PATH": _PATH, "HOME": home, "TMPDIR": home, "LC_ALL": "C.UTF-8"}
        self._shared = os.path.realpath(shared) if shared is not None else None
        self._import_timeout = import_timeout
        self._described: dict[str, dict[str, Any]] = {}
        self._sealed: dict[str, CheckResult] = {}
        self._tried: dict[str, dict[str, dict[str, Any]]] = {}

    def look(self, project: Project) -> ProjectReport:
        """All lines for one project; what cannot be looked at says so."""
        view = _View(self, project)
        lines = {line.check: line for line in view.lines()}
        failed = next((line.check for line in lines.values() if line.ok is False), "an earlier line")
        rest = [lines.get(check, CheckResult(check, None, f"not looked at, see {failed}")) for check in CHECKS]
        return ProjectReport(
            project,
            link=view.link,
            lines=tuple(rest),
            src=view.src,
            target=view.target,
            digest=view.digest,
            python=view.python,
            packages=view.packages,
        )

    def is_shared(self, trail: Trail) -> CheckResult:
        """The line about what the link leads to."""
        return target_line(trail, exists=os.path.lexists(trail.end), shared=self._shared)

    def describe(self, venv: str) -> dict[str, Any]:
        """What the venv's interpreter says of it; raises :class:`CommandError` where it does not run."""
        if venv not in self._described:
            done = self._inside(venv, "describe", timeout=_DESCRIBE_TIMEOUT).check(f"{venv}/bin/python")
            try:
                self._described[venv] = json.loads(done.stdout)
            except ValueError:
                raise CommandError(f"{venv}/bin/python does not answer as a Python 3 does") from None
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
        # Without a VIRTUAL_ENV the script stopped; a Python that does not run is said by the lines about it.
        return Activated(0 if said[0] else done.returncode, last, said[0], said[1], directory, prefix)

    def attempt(self, venv: str, modules: list[str]) -> tuple[list[dict[str, Any]], str | None]:
        """What came of importing ``modules``, and how the process ended if it did not come to the end.

        Projects that share a venv share most of their modules: each is imported once.
        """
        tried = self._tried.setdefault(venv, {})
        known = [tried[module] for module in modules if module in tried]
        untried = [module for module in modules if module not in tried]
        if not untried:
            return known, None
        seconds = self._import_timeout
        done = self._inside(venv, "import", str(seconds), *untried, timeout=seconds + SHELL_TIMEOUT)
        lines = done.stdout.splitlines()
        said = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        tried.update({answer["module"]: answer for answer in said if "module" in answer})
        answers = known + said
        if done.returncode == 0:
            return answers, None
        if done.returncode == -14:  # SIGALRM
            return answers, f"the imports took longer than {seconds} s"
        return answers, f"the interpreter ended with {done.returncode}"

    def sealed(self, trail: Trail) -> CheckResult:
        """The line about the files, looked at once for each generation."""
        if trail.end not in self._sealed:
            self._sealed[trail.end] = _sealed(trail)
        return self._sealed[trail.end]

    def _inside(self, venv: str, *arguments: str, timeout: float) -> Any:
        argv = [os.path.join(venv, "bin", "python"), "-I", "-B", "-c", module_source(probe.__name__), *arguments]
        return self._runner.run(argv, env=self._environment, cwd=self._environment["HOME"], timeout=timeout)


class _View:
    """One project, as far as it could be looked at."""

    def __init__(self, looker: Inspector, project: Project) -> None:
        self._looker = looker
        self._project = project
        self.link = project.link
        self.src: str | None = None
        self.target: str | None = None
        self.digest: str | None = None
        self.python: str | None = None
        self.packages: dict[str, str] = {}

    def lines(self) -> Iterator[CheckResult]:
        """The lines in the order of the checklist, up to one after which there is nothing to look at."""
        try:
            place = find_link_path(self._project.path, self._project.link_name)
        except VenvError as error:
            yield CheckResult("link", False, error.message, "correct the list of projects")
            return
        self.link = place.path
        occupant = find_occupant(self.link)
        self.src = occupant.text
        yield link_line(occupant)
        if not os.path.lexists(self.link):
            return
        trail = follow(self.link)
        if occupant.kind == "link":
            yield self._looker.is_shared(trail)
            yield _registered(trail, self.link)
        if not os.path.isdir(trail.end):
            return
        self.target = trail.end
        yield from self._venv_lines(trail)

    def _venv_lines(self, trail: Trail) -> Iterator[CheckResult]:
        end = trail.end
        has_config, facts, error = os.path.isfile(os.path.join(end, "pyvenv.cfg")), None, None
        untrusted = _why_untrusted(check_startable, end) if has_config else None
        if has_config and untrusted is None:
            try:
                facts = self._looker.describe(end)
            except CommandError as problem:
                error = problem.message
        yield venv_line(end, has_config=has_config, error=error, untrusted=untrusted)
        if has_config and untrusted is None:
            # The shell goes through the link, which others may lead elsewhere meanwhile.
            on_the_way = _why_untrusted(check_trusted, self.link)
            shell = self._looker.activate(self.link) if on_the_way is None else None
            yield from activation_lines(shell, end=end, python_directory=os.path.join(end, "bin"), untrusted=on_the_way)
        if facts is not None:
            yield from self._content_lines(end, facts)
        sealed = self._looker.sealed(trail)
        self.digest = _digest(trail)
        yield sealed

    def _content_lines(self, end: str, facts: Mapping[str, Any]) -> Iterator[CheckResult]:
        self.python = facts["version"]
        installed = _installed(facts)
        self.packages = {name: one.version for name, one in installed.distributions.items()}
        try:
            yield python_line(facts["version"], python_needs(self._project.path, asked=self._project.python))
        except VenvError as error:
            yield CheckResult("python_version", False, error.message, "mend the file that it names")
        declared = self._declared()
        yield declared if isinstance(declared, CheckResult) else requirements_line(declared, installed)
        asked: dict[str, str | None] = dict.fromkeys(self._project.imports or ())
        if self._project.imports is None and not isinstance(declared, CheckResult):
            asked.update(modules_to_import(declared, installed))
        answers, ended = self._looker.attempt(end, list(asked))
        yield imports_line(asked, answers, installed, ended=ended)

    def _declared(self) -> ProjectRequirements | CheckResult:
        """What the project declares, or the line that says why that cannot be known."""
        project = self._project
        try:
            return read_project(project.path, files=project.files, groups=project.groups)
        except ToolMissingError as error:
            return CheckResult("requirements", None, error.message)
        except VenvError as error:
            return CheckResult("requirements", False, error.message, f"mend what it names, then {SHARE}")


def _why_untrusted(check: Callable[[str], object], path: str) -> str | None:
    try:
        check(path)
    except StoreError as error:
        return error.message
    return None


def _installed(facts: Mapping[str, Any]) -> Installed:
    return Installed(
        {
            name: Distribution(one["version"], tuple(one["requires"]), tuple(one["modules"]))
            for name, one in facts["distributions"].items()
        },
        facts["markers"],
    )


def _registered(trail: Trail, link: str) -> CheckResult:
    store = store_of(trail)
    if store is None:
        return registered_line(None, listed=None)
    return registered_line(store.path, listed=is_registered(store, link) if can_register(store) else None)


def _digest(trail: Trail) -> str | None:
    store = store_of(trail)
    generation = store.holding(trail.end) if store is not None else None
    return generation.id if generation is not None else None


def _sealed(trail: Trail) -> CheckResult:
    store = store_of(trail)
    if store is None or store.id_behind(trail.end) is None:
        return CheckResult("sealed", None, f"{trail.end} is not in a store, so nothing states what its files should be")
    generation = store.holding(trail.end)
    if generation is None:
        return sealed_line([f"{trail.end} has no marker: its build was interrupted, or the marker was damaged"])
    try:
        found = generation.differences()
    except (OSError, ValueError) as error:
        found = [f"its list of files cannot be read: {error}"]
    if generation.record["path"] != generation.path:
        found.append(f"it was moved here from {generation.record['path']}, which its scripts still name")
    return sealed_line(found)
