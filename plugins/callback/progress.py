# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Shows how far a playbook is: a bar for people, files for programs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: notification
author: The mobile_ansible.venv contributors (@mobile-ansible)
version_added: 0.1.0
short_description: Show how far a playbook is, as a bar on the terminal and in files for programs
description:
  - Works beside any stdout callback, for any playbook. It never changes the result of a run.
  - On a terminal it draws one line below the output of Ansible, with the percentage, the number of tasks, the time left
    and the current task.
  - For programs it writes C(status.json), which is replaced at each event, and C(events.jsonl), with one JSON object in
    each line. Their schema is C(docs/reference/progress.schema.json) in the collection.
  - If the run is killed, a small process that waits for its end writes the state V(died).
  - Both files contain names of plays, tasks, roles and hosts, and numbers. Names are written as the playbook has them,
    with V(…) for each template expression. Arguments, results and values of variables are not written.
  - The number of tasks is an estimate where tasks are included dynamically. The percentage never decreases.
requirements:
  - It must be enabled, for example with C(callbacks_enabled=mobile_ansible.venv.progress) in C(ansible.cfg).
options:
  directory:
    description:
      - The directory of C(status.json) and C(events.jsonl). It is created if it does not exist. The files of an earlier
        run are replaced. Two runs at once need two directories.
      - A relative path starts at the current directory. If it is not set, or empty, no files are written.
      - If the files cannot be written, there is a warning, and the run goes on without them.
    type: str
    default: ""
    env:
      - name: MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY
    ini:
      - section: mobile_ansible_venv_progress
        key: directory
  report:
    description:
      - A file for a report of the run, which is written at its end, also if the run fails or is interrupted. A name
        that ends in C(.html) has it as a page, one that ends in C(.json) as JSON. In a directory that exists, both are
        written, as C(report.html) and C(report.json). See C(docs/reference/report.md) in the collection.
      - A relative path starts at the current directory. If it is not set, or empty, there is no report.
      - Unlike the other files, it contains the messages of tasks that failed. It is readable by its owner only.
      - If it cannot be written, there is a warning, and the run goes on without it.
    type: str
    default: ""
    env:
      - name: MOBILE_ANSIBLE_VENV_PROGRESS_REPORT
    ini:
      - section: mobile_ansible_venv_progress
        key: report
  bar:
    description:
      - What is shown to people.
    type: str
    choices:
      auto: A bar if standard output is a terminal, otherwise as V(always).
      always: A line on standard error for each new step, without control sequences, also on a terminal.
      never: Nothing.
    default: auto
    env:
      - name: MOBILE_ANSIBLE_VENV_PROGRESS_BAR
    ini:
      - section: mobile_ansible_venv_progress
        key: bar
