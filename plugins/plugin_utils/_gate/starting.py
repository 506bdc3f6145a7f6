# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Start runs: take what a phone sends, prune, keep to the quotas, and hand it to a process that outlives this one."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ...module_utils._progress import DIED, STOPPED
from ...module_utils._progress_watcher import utc_now
from ...module_utils._store.durable import write_text
from ...module_utils._store.tree import disk_bytes
from ...module_utils._torrent.magnet import parse_magnet
from .allowed import check_allowed
from .answers import GateError, shown
from .disk_space import check_space, reserve
from .leftovers import kill_processes_of, settle
from .playbooks import LINK
from .quotas import KeptRun, check_running, check_uploads, check_waiting, runs_to_remove
from .run_state import SCHEMA, STARTING, WAITS, GateRequest, new_state, write_request, write_state
from .settings import GateKey
from .spool import GateRun, Spool
from .unit import start
from .upload import Received, UnpackedProject, receive, text_of, unpack
from .worker import ANALYSE, PLAY, lingers

if TYPE_CHECKING:
    from .connection import Connection
    from .grammar import GateCommand

#: So long it is waited for the process of a run, and for its analysis, so that the first answer has it.
_TAKE_OVER_SECONDS, _ANALYSIS_SECONDS = 10.0, 1.5
_POLL_SECONDS = 0.05
#: What a connection left without a record is removed after this time.
_ABANDONED_SECONDS = 3600


def start_project(connection: Connection, command: GateCommand) -> GateRun:
    """A playbook or a project: it is analysed first."""
    from .own_code import own_code
    from .profiles import check_profile

    settings, key = connection.settings, connection.key
    target = settings.target(key, command.options.get("target"), verb="run")
    profile = command.options.get("profile")
    check_profile(settings, key, profile)
    with _new_run(connection) as run:
        received = receive(connection.source, run, limit_mib=key["upload_mib"])
        received.check(command.options.get("sha256"))
        project = unpack(received, run, playbook=command.options.get("playbook"))
        code = own_code(run.project, project.files)
        request = _request(run, "run", received, target=target, project=project, own_code=code)
        if profile is not None:
            request["profile"] = profile
        _hand_over(connection, run, request, ANALYSE)
    _wait_until_begun(run)
    _wait(run, seconds=_ANALYSIS_SECONDS, states={STARTING, "analysing"})
    return run


def start_torrent(connection: Connection, command: GateCommand) -> GateRun:
    """A magnet link: checked here, and handed on as the content of a file, written from the checked values."""
    connection.settings.torrent()
    with _new_run(connection) as run:
        received = receive(connection.source, run, limit_mib=1)
        received.check(command.options.get("sha256"))
        link = parse_magnet(text_of(received), source="torrent").link()
        os.unlink(received.path)
        write_text(run.path(LINK), f"{link}\n")
        request = _request(run, "torrent", received)
        if connection.key["confirm_torrent"]:
            with run.locked():
                write_state(run.directory, new_state(WAITS))
            write_request(run.directory, request)
        else:
            _hand_over(connection, run, request, PLAY)
    _wait_until_begun(run)
    return run


def confirm(connection: Connection, command: GateCommand) -> GateRun:
    """Start what waits, once. A key that may not use a verb cannot confirm what was asked with it either."""
    spool, verb, ident = connection.spool, command.verb, command.options["confirm"]
    with spool.locked():
        run = spool.run(ident)
        with run.locked():
            state, asked = run.state()["state"], run.request()["verb"]
            if asked != verb:
                raise GateError(f"{verb}: {ident} is no {verb}; say {asked} --confirm {ident}", code="state")
            if state != WAITS:
                raise GateError(f"{verb}: {ident} does not wait for a word: its state is {state}", code="state")
            check_allowed(connection.settings, spool.key, run.request())
            check_running(kept_runs(spool), connection.key)
            check_space(spool.path)
            write_state(run.directory, new_state(STARTING))
    try:
        _start_process(connection, run, PLAY, verb=verb)
    except (GateError, OSError):
        _let_wait(run)
        raise
    _wait_until_begun(run)
    return run


