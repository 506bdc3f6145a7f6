# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A callback plugin that records what a run did, one JSON object a line. Its source is copied to where a run works.

It is loaded by the inner Ansible, of whatever version, beside the user's own callbacks, and never speaks. It stands
alone: nothing of this collection is on the path there. Events (key ``event``): ``play``, ``no_hosts``, ``task`` (it
begins), ``result`` (one host, one task; ``status`` is ok, changed, failed, skipped or unreachable), ``prompt`` (what
asks for input, which ends the run), ``end`` (stats). ``number`` tells tasks apart, and ``written`` is a name as the
playbook has it. Paths in the project are relative to it, since it may be a copy that is gone afterwards. Results carry
a message only where a task failed, as Ansible's own output would show it: what ``no_log`` hides stays hidden.

It also says how far the run is, in a small file that is replaced (``percent``, ``step``, ``done``, ``total``).

A run has no terminal, and Ansible takes that for an empty answer to whatever asks. So the recorder ends it: before
anything runs where it is certain that something will ask, otherwise when it asks.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

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
PROGRESS_VARIABLE = "MOBILE_ANSIBLE_VENV_RUN_PROGRESS"
#: Seconds between two writes of the same step.
_PROGRESS_SECONDS = 0.5
MESSAGE_LIMIT = 4000
_LONGEST_TEXT = 200
_MOST_PROMPTS = 10
_BUILTIN = "ansible.builtin."
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_TELLING = ("msg", "reason", "stderr", "stdout", "module_stderr", "module_stdout", "exception")
#: What modules say of a program that failed, up to ansible-core 2.20 and since.
_SAYS_NOTHING = ("non-zero return code", "The command exited with a non-zero return code.")
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
        self._progress = RunProgress(os.environ.pop(PROGRESS_VARIABLE, ""))
        self._play = self._hosts = ""
        self._numbers: dict[str, int] = {}
        self._asked: dict[str, dict[str, str]] = {}

    def v2_playbook_on_start(self, playbook: Any) -> None:
        plays = playbook.get_plays()
        prompts = [prompt for play in plays for prompt in (*self._variables(play), *self._pauses(play))]
        if prompts:
            self._refuse(prompts)
        self._progress.expect(plays)

    def v2_playbook_on_vars_prompt(self, varname: str, private: bool = True, prompt: Any = None, *_more: Any) -> None:
        self._refuse([_variable(varname, prompt, "")])

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._play, self._hosts = play.get_name(), written_hosts(play)
        self._write(event="play", play=self._play, written=written_name(play), path=self._place(play))
        self._progress.begin(play)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._begin(task)

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self._begin(task)

    def v2_playbook_on_no_hosts_matched(self) -> None:
        self._write(event="no_hosts", play=self._play, hosts=self._hosts)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._remember(result)

    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._remember(result)

    def v2_runner_on_ok(self, result: Any) -> None:
        self._refuse_pause(result)
        self._result(result, "changed" if result.is_changed() else "ok")

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._result(result, "skipped")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._refuse_pause(result)
        task = _part(result, "task")
        flags = {"ignored": bool(ignore_errors), "rescued": not ignore_errors and is_rescued(task)}
        self._result(
            result, "failed", msg=failure_message(_part(result, "result")), changed=result.is_changed(), **flags
        )

    def v2_runner_on_unreachable(self, result: Any) -> None:
        ignored = bool(getattr(_part(result, "task"), "ignore_unreachable", False))
        self._result(
            result, "unreachable", msg=failure_message(_part(result, "result")), ignored=ignored, rescued=False
        )

    def v2_playbook_on_stats(self, stats: Any) -> None:
        summaries = {host: stats.summarize(host) for host in sorted(stats.processed)}
        custom = {str(scope): values for scope, values in stats.custom.items()}
        self._write(event="end", stats=summaries, custom=custom)

    def _begin(self, task: Any) -> None:
        self._write(event="task", written=written_name(task), number=self._number(task), path=self._place(task))
        self._progress.tell(task)

    def _number(self, task: Any) -> int:
        return self._numbers.setdefault(task._uuid, len(self._numbers))

    def _result(self, result: Any, status: str, **more: Any) -> None:
        task = _part(result, "task")
        self._write(
            event="result",
            status=status,
            host=_part(result, "host").get_name(),
            play=self._play,
            task=result.task_name,
            number=self._number(task),
            action=task.action,
            path=self._place(task),
            **more,
        )
        self._progress.count()

    def _remember(self, result: Any) -> None:
        """An item of a loop may have asked; this is another thread, which cannot end the run."""
        task = _part(result, "task")
        if has_asked(task):
            self._asked[task._uuid] = self._pause(task)

    def _refuse_pause(self, result: Any) -> None:
        """End the run if the task has asked: its result comes before any other task begins."""
        task = _part(result, "task")
        if not _is_loop(task):  # of which each item has arguments of its own
            self._remember(result)
        asked = self._asked.get(task._uuid)
        if asked is not None:
            self._refuse([asked])

    def _refuse(self, prompts: list[dict[str, str]]) -> None:
        """End the run; Ansible lets nothing but this exception of a callback pass."""
        message = unanswered(prompts)
        self._write(event="prompt", prompts=prompts, msg=message)
        raise SystemExit(f"ERROR: {message}")

    def _variables(self, play: Any) -> Iterator[dict[str, str]]:
        """The variables that a play asks for: all without a given value, for whatever hosts and tags it is."""
        given = play.get_variable_manager().extra_vars
        for one in play.vars_prompt or ():
            if is_literal(one["name"]) and one["name"] not in given:
                yield _variable(one["name"], one.get("prompt"), self._place(play))

    def _pauses(self, play: Any) -> Iterator[dict[str, str]]:
        pauses = [] if _cli_option("start_at_task") else certain_pauses(play)
        if pauses and _has_hosts(play):
            yield from map(self._pause, pauses)

    def _pause(self, task: Any) -> dict[str, str]:
        text = "" if task.no_log else _one_line(task.args.get("prompt"))
        return {"kind": "pause", "name": _one_line(task.get_name()), "text": text, "path": self._place(task)}

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


