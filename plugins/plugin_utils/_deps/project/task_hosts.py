# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where tasks run: on which hosts, and whether that can be the host of the venv itself.

A task can run there unless it certainly cannot: each connection but those to other hosts, each host that is called
localhost and each text with a template counts as if it did.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .connections import can_be_local
from .jinja import has_markers

_LOCALHOST = re.compile(r"(?<![\w.-])(?:localhost|127\.0\.0\.1|::1)(?![\w.-])", re.IGNORECASE)
#: Of the patterns for one task; more say nothing more.
MAX_PATTERNS = 50
_MANY = "…"


def names_localhost(text: str) -> bool:
    """Whether a pattern or an inventory names the host of the venv, or is only known at run time."""
    return has_markers(text) or _LOCALHOST.search(text) is not None


@dataclass(frozen=True, order=True)
class TaskHosts:
    """Hosts as they are written, empty for unknown ones, and whether they can be the host of the venv."""

    pattern: str
    local: bool

    @classmethod
    def of(cls, hosts: Any) -> TaskHosts:
        """Those of ``hosts:`` or ``delegate_to:``; what is encrypted is unknown."""
        if getattr(hosts, "inert", False):
            return cls("", True)
        pattern = ",".join(map(str, hosts)) if isinstance(hosts, list) else str(hosts or "")
        return cls(pattern, names_localhost(pattern) or not pattern)


#: The place of what no play is known to run.
UNKNOWN = 0


class HostGraph:
    """Plays, and what they run: blocks and tasks with keywords of their own, and files that several plays run.

    Each is a number. What runs inside of another runs on its hosts, which are known when all was walked.
    """

    def __init__(self) -> None:
        self._hosts: list[dict[TaskHosts, None]] = [{TaskHosts("", True): None}]
        self._inner: list[dict[int, bool]] = [{}]
        self._files: dict[Hashable, int] = {}

    def play(self, play: Mapping[str, Any]) -> int:
        """A play."""
        return self.inside(self._new(TaskHosts.of(play.get("hosts"))), {"connection": play.get("connection")})

    def inside(self, outer: int, holder: Mapping[str, Any]) -> int:
        """What has the keywords of ``holder`` (a block, a task, a role's entry, ``apply:``) inside of ``outer``."""
        delegate, is_local = holder.get("delegate_to"), can_be_local(holder.get("connection"))
        if "local_action" in holder:
            return self._new(TaskHosts("localhost", True))
        if not delegate and not is_local:
            return outer
        hosts = TaskHosts.of(delegate) if delegate else None
        inner = self._new(*([TaskHosts(hosts.pattern, hosts.local or is_local)] if hosts is not None else []))
        if hosts is None or has_markers(hosts.pattern):
            self._inner[outer][inner] = True
        return inner

    def file(self, key: Hashable, outer: int) -> int:
        """A role or a file of tasks, which ``outer`` runs as others may."""
        if key not in self._files:
            self._files[key] = self._new()
        self._inner[outer].setdefault(self._files[key], False)
        return self._files[key]

    def spread(self) -> None:
        """Hand on the hosts of each to what runs inside of it; call it once all was walked."""
        pending = [(number, one) for number, hosts in enumerate(self._hosts) for one in hosts]
        while pending:
            number, one = pending.pop()
            for inner, is_local in self._inner[number].items():
                found = TaskHosts(one.pattern, one.local or is_local)
                if len(self._hosts[inner]) >= MAX_PATTERNS:
                    found = TaskHosts(_MANY, found.local)
                if found not in self._hosts[inner]:
                    self._hosts[inner][found] = None
                    pending.append((inner, found))

    def hosts(self, numbers: Iterable[int]) -> list[TaskHosts]:
        """Where what was found at any of ``numbers`` runs."""
        return sorted({one for number in numbers for one in self._hosts[number]})

    def _new(self, *hosts: TaskHosts) -> int:
        self._hosts.append(dict.fromkeys(hosts))
        self._inner.append({})
        return len(self._hosts) - 1
