# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What each host of a target has done: the report that the role wrote of it, and the events that it brought back."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from glob import escape, glob
from hashlib import sha256
from typing import Any

from ...module_utils._errors import InputError
from ...module_utils._progress import SUCCEEDED
from ...module_utils._progress_watcher import EVENTS
from ...module_utils._store.json import read_regular
from ...module_utils._torrent.run_list import listed_runs
from .._run_report.each_host import together
from .._run_report.report_file import read_events
from .._run_report.timeline import Timeline
from .spool import GateRun

#: What the name of the report of a host begins with, as a template: no name of a host is another path.
REPORT_NAME = "{{ inventory_hostname | hash('sha256') }}.json"
_MAX_REPORT = 32 << 20
_PARTS = ("rc", "venv", "missing_system_packages", "files", "unmatched_plays")


@dataclass(frozen=True)
class HostRun:
    """``report`` has what only the role knows; ``timeline`` is that of the events, None where none came back."""

    host: str
    report: Mapping[str, Any]
    timeline: Timeline | None

    @property
    def has_failed(self) -> bool:
        """Whether its own events say what made it fail."""
        return self.timeline is not None and bool(self.timeline.failures["fatal"])


def host_runs(run: GateRun) -> list[HostRun]:
    """Those of all hosts of which the playbook that starts the one that was sent has told, or that brought events."""
    told = {str(event.get("host", "")) for event in read_events(os.path.join(run.progress, EVENTS))}
    brought = {os.path.basename(os.path.dirname(path)) for path in glob(os.path.join(escape(run.results), "*", EVENTS))}
    return [
        HostRun(host, _report(run, host), _timeline(run, host, brought)) for host in sorted((told | brought) - {""})
    ]


def parts_of(runs: list[HostRun], run: GateRun) -> dict[str, Any]:
    """What these reports come to; paths of files are those in what ``result`` sends."""
    return together({one.host: one.report for one in runs if one.report}, directory=sent_by_result(run))


def sent_by_result(run: GateRun) -> str:
    """Where who asks the gate finds files."""
    return f"the tar of: result {run.ident}"


def receipt_of(run: GateRun, records: str) -> dict[str, Any]:
    """The receipt of a torrent run whose files have come, from the state directory of the torrent flow."""
    with suppress(InputError, OSError, ValueError, RecursionError):
        for one in listed_runs(records):
            if one["dest"] == run.results and one["state"] == SUCCEEDED and one["receipt"]:
                receipt = json.loads(read_regular(one["receipt"], _MAX_REPORT))
                return {"receipt": {**receipt, "directory": sent_by_result(run)}}
    return {}


def _timeline(run: GateRun, host: str, brought: set[str]) -> Timeline | None:
    return Timeline.of(read_events(os.path.join(run.results, host, EVENTS))) if host in brought else None


def _report(run: GateRun, host: str) -> dict[str, Any]:
    for path in _paths(run, host):
        with suppress(OSError, ValueError, RecursionError):
            document = json.loads(read_regular(path, _MAX_REPORT))
            if isinstance(document, dict):
                return {name: document.get(name) for name in _PARTS}
    return {}


def _paths(run: GateRun, host: str) -> Iterator[str]:
    """Where the target has several hosts, the role adds the name of each."""
    stem = os.path.join(escape(run.reports), sha256(host.encode(errors="replace")).hexdigest())
    yield from sorted(glob(f"{stem}*.json"))