def _let_wait(run: GateRun) -> None:
    """A run whose process could not be started waits again, unless it was cancelled meanwhile."""
    with run.locked():
        if run.state()["state"] != STARTING:
            return
        if run.is_cancelled:
            run.end(STOPPED)
        else:
            write_state(run.directory, new_state(WAITS, size=disk_bytes(run.directory)))


def kept_runs(spool: Spool) -> list[KeptRun]:
    """All runs of the key as quotas see them, the newest first; what cannot be read counts as ended long ago."""
    found = []
    for run in spool.runs():
        with suppress(OSError):
            age = time.time() - os.lstat(run.path("request.json")).st_mtime
            try:
                state = run.state()
                found.append(KeptRun(run.ident, state["state"], age, state["bytes"]))
            except GateError:
                found.append(KeptRun(run.ident, DIED, float("inf"), 0))
    return found


def prune(spool: Spool, key: GateKey) -> list[KeptRun]:
    """Remove what is not to be kept any more; returns what is kept."""
    for run in list(spool.unrecorded(before=time.time() - _ABANDONED_SECONDS)):
        spool.remove(run)
    for run in spool.runs():
        settle(run)
    kept = kept_runs(spool)
    removed = set(runs_to_remove(kept, key))
    for ident in removed:
        run = spool.run(ident)
        kill_processes_of(ident)
        spool.remove(run)
    return [one for one in kept if one.ident not in removed]


@contextmanager
def _new_run(connection: Connection) -> Iterator[GateRun]:
    """The directory of a new run, which goes again if the block fails."""
    spool, key = connection.spool, connection.key
    with spool.locked():
        kept = prune(spool, key)
        check_running(kept, key)
        check_waiting(kept, key)
        check_uploads(len(list(spool.unrecorded())))
        check_space(spool.path, upload_mib=key["upload_mib"])
        run = spool.new()
    try:
        reserve(run.reserve)
        yield run
    except BaseException:
        spool.remove(run)
        raise


def _request(
    run: GateRun,
    verb: str,
    received: Received,
    *,
    target: str = "",
    project: UnpackedProject | None = None,
    own_code: list[str] | None = None,
) -> GateRequest:
    lists, not_shown = shown({"left_out": project.left_out if project else [], "own_code": own_code or []})
    return {
        "schema": SCHEMA,
        "id": run.ident,
        "verb": verb,
        "target": target,
        "playbook": project.playbook if project else "",
        "created": utc_now(),
        "bytes": received.size,
        "sha256": received.sha256,
        "files": len(project.files) if project else 0,
        "left_out": lists["left_out"],
        "own_code": lists["own_code"],
        "not_shown": not_shown,
    }


def _hand_over(connection: Connection, run: GateRun, request: GateRequest, phase: str) -> None:
    """Record the run and start its process. The quota is asked again: others may have started one meanwhile."""
    with connection.spool.locked():
        check_running(kept_runs(connection.spool), connection.key)
        # From here on there is the lock, which nobody could make on a full disk.
        with run.locked():
            write_state(run.directory, new_state(STARTING))
        write_request(run.directory, request)
    _start_process(connection, run, phase, verb=request["verb"])


def _start_process(connection: Connection, run: GateRun, phase: str, *, verb: str) -> None:
    file = connection.settings.file
    start(
        run,
        config=connection.settings.path,
        key=connection.spool.key,
        phase=phase,
        manager=file["manager"],
        limits=file["limits"],
        lingers=lingers(verb),
    )


def _wait_until_begun(run: GateRun) -> None:
    """Wait for the process of a run, which takes the locks that are held while one is started."""
    _wait(run, seconds=_TAKE_OVER_SECONDS, states={STARTING})


def _wait(run: GateRun, *, seconds: float, states: set[str]) -> None:
    """Wait until the run has another state than one of these."""
    deadline = time.monotonic() + seconds
    while run.state()["state"] in states and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
