# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""How far a run is. A unit is one task on one host; how many there will be is known better and better as it runs.

Each unit that is done takes its share of what is left to 100 %: one of four that are left takes a quarter of it. So the
percentage grows evenly while the number of units stays, grows more slowly when an include brings more of them, and
never falls. Each host works through the tasks of a play in their order, whatever the strategy is: what lies before its
last result will not run there any more, such as tasks before ``--start-at-task`` and the rest of a block that failed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

#: How many tasks a dynamic include is expected to bring until it is read.
INCLUDE_WEIGHT = 5


@dataclass
class _Host:
    """The units that one host is expected to do in this play."""

    static: int = 0
    included: int = 0
    #: The part of ``included`` that stands for an include which was not read yet.
    unread: int = 0
    handlers: set[str] = field(default_factory=set)

    def left(self) -> int:
        return self.static + self.included + len(self.handlers)


class Estimate:
    """Counts units. Tasks are known by their ids; a task that is not among those of the play was included."""

    def __init__(self) -> None:
        self.done = 0
        self._percent = 0.0
        self._shown = 0.0
        self._left = 0
        self._later: dict[Hashable, int] = {}
        self._hosts: dict[str, _Host] = {}
        #: Each task of the play, and the units from it to the end of the play.
        self._from: dict[str, int] = {}
        self._after: dict[str, int] = {}
        self._within: dict[tuple[str, str], float] = {}

    @property
    def total(self) -> int:
        return self.done + self._left

    @property
    def percent(self) -> float:
        """Shares of tasks that run are included."""
        within = sum(self._within.values())
        share = (100 - self._percent) * min(1.0, within / self._left) if self._left else 0.0
        self._shown = max(self._shown, self._percent + share)
        return self._shown

    def expect(self, units: Mapping[Hashable, int]) -> None:
        """What plays, or playbooks, are expected to bring; 0 for one that is over."""
        for key, number in units.items():
            self._left += number - self._later.pop(key, 0)
            if number:
                self._later[key] = number

    def begin(self, tasks: Sequence[tuple[str, int]], hosts: Iterable[str]) -> None:
        """A play begins, or its next batch: its tasks with their weights, in their order. Nothing before it goes on."""
        self._left -= sum(host.left() for host in self._hosts.values())
        self._from, self._after, rest = {}, {}, sum(weight for _task, weight in tasks)
        whole = rest
        for task, weight in tasks:
            self._from[task] = rest
            rest -= weight
            self._after[task] = rest
        self._within.clear()
        self._hosts = {name: _Host(static=whole) for name in hosts}
        self._left += whole * len(self._hosts)

    def finish(self, task: str, host: str, *, included: bool = False) -> None:
        """A task is done on a host; ``included``: it is an include, and what it brings runs next."""
        state = self._host(host)
        before = state.left()
        self._within.pop((task, host), None)
        if task in self._after and self._from[task] <= state.static:
            state.static, state.included, state.unread = self._after[task], 0, 0
        elif task in state.handlers:
            state.handlers.discard(task)
        else:
            state.included = max(0, state.included - 1)
        if included:
            self._unread(state, INCLUDE_WEIGHT - 1)
        # What will not run is no longer expected; the unit itself takes its share of the rest.
        after = state.left()
        self._left += min(0, after + 1 - before)
        if before > after:
            self._percent += (100 - self._percent) / max(1, self._left)
            self._left -= 1
        else:
            self._left += after - before
        self.done += 1

    def include(self, hosts: Iterable[str], tasks: int) -> None:
        """An include was read: these hosts will do so many more units."""
        for name in hosts:
            state = self._host(name)
            before = state.left()
            self._unread(state, 0)
            state.included += tasks
            self._left += state.left() - before

    def notify(self, handler: str, host: str) -> None:
        """A handler will run on a host."""
        state = self._host(host)
        if handler not in state.handlers:
            state.handlers.add(handler)
            self._left += 1

    def lose(self, host: str) -> None:
        """A host does nothing more in this play."""
        self._left -= self._hosts.pop(host, _Host()).left()

    def within(self, task: str, host: str, percent: float) -> None:
        """A task that runs says how far it is."""
        self._within[task, host] = max(self._within.get((task, host), 0.0), min(percent, 100.0) / 100)

    def _host(self, name: str) -> _Host:
        return self._hosts.setdefault(name, _Host())

    @staticmethod
    def _unread(state: _Host, units: int) -> None:
        state.included += units - state.unread
        state.unread = units
