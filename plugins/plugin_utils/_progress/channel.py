# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""How a task that runs tells the callback how far it is: datagrams from Ansible's workers to its main process.

Ansible tells callbacks nothing of a task between its start and its result, except that it is repeated, which people see
as failures. So the callback opens a pair of sockets, and workers inherit it through the fork. Where the callback is not
enabled there is none, and nobody looks for progress. Nothing waits: what does not fit is dropped.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from ...module_utils._printable import shortened
from ...module_utils._progress import MAX_STEP, MEASURES, percent_of

_MAX_BYTES = 1 << 13
#: Between two messages of a task that could send many.
_SECONDS = 0.5
#: What a task says; the callback believes none of it.
_KEYS = ("percent", "step", "done", "total", "eta", *MEASURES)
#: The end for workers. Only the main process sets it, before it forks them.
_sender: socket.socket | None = None


class Channel:
    """The end of the main process: ``receive`` is called in a thread of its own with each message."""

    def __init__(self, receive: Callable[[Mapping[str, Any]], None]) -> None:
        global _sender
        self._receiver, self._sender = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._sender.setblocking(False)
        self._receive = receive
        self._is_open = True
        _sender = self._sender
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Messages are no longer received; workers that still send lose theirs."""
        global _sender
        self._is_open = False
        if _sender is self._sender:
            _sender = None
        self._sender.close()
        with suppress(OSError):  # wakes the thread
            self._receiver.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        with self._receiver:
            while self._is_open:
                with suppress(ValueError, RecursionError):
                    message = json.loads(self._receiver.recv(_MAX_BYTES))
                    if isinstance(message, dict):
                        self._receive(message)


@dataclass(frozen=True)
class TaskProgress:
    """What one task on one host tells; its percentage lies between ``low`` and ``high`` in the part of the task."""

    sender: socket.socket
    task: str
    host: str
    low: float = 0.0
    high: float = 100.0

    def part(self, low: float, high: float) -> TaskProgress:
        """The same for a part of the task."""
        return replace(self, low=low, high=high)

    def fetching(self, step: str) -> Callable[[int, int], None]:
        """Is told how much of a file is there, which it tells now and then."""
        due = 0.0

        def told(done: int, total: int) -> None:
            nonlocal due
            if time.monotonic() >= due:
                due = time.monotonic() + _SECONDS
                self.tell({"step": step, "done": done, "total": total})

        return told

    def tell(self, said: Mapping[str, Any]) -> None:
        """Send what is known of ``percent``, ``step``, ``done``, ``total`` and ``eta``, if there is room for it."""
        share = percent_of(said)
        message = {key: said[key] for key in _KEYS if key in said}
        if isinstance(message.get("step"), str):
            message["step"] = shortened(message["step"], MAX_STEP)
        message["percent"] = None if share is None else self.low + (self.high - self.low) * share / 100
        if (self.low, self.high) != (0.0, 100.0):
            message.pop("eta", None)  # it is that of the part
        with suppress(OSError, ValueError):
            self.sender.send(json.dumps({**message, "task": self.task, "host": self.host}).encode())


def of_task(task: str, host: str) -> TaskProgress | None:
    """What the task with this id tells of ``host``; None where nobody listens."""
    return None if _sender is None else TaskProgress(_sender, task, host)
