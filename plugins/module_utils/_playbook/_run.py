# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Run a playbook in a venv on this host, and say what it came to."""

from __future__ import annotations

import json
import os
import shutil
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils import _supervisor
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import CommandError, InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook import recorder
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook._archive import Contents, matches, unpack
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook._command import build_argv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook._config import (
    CALLBACKS,
    COLLECTIONS,
    EMPTY_CONFIG,
    build_settings,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook._environment import build_environment
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook._outcome import (
    LIST_LIMIT,
    Ending,
    Outcome,
    RunError,
    problem,
    read_events,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook._shipping import ENVIRONMENT_FILE
from ansible_collections.mobile_ansible.venv.plugins.module_utils._resource import module_source
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._tree import remove_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook._options import Request
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook._venv import Venv
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Runner

ARTIFACTS = "artifacts"
RESULTS_ARCHIVE = "results.tar.gz"
LOG = "ansible.log"
EVENTS = "events.jsonl"


@dataclass(frozen=True)
class Place:
    """The private folder of a run on the host where it happens: log, events and results stay, the rest goes."""

    folder: str

    @property
    def log(self) -> str:
        return os.path.join(self.folder, LOG)

    @property
    def events(self) -> str:
        return os.path.join(self.folder, EVENTS)

    @property
    def scaffold(self) -> str:
        """Our helpers, and what was shipped."""
        return os.path.join(self.folder, ".run")

    @property
    def shipped(self) -> str:
        return os.path.join(self.scaffold, "shipped")

    @property
    def results(self) -> str:
        return os.path.join(self.folder, RESULTS_ARCHIVE)

    def leave(self) -> None:
        """Remove the folder unless it holds results."""
        if not os.path.exists(self.log):
            shutil.rmtree(self.folder, ignore_errors=True)  # What was shipped, if it is still there, was warned of.


@contextmanager
def prepared(place: Place, *, archive: str | None, warn: Callable[[str], None]) -> Iterator[None]:
    """Unpack what was shipped and write our helpers; both are gone afterwards, and so is the archive.

    What the run came to is known by then: what cannot be removed is told to ``warn``.
    """
    if os.pathsep in place.folder:
        raise InputError(
            f"results: {place.folder} cannot hold a run: Ansible's search paths are split at {os.pathsep!r}"
        )
    os.makedirs(place.folder, mode=0o700, exist_ok=True)
    remove_tree(place.scaffold)  # of a run into the same folder that was killed
    os.mkdir(place.scaffold, 0o700)
    try:
        if archive is not None:
            unpack(archive, place.shipped)
            os.unlink(archive)
        for name in (CALLBACKS, COLLECTIONS):
            os.mkdir(os.path.join(place.scaffold, name))
        _write(os.path.join(place.scaffold, EMPTY_CONFIG), "")
        _write(os.path.join(place.scaffold, "supervisor.py"), module_source(_supervisor.__name__))
        callback = os.path.join(place.scaffold, CALLBACKS, "mobile_ansible_venv_recorder.py")
        _write(callback, module_source(recorder.__name__))
        yield
    finally:
        try:
            remove_tree(place.scaffold)
        except OSError as error:
            warn(f"{place.scaffold} holds what was shipped and cannot be removed: {error}; remove it by hand")


def brought_environment(place: Place) -> dict[str, str]:
    """The variables that came with what was shipped: those that the user named, from where the user stands."""
    try:
        with open(os.path.join(place.shipped, ENVIRONMENT_FILE), encoding="utf-8") as stream:
            return {str(name): str(value) for name, value in json.load(stream).items()}
    except FileNotFoundError:
        return {}


def run_playbook(request: Request, *, venv: Venv, place: Place, runner: Runner, pack: bool) -> dict[str, Any]:
    """Run it in a prepared place; returns what the module returns. Raises :class:`RunError`, which carries the same."""
    environment = dict(os.environ)
    settings = build_settings(
        request, home=environment.get("HOME") or os.path.expanduser("~"), scaffold=place.scaffold, events=place.events
    )
    variables = build_environment(
        environment,
        venv_bin=venv.bin,
        names=request.environment_names,
        settings=settings,
        given=brought_environment(place),
    )
    started = time.monotonic()
    ending = _supervise(request, venv=venv, place=place, runner=runner, variables=variables)
    outcome = read_events(place.events)
    report = _report(outcome, ending, place=place, venv=venv, duration=time.monotonic() - started)
    report["artifacts"] = _keep_artifacts(request, place)
    if pack:
        _pack_results(place)
    trouble = problem(
        outcome,
        ending,
        log=place.log,
        limited=request.limit is not None,
        allow_unmatched=request.allow_unmatched,
        timeout=request.timeout,
    )
    if trouble is not None:
        raise RunError(trouble, **report)
    return report


def _supervise(request: Request, *, venv: Venv, place: Place, runner: Runner, variables: Mapping[str, str]) -> Ending:
    """Start the run and wait for its end. When this process dies, the pipe closes, and the supervisor ends the run."""
    watched, ours = os.pipe()
    try:
        with venv.lease() as descriptors:
            program = os.path.join(place.scaffold, "supervisor.py")
            argv = [venv.python, "-I", "-S", program, str(request.timeout), str(watched), place.log, ""]
            done = runner.run(
                [*argv, *build_argv(venv.ansible_playbook, request)],
                env=variables,
                cwd=request.chdir,
                pass_fds=(watched, *descriptors),
            ).check("the supervisor of the playbook")
    finally:
        os.close(watched)
        os.close(ours)
    try:
        told = json.loads(done.stdout)
        return Ending(rc=told["rc"], signal=told["signal"], cut_short=told["ended"])
    except (ValueError, KeyError) as error:
        raise CommandError(f"the supervisor of the playbook said {done.stdout!r}", argv=argv) from error


def _report(outcome: Outcome, ending: Ending, *, place: Place, venv: Venv, duration: float) -> dict[str, Any]:
    return {
        "changed": outcome.is_changed(),
        "stats": outcome.stats,
        "custom_stats": outcome.custom,
        "failed_tasks": [asdict(task) for task in outcome.failed[:LIST_LIMIT]],
        "changed_tasks": [asdict(task) for task in outcome.changed[:LIST_LIMIT]],
        "unmatched_plays": list(outcome.unmatched[:LIST_LIMIT]),
        "rc": ending.rc,
        "duration": round(duration, 3),
        "log": place.log,
        "events": place.events,
        "venv": venv.path,
    }


def _keep_artifacts(request: Request, place: Place) -> list[str]:
    """Copy what the user wants to have into the folder of the run; returns the paths relative to the project."""
    kept = []
    for path in matches(request.project, request.artifacts):
        name = os.path.relpath(path, request.project)
        target = os.path.join(place.folder, ARTIFACTS, name)
        os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
        shutil.copy2(path, target)
        kept.append(name)
    return kept


def _pack_results(place: Place) -> None:
    """Put everything that goes back to the controller into one file."""
    contents = Contents()
    for name in (LOG, EVENTS):
        path = os.path.join(place.folder, name)
        if os.path.exists(path):
            contents.add_private_file(path, name)
    kept = os.path.join(place.folder, ARTIFACTS)
    if os.path.isdir(kept):
        contents.add_tree(kept, ARTIFACTS)
    contents.write(place.results)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
