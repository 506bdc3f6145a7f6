# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Run an analysis in a limited process of its own, and hand it the collections that it asks for.

What is analysed is read there. Fetching and verifying collections is done here, with the user's rights and network.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import CommandError, InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import cannot_start

from .._bytecode import CODE_OF_ANALYSES, compile_own_code
from .._fact_store import FactStore
from . import sandbox_worker
from .core_answers import CoreAnswers, ask_core
from .limits import MAX_CANDIDATES
from .model import CollectionDirectory, CollectionEntry, CollectionFinder, FetchedRole, FileLocation, RoleFinder
from .project.stamp import Stamp
from .project.user_settings import UserSetting
from .shared_name import SharedName

Declare = Callable[[Sequence[CollectionEntry]], object]
#: How long a process may wait for a collection to arrive, and everything else, before it is taken for lost.
WALL_SECONDS = 1800.0


@dataclass(frozen=True)
class AnalysisLimits:
    """What an analysis may use."""

    cpu_seconds: int = 120
    memory_bytes: int = 2 * 1024**3


@dataclass(frozen=True)
class AnalysisRequest:
    """What to analyse: ``playbooks`` below ``root``, with the ansible-core in the package directory ``core``.

    ``ansible_core`` is the requirement for core that goes into the profile, None for what the collections require.
    ``allowed`` are names that may stay unresolved, and ``unresolved`` is the policy for all others. ``inventory``
    has the sources that the run will use, none where they are not known. ``exclude`` are packages that the user
    leaves out. With ``collection`` what lies in ``root`` is a collection, of which ``plugins`` are analysed;
    ``delivered`` is what the source says of it. ``settings`` are those of the user that hold for the run. With the
    ``home`` of the user, paths are followed out of ``root``, and with ``usual`` also where Ansible looks by default.
    """

    root: str
    playbooks: Sequence[str]
    core: str
    ansible_core: str | None = None
    allowed: Sequence[str] = ()
    unresolved: str = "fail"
    inventory: Sequence[str] = ()
    target_packages: str = "auto"
    exclude: Sequence[str] = ()
    max_candidates: int = MAX_CANDIDATES
    collection: bool = False
    plugins: Sequence[str] = ()
    delivered: CollectionDirectory | None = None
    settings: Sequence[UserSetting] = ()
    home: str | None = None
    usual: bool = True


@dataclass(frozen=True)
class SandboxAnswer:
    """Profile, evidence, unresolved and dynamic names as plain data, and what was found at each path.

    ``is_lasting``: what was found there is all that the answer depends on. ``has_roles``: whether it has content of
    what ansible-galaxy brought for roles. ``refusal`` says why the report is an error, empty where it is none.
    """

    report: dict[str, Any]
    looked: dict[str, Stamp]
    is_lasting: bool = True
    has_roles: bool = False
    refusal: str = ""


@dataclass(frozen=True)
class PlaybookFiles:
    """Files and directories that a playbook uses, relative to the root, and what could not be found out.

    ``files`` are named; ``beside`` are what Ansible looks for beside a playbook.
    """

    files: Sequence[str]
    beside: Sequence[str]
    problems: Sequence[str]


def analyse_in_sandbox(
    request: AnalysisRequest,
    *,
    source: CollectionFinder,
    roles: RoleFinder | None = None,
    declare: Declare | None = None,
    limits: AnalysisLimits | None = None,
    core: CoreAnswers | None = None,
    facts: FactStore | None = None,
) -> SandboxAnswer:
    """The result of an analysis; ``core`` is what it answers, where that is known. Raises :class:`InputError`.

    ``declare`` is told what the project's requirements files have, before ``source`` is asked. ``facts`` knows what
    earlier analyses found out about collections and core, and keeps what this one does.
    """
    talk = _Exchange(source, roles, declare, facts)
    asked = {
        **asdict(request),
        "files": False,
        "fetches_roles": roles is not None,
        "delivered": talk.as_json(request.delivered),
        "facts": facts.of_core() if facts is not None else "",
        "project_facts": facts.of_project(request.root, request.playbooks) if facts is not None else "",
    }
    answer = _answer(asked, request.root, talk, limits or AnalysisLimits(), core or ask_core())
    if facts is not None:
        facts.keep(answer["facts"])
    return SandboxAnswer(answer["result"], answer["looked"])


