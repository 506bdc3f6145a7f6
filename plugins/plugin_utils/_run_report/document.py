# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The document: all that a report says, as JSON. Its schema is docs/reference/report.schema.json."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import (
    FAILED,
    RUNNING,
    STATES,
    SUCCEEDED,
)

from .checked import count, mapping, message, moment, name, names, number, utc
from .content import cost_of, exit_code, files_of, missing_system_packages, venv_of
from .failures import failures_of
from .requirements import requirements_of
from .timeline import Timeline
from .verdict import verdict

SCHEMA = 1
#: What a report says of a run that was not wanted, because it is check mode, or came to nothing.
NOT_RUN = "not_run"
#: What a report of the phone gate says of a run that was refused before anything ran.
REFUSED = "refused"
MAX_HOSTS = 200
#: The steps before the run, and the run, as the role names their results.
_STEPS = {
    "command": "The start of the playbook",
    "needs": "The analysis of the playbook",
    "built": "The build of the venv",
    "run": "The run of the playbook",
}
_COUNTS = ("ok", "changed", "skipped", "rescued", "ignored", "failures", "unreachable")

Results = Mapping[str, Mapping[str, Any]]


def report_document(
    *,
    playbook: str,
    results: Results | None,
    events: Iterable[Mapping[str, Any]] = (),
    status: Mapping[str, Any] | None = None,
    timeline: Timeline | None = None,
    parts: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The report of a run.

    ``results`` are those of the steps, as the role ``run_playbook`` returns them (``needs``, ``built``, ``run``), and
    ``torrent``, what the role ``torrent`` returns; none of them must be there, and all are None where the run has only
    begun. ``events`` are lines of an ``events.jsonl``, ``status`` is a ``status.json``. Who has counted the events
    already gives the ``timeline``. ``parts`` is what :func:`together` makes of the reports of hosts.
    """
    timeline = timeline or Timeline.of(events)
    has_begun_only, results, status = results is None, results or {}, mapping(status)
    run = mapping(results.get("run"))
    state = RUNNING if has_begun_only and not status else _state(status, results)
    stats = _stats(run.get("stats") or timeline.stats or timeline.counted())
    failures = failures_of(run.get("failed_tasks"), timeline)
    step, said = _failed_step(results)
    started = moment(status.get("started"))
    began, ended = (timeline.began if started is None else started), timeline.ended
    if state != RUNNING:
        ended = max(filter(None, (ended, moment(status.get("updated")))), default=None)
    known: dict[str, Any] = {
        "schema": SCHEMA,
        "id": name(status.get("id")) or None,
        "playbook": name(playbook) or ", ".join(timeline.playbooks),
        "state": state,
        "verdict": "",
        "message": said if state in (FAILED, REFUSED) and not failures.fatal else "",
        "started": utc(began),
        "ended": utc(ended) if state != RUNNING else None,
        "seconds": _seconds(run, began, ended),
        "rc": exit_code(run.get("rc")),
        "exit_codes": [],
        "hosts": {"count": len(stats), "left_out": max(0, len(stats) - MAX_HOSTS), "items": stats[:MAX_HOSTS]},
        "failures": failures.as_dict(),
        "timeline": timeline.as_dict(),
        "unmatched_plays": names(run.get("unmatched_plays"), MAX_HOSTS),
        "requirements": requirements_of(mapping(results.get("needs")), mapping(results.get("built"))),
        "venv": venv_of(mapping(results.get("built"))),
        "other_venvs": [],
        "missing_system_packages": missing_system_packages({"": mapping(results.get("built"))}),
        "files": files_of(run, mapping(results.get("torrent"))),
        "cost": cost_of(mapping(results.get("torrent")), status, timeline.microdollars),
        **(parts or {}),
    }
    return {**known, "verdict": verdict(known, step=step, status=status)}


def _state(status: Mapping[str, Any], results: Results) -> str:
    if status.get("state") in (*STATES, REFUSED):
        return str(status["state"])
    if _failed_step(results)[0] or mapping(results.get("torrent")).get("error"):
        return FAILED
    return SUCCEEDED if "stats" in mapping(results.get("run")) else NOT_RUN


def _failed_step(results: Results) -> tuple[str, str]:
    """What failed, and what it says; nothing where nothing did."""
    for step, title in _STEPS.items():
        result = mapping(results.get(step))
        if result.get("unreachable"):
            return "The connection to the host", message(result.get("msg"))
        if result.get("failed") or result.get("error_code"):
            return title, message(result.get("msg"))
    torrent = mapping(results.get("torrent"))
    return ("The download", message(torrent["error"])) if torrent.get("error") else ("", "")


def _stats(given: Any) -> list[dict[str, Any]]:
    """The hosts with their counts, those with a problem first."""
    rows = [
        {"host": name(host), **{key: count(mapping(counts).get(key)) for key in _COUNTS}}
        for host, counts in mapping(given).items()
    ]
    return sorted(rows, key=lambda row: (not (row["failures"] or row["unreachable"]), row["host"]))


def _seconds(run: Mapping[str, Any], began: float | None, ended: float | None) -> float | None:
    known = number(run.get("duration"))
    if known is None and began is not None and ended is not None:
        known = max(0.0, ended - began)
    return None if known is None else round(known, 3)
