# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a test can have go wrong: in one answer of the API, or in the life of a droplet."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: What a proxy in front of the API says when nobody is behind it.
BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass
class Fault:
    """What happens to requests that match, ``count`` times (None: always) after the first ``skip`` of them.

    ``method`` and ``path`` are regular expressions that match the whole, the path with or without its query. ``done``
    has the work done before the answer is replaced or lost. Then the answer is late by ``delay`` seconds, a ``reset``
    of the connection, or ``status`` with ``headers`` and a ``body``: text is sent as HTML, None is the API's error.
    """

    method: str
    path: str
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    reset: bool = False
    delay: float = 0
    done: bool = False
    count: int | None = 1
    skip: int = 0
    #: How many requests it has met.
    hits: int = 0

    def matches(self, method: str, url: str) -> bool:
        """Whether it is about a request."""
        named = any(re.fullmatch(self.path, part) for part in (url, url.partition("?")[0]))
        return named and re.fullmatch(self.method, method) is not None

    @property
    def carries_out(self) -> bool:
        """Whether the request's work is done."""
        return self.done or (self.status is None and not self.reset)

    @property
    def over(self) -> bool:
        """Whether it has happened as often as it should."""
        return self.count is not None and self.hits >= self.count


@dataclass(frozen=True)
class Fate:
    """How a droplet lives. Without hosts it is ``active`` after ``boot_seconds``; with them when its host has started.

    ``stays`` is a status that it never leaves: ``new``, ``off`` or ``archive``; it has no host then. ``sshd`` False:
    nothing listens there. ``own_host_key``: it makes one, whatever its user data says. ``vanishes`` and ``lingers``
    are seconds: so long after it was first listed it is gone, and so long after its deletion it is still listed.
    """

    boot_seconds: float = 0
    stays: str | None = None
    public_address: bool = True
    sshd: bool = True
    own_host_key: bool = False
    vanishes: float | None = None
    lingers: float = 0


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._fates: list[Fate] = []

    def add(self, fault: Fault) -> Fault:
        """Have it happen; faults that match the same request happen in the order in which they were added."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Nothing fails any more."""
        with self._lock:
            self._faults.clear()
            self._fates.clear()

    def meet(self, method: str, url: str) -> Fault | None:
        """The fault that happens to a request."""
        with self._lock:
            for fault in self._faults:
                if fault.over or not fault.matches(method, url):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.hits += 1
                return fault
        return None

    def destine(self, fate: Fate, count: int) -> None:
        """Give the next ``count`` droplets a fate."""
        with self._lock:
            self._fates += [fate] * count

    def next_fate(self) -> Fate:
        """The fate of the droplet that is being created."""
        with self._lock:
            return self._fates.pop(0) if self._fates else Fate()
