# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Nothing outlives the call that started it: not a child that left the session, not one that ignores TERM."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args

from ansible_collections.mobile_ansible.venv.plugins.module_utils import _supervisor
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import CommandError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import (
    InterruptedRunError,
    ModuleRunner,
    Runner,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._process import SubprocessRunner

ENVIRONMENT = {"PATH": os.environ["PATH"]}

#: Starts a process of each kind, which writes its pid into a file called like the kind, and then does as it is told.
_FAMILY = """
import os, signal, subprocess, sys, time
folder, then = sys.argv[1:]
def born(kind):
    with open(os.path.join(folder, "staged-" + kind), "w") as stream:
        stream.write(str(os.getpid()))
    os.rename(stream.name, os.path.join(folder, kind))
def child(kind, *changes):
    if os.fork() == 0:
        for change in changes:
            change()
        born(kind)
        while True:
            time.sleep(1)
def orphan():
    if os.fork():
        os._exit(0)
def deaf():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
def chatty():
    if os.fork() == 0:
        while True:
            os.write(1, b"still here\\n")
            time.sleep(0.1)
child("child")
child("session", os.setsid)
child("deaf", deaf)
child("daemon", os.setsid, orphan, deaf)
child("chatty", chatty)
kinds = {"child", "session", "deaf", "daemon", "chatty"}
while not kinds <= set(os.listdir(folder)):
    time.sleep(0.01)
born("itself")
print("started", flush=True)
if then == "fall asleep":
    time.sleep(600)
"""
KINDS = {"child", "session", "deaf", "daemon", "chatty", "itself"}

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="only with a /proc everything can be found")


@pytest.fixture(params=["module", "controller"], name="runner")
def fixture_runner(request: pytest.FixtureRequest) -> Runner:
    if request.param == "controller":
        return SubprocessRunner()
    with patch_module_args({}):
        return ModuleRunner(AnsibleModule(argument_spec={}))


def family(folder: Path, then: str) -> list[str]:
    return [sys.executable, "-I", "-c", _FAMILY, str(folder), then]


def alive(folder: Path) -> list[str]:
    """The kinds that run; all of them must have been there."""
    assert {path.name for path in folder.iterdir()} >= KINDS
    return [kind for kind in sorted(KINDS) if _runs((folder / kind).read_text())]


def _runs(pid: str) -> bool:
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def test_a_time_limit_ends_everything(runner: Runner, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"it ran longer than 3 s$"):
        runner.run(family(tmp_path, "fall asleep"), env=ENVIRONMENT, timeout=3)
    assert alive(tmp_path) == []


def test_a_program_that_ignores_term_ends(tmp_path: Path) -> None:
    script = f"trap '' TERM; echo $$ >{tmp_path}/pid; while :; do sleep 0.1; done"
    with pytest.raises(CommandError, match=r"it ran longer than 1 s$"):
        SubprocessRunner().run(["sh", "-c", script], env=ENVIRONMENT, timeout=1)
    assert not _runs((tmp_path / "pid").read_text().strip())


def test_what_a_program_leaves_running_ends_with_it(runner: Runner, tmp_path: Path) -> None:
    """One of its children holds its output open and goes on writing."""
    ended = runner.run(family(tmp_path, "end"), env=ENVIRONMENT, timeout=600)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("started\n") or "\nstarted\n" in ended.stdout
    assert alive(tmp_path) == []


def test_a_program_that_kills_its_parent_tells_nothing(tmp_path: Path) -> None:
    """Its parent is what watches it: how the program would have ended is not known."""
    script = f"echo $$ >{tmp_path}/pid; kill -9 $PPID; exec sleep 600"
    with patch_module_args({}):
        runner = ModuleRunner(AnsibleModule(argument_spec={}))
    with pytest.raises(InterruptedRunError, match="so that it is not known how it ended; start again"):
        runner.run(["sh", "-c", script], env=ENVIRONMENT, timeout=600)
    assert not _runs((tmp_path / "pid").read_text().strip())


