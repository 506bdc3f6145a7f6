# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The guard of a run: it destroys all that the run made, as soon as ``ansible-playbook`` ends without disarming it.

It does the same when the run's time is over, and when it is told to end itself. All that it needs is loaded before it
is ready: the collection, and Ansible itself, may be replaced or removed while it waits.
"""

from __future__ import annotations

import os
import select
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

from ...module_utils import _supervisor
from ...module_utils._errors import VenvError
from ...module_utils._progress import is_alive, process_start
from ...module_utils._store.locks import locked
from . import guard_files
from .guard_files import ARMED, DESTROYING, DISARMED, FAILED, REAPED, GuardLog, GuardRecord
from .long_reaping import LongReaping, LongReapingLimits
from .run_keys import SECRETS

_POLL_SECONDS = 0.25
#: In which the first look at the account must succeed.
_CHECK_SECONDS = 20.0
_OVERDUE = "the time of the run is over"


class SupervisedError(VenvError):
    """A guard cannot outlive the run."""

    code = "guard"


@dataclass(frozen=True)
class GuardOrder:
    """What to guard: the run, until when (since 1970), its ``directory``, the ``lock`` to hold, and whose end counts.

    ``limits`` are those of :class:`LongReapingLimits` that are not the default.
    """

    run: str
    expires: int
    directory: str
    lock: str
    api_url: str
    token: str = field(repr=False)
    process: int
    process_started: int | None
    limits: dict[str, float] = field(default_factory=dict)


class Guard:
    """As a context manager it holds the lock, and has seen that the account can be asked; then call :meth:`stay`."""

    def __init__(self, order: GuardOrder) -> None:
        self._order = order
        self._is_terminated = False
        self._held = ExitStack()
        self._log = GuardLog(order.directory)
        self._reaping = LongReaping(
            order.run,
            url=order.api_url,
            token=order.token,
            limits=LongReapingLimits(**order.limits),
            log=self._log.write,
        )
        self._record: GuardRecord = {
            "schema": guard_files.SCHEMA,
            "run": order.run,
            "expires": order.expires,
            "state": ARMED,
            "reason": "",
            "pid": os.getpid(),
            "pid_started": process_start(os.getpid()),
            "watched": order.process,
            "destroyed": [],
            "cost": 0.0,
            "updated": "",
        }

    def __enter__(self) -> Guard:
        order = self._order
        _load_what_is_loaded_late()
        check_survives_the_run()
        with ExitStack() as held:
            held.enter_context(locked(order.lock, timeout=0, purpose=f"the torrent run {order.run}"))
            self._reaping.check(_CHECK_SECONDS)
            self._end = ProcessEnd(order.process, order.process_started)
            guard_files.remove(order.directory, guard_files.DONE)
            guard_files.write_record(order.directory, self._record)
            self._log.write(f"armed for the run {order.run}, until ansible-playbook ({order.process}) ends")
            self._held = held.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._held.close()

    def terminate(self) -> None:
        """Destroy what the run made, and end."""
        self._is_terminated = True

    def stay(self) -> None:
        """Return when there is nothing to guard any more."""
        reason = self._wait()
        if reason == _OVERDUE:
            # The playbook goes on, and might still create something.
            self._destroy(reason)
            reason = self._wait(is_overdue=True)
        if reason is not None:
            self._destroy(reason)
        elif self._record["state"] == ARMED:
            self._tell(DISARMED, "")
        guard_files.remove(self._order.directory, guard_files.DONE)

    def _wait(self, *, is_overdue: bool = False) -> str | None:
        """Why all must be destroyed; None when it need not be."""
        while True:
            if self._is_disarmed():
                return None
            if self._is_terminated:
                return "this process was told to end"
            if not is_overdue and time.time() >= self._order.expires:
                return _OVERDUE
            if self._end.has_come(_POLL_SECONDS) and not self._is_disarmed():
                return "ansible-playbook ended"

    def _is_disarmed(self) -> bool:
        return guard_files.is_asked_to_end(self._order.directory)

    def _destroy(self, reason: str) -> None:
        self._tell(DESTROYING, reason)
        guard_files.remove(self._order.directory, *SECRETS)
        problem = self._reaping.destroy(
            is_enough=self._is_disarmed, on_progress=lambda: self._tell(DESTROYING, reason, is_logged=False)
        )
        self._tell(FAILED if problem else REAPED, problem or reason)

    def _tell(self, state: str, reason: str, *, is_logged: bool = True) -> None:
        """Write what others may know; that it cannot be written changes nothing."""
        if is_logged:
            self._log.write(f"{state}: {reason}" if reason else state)
        self._record["state"], self._record["reason"] = state, reason
        self._record["destroyed"], self._record["cost"] = self._reaping.destroyed, self._reaping.cost
        with suppress(OSError):
            guard_files.write_record(self._order.directory, self._record)


def check_survives_the_run() -> None:
    """Raise :class:`SupervisedError` where the process that this one belongs to now ends all below it, and so this."""
    with suppress(OSError), open(f"/proc/{os.getppid()}/cmdline", "rb") as stream:
        command = stream.read()
        # The source of the one is an argument; the other is a file.
        if _supervisor.adopt_orphans.__name__.encode() in command or b"/supervisor.py\0" in command:
            raise SupervisedError(
                "the playbook runs in a venv, by the role run_playbook or the module venv_playbook, and so the guard "
                "is ended with the run; run the playbook with ansible-playbook or ansible-playbook-venv"
            )


def _load_what_is_loaded_late() -> None:
    """What the standard library and the check of the account do not load before it is used."""
    time.strptime("2026-01-01", "%Y-%m-%d")
    "localhost".encode("idna")


class ProcessEnd:
    """The end of a process, which is known by its pid and by when it started; one that nobody has waited for counts."""

    def __init__(self, pid: int, started: int | None) -> None:
        self._pid = pid
        self._started = started
        try:
            self._descriptor = os.pidfd_open(pid)
        except (AttributeError, OSError):
            self._descriptor = -1

    def has_come(self, seconds: float) -> bool:
        """Whether it ends within so many seconds."""
        if self._descriptor < 0:
            time.sleep(seconds)
        elif select.select([self._descriptor], [], [], seconds)[0]:
            return True
        return not is_alive(self._pid, self._started)
