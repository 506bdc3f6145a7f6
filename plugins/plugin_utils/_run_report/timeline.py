# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""When each task ran, on which hosts, and how it ended: from the events of a run, one after the other.

The events are those of the callback ``progress`` or of a run of ``venv_playbook``. They tell when a task begins, and
when a host has its result: a host works on a task from its beginning, or from the host's own previous result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .checked import count, moment, name

STATUSES = ("ok", "changed", "skipped", "ignored", "rescued", "failed", "unreachable")
#: What a host's results add to its stats, as Ansible counts.
_STATS = {
    "ok": ("ok",), "changed": ("ok", "changed"), "skipped": ("skipped",), "ignored": ("ok", "ignored"),
    "rescued": ("rescued",), "failed": ("failures",), "unreachable": ("unreachable",),
}  # fmt: skip
MAX_TASKS = 1000
#: Hosts whose results are told one by one, of which so many are shown.
_MAX_TRACKED, MAX_LANES = 100, 20
_MAX_HOSTS = 10_000
_MAX_PLAYBOOKS = 20
#: Failures that are kept of each kind.
_MAX_FAILURES = 200
_Key = tuple[int | str, ...]


@dataclass
class TaskRow:
    """One task; times are seconds since the run began."""

    name: str
    play: str
    path: str
    start: float
    end: float
    results: Counter[str] = field(default_factory=Counter)
    hosts: set[str] = field(default_factory=set)


