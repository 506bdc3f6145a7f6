# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Run a playbook in a venv on this host, and say what it came to."""

from __future__ import annotations

import json
import os
import stat
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .. import _supervisor
from .._bounded_reader import MIB
from .._errors import (
    CommandError,
    InputError,
    VenvError,
)
from .._resource import module_source
from .._store.tree import remove_tree
from . import recorder, supervisor
from .archive_contents import ArchiveContents
from .command import build_argv
from .config import (
    CALLBACKS,
    COLLECTIONS,
    EMPTY_CONFIG,
    LOCAL_TEMP,
    PROGRESS,
    build_settings,
)
from .environment import build_environment
from .outcome import (
    LIST_LIMIT,
    Ending,
    RunError,
    RunOutcome,
    problem,
    read_events,
)
from .own_collection import provide_collection
from .pack import pack_entries
from .private_files import PRIVATE_FILES, unpack_private_files
from .project_files import is_inside, matches
from .shipping import ENVIRONMENT_FILE
from .time_limit import NO_TIME_LIMIT, TimeLimit
from .unpack import unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .._runner import Runner
    from .options import RunRequest
    from .venv import RunVenv

ARTIFACTS = "artifacts"
RESULTS_ARCHIVE = "results.tar.gz"
LOG = "ansible.log"
EVENTS = "events.jsonl"
_SCAFFOLD = ".run"


@dataclass(frozen=True)
class RunDirectory:
    """The private directory of a run on the host where it happens, and where its log, events and artifacts go.

    ``output`` is on the controller where that is this host; otherwise all is in ``directory``, and packed. ``sockets``
    is a directory with a path that is short enough for the sockets of ssh. ``task`` are directories of the task itself,
    which Ansible removes, unless it was killed.
    """

    path: str
    output: str = ""
    sockets: str | None = None
    task: tuple[str, ...] = ()

    @property
    def results_directory(self) -> str:
        return self.output or self.path

    @property
    def log(self) -> str:
        return os.path.join(self.results_directory, LOG)

    @property
    def events(self) -> str:
        return os.path.join(self.results_directory, EVENTS)

    @property
    def artifacts(self) -> str:
        return os.path.join(self.results_directory, ARTIFACTS)

    @property
    def scaffold(self) -> str:
        """Our helpers, and what was shipped."""
        return os.path.join(self.path, _SCAFFOLD)

    @property
    def shipped(self) -> str:
        return os.path.join(self.scaffold, "shipped")

    @property
    def results(self) -> str:
        return os.path.join(self.path, RESULTS_ARCHIVE)


def sockets_of(run_directory: str) -> str:
    """The directory for sockets that goes with a run's directory: as unlike any other, and short."""
    return os.path.join("/tmp", os.path.basename(run_directory))


def progress_file(run_directory: str) -> str:
    """Where a run says how far it is, until it ends."""
    return os.path.join(run_directory, _SCAFFOLD, PROGRESS)


def sent_to(run_directory: str) -> str:
    """Where the user of a run has what was sent for it, if that is another user than that of the connection."""
    return f"{run_directory}-sent"


@contextmanager
def prepared(
    directory: RunDirectory,
    *,
    archive: str | None,
    collection: str | None = None,
    warn: Callable[[str], None],
    limit: TimeLimit = NO_TIME_LIMIT,
) -> Iterator[None]:
    """Make the directory, which must be new; unpack what was shipped, write our helpers. Both are gone afterwards.

    ``collection`` is where this collection is, if the playbook uses it: an absolute path, or one in the archive.

    What the run came to is known by then: what cannot be removed is told to ``warn``.
    """
    if os.pathsep in directory.path:
        raise InputError(
            f"{directory.path} cannot be the directory of a run: Ansible splits search paths at {os.pathsep!r}"
        )
    with limit.holds("the preparation of the playbook"):
        _make_directories(directory)
    try:
        with limit.holds("the preparation of the playbook"):
            if archive is not None:
                unpack(archive, directory.shipped)
                private = os.path.join(os.path.dirname(archive), PRIVATE_FILES)
                unpack_private_files(private, directory.shipped)
                for path in (archive, private):
                    # It is not there, or in a directory of the connection's user, who removes it.
                    with suppress(FileNotFoundError, PermissionError):
                        os.unlink(path)
            _write_helpers(directory.scaffold, collection and os.path.join(directory.shipped, collection))
        yield
    finally:
        for path in filter(None, (directory.scaffold, directory.sockets)):
            try:
                remove_tree(path)
            except OSError as error:
                warn(f"{path} contains the shipped project and cannot be removed: {error}; remove it by hand")


