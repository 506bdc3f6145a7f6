# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Bring files of a host home over a connection that can break: what arrived stays, and the next try goes on from it."""

from __future__ import annotations

import io
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.mobile_ansible.venv.plugins.module_utils._disk_errors import says_full
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import NoSpaceError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import InterruptedRunError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.download import TimeLimitError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.sftp import (
    Part,
    TooMuchError,
    can_use_sftp,
    take_by_sftp,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._transfer import (
    PIECE,
    TransferError,
    bounded_memory,
    fetch,
)

#: Seconds before the next try, after tries in which nothing arrived; then it is given up.
_PAUSES = (1.0, 3.0, 9.0)
_MAX_REASON = 500
_MIB = 1 << 20


class NotDeliveredError(TransferError):
    """The host answers, and does not have what it should."""


class BrokenConnectionError(TransferError):
    """Nothing arrives."""


class HostFiles:
    """Files on the host of the task of ``action``.

    ``stall_timeout``: the seconds in which something must arrive. ``deadline``: when the monotonic clock says that the
    time is over; ``timeout`` is what the user gave for it. ``told`` hears how many bytes of the parts are here.
    """

    def __init__(
        self, action: ActionBase, *, stall_timeout: float, timeout: float = 0, told: Callable[[int], None]
    ) -> None:
        self._action = action
        self._connection = action._connection
        self._stall_timeout = stall_timeout
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout if timeout else None
        self._told = told
        self._parent = os.getppid()
        #: Bytes of files that were complete before this try, and those of the others by now.
        self._before = 0
        self._most = 0
        self._moved = time.monotonic()

    def read(self, path: str, *, limit: int) -> bytes:
        """The content of one small file."""
        sink = io.BytesIO()
        try:
            self._fetch(path, sink, limit=limit)
        except AnsibleError as error:
            raise TransferError(f"{path} cannot be read on the host: {_reason(error)}") from error
        return sink.getvalue()

    def bring(self, parts: Sequence[Part], directory: str) -> None:
        """Let each of ``parts`` be complete; those in files of the host are below its ``directory``.

        Raises :class:`TransferError` when nothing arrives any more.
        """
        fruitless = 0
        while missing := [part for part in parts if part.arrived() < part.size]:
            before = _arrived(missing)
            self._before = sum(part.size for part in parts) - sum(part.size for part in missing)
            reason = self._try(missing, use_sftp=not fruitless % 2 and can_use_sftp(self._connection, directory))
            if reason is None:
                return
            now = _arrived(missing)
            fruitless = 0 if now > before else fruitless + 1
            if fruitless > len(_PAUSES):
                raise TransferError(
                    f"The files in {directory} cannot be brought from the host: {reason}; "
                    f"{sum(part.arrived() for part in parts) // _MIB} MiB of them are here and stay, run this again "
                    "to go on from there"
                )
            self._reconnect()
            self._pause(_PAUSES[max(0, fruitless - 1)])

    def _try(self, parts: Sequence[Part], *, use_sftp: bool) -> str | None:
        """Why not all of them are here after this try."""
        self._most, self._moved = 0, time.monotonic()
        try:
            if use_sftp:
                take_by_sftp(self._connection, parts, check=self._check)
            else:
                self._take_by_pieces(parts)
        except (TooMuchError, NotDeliveredError, InterruptedRunError, TimeLimitError):
            raise
        except (AnsibleError, VenvError, OSError) as error:
            reason = _reason(error)
            if says_full(reason):
                raise NoSpaceError(
                    f"No space left for {os.path.dirname(parts[0].local)}; free some space and run this again, it goes "
                    f"on from there ({reason})"
                ) from error
            return reason
        return None

    def _take_by_pieces(self, parts: Sequence[Part]) -> None:
        done = 0
        for part in parts:
            start = part.arrived() // PIECE * PIECE
            with open(part.local, "r+b") as sink:
                sink.seek(start)  # what is beyond stays until it is written over: the host may send nothing

                def told(size: int, before: int = done) -> None:
                    self._check(before + size)

                try:
                    self._fetch(part.remote, sink, limit=part.size, told=told, start=start)
                except BrokenConnectionError:
                    raise
                except TransferError as error:
                    raise _not_delivered(part, error.message) from error
            if part.arrived() < part.size:
                raise _not_delivered(part, "it is shorter than the torrent says")
            done += part.size

    def _fetch(self, path: str, sink: Any, **options: Any) -> None:
        with bounded_memory(), self._bounded_wait() as restart:
            fetch(path, sink, execute=self._execute(restart), **options)

    def _execute(self, restart: Callable[[], None]) -> Callable[[str], dict[str, Any]]:
        def execute(command: str) -> dict[str, Any]:
            restart()
            done: dict[str, Any] = self._action._low_level_execute_command(
                command, sudoable=self._connection.become is not None, encoding_errors="replace"
            )
            return done

        return execute

    @contextmanager
    def _bounded_wait(self) -> Iterator[Callable[[], None]]:
        """Interrupt a command that takes too long; what is yielded starts the time anew.

        A time limit of the task itself uses the same signal, and goes first.
        """
        if signal.getitimer(signal.ITIMER_REAL)[0]:
            yield lambda: None
            return

        def restart() -> None:
            left = self._stall_timeout
            if self._deadline is not None:
                left = min(left, max(0.1, self._deadline - time.monotonic()))
            signal.setitimer(signal.ITIMER_REAL, left, left)  # again: connections can try anew by themselves

        def interrupt(number: int, frame: FrameType | None) -> None:
            self._check(self._most)
            raise BrokenConnectionError(f"nothing arrived for {self._stall_timeout:g} s")

        previous = signal.signal(signal.SIGALRM, interrupt)
        try:
            yield restart
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)

    def _check(self, done: int) -> None:
        """Tell how much is here, and raise what ends the transfer."""
        now = time.monotonic()
        if done > self._most:
            self._most, self._moved = done, now
            self._told(self._before + done)
        if os.getppid() != self._parent:
            raise InterruptedRunError("ansible-playbook was killed: the transfer ends; run this again to go on")
        if self._deadline is not None and now >= self._deadline:
            raise TimeLimitError(
                f"The time limit of {self._timeout:g} s is over, while files were brought home; run this again to go "
                "on from there, or increase timeout"
            )
        if now - self._moved >= self._stall_timeout:
            raise BrokenConnectionError(f"nothing arrived for {self._stall_timeout:g} s")

    def _reconnect(self) -> None:
        """Forget a connection that others share, which may be the one that broke."""
        reset = getattr(self._connection, "reset", None)
        if reset is not None:
            with suppress(AnsibleError, OSError):
                reset()

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._moved = time.monotonic()
            self._check(self._most)
            time.sleep(0.1)


def _not_delivered(part: Part, reason: str) -> NotDeliveredError:
    return NotDeliveredError(
        f"{part.remote} cannot be brought from the host: {reason}; what arrived stays. Run torrent_download on the "
        "host again, and then this"
    )


def _arrived(parts: Sequence[Part]) -> int:
    return sum(part.arrived() for part in parts)


def _reason(error: Exception) -> str:
    return printable(str(error).strip())[:_MAX_REASON] or type(error).__name__
