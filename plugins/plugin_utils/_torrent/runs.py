# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a torrent run keeps on the controller, in a directory of its own: its record, its link and its keys."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...module_utils._digitalocean.reaping import cost_of
from ...module_utils._digitalocean.run_mark import RunMark
from ...module_utils._errors import InputError, VenvError
from ...module_utils._progress import DIED, FAILED, RUNNING, SUCCEEDED, process_start
from ...module_utils._store.durable import write_bytes
from ...module_utils._store.trust import make_trusted
from ...module_utils._torrent.metainfo import Metainfo
from ...module_utils._torrent.run_list import RUNS, run_names
from ...module_utils._torrent.run_record import DIGITALOCEAN, RECORD, RunRecord, RunStep
from .run_keys import SECRETS, write_run_keys

if TYPE_CHECKING:
    from ...module_utils._torrent.source import Source

LOCKS = "locks"
#: The checked link or torrent, which is what the downloading host gets.
LINK = "link"
_MODE = 0o700


class RunningError(VenvError):
    """Another run has this torrent."""

    code = "running"


@dataclass(frozen=True)
class TorrentRuns:
    """The directory ``path`` with all runs of this machine and user."""

    path: str

    def begin(self, record: RunRecord, source: Source) -> TorrentRun:
        """Make the directory of a run that begins."""
        runs = os.path.join(self.path, RUNS)
        for directory in (self.path, runs, os.path.join(self.path, LOCKS)):
            make_trusted(directory, mode=_MODE)
        self._forget_secrets_of_killed_runs()
        run = TorrentRun(os.path.join(runs, record.run))
        os.mkdir(run.path, _MODE)
        content = source.torrent() if isinstance(source, Metainfo) else f"{source.link()}\n".encode()
        write_bytes(run.link, content, mode=0o600)
        record.write(run.record)
        return run

    def records(self) -> Iterator[RunRecord]:
        """Those that can be believed."""
        for name in run_names(self.path):
            with suppress(InputError):
                yield RunRecord.read(os.path.join(self.path, RUNS, name, RECORD))

    def _forget_secrets_of_killed_runs(self) -> None:
        for record in self.records():
            if record.current_state == DIED:
                TorrentRun(os.path.join(self.path, RUNS, record.run)).forget_secrets()

    def check_alone(self, info_hash: str) -> None:
        """Raise :class:`RunningError` where a run of this torrent goes on."""
        for record in self.records():
            if record.info_hash == info_hash and record.current_state == RUNNING:
                raise RunningError(
                    f"magnet_file: the run {record.run} (process {record.pid}) downloads this torrent to "
                    f"{record.dest}; wait for its end, or stop it"
                )

    def unfinished(self, info_hash: str) -> list[str]:
        """The runs of this torrent that ended without an end, and may have left a droplet."""
        return [
            record.run
            for record in self.records()
            if record.info_hash == info_hash and record.provider == DIGITALOCEAN and record.state == RUNNING
        ]

    def spent(self, now: float) -> float:
        """What runs of this calendar month (UTC) cost in US dollars; one without an end counts up to its deadline."""
        month = time.gmtime(now)[:2]
        return round(sum(_highest(record) for record in self.records() if time.gmtime(record.started)[:2] == month), 4)

    def lock(self, info_hash: str) -> str:
        """The file whose lock a run of this torrent holds."""
        return os.path.join(self.path, LOCKS, info_hash)


class TorrentRun:
    """The directory of one run."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.record = os.path.join(path, RECORD)
        self.link = os.path.join(path, LINK)

    def write_keys(self, mark: RunMark) -> str:
        """Make the keys of the run; the public key to log in."""
        return write_run_keys(self.path, str(mark))

    def step(self, name: str, now: float, **changed: Any) -> RunRecord:
        """The step before ends, and the next begins."""
        record = RunRecord.read(self.record)
        return self._written(replace(record, steps=(*ended_steps(record, now), RunStep(name, now)), **changed))

    def end(self, now: float, *, error: str | None, **changed: Any) -> RunRecord:
        """The run is over: nobody logs in any more."""
        self.forget_secrets()
        record = RunRecord.read(self.record)
        state = FAILED if error else SUCCEEDED
        return self._written(replace(record, steps=ended_steps(record, now), state=state, error=error, **changed))

    def _written(self, record: RunRecord) -> RunRecord:
        record.write(self.record)
        return record

    def forget_secrets(self) -> None:
        """Remove the private keys."""
        for name in SECRETS:
            with suppress(FileNotFoundError):
                os.unlink(os.path.join(self.path, name))


def ended_steps(record: RunRecord, now: float) -> tuple[RunStep, ...]:
    """The steps, the last of which ends now."""
    return tuple(step if step.ended is not None else replace(step, ended=now) for step in record.steps)


def new_record(*, pid: int, deadline: int, now: float, **known: Any) -> RunRecord:
    """The record of a run that begins; it belongs to the process ``pid``."""
    return RunRecord(
        run=secrets.token_hex(6),
        started=now,
        expires=int(now) + deadline,
        state=RUNNING,
        pid=pid,
        pid_started=process_start(pid),
        **known,
    )


def _highest(record: RunRecord) -> float:
    if record.state != RUNNING:
        return record.cost or 0.0
    if record.hourly is None:
        return 0.0
    return cost_of(record.hourly, record.expires - (record.created or record.started))
