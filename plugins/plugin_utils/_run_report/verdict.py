# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a run came to, in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import (
    DIED,
    FAILED,
    STOPPED,
    SUCCEEDED,
    checked_percent,
)

from .._units import counted, duration
from .checked import name

_UNKNOWN = "The end of the run is not known: it goes on, or it was ended before it could be told."


def verdict(document: Mapping[str, Any], *, step: str, status: Mapping[str, Any]) -> str:
    """``step`` is what failed, where something did; ``status`` is that of the progress, where it is known."""
    state, hosts = document["state"], document["hosts"]
    seconds = document["seconds"]
    after = f" after {duration(seconds)}" if seconds is not None else ""
    if state == SUCCEEDED and not hosts["count"] and not document["timeline"]["tasks"]:
        lasted = f" in {duration(seconds)}" if seconds is not None else ""
        return f"Ended{lasted}; no host had a task."
    if state == SUCCEEDED:
        changed = sum(1 for one in hosts["items"] if one["changed"])
        told = f"Succeeded on {counted(hosts['count'], 'host')}" if hosts["count"] else "Succeeded"
        lasted = f" in {duration(seconds)}" if seconds is not None else ""
        return f"{told}{lasted}; {_changed(changed, hosts)}."
    if state == FAILED:
        return f"{_failed(document, step)}{after}."
    if state == STOPPED:
        return f"Stopped{after}, before its end."
    if state == DIED:
        return f"Killed{after}, before its end."
    if state == "refused":
        return "Refused: the analysis found that it cannot run. Nothing was run."
    return "Nothing was run." if state == "not_run" else _running(status)


def _running(status: Mapping[str, Any]) -> str:
    percent = checked_percent(status.get("percent"))
    return _UNKNOWN if percent is None else f"It goes on, {int(percent)} % are done: {name(status.get('step'))}"


def _changed(changed: int, hosts: Mapping[str, Any]) -> str:
    if not changed:
        return "nothing was changed"
    more = "at least " if hosts["left_out"] else ""
    return f"{more}{counted(changed, 'host')} {'was' if changed == 1 else 'were'} changed"


def _failed(document: Mapping[str, Any], step: str) -> str:
    hosts = document["hosts"]
    bad = [one for one in hosts["items"] if one["failures"] or one["unreachable"]]
    fatal = [one for one in document["failures"]["items"] if not one["ignored"] and not one["rescued"]]
    if fatal and bad:
        number = f"{len(bad)} or more" if hosts["left_out"] and len(bad) == len(hosts["items"]) else str(len(bad))
        first = fatal[0]
        return f"Failed on {number} of {counted(hosts['count'], 'host')} ({first['host']}, {_what(first)})"
    return f"{step or 'The run'} failed"


def _what(failure: Mapping[str, Any]) -> str:
    """The task; a step that is none says why it failed."""
    if failure["unreachable"]:
        return "could not be reached"
    if failure["task"]:
        return f"task: {failure['task']}"
    return name(" ".join(failure["message"].split())).rstrip(".") or str(failure["action"])
