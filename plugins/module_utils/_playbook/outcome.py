# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The outcome of a run, from its events and its log, and whether it counts as failed."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._errors import VenvError
from .._printable import listed, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .options import RunRequest

#: How many entries of a list are returned; the events file has them all.
LIST_LIMIT = 500
_LOG_TAIL_BYTES = 16_384
#: The longest line of events that is read; the recorder's own are far shorter, but for what set_stats holds.
_LONGEST_EVENT = 16 * 1024 * 1024
_ERROR_LINES = 12
_UNREACHABLE = "unreachable"
#: The lines of a file that Ansible shows below their place (``SourceContext`` in its ``_error_utils.py``).
_SOURCE = re.compile(r"^(Origin: .*)\n\n(?:.+(?:\n|\Z))+", re.MULTILINE)


class RunError(VenvError):
    """The playbook ran and failed, or could not be run."""

    code = "run_failed"


@dataclass(frozen=True)
class FailedTask:
    """A task that failed on a host, or could not reach it."""

    host: str
    play: str
    task: str
    action: str
    msg: str
    path: str
    ignored: bool = False
    rescued: bool = False
    unreachable: bool = False


@dataclass(frozen=True)
class ChangedTask:
    """A task that changed a host."""

    host: str
    play: str
    task: str
    action: str
    path: str


@dataclass(frozen=True)
class RunOutcome:
    """A run, as its events tell. ``ended`` says whether it came to its end, ``refused`` why the recorder ended it.

    ``unmatched`` are plays that no host matched, ``patterns`` the ``hosts`` of these.
    """

    stats: dict[str, dict[str, int]] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)
    failed: tuple[FailedTask, ...] = ()
    changed: tuple[ChangedTask, ...] = ()
    plays: int = 0
    unmatched: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    ended: bool = False
    refused: str = ""

    @property
    def fatal(self) -> tuple[FailedTask, ...]:
        """The failures that nothing caught at once; ``meta: clear_host_errors`` may still forgive them."""
        return tuple(task for task in self.failed if not task.ignored and not task.rescued)

    def is_changed(self) -> bool:
        return bool(self.changed) or any(counts.get("changed") for counts in self.stats.values())


@dataclass(frozen=True)
class Ending:
    """How the process of the run ended; ``cut_short`` is None, ``timeout``, ``log_limit`` or ``orphaned``."""

    rc: int
    signal: int = 0
    cut_short: str | None = None


def read_events(path: str) -> RunOutcome:
    """Read an events file; one that does not exist, or whose last line is torn, is a run that did not come so far.

    The playbook can write to the file too: a line that is no event counts as one that is not there.
    """
    failed: list[FailedTask] = []
    changed: list[ChangedTask] = []
    unmatched: list[str] = []
    patterns: list[str] = []
    plays, end, refused = 0, None, ""
    for event in _events(path):
        kind, status = event.get("event"), event.get("status")
        if kind == "result" and status in ("failed", _UNREACHABLE):
            failed.append(_failed(event))
        if kind == "result" and (status == "changed" or event.get("changed")):
            changed.append(ChangedTask(**_texts(event, "host", "play", "task", "action", "path")))
        if kind == "play":
            plays += 1
        if kind == "no_hosts":
            unmatched.append(str(event.get("play")))
            patterns.append(str(event.get("hosts") or event.get("play")))
        if kind == "prompt":
            refused = refused or str(event.get("msg"))
        if kind == "end" and isinstance(event.get("stats"), dict) and isinstance(event.get("custom"), dict):
            end = event
    return RunOutcome(
        stats=end["stats"] if end else {},
        custom=end["custom"] if end else {},
        failed=tuple(failed),
        changed=tuple(changed),
        plays=plays,
        unmatched=tuple(unmatched),
        patterns=tuple(patterns),
        ended=end is not None,
        refused=refused,
    )