def _make_directories(directory: RunDirectory) -> None:
    os.mkdir(directory.path, 0o700)
    os.mkdir(directory.scaffold, 0o700)
    if directory.sockets:
        os.mkdir(directory.sockets, 0o700)


def _write_helpers(scaffold: str, collection: str | None) -> None:
    for name in (CALLBACKS, COLLECTIONS, LOCAL_TEMP):
        os.mkdir(os.path.join(scaffold, name))
    _write(os.path.join(scaffold, EMPTY_CONFIG), "")
    for program in (supervisor, _supervisor):
        _write(os.path.join(scaffold, f"{program.__name__.rpartition('.')[2]}.py"), module_source(program.__name__))
    provide_collection(os.path.join(scaffold, COLLECTIONS), collection)
    callback = os.path.join(scaffold, CALLBACKS, "mobile_ansible_venv_recorder.py")
    _write(callback, module_source(recorder.__name__))


def brought_environment(directory: RunDirectory) -> dict[str, str]:
    """The variables that came with what was shipped: those that the user named, from the controller."""
    try:
        with open(os.path.join(directory.shipped, ENVIRONMENT_FILE), encoding="utf-8") as stream:
            return {str(name): str(value) for name, value in json.load(stream).items()}
    except FileNotFoundError:
        return {}


def run_playbook(
    request: RunRequest, *, venv: RunVenv, directory: RunDirectory, runner: Runner, limit: TimeLimit = NO_TIME_LIMIT
) -> dict[str, Any]:
    """Run it in a prepared directory; returns what the module returns, which a :class:`RunError` carries too."""
    environment = dict(os.environ)
    searched = {name: os.pathsep.join(paths) for name, paths in request.searched.items()}
    given = {**searched, **brought_environment(directory), **request.environment}
    passed = {name: environment[name] for name in request.environment_names if name in environment}
    settings = build_settings(
        request,
        home=environment.get("HOME") or os.path.expanduser("~"),
        scaffold=directory.scaffold,
        events=directory.events,
        venv=venv.path,
        variables={**passed, **given},
        sockets=directory.sockets,
    )
    variables = build_environment(
        environment,
        venv_bin=venv.bin,
        names=request.environment_names,
        settings=settings,
        given=given,
    )
    started = time.monotonic()
    ending = _supervise(request, venv=venv, directory=directory, runner=runner, variables=variables, seconds=limit.left)
    outcome = read_events(directory.events)
    report = _report(outcome, ending, venv=venv, duration=time.monotonic() - started)
    trouble = problem(outcome, ending, request=request, log=directory.log)
    undelivered = deliver(request, directory, limit=limit, artifacts=ending.cut_short is None)
    if trouble or undelivered:
        raise RunError(_as_sent(trouble or undelivered or "", request.project, directory), **report)
    return report


def _as_sent(message: str, project: str, directory: RunDirectory) -> str:
    """``message`` with paths in a project that was sent as paths in it: where it lies here is gone by then."""
    if not is_inside(project, directory.shipped):
        return message
    for path in (project, os.path.realpath(project)):
        message = message.replace(os.path.join(path, ""), "")
    return message