def files_of_playbook(root: str, playbook: str, *, core: str, home: str | None = None) -> PlaybookFiles:
    """The files below ``root`` that ``playbook`` there uses, which is read as in an analysis: with ``home`` of a
    project whose links out of it are followed.
    """
    request = AnalysisRequest(root, [playbook], core, home=home)
    asked = {**asdict(request), "files": True}
    answer = _answer(asked, root, _Exchange(lambda _name: None), AnalysisLimits(), ask_core())
    return PlaybookFiles(**answer["result"])


def _answer(
    request: dict[str, Any], root: str, talk: _Exchange, limits: AnalysisLimits, core: CoreAnswers
) -> dict[str, Any]:
    """What the process answers; raises :class:`InputError` for an error."""
    with SharedName() as reading, _start(reading) as process:
        message = {
            **request,
            **asdict(core),
            "limits": asdict(limits),
            "sys_path": [place for place in sys.path if place],
            "name": reading.descriptor,
        }
        timer = threading.Timer(WALL_SECONDS, process.kill)
        timer.start()
        try:
            answer = talk.answer(process, message)
            code = process.wait()
        finally:
            timer.cancel()
            process.kill()
        if answer is None:
            raise _ended(code, root, limits, reading.read())
    if "error" in answer:
        raise InputError(answer["error"]["message"], **answer["error"].get("context", {}))
    return answer


def _start(reading: SharedName) -> subprocess.Popen[str]:
    """Python alone: no site of the user, no environment, the null device for what it complains of.

    It notes what it reads in the memory ``reading``, and writes no bytecode, whatever it imports.
    """
    compile_own_code(CODE_OF_ANALYSES)
    argv = [sys.executable, "-I", "-B", str(Path(sandbox_worker.__file__).resolve())]
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            encoding="utf-8",
            pass_fds=[reading.descriptor],
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        )
    except OSError as error:
        raise cannot_start(argv, error.strerror) from error


class _Exchange:
    """What is said between the two processes."""

    def __init__(
        self,
        source: CollectionFinder,
        roles: RoleFinder | None = None,
        declare: Declare | None = None,
        facts: FactStore | None = None,
    ) -> None:
        self._facts = facts
        self._source = source
        self._roles = roles
        self._declare = declare

    def answer(self, process: subprocess.Popen[str], message: dict[str, Any]) -> dict[str, Any] | None:
        """Answer its questions until it ends; None when it ends without an answer."""
        stdin, stdout = process.stdin, process.stdout
        if stdin is None or stdout is None:
            return None
        try:
            _write(stdin, message)
            for line in stdout:
                said: dict[str, Any] = json.loads(line)
                if "declared" in said:
                    if self._declare is not None:
                        self._declare([_entry(one) for one in said["declared"]])
                elif "collection" in said:
                    _write(stdin, self.as_json(self._source(said["collection"])))
                elif "role" in said and self._roles is not None:
                    _write(stdin, _roles_as_json(self._roles(said["role"], said["entry"])))
                else:
                    return said
        except (BrokenPipeError, json.JSONDecodeError):
            return None
        return None

    def as_json(self, directory: CollectionDirectory | None) -> dict[str, Any] | None:
        """Where a collection is, and what is known of it; None where it cannot be had."""
        if directory is None:
            return None
        known = self._facts.of(directory) if self._facts is not None else ""
        return {**asdict(directory), "path": str(directory.path), "facts": known}


def _roles_as_json(found: Sequence[FetchedRole] | str) -> dict[str, Any]:
    if isinstance(found, str):
        return {"roles": [], "reason": found}
    return {"roles": [{**asdict(one), "path": str(one.path)} for one in found], "reason": ""}


def _entry(said: dict[str, Any]) -> CollectionEntry:
    return CollectionEntry(**{**said, "location": FileLocation(**said["location"])})


def _write(pipe: IO[str], message: dict[str, Any] | None) -> None:
    pipe.write(json.dumps(message) + "\n")
    pipe.flush()


def _ended(code: int, root: str, limits: AnalysisLimits, reading: str) -> Exception:
    """The error for a process that ended on its own."""
    at = f" at the file {reading}" if reading else ""
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return InputError(
            f"The analysis of {root} was stopped{at}: it used more than {limits.cpu_seconds} s of CPU time. "
            "Choose a smaller directory, or only some playbooks",
            file=reading,
        )
    return CommandError(
        f"The analysis of {root} ended{at} without a result, with status {code}. The file may require more "
        f"memory than an analysis may use ({limits.memory_bytes // 1024**2} MiB): correct it, or choose only some "
        "playbooks",
        rc=code,
        file=reading,
    )
