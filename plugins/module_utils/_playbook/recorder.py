# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A callback plugin that records what a run did, one JSON object a line. Its source is copied to where a run works.

It is loaded by the inner Ansible, of whatever version, beside the user's own callbacks, and never speaks. It stands
alone: nothing of this collection is on the path there. Events (key ``event``): ``play``, ``no_hosts``, ``result`` (one
host, one task; ``status`` is ok, changed, failed, skipped or unreachable), ``end`` (stats). Paths in the project are
relative to it, since it may be a copy that is gone afterwards. Results carry a message only where a task failed, as
Ansible's own output would show it: what ``no_log`` hides stays hidden.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

DOCUMENTATION = """
name: recorder
type: notification
short_description: Record a run as JSON lines
description:
  - Writes one JSON object a line to the file that the environment variable MOBILE_ANSIBLE_VENV_EVENTS names.
"""

# Ansible has its base class loaded when it loads this. The module that copies this file imports it too, and there an
# import of ansible.plugins, where it succeeds, breaks ansible.module_utils.
CallbackBase: Any = getattr(sys.modules.get("ansible.plugins.callback"), "CallbackBase", object)

EVENTS_VARIABLE = "MOBILE_ANSIBLE_VENV_EVENTS"
PROJECT_VARIABLE = "MOBILE_ANSIBLE_VENV_PROJECT"
MESSAGE_LIMIT = 4000
_TELLING = ("msg", "reason", "stderr", "stdout", "module_stderr", "module_stdout", "exception")
_SAYS_NOTHING = "non-zero return code"
_HIDDEN = "the output has been hidden: no_log is set for this task"


class CallbackModule(CallbackBase):
    """Writes the events; does nothing where no file is named, such as in a run that a playbook starts itself."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "mobile_ansible_venv_recorder"
    CALLBACK_NEEDS_ENABLED = False

    def __init__(self) -> None:
        super().__init__()
        self._path = os.environ.pop(EVENTS_VARIABLE, "")
        self.disabled = not self._path
        self._project = os.path.join(os.environ.pop(PROJECT_VARIABLE, ""), "")
        self._play = ""

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._play = play.get_name()
        self._write(event="play", play=self._play, path=self._place(play))

    def v2_playbook_on_no_hosts_matched(self) -> None:
        self._write(event="no_hosts", play=self._play)

    def v2_runner_on_ok(self, result: Any) -> None:
        self._result(result, "changed" if result.is_changed() else "ok")

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._result(result, "skipped")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        task = _part(result, "task")
        flags = {"ignored": bool(ignore_errors), "rescued": not ignore_errors and is_rescued(task)}
        self._result(result, "failed", msg=_message(_part(result, "result")), changed=result.is_changed(), **flags)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        ignored = bool(getattr(_part(result, "task"), "ignore_unreachable", False))
        self._result(result, "unreachable", msg=_message(_part(result, "result")), ignored=ignored, rescued=False)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        summaries = {host: stats.summarize(host) for host in sorted(stats.processed)}
        custom = {str(scope): values for scope, values in stats.custom.items()}
        self._write(event="end", stats=summaries, custom=custom)

    def _result(self, result: Any, status: str, **more: Any) -> None:
        task = _part(result, "task")
        self._write(
            event="result",
            status=status,
            host=_part(result, "host").get_name(),
            play=self._play,
            task=result.task_name,
            action=task.action,
            path=self._place(task),
            **more,
        )

    def _place(self, item: Any) -> str:
        """FILE:LINE."""
        path = str(item.get_path() or "")
        return path[len(self._project) :] if path.startswith(self._project) else path

    def _write(self, **event: Any) -> None:
        """Append one line; the file is opened each time, for a worker that is forked must not hold a part of it."""
        event["time"] = round(time.time(), 3)
        line = json.dumps(event, default=str, ensure_ascii=True) + "\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        try:
            os.write(descriptor, line.encode("ascii"))
        finally:
            os.close(descriptor)


def is_rescued(task: Any) -> bool:
    """Whether the failure of ``task`` is caught by a ``rescue``: some block around it has one and is in its main part.

    Copies of a task keep their ``_uuid``; includes and roles are parents like blocks.
    """
    child, parent = task, getattr(task, "_parent", None)
    while parent is not None:
        in_main_part = any(item._uuid == child._uuid for item in getattr(parent, "block", None) or ())
        if in_main_part and getattr(parent, "rescue", None):
            return True
        child, parent = parent, getattr(parent, "_parent", None)
    return False


def _part(result: Any, name: str) -> Any:
    """The host, task or result of a task result: public since core 2.19, with an underscore before."""
    return getattr(result, name) if hasattr(result, name) else getattr(result, f"_{name}")


def _message(result: Any) -> str:
    """What the task says about its failure; of a loop, what its first failing item says."""
    if "censored" in result:
        return _HIDDEN
    items = [item for item in result.get("results") or () if isinstance(item, dict)]
    failing = next((item for item in items if item.get("failed") or item.get("unreachable")), None)
    if failing is not None:
        return _HIDDEN if failing.get("_ansible_no_log") else _message({**failing, "results": None})
    texts = {key: str(result[key]).strip() for key in _TELLING if result.get(key)}
    text = next(iter(texts.values()), "no message was given")
    if text == _SAYS_NOTHING:
        text = ": ".join([text, *(texts[key] for key in ("stderr", "stdout") if key in texts)][:2])
    return text if len(text) <= MESSAGE_LIMIT else text[:MESSAGE_LIMIT] + " […]"
