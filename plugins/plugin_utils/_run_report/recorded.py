# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The report of the ``ansible-playbook`` that runs: its callback tells what happens, and at the end it is written."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import FAILED, STOPPED, SUCCEEDED
from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress_watcher import utc_now

from .document import report_document
from .report_file import ReportFile
from .timeline import Timeline

#: The descriptor of a file with the results of the analysis and the build, which the command hands over.
DERIVED_VARIABLE = "MOBILE_ANSIBLE_VENV_REPORT_DERIVED"
PATH_VARIABLE = "MOBILE_ANSIBLE_VENV_PROGRESS_REPORT"
_MAX_KEPT = 500
#: What the exit codes of ansible-playbook mean that are none of a failure.
_STATES = {0: SUCCEEDED, 99: STOPPED}


class RecordedRun:
    """Takes what the callback hears. What cannot be written is a warning: it changes nothing of the run."""

    def __init__(self, file: ReportFile, warn: Callable[[str], None]) -> None:
        self._file = file
        self._warn = warn
        derived = _derived()
        self._playbook = str(derived.pop("playbook", ""))
        self._derived = derived
        self._rc: int | None = None
        self._ended: tuple[str, Mapping[str, Any], dict[str, Any]] | None = None
        self._timeline = Timeline()
        self._fatal: list[dict[str, Any]] = []
        self._caught: list[dict[str, Any]] = []

    @classmethod
    def at(cls, path: str, warn: Callable[[str], None]) -> RecordedRun | None:
        """None where there is to be no report, or it cannot be written. A run that this one starts writes none."""
        os.environ.pop(PATH_VARIABLE, None)
        try:
            run = cls(ReportFile.at(path), warn) if path else None
        except InputError as error:
            warn(f"progress: {error.message}. The run goes on without it")
            return None
        _begun.extend([run] if run else [])
        return run

    def event(self, kind: str, details: Mapping[str, Any]) -> None:
        """What is in ``events.jsonl`` as well."""
        self._timeline.add({"event": kind, "time": utc_now(), **details})

    def failure(self, **details: Any) -> None:
        """A task that failed, with its message, which is in no other file."""
        kept = self._caught if details["ignored"] or details["rescued"] else self._fatal
        if len(kept) < _MAX_KEPT:
            kept.append(details)

    def end(self, state: str, details: Mapping[str, Any], status: Mapping[str, Any]) -> None:
        """Write it; ``status`` is what ``status.json`` has."""
        self.event("end", details)
        self._ended = (state, details, {**status, "state": state, "updated": utc_now()})
        self._write(*self._ended)

    def exit_code(self, code: int) -> None:
        """Add it, also to what is written already. A run that has not ended by now is told of its end later."""
        self._rc = code
        if self._ended is not None:
            self._write(*self._ended)

    def _write(self, state: str, details: Mapping[str, Any], status: Mapping[str, Any]) -> None:
        run: dict[str, Any] = {"failed_tasks": [*self._fatal, *self._caught], "rc": self._rc}
        if state == FAILED:
            run.update(failed=True, msg="An error stopped the run. The output of ansible-playbook tells which.")
        results = {**self._derived, "run": {**run, "stats": details.get("hosts")}}
        playbook = "" if self._timeline.playbooks else self._playbook
        document = report_document(playbook=playbook, results=results, status=status, timeline=self._timeline)
        try:
            self._file.write(document)
        except InputError as error:
            self._warn(f"progress: {error.message}")


#: Those of this process, the newest last.
_begun: list[RecordedRun] = []


def tell_exit_code(code: int) -> None:
    """Say with which exit code the program of this process ends; an error can have stopped it before any callback."""
    if _begun:
        _begun[-1].exit_code(code)
        return
    run = RecordedRun.at(os.environ.get(PATH_VARIABLE, ""), lambda text: print(f"[WARNING]: {text}", file=sys.stderr))
    if run is not None:
        run.exit_code(code)
        run.end(_STATES.get(code, FAILED), {}, {})


def _derived() -> dict[str, Any]:
    """What the command knows of the venv; nothing where another program started this one."""
    number = os.environ.pop(DERIVED_VARIABLE, "")
    if not number.isdecimal():
        return {}
    try:
        with os.fdopen(int(number), "rb") as stream:
            stream.seek(0)
            derived = json.load(stream)
    except (OSError, ValueError, RecursionError):
        return {}
    return derived if isinstance(derived, dict) else {}
