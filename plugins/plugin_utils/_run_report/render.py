# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""One HTML file from the document alone: no script, no link, no request. The template escapes all that is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import escape

from .._units import counted, dollars, duration, size

_TEMPLATE = Path(__file__).with_name("report.html.j2")
#: The width of a chart in its own units, the smallest width of a bar, and what separates wide ones.
_WIDTH, _LEAST, _GAP, _WIDE = 1000, 2, 2, 20
#: From the least to the most severe: what is drawn last is on top.
_SEVERITY = ("skipped", "ok", "changed", "ignored", "rescued", "unreachable", "failed")
_STATES = {
    "running": ("…", "end unknown"),
    "succeeded": ("✓", "succeeded"),
    "failed": ("✗", "failed"),
    "stopped": ("■", "stopped"),
    "died": ("✗", "killed"),
    "not_run": ("–", "not run"),
    "refused": ("✗", "refused"),
}
#: More tasks are in a part that is opened.
_MAX_OPEN_TASKS = 40
_MAX_NAMED_HOSTS = 10
#: Of a message that is much longer.
_MAX_SEEN, _MAX_SEEN_LINES = 400, 8
#: Of all messages together, as the page has them; of one that does not fit in, only so much of its first line is shown.
_MAX_MESSAGES, _LEAST_SEEN = 12_000, 100
#: Of the names of all tasks together, in bytes of the page: so many for each of them, and for this number of tasks at
#: least. Where they do not fit in, each is cut to the first of these lengths with which they do, or to the last one.
_OF_A_NAME, _NAMED_TASKS, _LENGTHS = 100, 200, (200, 150, 100, 75, 50, 35, 25, 15)


def render(document: Mapping[str, Any]) -> str:
    """The page."""
    timeline = {**document["timeline"], "tasks": _fitting(document["timeline"]["tasks"])}
    return _template().render(
        report={**document, "timeline": timeline},
        state=_STATES[document["state"]],
        failed_codes=[one for one in document["exit_codes"] if one["rc"]],
        failures=list(_grouped(document["failures"]["items"])),
        plays=[(play, list(rows)) for play, rows in groupby(timeline["tasks"], key=lambda row: row["play"])],
        is_short=len(timeline["tasks"]) <= _MAX_OPEN_TASKS,
        bars=lambda row: _bars([(row["start"], row["end"], _worst(row["results"]))], timeline["seconds"]),
        lane=lambda segments: _bars(
            [(one["start"], one["end"], one["status"]) for one in segments], timeline["seconds"]
        ),
        used=_used(timeline),
        slowest=_slowest(timeline["tasks"]),
    )


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(counted=counted, dollars=dollars, duration=duration, size=size)
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))


def _bars(parts: Iterable[tuple[float, float, str]], seconds: float) -> list[tuple[str, str]]:
    """Class and path of the bars of each status; all bars of one are one path, which is a third of the size."""
    scale = _WIDTH / seconds if seconds else 0.0
    paths: dict[str, list[str]] = {}
    for start, end, status in parts:
        left = min(round(start * scale), _WIDTH - _LEAST)
        width = min(round(end * scale), _WIDTH) - left
        width = width - _GAP if width > _WIDE else max(_LEAST, width)
        paths.setdefault(status, []).append(f"M{left} 0h{width}v8h-{width}z")
    return [(status, "".join(paths[status])) for status in (*_SEVERITY, "none") if status in paths]


def _worst(results: Mapping[str, int]) -> str:
    return next((status for status in reversed(_SEVERITY) if results.get(status)), "none")


def _used(timeline: Mapping[str, Any]) -> list[str]:
    """The statuses of the legend."""
    found = {status for row in timeline["tasks"] for status in row["results"]}
    return [status for status in _SEVERITY if status in found]


def _fitting(tasks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The tasks with as much of their names as there is room for."""
    room = _OF_A_NAME * max(len(tasks), _NAMED_TASKS)
    found: list[Mapping[str, Any]] = []
    for length in _LENGTHS:
        found = [{**row, "name": _cut(row["name"], length)} for row in tasks]
        if sum(len(escape(row["name"]).encode(errors="replace")) for row in found) <= room:
            break
    return found


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length + 1 else f"{text[:length]}…"


def _slowest(tasks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of many tasks those that took longest."""
    if len(tasks) <= _MAX_OPEN_TASKS:
        return []
    return sorted(tasks, key=lambda row: float(row["start"] - row["end"]))[:5]


def _grouped(items: Sequence[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    """One entry for a failure that several hosts have, in the order in which they came."""
    keys = ("task", "play", "action", "path", "message", "ignored", "rescued", "unreachable")
    groups: dict[tuple[Any, ...], list[str]] = {}
    left = _MAX_MESSAGES
    for item in items:
        groups.setdefault(tuple(item[key] for key in keys), []).append(item["host"])
    for values, hosts in groups.items():
        more = max(0, len(hosts) - _MAX_NAMED_HOSTS)
        failure = dict(zip(keys, values, strict=True))
        beginning = _beginning(failure["message"])
        length = len(escape(beginning)) + len(escape(failure["message"]))
        if length <= left:
            left -= length
        else:
            beginning, failure["message"] = "", _first_words(failure["message"])
        yield {**failure, "beginning": beginning, "hosts": hosts[:_MAX_NAMED_HOSTS], "more": more}


def _first_words(message: str) -> str:
    """What is shown of a message for which there is no room."""
    words = message.partition("\n")[0][:_LEAST_SEEN]
    return words if words == message else f"{words}…"


def _beginning(message: str) -> str:
    """What of a long message is seen at once; empty for a short one."""
    beginning = "\n".join(message[:_MAX_SEEN].split("\n")[:_MAX_SEEN_LINES])
    return f"{beginning}…" if len(message) > 2 * len(beginning) else ""