_CALLER = """
import json, sys
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._process import SubprocessRunner
SubprocessRunner().run(json.loads(sys.argv[1]), env={}, timeout=600)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_a_caller_that_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    argv = [sys.executable, "-c", _CALLER, json.dumps(family(tmp_path, "fall asleep"))]
    environment = {**ENVIRONMENT, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(argv, env=environment, stderr=subprocess.DEVNULL, start_new_session=True) as caller:
        wait_until(lambda: (tmp_path / "itself").exists())
        assert len(alive(tmp_path)) == len(KINDS)
        os.killpg(caller.pid, number)
        caller.wait(timeout=60)
    wait_until(lambda: alive(tmp_path) == [])


@pytest.mark.catalogue(10)
def test_a_lock_lives_until_the_last_has_ended(tmp_path: Path) -> None:
    """The caller is killed and its lock with it, but for what it handed on."""
    (tmp_path / "family").mkdir()
    path = tmp_path / "lock"
    program = (
        _CALLER.replace("import json", "import fcntl, os, json")
        .replace(
            "SubprocessRunner().run(",
            f"lock = os.open({str(path)!r}, os.O_RDWR | os.O_CREAT)\n"
            "fcntl.flock(lock, fcntl.LOCK_EX)\nSubprocessRunner().run(",
        )
        .replace("env={}", "env={}, pass_fds=[lock]")
    )
    argv = [sys.executable, "-c", program, json.dumps(family(tmp_path / "family", "fall asleep"))]
    environment = {**ENVIRONMENT, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(argv, env=environment, stderr=subprocess.DEVNULL, start_new_session=True) as caller:
        wait_until(lambda: (tmp_path / "family" / "itself").exists())
        caller.kill()
        caller.wait(timeout=60)
    with path.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert alive(tmp_path / "family") == []


def test_a_signal_that_ends_a_program_is_told(runner: Runner) -> None:
    ended = runner.run(["sh", "-c", "echo out; echo err >&2; kill -ALRM $$"], env=ENVIRONMENT, timeout=600)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-14, "out\n", "err\n")
    assert ended.argv[0] == "sh"


@pytest.mark.parametrize("given", [{}, {"LC_CTYPE": "C"}, {"PYTHONHOME": "/nowhere", "LD_X": "a\nb"}])
def test_a_program_with_a_time_limit_has_the_environment_that_was_given(
    runner: Runner, tmp_path: Path, given: dict[str, str]
) -> None:
    ended = runner.run(["/usr/bin/env", "-0"], env=given, cwd=str(tmp_path), timeout=600)
    seen = dict(line.split("=", 1) for line in ended.stdout.split("\0") if line)
    assert seen == given


def test_a_program_with_a_time_limit_reads_what_it_is_given(runner: Runner) -> None:
    ended = runner.run(["cat"], env=ENVIRONMENT, stdin="$HOME `x`\n", timeout=600)
    assert ended.stdout.rstrip("\n") == "$HOME `x`"


def test_python_files_beside_a_program_are_not_imported(runner: Runner, tmp_path: Path) -> None:
    """A project's own ``json.py`` is no part of what watches its tests."""
    (tmp_path / "json.py").write_text("raise SystemExit('planted')\n")
    ended = runner.run(["echo", "fine"], env={**ENVIRONMENT, "PYTHONPATH": str(tmp_path)}, cwd=str(tmp_path), timeout=9)
    assert ended.stdout == "fine\n"


@pytest.mark.parametrize(
    ("program", "reason"), [("/nowhere/program", "No such file or directory"), ("/etc/passwd", "Permission denied")]
)
def test_a_program_with_a_time_limit_that_cannot_be_started(runner: Runner, program: str, reason: str) -> None:
    with pytest.raises(CommandError, match=f"^{program} cannot be started: {reason}$"):
        runner.run([program], env={}, timeout=600)


def test_descendants_are_found_in_every_session(tmp_path: Path) -> None:
    with subprocess.Popen(["sh", "-c", f"setsid sleep 600 & echo $! >{tmp_path}/pid; wait"]) as parent:
        wait_until(lambda: bool((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()))
        child = int((tmp_path / "pid").read_text())
        wait_until(lambda: child in _supervisor.descendants(os.getpid()))
        _supervisor.end_orphaned(parent.pid)
        os.kill(parent.pid, signal.SIGKILL)
    wait_until(lambda: not _runs(str(child)))