"""

import functools
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from ansible import constants as C
from ansible import context
from ansible.plugins.callback import CallbackBase

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.recorder import failure_message, is_rescued
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import shortened
from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import (
    FAILED,
    MAX_STEP,
    SUCCEEDED,
    checked_count,
    measures_of,
    percent_of,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress import display
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress import tasks as ansible_tasks
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress.channel import Channel
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress.run import Run

if TYPE_CHECKING:
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.recorded import RecordedRun

_PAUSE = C.add_internal_fqcns(("pause",))
_RETRY_SECONDS = 0.01
_Arguments = ParamSpec("_Arguments")


def _alone(method: Callable[Concatenate[Any, _Arguments], None]) -> Callable[Concatenate[Any, _Arguments], None]:
    """A method that changes what is counted, and does not run at once with another one in the other thread."""

    @functools.wraps(method)
    def locked(self: Any, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
        with self._lock:
            method(self, *args, **kwargs)

    return locked


class CallbackModule(CallbackBase):
    """Translates what Ansible tells into units that are expected and done."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "mobile_ansible.venv.progress"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()
        self._run: Run | None = None
        self._playbooks = 0
        self._play: Any = None
        self._begun: Counter[str] = Counter()
        self._lost: set[str] = set()
        self._running: dict[str, Any] = {}
        #: The id of the task that the step names.
        self._task = ""

    @_alone
    def v2_playbook_on_start(self, playbook: Any) -> None:
        run = self._started()
        self._playbooks += 1
        plays = playbook.get_plays()
        units = {play._uuid: _weight(play) * ansible_tasks.planned_hosts(play) for play in plays}
        # Of further playbooks on the command line nothing is known before they are read.
        further = _playbooks() - self._playbooks
        run.estimate.expect({**units, "playbooks": further * sum(units.values())})
        run.tell("start", playbook=shortened(os.path.basename(playbook._file_name or ""), MAX_STEP))

    @_alone
    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Also at each batch of ``serial``."""
        run = self._started()
        hosts = [name for name in ansible_tasks.hosts_of_play(play) if name not in self._lost]
        self._begun[play._uuid] += len(hosts)
        rest = len(ansible_tasks.hosts_of_play(play, whole=True)) - self._begun[play._uuid] if play.serial else 0
        if self._play is not None:
            run.estimate.expect({self._play._uuid: 0})
        run.estimate.expect({play._uuid: _weight(play) * max(0, rest)})
        run.estimate.begin(ansible_tasks.tasks_of_play(play), hosts)
        self._play = play
        self._running.clear()
        run.tell("play", play=ansible_tasks.play_name(play), hosts=len(hosts))

    def v2_playbook_on_vars_prompt(self, *arguments: Any, **options: Any) -> None:
        run = self._started()
        run.tell("prompt")
        run.pause()

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._step(task, handler=False)

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self._step(task, handler=True)

    @_alone
    def v2_playbook_on_notify(self, handler: Any, host: Any) -> None:
        self._started().estimate.notify(ansible_tasks.task_id(handler), host.get_name())

    @_alone
    def v2_playbook_on_include(self, included_file: Any) -> None:
        number = ansible_tasks.included_tasks(included_file, self._play)
        self._started().estimate.include([host.get_name() for host in included_file._hosts], number)

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        self._running[host.get_name()] = task
        self._started().catch_up()

    def v2_runner_on_ok(self, result: Any) -> None:
        self._finished(result, "changed" if result.is_changed() else "ok")

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._finished(result, "skipped")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        is_lost = not ignore_errors and not ansible_tasks.goes_on(result.task)
        rescued = not ignore_errors and is_rescued(result.task)
        self._tell_failure(result, ignored=bool(ignore_errors), rescued=rescued, unreachable=False)
        self._finished(result, "ignored" if ignore_errors else "failed", is_lost=is_lost, rescued=rescued)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        ignored = bool(result.task.ignore_unreachable)
        self._tell_failure(result, ignored=ignored, rescued=False, unreachable=True)
        self._finished(result, "ignored" if ignored else "unreachable", is_lost=not ignored)

    def v2_runner_retry(self, result: Any) -> None:
        self._within(result)

    def v2_runner_on_async_poll(self, result: Any) -> None:
        self._within(result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        hosts = {host: stats.summarize(host) for host in sorted(stats.processed)}
        failed = any(summary["failures"] or summary["unreachable"] for summary in hosts.values())
        if self._playbooks >= _playbooks():
            self._started().end(FAILED if failed else SUCCEEDED, hosts=hosts)
        elif failed:
            # Ansible ends here, unless ``meta: clear_host_errors`` or ``end_play`` made it forget what failed.
            self._started().end_unless_more(FAILED, hosts=hosts)

    def _started(self) -> Run:
        """The run; ``ansible-console`` has several in one process, and does not tell of their start."""
        if self._run is None or self._run.has_ended:
            asks = bool(context.CLIARGS.get("step"))
            shown = display.choose(self.get_option("bar"), self._display, asks=asks, lock=self._lock)
            directory = os.path.expanduser(self.get_option("directory"))
            report = self._report()
            warn = self._display.warning
            self._run = Run(directory=directory, display=shown, warn=warn, lock=self._lock, report=report)
            self._playbooks = 0
            if shown or directory or report:
                self._run.at_end = Channel(self._hear).close
        return self._run

    def _report(self) -> RecordedRun | None:
        path = self.get_option("report")
        if not path:
            return None
        from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.recorded import RecordedRun

        return RecordedRun.at(path, self._display.warning)

    def _tell_failure(self, result: Any, **how: bool) -> None:
        """Only a report has the message of a task that failed."""
        run, task = self._started(), result.task
        if run.report is None:
            return
        run.report.failure(
            host=result.host.get_name(),
            play=ansible_tasks.play_name(self._play) if self._play is not None else "",
            task=ansible_tasks.task_name(task),
            action=task.action,
            path=str(task.get_path() or "").removeprefix(os.path.join(os.getcwd(), "")),
            msg=failure_message(result.result),
            **how,
        )

    @_alone
    def _step(self, task: Any, *, handler: bool) -> None:
        run = self._started()
        run.step, self._task = ansible_tasks.task_name(task), task._uuid
        run.tell("task", task=run.step, handler=handler)
        if task.action in _PAUSE:
            run.pause()

    @_alone
    def _finished(self, result: Any, status: str, *, is_lost: bool = False, rescued: bool = False) -> None:
        run, task, host = self._started(), result.task, result.host.get_name()
        brings = ansible_tasks.is_include(task) and status in ("ok", "changed")
        run.estimate.finish(ansible_tasks.task_id(task), host, included=brings)
        run.counts[status] += 1
        if is_lost:
            run.estimate.lose(host)
            self._lost.add(host)
        self._running.pop(host, None)
        # Where no host is at work, the next task comes at once, or the run ends.
        name = run.step if task._uuid == self._task else ansible_tasks.task_name(task)
        details: dict[str, Any] = {"task": name, "host": shortened(host, MAX_STEP), "status": status}
        details.update({"rescued": True} if rescued else {})
        run.tell("result", more_follows=not self._running, **details)

    def _within(self, result: Any) -> None:
        """A task that is repeated, or polled, may carry the progress of what it waits for. What it says is data."""
        run, host = self._started(), result.host.get_name()
        # Ansible polls with a task of its own.
        task = self._running.get(host, result.task)
        progress = result.result.get("progress")
        if isinstance(progress, Mapping):
            self._tell_within(run, task, host, progress)

    def _hear(self, message: Mapping[str, Any]) -> None:
        """A task that runs says how far it is.

        Ansible has the lock of its display while it forks: what this thread locks is never locked in a worker. It does
        not wait for its own lock meanwhile, because who has that may wait for the display.
        """
        while True:
            with self._display._lock:
                if self._lock.acquire(blocking=False):
                    try:
                        self._tell_heard(message)
                    finally:
                        self._lock.release()
                    return
            time.sleep(_RETRY_SECONDS)

    def _tell_heard(self, message: Mapping[str, Any]) -> None:
        host = str(message.get("host"))
        task = self._running.get(host)
        if self._run is not None and task is not None and message.get("task") == task._uuid:
            self._tell_within(self._run, task, host, message)

    @_alone
    def _tell_within(self, run: Run, task: Any, host: str, progress: Mapping[str, Any]) -> None:
        if task.no_log:
            return
        percent = percent_of(progress)
        if percent is not None:
            run.estimate.within(ansible_tasks.task_id(task), host, percent)
        step = progress.get("step")
        detail = shortened(step, MAX_STEP) if isinstance(step, str) else ""
        run.step, self._task = ansible_tasks.task_name(task), task._uuid
        details: dict[str, Any] = {"task": run.step, "host": shortened(host, MAX_STEP), "task_percent": percent}
        eta = checked_count(progress.get("eta"))
        run.tell("progress", eta=eta, detail=detail, measures=measures_of(progress), **details)


def _weight(play: Any) -> int:
    return sum(weight for _task, weight in ansible_tasks.tasks_of_play(play))


def _playbooks() -> int:
    """How many playbooks are on the command line."""
    names = context.CLIARGS.get("args")
    return len(names) if isinstance(names, (list, tuple)) else 1
