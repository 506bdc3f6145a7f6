# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What people see of the progress, on a terminal and without one."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from controller import Controller, heed_signals
from polling import wait_until
from progress_runs import Runs, never_falls, play, say, watchers


@pytest.fixture(name="runs")
def fixture_runs(controller: Controller, tmp_path: Path) -> Runs:
    return Runs.below(tmp_path, controller)


def on_a_terminal(
    runs: Runs,
    *arguments: str,
    keys: dict[str, str] | None = None,
    env: dict[str, str] | None = None,
    ready: Callable[[], bool] = lambda: True,
) -> str:
    """All that a terminal gets; ``keys`` are typed when it shows a text, again if nothing comes of it.

    Ansible drops what was typed before it is ready to read.
    """
    inside, outside = pty.openpty()
    fcntl.ioctl(outside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    options: dict[str, Any] = {"stdin": outside, "stdout": outside, "stderr": outside, "start_new_session": True}
    options["preexec_fn"] = control_the_terminal
    environment = {"TERM": "xterm", "MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY": "", **(env or {})}
    shown, waiting, typed = "", dict(keys or {}), ""
    with runs.start(*arguments, env=environment, **options) as process:
        os.close(outside)
        while block := read(inside):
            shown += block.decode()
            for text in [text for text in waiting if text in shown]:
                typed = waiting.pop(text)
                wait_until(ready)
                os.write(inside, typed.encode())
            while typed and not select.select([inside], [], [], 2)[0] and process.poll() is None:
                os.write(inside, typed.encode())
        process.wait()
    os.close(inside)
    return shown


def control_the_terminal() -> None:
    heed_signals()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # so the kernel says that nobody writes to it any more
        return b""


def screen(shown: str) -> list[str]:
    """The lines that stand on the terminal at the end: what is written over something replaces it."""
    lines, column = [""], 0
    for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", shown):
        if part == "\n":
            lines.append("")
        elif part == "\r":
            column = 0
        elif part == "\x1b[K":
            lines[-1] = lines[-1][:column]
        elif not part.startswith("\x1b"):
            lines[-1] = lines[-1][:column].ljust(column) + part + lines[-1][column + len(part) :]
            column += len(part)
    return [line.rstrip() for line in lines]


def bars(shown: str) -> list[str]:
    return re.findall(r"\[[#.]{20}\] [^\x1b\r\n]*", shown)


@pytest.mark.parametrize("callback", ["default", "minimal", "oneline", "tree"])
def test_a_bar_stands_below_the_lines_of_other_callbacks_and_damages_none(runs: Runs, callback: str) -> None:
    playbook = runs.write(play(*(say(f"step {number} " + "x" * 100) for number in range(4))))
    tree = {"ANSIBLE_CALLBACK_TREE_DIR": str(runs.directory)}
    env = tree if callback == "tree" else {"ANSIBLE_STDOUT_CALLBACK": callback}
    plain = on_a_terminal(runs, "-i", "a,b", playbook, env={**env, "ANSIBLE_CALLBACKS_ENABLED": ""})
    shown = on_a_terminal(runs, "-i", "a,b", playbook, env=env)
    assert sorted(screen(shown)) == sorted(screen(plain))
    percents = [int(re.findall(r"\] (\d+) %", line)[0]) for line in bars(shown)]
    assert percents == sorted(percents) and len(set(percents)) >= 8
    assert "(4 of 8" in shown and "step 2 xxx" in "".join(bars(shown))
    assert max(map(len, bars(shown))) < 60
    assert bars(plain) == []


def test_the_bar_gives_way_to_questions(runs: Runs) -> None:
    prompt = {"name": "colour", "prompt": "Which colour", "private": False}
    pause = {"name": "Ask", "ansible.builtin.pause": {"prompt": "Go on"}}
    answer = {"name": "Answer", "ansible.builtin.debug": {"msg": "It is {{ colour }}"}}
    playbook = runs.write(play(say("before")), play(pause, answer, vars_prompt=[prompt]))
    keys, env = {"Which colour": "blue\n", "Go on": "\n"}, {"MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY": str(runs.files)}
    shown = on_a_terminal(runs, "-i", "a,", playbook, keys=keys, env=env)
    kinds = [event["event"] for event in runs.events()]
    assert kinds[kinds.index("prompt") - 1 :][:3] == ["result", "prompt", "play"]
    lines = screen(shown)
    assert any(line.startswith("Which colour: blue") for line in lines)
    assert any(line.startswith("Go on:") for line in lines)
    assert any("It is blue" in line for line in lines)
    assert not [line for line in lines if "[#" in line or "..." in line]


def test_control_c_ends_the_run_as_without_a_bar(runs: Runs) -> None:
    started = runs.directory / "started"
    wait = {"name": "Wait", "ansible.builtin.shell": {"cmd": f"touch {started}; sleep 20"}}
    playbook = runs.write(play(say("before"), wait))
    files = {"MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY": str(runs.files)}
    # Ansible itself can fail at an interrupt while it starts a process.
    shown = on_a_terminal(runs, "-i", "a,", playbook, keys={"(1 of 2": "\x03"}, env=files, ready=started.exists)
    assert any(line.endswith("User interrupted execution") for line in screen(shown)), shown
    assert runs.status()["state"] == "stopped"
    wait_until(lambda: not watchers(runs.files))


@pytest.mark.parametrize("option", ["auto", "always"])
def test_where_there_is_no_terminal_each_step_is_a_line(runs: Runs, option: str) -> None:
    playbook = runs.write(play(*(say(f"step {number}") for number in range(3))))
    plain, errors = runs.run("-i", "a,b", playbook, env={"ANSIBLE_CALLBACKS_ENABLED": ""})
    assert "progress:" not in errors
    shown, errors = runs.run("-i", "a,b", playbook, env={"MOBILE_ANSIBLE_VENV_PROGRESS_BAR": option})
    assert sorted(shown.splitlines()) == sorted(plain.splitlines())
    lines = [re.sub(r", \d+ s left", "", line) for line in errors.splitlines() if line.startswith("progress")]
    assert lines == [f"progress: {number * 33} % ({number * 2} of 6) step {number}" for number in range(3)]
    assert "\x1b" not in errors and "\r" not in errors


@pytest.mark.parametrize(("option", "lines"), [("always", 3), ("never", 0)])
def test_a_terminal_without_a_bar(runs: Runs, option: str, lines: int) -> None:
    playbook = runs.write(play(*(say(f"step {number}") for number in range(3))))
    (runs.directory / "ansible.cfg").write_text(f"[mobile_ansible_venv_progress]\nbar={option}\ndirectory=here\n")
    env = {"MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY": str(runs.files)}
    shown = on_a_terminal(runs, "-i", "a,", playbook, env=env)
    assert bars(shown) == [] and shown.count("progress: ") == lines
    assert "\x1b[?7" not in shown


#: Tells how far it is as often as it can.
_CHATTY = """
import time
from ansible.plugins.action import ActionBase
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress import progress_of

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        progress = progress_of(self._task, task_vars["inventory_hostname"])
        for number in range(400):
            progress.tell({"percent": number / 4, "step": f"step {number}"})
            if number % 20 == 0:
                self._display.display(f"line {number}")
                time.sleep(0.005)
        return {"changed": False}
"""


def test_many_tasks_that_talk_while_others_are_forked_and_print(runs: Runs) -> None:
    """On a terminal, where all of them draw, print and fork: nobody waits for ever, and percent never falls."""
    plugin = runs.directory / "action_plugins" / "chatty.py"
    plugin.parent.mkdir()
    plugin.write_text(_CHATTY)
    (runs.directory / "library").mkdir()
    (runs.directory / "library" / "chatty.py").write_text("# The documentation would be here.\n")
    tasks: list[dict[str, Any]] = [{"name": f"Talk {number}", "chatty": {}} for number in range(4)]
    names = ",".join(f"host{number}" for number in range(12))
    shown = on_a_terminal(
        runs, "-i", names, "-f", "6", runs.write(play(*tasks, strategy="free")),
        env={"MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY": str(runs.files)},
    )  # fmt: skip
    assert runs.status()["state"] == "succeeded", shown
    told = [event for event in runs.events() if event["event"] == "progress"]
    # What does not fit is dropped, which can be all that a host says.
    assert len(told) > 50 and len({event["host"] for event in told}) >= 6
    assert never_falls(runs.events())
    assert shown.count("ok: [host") == 48 and "line 380" in shown
