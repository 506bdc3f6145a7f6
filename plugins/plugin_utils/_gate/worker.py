# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The process of a run, which outlives the connection: it analyses what was sent, runs it, and writes what came of it.

Whatever ends a run ends all that it started. The one exception is the guard of a torrent run, which is waited for.
"""

from __future__ import annotations

import os
import pwd
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from types import FrameType

from ...module_utils._errors import VenvError
from ...module_utils._progress import FAILED, RUNNING, STOPPED, SUCCEEDED
from ...module_utils._store.durable import write_json
from ...module_utils._store.tree import disk_bytes
from ...module_utils._supervisor import adopt_orphans, end_alone, report, start, watch
from .allowed import check_allowed
from .answers import GateError, defect
from .disk_space import FULL, is_full, is_of_full_disk
from .leftovers import SOCKETS_PREFIX, kill_processes_of, remove_old_temporaries, wait_for_guards
from .playbooks import (
    SOCKETS_VARIABLE,
    VARIABLES,
    environment_of,
    playbook_of_project,
    playbook_of_torrent,
)
from .run_state import ANALYSING, REFUSED, STARTING, STOPPING, WAITS, new_state, write_state
from .settings import GateSettings
from .spool import ANALYSIS, NEEDS, GateRun, Spool
from .unit import END_SECONDS, uses_systemd
from .words import in_words_of_the_gate

ANALYSE, PLAY = "analyse", "play"
#: The guard of a torrent run goes on for a day where something cannot be destroyed.
GUARD_SECONDS = 26 * 3600
_TORRENT = "torrent"
_ENDED = "the run was ended on the host of the gate, which may have been shut down; start it again"


def lingers(verb: str) -> int:
    """The seconds that a run of the verb has after its time, to end what it started."""
    return GUARD_SECONDS if verb == _TORRENT else END_SECONDS


class StoppedError(BaseException):
    """Somebody wants the run to end. What goes on after an error does not go on after this one."""


class _TimeIsUpError(BaseException):
    """As :class:`StoppedError`: the analysis took its time."""


class _StopWish:
    """That the run is to end, which a signal says: a readable descriptor, and while ``is_raised`` an exception."""

    def __init__(self) -> None:
        self.readable, self._writable = os.pipe()
        self.is_there = self.is_raised = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.is_there = True
        os.write(self._writable, b"\0")
        if self.is_raised:
            raise StoppedError

    @contextmanager
    def raised(self, seconds: int) -> Iterator[None]:
        """While the block runs, the wish ends it; at the end of its time, :class:`GateError` is raised."""
        signal.signal(signal.SIGALRM, self._on_alarm)
        signal.alarm(seconds)
        self.is_raised = True
        try:
            yield
        except _TimeIsUpError as error:
            raise GateError(
                "the analysis took longer than the time for a run; let the owner of the gate increase "
                "phone_gate_seconds",
                code="limit",
            ) from error
        finally:
            self.is_raised = False
            signal.alarm(0)

    def _on_alarm(self, number: int, frame: FrameType | None) -> None:
        raise _TimeIsUpError


class Worker:
    """Does the phases of the run ``run``, which belongs to the key of ``spool``."""

    def __init__(self, settings: GateSettings, spool: Spool, run: GateRun) -> None:
        self._settings = settings
        self._spool = spool
        self._run = run
        self._request = run.request()
        self._limits = settings.file["limits"]
        self._wish = _StopWish()

    def work(self, phase: str) -> None:
        """Do the phase, and what follows without a question; nothing where the run does not wait for this process."""
        if not self._take_over():
            return
        state, error = FAILED, None
        try:
            self._settle()
            remove_old_temporaries(before=time.time() - self._limits["seconds"] - GUARD_SECONDS)
            if phase == ANALYSE:
                state, error = self._analyse()
            if phase == PLAY or state == RUNNING:
                state, error = self._play()
        except StoppedError:
            state = STOPPED
        except VenvError as failure:
            error = in_words_of_the_gate(failure.message)
        except OSError as failure:
            error = FULL if is_of_full_disk(failure) else f"{failure.filename or 'the run'}: {failure.strerror}"
        except MemoryError:
            error = (
                f"the run needs more than the memory for a run, {self._limits['memory_mib']} MiB; let the owner of the "
                "gate increase phone_gate_memory_mib"
            )
        except Exception as failure:  # a mistake of ours
            error = defect(failure).message
        finally:
            kill_processes_of(self._run.ident, below=True)
            self._record(state, error)

    def _take_over(self) -> bool:
        """Record that this is the process of the run; False where the run has ended, or another process has it."""
        with self._run.locked():
            if self._run.state()["state"] != STARTING:
                return False
            with suppress(OSError):  # a full disk is told by what follows
                write_state(self._run.directory, new_state(STARTING))
        return True

    def _analyse(self) -> tuple[str, str | None]:
        """What follows: to run it, to wait for a word, or that it is refused, with the reason."""
        from .analysis import analysed, can_begin

        self._begin(ANALYSING)
        with self._wish.raised(self._limits["seconds"]):
            found, needs = analysed(self._run.project, self._request["playbook"], self._settings.file["sources"])
        write_json(self._run.path(NEEDS), needs)
        write_json(self._run.path(ANALYSIS), found)
        # With a profile, it is the profile that says what is installed; what Ansible does not begin, it does not then.
        if found["refused"] is not None and not ("profile" in self._request and can_begin(needs)):
            return REFUSED, found["refused"]
        return (WAITS if self._settings.key(self._spool.key)["confirm"] else RUNNING), None

    def _play(self) -> tuple[str, str | None]:
        """Run the playbook; the last state, and an error that it does not say itself."""
        self._begin(RUNNING)
        if self._request["verb"] == _TORRENT:
            outer = playbook_of_torrent(self._run, self._settings, records=self._spool.torrents)
        else:
            outer = playbook_of_project(self._run, self._request, self._settings)
        write_json(self._run.path(VARIABLES), outer.variables)
        for directory in (self._run.progress, self._run.results, self._run.reports):
            os.makedirs(directory, mode=0o700, exist_ok=True)
        seconds = self._limits["seconds"]
        # The path of a socket is short, so that it cannot lie in the directory of the run.
        with TemporaryDirectory(prefix=SOCKETS_PREFIX, ignore_cleanup_errors=True) as sockets:
            os.environ[SOCKETS_VARIABLE] = sockets
            pid, errno = start(outer.argv, -1, is_tied=True)
            status, ended = watch(pid, seconds=seconds, control=self._wish.readable, ending=self._end)
            kill_processes_of(self._run.ident)
            is_over = self._request["verb"] != _TORRENT or wait_for_guards(
                self._spool.torrents, seconds=GUARD_SECONDS, waiting=self._stopping
            )
        if errno:
            return FAILED, f"{outer.argv[0]} cannot be started: {os.strerror(errno)}"
        if not is_over:
            return FAILED, "the guard of the run did not end; see what is in the account"
        if ended == "timeout":
            return FAILED, (
                f"the run was ended: it took longer than {seconds} s; let the owner of the gate increase "
                "phone_gate_seconds"
            )
        if ended is not None:
            return STOPPED, None
        return (SUCCEEDED if report(status, None)["rc"] == 0 else FAILED), None

    def _end(self, pid: int) -> int:
        self._stopping()
        return end_alone(pid)

    def _begin(self, state: str) -> None:
        """Begin a phase, with the configuration as it is now; raises :class:`GateError` for what is not allowed now."""
        self._settings = GateSettings.read(self._settings.path)
        check_allowed(self._settings, self._spool.key, self._request)
        self._reach(state)

    def _reach(self, state: str, *, size: int = 0) -> None:
        """Record a state in which the run goes on, or waits; raises :class:`StoppedError` where it is to end."""
        with self._run.locked():
            if self._run.is_cancelled or self._wish.is_there:
                raise StoppedError
            write_state(self._run.directory, new_state(state, size=size))

    def _stopping(self) -> None:
        """A disk that is full keeps nothing from being ended, nor a guard from being waited for."""
        with suppress(OSError, VenvError), self._run.locked():
            write_state(self._run.directory, new_state(STOPPING))

    def _record(self, state: str, error: str | None) -> None:
        """Write how far it came; a last state in the space that was kept for it, if the disk is full."""
        if state == WAITS:
            try:
                self._reach(WAITS, size=disk_bytes(self._run.directory))
                return
            except StoppedError:
                state = STOPPED
            except OSError:
                state, error = FAILED, FULL
        if state == FAILED and error is None:
            error = FULL if is_full(self._run.directory) else self._reason()
        if state == STOPPED and not self._run.is_cancelled:
            error = _ENDED
        with self._run.locked():
            self._run.end(state, error=error)

    def _reason(self) -> str | None:
        """Why the playbook failed, where no task of it did; None as well where that cannot be read."""
        from .outer_failures import reason_of

        with suppress(OSError, VenvError, MemoryError):
            return reason_of(self._run)
        return None

    def _settle(self) -> None:
        """Keep nothing of who started this, and take the limits on for all that will be started."""
        user = pwd.getpwuid(os.geteuid())
        log = os.open(self._run.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        for descriptor in (1, 2):
            os.dup2(log, descriptor)
        os.close(log)
        os.chdir(self._run.directory)
        os.environ.clear()
        os.environ.update(
            environment_of(
                self._settings,
                mark=self._run.ident,
                report=self._run.outer_report,
                progress=self._run.progress,
                home=user.pw_dir,
                user=user.pw_name,
            )
        )
        memory = self._limits["memory_mib"] << 20
        _limit(resource.RLIMIT_AS, memory)
        _limit(resource.RLIMIT_CORE, 0)
        if not uses_systemd(self._settings.file["manager"]):
            _limit(resource.RLIMIT_NPROC, self._limits["processes"])
        adopt_orphans()


def _limit(kind: int, value: int) -> None:
    """Lower a limit; one that is lower already stays."""
    _soft, hard = resource.getrlimit(kind)
    if hard == resource.RLIM_INFINITY or value < hard:
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, value))