class Timeline:
    """Takes events with :meth:`add`; what it holds is limited, whatever the events say."""

    def __init__(self) -> None:
        self.playbooks: list[str] = []
        self.began: float | None = None
        self.failed = 0
        #: Those with a message.
        self.failures: dict[str, list[Mapping[str, Any]]] = {"fatal": [], "caught": []}
        self.microdollars = 0
        #: The recap of the hosts; None where the run did not come to its end.
        self.stats: Mapping[str, Any] | None = None
        self._now = 0.0
        self._play = ""
        self._rows: list[TaskRow] = []
        self._left_out = 0
        self._last_left_out: object = None
        self._open: dict[_Key, int] = {}
        self._announced: dict[_Key, float] = {}
        self._written: dict[_Key, str] = {}
        #: The task that has begun, with its place.
        self._waiting: tuple[_Key, str] | None = None
        self._last: dict[str, float] = {}
        self._segments: dict[str, list[dict[str, Any]]] = {}
        self._counts: dict[str, Counter[str]] = {}

    @classmethod
    def of(cls, events: Iterable[Mapping[str, Any]]) -> Timeline:
        """That of all these events."""
        timeline = cls()
        for event in events:
            timeline.add(event)
        return timeline

    @classmethod
    def together(cls, runs: Iterable[Timeline]) -> Timeline:
        """That of runs of one playbook, each on hosts of its own: what is one task in the playbook is one task here."""
        merged = cls()
        begun = sorted(((run.began, run) for run in runs if run.began is not None), key=lambda one: one[0])
        for began, run in begun:
            merged._take(run, began)
        merged._sort()
        return merged

    def add(self, event: Mapping[str, Any]) -> None:
        """The next event of the run; one that is none changes nothing."""
        kind, time = event.get("event"), moment(event.get("time"))
        if time is None:
            return
        self.began = time if self.began is None else self.began
        self._now = max(self._now, time - self.began)
        self.microdollars = max(self.microdollars, count(event.get("microdollars")))
        if kind == "start" and len(self.playbooks) < _MAX_PLAYBOOKS:
            self.playbooks.append(name(event.get("playbook")))
        elif kind == "play":
            self._play = name(event.get("written", event.get("play")))
        elif kind == "task":
            self._announce(event)
        elif kind == "result":
            self._result(event)
        elif kind == "end":
            hosts = event.get("hosts", event.get("stats"))
            self.stats = hosts if isinstance(hosts, Mapping) else None

    @property
    def ended(self) -> float | None:
        return None if self.began is None else self.began + self._now

    def counted(self) -> dict[str, dict[str, int]]:
        """The stats of the hosts until now, by their results."""
        return {host: dict(counts) for host, counts in self._counts.items()}

    def as_dict(self) -> dict[str, Any]:
        """As the document has it."""
        rows = list(self._rows)
        if self._waiting is not None and len(rows) < MAX_TASKS:  # it ran when the run ended
            key, path = self._waiting
            rows.append(TaskRow(self._written[key], self._play, path, self._announced[key], self._now))
        lanes = sorted(self._segments.items(), key=lambda lane: not any(_is_bad(one["status"]) for one in lane[1]))
        return {
            "seconds": round(self._now, 3),
            "tasks": [_row(row) for row in rows],
            "tasks_left_out": self._left_out,
            "hosts": [{"host": host, "segments": segments} for host, segments in lanes[:MAX_LANES]],
            "hosts_left_out": max(0, len(self._counts) - MAX_LANES),
        }

    def _take(self, run: Timeline, began: float) -> None:
        """Add a run, of which none that was taken has begun later."""
        self.began = began if self.began is None else self.began
        offset = began - self.began
        self._now = max(self._now, offset + run._now)
        self.playbooks += [one for one in run.playbooks if one not in self.playbooks][:_MAX_PLAYBOOKS]
        self.failed += run.failed
        self.failures = {kind: [*kept, *run.failures[kind]][:_MAX_FAILURES] for kind, kept in self.failures.items()}
        self.microdollars = max(self.microdollars, run.microdollars)
        self.stats = {**(self.stats or {}), **(run.stats or run.counted())}
        self._counts.update(run._counts)
        self._left_out += run._left_out
        numbers = self._take_rows(run, offset)
        for host, segments in run._segments.items():
            if host in self._segments or len(self._segments) < _MAX_TRACKED:
                self._segments.setdefault(host, []).extend(
                    {**one, "task": numbers[one["task"]], **_moved(one, offset)}
                    for one in segments
                    if one["task"] in numbers
                )

    def _take_rows(self, run: Timeline, offset: float) -> dict[int, int]:
        """Add the tasks of a run; the number that each has here, by its number there."""
        numbers: dict[int, int] = {}
        times: Counter[_Key] = Counter()
        for number, row in enumerate(run._rows):
            task = (row.name, row.play, row.path)
            times[task] += 1
            known = self._open.get((*task, times[task]))
            if known is None and len(self._rows) >= MAX_TASKS:
                self._left_out += 1
                continue
            if known is None:
                known = self._open[(*task, times[task])] = len(self._rows)
                self._rows.append(TaskRow(*task, row.start + offset, row.end + offset))
            own = self._rows[known]
            own.start, own.end = min(own.start, row.start + offset), max(own.end, row.end + offset)
            own.results.update(row.results)
            own.hosts |= row.hosts
            numbers[number] = known
        return numbers

    def _sort(self) -> None:
        """Put the tasks in the order in which they began."""
        order = sorted(range(len(self._rows)), key=lambda number: self._rows[number].start)
        self._rows = [self._rows[number] for number in order]
        places = {number: place for place, number in enumerate(order)}
        for segments in self._segments.values():
            segments[:] = [{**one, "task": places[one["task"]]} for one in segments]

    def _announce(self, event: Mapping[str, Any]) -> None:
        key = self._key(event)
        if key in self._announced or len(self._announced) < 2 * MAX_TASKS:
            self._announced[key] = self._now
            self._written[key] = name(event.get("written", event.get("task")))
            self._waiting = key, name(event.get("path"))

    def _key(self, event: Mapping[str, Any]) -> _Key:
        """What tells a task apart: a number, as the name in a result can have values of its host; else its name."""
        return (count(event["number"]),) if "number" in event else (self._play, name(event.get("task")))

    def _result(self, event: Mapping[str, Any]) -> None:
        host, status, key = name(event.get("host")), _status(event), self._key(event)
        if status is None or not host:
            return
        if self._waiting is not None and key == self._waiting[0]:
            self._waiting = None
        self.failed += _is_bad(status)
        if host in self._counts or len(self._counts) < _MAX_HOSTS:
            self._counts.setdefault(host, Counter()).update(_STATS[status])
        start = min(max(self._announced.get(key, 0.0), self._last.get(host, 0.0)), self._now)
        if host in self._counts:
            self._last[host] = self._now
        if "msg" in event and status not in ("ok", "changed", "skipped"):
            self._failure(event, key)
        number = self._row_of(key, host, start, event)
        if number is None:
            return
        row = self._rows[number]
        row.end = self._now
        row.results[status] += 1
        if host in self._segments or len(self._segments) < _MAX_TRACKED:
            row.hosts.add(host)
            segment = {"task": number, "start": round(start, 3), "end": round(self._now, 3), "status": status}
            self._segments.setdefault(host, []).append(segment)

    def _failure(self, event: Mapping[str, Any], key: _Key) -> None:
        kept = self.failures["caught" if event.get("ignored") or event.get("rescued") else "fatal"]
        if len(kept) < _MAX_FAILURES:
            names = {"task": self._written.get(key, event.get("task")), "play": self._play}
            kept.append({**event, **names, "unreachable": event.get("status") == "unreachable"})

    def _row_of(self, key: _Key, host: str, start: float, event: Mapping[str, Any]) -> int | None:
        """The row of a task; a new one for a task that runs again on the same host, such as one that is included."""
        number = self._open.get(key)
        if number is not None and host not in self._rows[number].hosts:
            return number
        if len(self._rows) >= MAX_TASKS:
            left_out = key, self._announced.get(key)
            self._left_out += left_out != self._last_left_out
            self._last_left_out = left_out
            return None
        task = self._written.get(key) or name(event.get("task"))
        row = TaskRow(task, self._play, name(event.get("path")), self._announced.get(key, start), self._now)
        self._rows.append(row)
        self._open[key] = len(self._rows) - 1
        return self._open[key]


def _status(event: Mapping[str, Any]) -> str | None:
    status = event.get("status")
    if status in ("failed", "unreachable") and event.get("ignored"):
        return "ignored"
    if status == "failed" and event.get("rescued"):
        return "rescued"
    return status if isinstance(status, str) and status in STATUSES else None


def _moved(segment: Mapping[str, Any], offset: float) -> dict[str, float]:
    return {name: round(segment[name] + offset, 3) for name in ("start", "end")}


def _is_bad(status: str) -> bool:
    return status in ("failed", "unreachable")


def _row(row: TaskRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "play": row.play,
        "path": row.path,
        "start": round(row.start, 3),
        "end": round(row.end, 3),
        "results": {status: row.results[status] for status in STATUSES if row.results[status]},
    }