def problem(outcome: RunOutcome, ending: Ending, *, request: RunRequest, log: str) -> str | None:
    """Why the run of ``request`` counts as failed, in words for the user; None when all is well."""
    if ending.cut_short == "timeout":
        return f"the playbook was stopped: it ran longer than the timeout of {request.timeout} s"
    if ending.cut_short == "log_limit":
        return (
            f"the playbook was stopped: its log or its events are more than {request.log_limit} MiB; "
            "decrease verbosity, or increase log_limit"
        )
    if ending.cut_short:
        return "the playbook was stopped: the task that waited for it was ended"
    if ending.signal:
        return f"the playbook was stopped by signal {ending.signal} before its end"
    if outcome.refused:
        return outcome.refused
    if ending.rc != 0 and outcome.fatal:
        return _told(outcome.fatal)
    if ending.rc != 0:
        return last_error(log) or f"ansible-playbook ended with {ending.rc} and no output"
    if not outcome.ended:
        return "ansible-playbook ended without a record of the run: was the callback plugin switched off?"
    return _left_out(outcome, request)


def _left_out(outcome: RunOutcome, request: RunRequest) -> str | None:
    """What a run that ended well did not do, where that is no success; None where it is."""
    if not outcome.stats and outcome.plays == len(outcome.unmatched):
        hosts = (
            f"the hosts of the plays ({_quoted(outcome.patterns)}), "
            if outcome.patterns
            else "the hosts of the plays, "
        )
        return f"no host matched: nothing was run; check {hosts}the inventory and the limit"
    starts_at = any(argument.startswith("--start-at-task") for argument in request.arguments)
    if not outcome.stats and (request.tags or request.skip_tags or starts_at):
        return "no task matched: nothing was run; check the tags and the task to start at"
    # With a limit plays for other hosts match none by intention.
    if outcome.unmatched and request.limit is None and not request.allow_unmatched:
        hosts = (
            f" (hosts: {_quoted(outcome.patterns[:1])})"
            if outcome.patterns[:1] not in ((), outcome.unmatched[:1])
            else ""
        )
        return (
            f"no host matched the play {outcome.unmatched[0]!r}{hosts}; the other plays ran. "
            "Use hosts that exist, or set allow_unmatched if this is intended"
        )
    return None


def _quoted(patterns: tuple[str, ...]) -> str:
    return listed([repr(shortened(one)) for one in dict.fromkeys(patterns)])


def last_error(log: str) -> str:
    """The last error that Ansible wrote to the log, with the lines that belong to it, but for those of the source."""
    try:
        with open(log, "rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - _LOG_TAIL_BYTES))
            lines = stream.read().decode("utf-8", "replace").rstrip().splitlines()
    except OSError:
        return ""
    starts = [number for number, line in enumerate(lines) if line.startswith(("[ERROR]", "ERROR!", "ERROR:"))]
    if not starts:
        return "\n".join(lines[-3:])
    whole = _SOURCE.sub(r"\1\n", "\n".join(lines[starts[-1] :]))
    chosen = "\n".join(whole.splitlines()[:_ERROR_LINES]).strip()
    for prefix in ("[ERROR]:", "ERROR!", "ERROR:"):
        chosen = chosen[len(prefix) :].strip() if chosen.startswith(prefix) else chosen
    return chosen


def _told(fatal: tuple[FailedTask, ...]) -> str:
    first = fatal[0]
    others = f" (and {len(fatal) - 1} more)" if len(fatal) > 1 else ""
    verb = "could not be reached" if first.unreachable else f"failed in task {first.task!r}"
    return f"{first.host} {verb}{others}: {first.msg}"


def _failed(event: dict[str, Any]) -> FailedTask:
    return FailedTask(
        **_texts(event, "host", "play", "task", "action", "msg", "path"),
        ignored=bool(event.get("ignored")),
        rescued=bool(event.get("rescued")),
        unreachable=event["status"] == _UNREACHABLE,
    )


def _texts(event: dict[str, Any], *names: str) -> dict[str, str]:
    return {name: str(event.get(name, "")) for name in names}


def _events(path: str) -> Iterator[dict[str, Any]]:
    try:
        with open(path, "rb") as stream:
            for line in iter(lambda: stream.readline(_LONGEST_EVENT), b""):
                event = _parsed(line)
                if isinstance(event, dict):
                    yield event
    except FileNotFoundError:
        return


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line) if line.endswith(b"\n") else None
    except (ValueError, RecursionError):
        return None