def _supervise(
    request: RunRequest,
    *,
    venv: RunVenv,
    directory: RunDirectory,
    runner: Runner,
    variables: Mapping[str, str],
    seconds: float,
) -> Ending:
    """Start the run and wait for its end. When this process dies, the pipe closes, and the supervisor ends the run."""
    watched, ours = os.pipe()
    # What this process answers to: it breaks when the controller is gone.
    hangup = os.dup(1)
    options = {
        "log_limit": request.log_limit * MIB,
        "events": directory.events,
        "hangup": hangup,
        "remove": [directory.path, *filter(None, [directory.sockets]), *directory.task],
        "sockets": directory.sockets or "",
    }
    try:
        with venv.lease() as descriptors:
            program = os.path.join(directory.scaffold, "supervisor.py")
            argv = [venv.python, "-I", "-S", program, f"{seconds:.3f}", str(watched), directory.log]
            done = runner.run(
                [*argv, *build_argv(venv.ansible_playbook, request)],
                env={**variables, supervisor.OPTIONS_VARIABLE: json.dumps(options)},
                cwd=request.chdir,
                pass_fds=(watched, hangup, *descriptors),
            ).check("the supervisor of the playbook")
    finally:
        for descriptor in (watched, ours, hangup):
            os.close(descriptor)
    try:
        told = json.loads(done.stdout)
        return Ending(rc=told["rc"], signal=told["signal"], cut_short=told["ended"])
    except (ValueError, KeyError) as error:
        raise CommandError(f"the supervisor of the playbook returned {done.stdout!r}", argv=argv) from error


def _report(outcome: RunOutcome, ending: Ending, *, venv: RunVenv, duration: float) -> dict[str, Any]:
    return {
        "changed": outcome.is_changed(),
        "stats": outcome.stats,
        "custom_stats": outcome.custom,
        "failed_tasks": [asdict(task) for task in outcome.failed[:LIST_LIMIT]],
        "changed_tasks": [asdict(task) for task in outcome.changed[:LIST_LIMIT]],
        "unmatched_plays": list(outcome.unmatched[:LIST_LIMIT]),
        "rc": ending.rc,
        "duration": round(duration, 3),
        "venv": venv.path,
    }


def deliver(request: RunRequest, directory: RunDirectory, *, limit: TimeLimit, artifacts: bool) -> str | None:
    """Bring together what goes back to the controller; returns why there are no artifacts, where that is a fault.

    Log and events always go back: their size has a limit of its own.
    """
    trouble = None
    try:
        if artifacts:
            with limit.holds("collecting the artifacts"):
                _keep_artifacts(request, directory)
                _pack_results(directory)
            return None
    except (VenvError, OSError) as error:
        remove_tree(directory.artifacts)
        with suppress(FileNotFoundError):
            os.unlink(directory.results)
        trouble = f"the playbook ended, but its artifacts were not returned: {_said(error)}"
    _pack_results(directory)
    return trouble


def _said(error: VenvError | OSError) -> str:
    return error.message if isinstance(error, VenvError) else f"{error.filename}: {error.strerror}"


def _keep_artifacts(request: RunRequest, directory: RunDirectory) -> None:
    """Copy what the user wants to have beside log and events, up to the limits."""
    left = request.artifact_limits.size
    for path in matches(request.project, request.artifacts, request.artifact_limits):
        target = os.path.join(directory.artifacts, os.path.relpath(path, request.project))
        os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
        left -= _copy_file(path, target, limit=left)
        if left < 0:
            raise InputError(
                f"they are more than {request.artifact_limits.size // MIB} MiB: select fewer files, or increase "
                "artifacts_limit"
            )


def _copy_file(path: str, target: str, *, limit: int) -> int:
    """Copy a regular file, which may grow or be replaced meanwhile; at most a byte more than ``limit`` is copied."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as source:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{path} is not a regular file")
        with open(target, "xb") as sink:
            left = limit + 1
            while left and (block := source.read(min(MIB, left))):
                sink.write(block)
                left -= len(block)
    os.chmod(target, status.st_mode & 0o700 | 0o600)
    os.utime(target, (status.st_atime, status.st_mtime))
    return limit + 1 - left


def _pack_results(directory: RunDirectory) -> None:
    """Put everything that goes back to another host into one file."""
    if directory.output:
        return
    contents = ArchiveContents()
    for name in (LOG, EVENTS):
        path = os.path.join(directory.path, name)
        if os.path.exists(path):
            contents.add_private_file(path, name)
    for above, _directories, files in sorted(os.walk(directory.artifacts)):
        for name in sorted(files):
            path = os.path.join(above, name)
            contents.add_private_file(path, os.path.relpath(path, directory.path))
    pack_entries(contents.entries, directory.results)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