class RunProgress:
    """How far a run is: its plays count as many tasks as they have, and a play as the results that are expected of it.

    What is included is not known before; it makes the percentage grow more slowly. Only names of tasks that the
    playbook has as they are get written: what Ansible puts in the place of an expression can be a secret.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._weights: dict[str, int] = {}
        self._play: Any = None
        self._before = self._done = self._expected = 0
        self._written = -math.inf
        self._said: dict[str, Any] = {"percent": 0.0, "step": "", "done": 0, "total": 0}

    def expect(self, plays: Iterable[Any]) -> None:
        """The plays that will come."""
        if self._path:
            self._weights.update((play._uuid, _number_of_tasks(play)) for play in plays)

    def begin(self, play: Any) -> None:
        """A play begins, or its next batch."""
        if not self._path or (self._play is not None and self._play._uuid == play._uuid):
            return
        self._before += self._weight()
        hosts = play.get_variable_manager()._inventory.get_hosts(play.hosts, ignore_restrictions=bool(play.serial))
        self._play, self._done, self._expected = play, 0, self._weights.get(play._uuid, 1) * len(hosts)

    def count(self) -> None:
        """A task has ended on a host."""
        self._done += 1
        self._said["done"] += 1
        left = max(1, self._expected - self._done)
        reached = self._before + self._weight() * self._done / (self._done + left)
        percent = 100 * reached / max(1, sum(self._weights.values()))
        self._said["percent"] = max(self._said["percent"], min(round(percent, 1), 99.9))
        self._said["total"] = self._said["done"] + left
        if time.monotonic() - self._written >= _PROGRESS_SECONDS:
            self._write()

    def tell(self, task: Any) -> None:
        """A task begins."""
        source = getattr(task, "_ds", None)
        name = source.get("name") if isinstance(source, dict) else None
        plain = isinstance(name, str) and is_literal(name)
        self._said["step"] = _one_line(name if plain else task.action)
        self._write()

    def _weight(self) -> int:
        return self._weights.get(self._play._uuid, 1) if self._play is not None else 0

    def _write(self) -> None:
        if not self._path:
            return
        self._written = time.monotonic()
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with suppress(OSError):  # a full disk ends the run by itself
            descriptor = os.open(f"{self._path}.new", flags, 0o600)
            try:
                os.write(descriptor, json.dumps(self._said).encode("ascii"))
            finally:
                os.close(descriptor)
            os.replace(f"{self._path}.new", self._path)


def _number_of_tasks(play: Any) -> int:
    """How many tasks a play has that will run on a host, as far as it is known; a play without one counts, too."""
    chosen = [task for task in _tasks(play.compile()) if _builtin_name(task) != "meta" and _is_chosen(task, play)]
    return max(1, len(chosen) + (play.gather_facts is not False))


def certain_pauses(play: Any) -> list[Any]:
    """The tasks of a play that will wait for an answer: nothing that is known only when it runs can prevent it."""
    pauses = []
    for task in _tasks(play.compile()):
        name = _builtin_name(task)
        if name == "meta" and str(task.args.get("_raw_params")).startswith("end_"):
            break
        is_conditional = task.when or task.module_defaults or _is_loop(task)
        if name == "pause" and not is_conditional and waits(task.args) and _is_chosen(task, play):
            pauses.append(task)
    return pauses


def waits(arguments: Mapping[str, Any]) -> bool:
    """Whether a pause with these arguments waits for an answer, and not for some time."""
    return all(arguments.get(name) is None for name in ("seconds", "minutes", "_variable_params"))


def has_asked(task: Any) -> bool:
    """Whether a task that ran, whose arguments have their values now, was a pause that waits for an answer."""
    return _builtin_name(task) == "pause" and waits(task.args)


def _is_loop(task: Any) -> bool:
    return task.loop is not None or bool(task.loop_with)


def _builtin_name(task: Any) -> str:
    """The name of a task's action in ansible-core, after redirects; nothing for one of a project or a collection.

    Ansible's public name for this warns where the action is a template.
    """
    resolved = getattr(task, "resolved_action" if is_literal(task.action) else "_resolved_action", None)
    return resolved[len(_BUILTIN) :] if resolved and resolved.startswith(_BUILTIN) else ""


def unanswered(prompts: list[dict[str, str]]) -> str:
    """The message for the user: what asks, and how to answer it."""
    shown = [_described(prompt) for prompt in prompts[:_MOST_PROMPTS]]
    more = f"; and {len(prompts) - len(shown)} more" if len(prompts) > len(shown) else ""
    variables = dict.fromkeys(prompt["name"] for prompt in prompts if prompt["kind"] == "vars_prompt")
    given = " ".join(f"-e {name}=VALUE" for name in list(variables)[:_MOST_PROMPTS])
    answers = [f"set it with {given}, or in a file with -e @FILE or extra_vars_files"] if variables else []
    answers += ["give the pause seconds or minutes"] if any(prompt["kind"] == "pause" for prompt in prompts) else []
    answer = ", ".join([*answers, "or use ansible-playbook-venv, which asks on the terminal"])
    return f"the playbook asks for input, but runs without a terminal: {'; '.join(shown)}{more}. To answer: {answer}"


def is_literal(value: Any) -> bool:
    """Whether a value of a playbook is known before it runs."""
    return "{{" not in str(value) and "{%" not in str(value)


def written_name(item: Any) -> str:
    """The name of a task or play as the playbook has it: what Ansible puts in the place of an expression can be secret.

    What is not in the playbook, such as the task that gathers facts, has a name of Ansible's own.
    """
    source = getattr(item, "_ds", None)
    if not isinstance(source, dict):
        return _one_line(item.get_name())
    name = source.get("name")
    other = getattr(item, "action", "") or source.get("hosts")
    plain = _EXPRESSION.sub("…", name if isinstance(name, str) else str(other or ""))
    role = getattr(item, "_role", None)
    return _one_line(f"{role.get_name()} : {plain}" if role and role.get_name() not in plain else plain)


def written_hosts(play: Any) -> str:
    """The pattern of the hosts of a play, as the playbook has it; see :func:`written_name`."""
    source = getattr(play, "_ds", None)
    hosts = source.get("hosts") if isinstance(source, dict) else None
    return _one_line(_EXPRESSION.sub("…", ",".join(map(str, hosts)) if isinstance(hosts, list) else str(hosts or "")))


def _described(prompt: Mapping[str, str]) -> str:
    text = f" ({prompt['text']})" if prompt["text"] else ""
    what = "vars_prompt" if prompt["kind"] == "vars_prompt" else "the pause in task"
    place = f"{prompt['path']}: " if prompt["path"] else ""
    return f"{place}{what} {prompt['name']!r}{text}"


def _variable(name: Any, text: Any, path: str) -> dict[str, str]:
    return {"kind": "vars_prompt", "name": _one_line(name), "text": _one_line(text), "path": path}


def _one_line(text: Any) -> str:
    """A text of the playbook for a message."""
    words = " ".join(str(text or "").split())
    return words if len(words) <= _LONGEST_TEXT else f"{words[:_LONGEST_TEXT]}…"


def _tasks(items: Iterable[Any]) -> Iterator[Any]:
    """The tasks in blocks that run unless something fails, in their order."""
    for item in items:
        if hasattr(item, "always"):
            yield from _tasks([*item.block, *item.always])
        else:
            yield item


def _is_chosen(task: Any, play: Any) -> bool:
    """Whether the tags of the run choose a task."""
    return is_literal(task.tags) and bool(task.evaluate_tags(play.only_tags, play.skip_tags, {}))


def _has_hosts(play: Any) -> bool:
    """Whether a play has hosts; those that are added while the playbook runs are not known yet."""
    inventory = getattr(play.get_variable_manager(), "_inventory", None)
    return is_literal(play.hosts) and inventory is not None and bool(inventory.get_hosts(play.hosts))


def _cli_option(name: str) -> Any:
    return sys.modules["ansible.context"].CLIARGS.get(name)


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


def failure_message(result: Any) -> str:
    """What the task says about its failure; of a loop, what its first failing item says."""
    if "censored" in result:
        return _HIDDEN
    items = [item for item in result.get("results") or () if isinstance(item, dict)]
    failing = next((item for item in items if item.get("failed") or item.get("unreachable")), None)
    if failing is not None:
        return _HIDDEN if failing.get("_ansible_no_log") else failure_message({**failing, "results": None})
    texts = {key: str(result[key]).strip() for key in _TELLING if result.get(key)}
    text = next(iter(texts.values()), "no message was given")
    if text in _SAYS_NOTHING:
        said = [texts[key] for key in ("stderr", "stdout") if key in texts]
        text = f"{text.rstrip('.')}: {said[0]}" if said else text
    return text if len(text) <= MESSAGE_LIMIT else text[:MESSAGE_LIMIT] + " […]"
