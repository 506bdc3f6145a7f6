# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Nothing outlives the call that started it: not a child that left the session, not one that ignores TERM."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils import _runner, _supervisor
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import CommandError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._resource import module_source
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import InterruptedRunError, SubprocessRunner
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils.families import (
    KINDS,
    alive,
    family,
    runs,
    wait_until,
)

#: How long a program may take to end by itself, and so long that no test waits for it.
GRACE, SHORT_GRACE = "GRACE_SECONDS = 10.0", "GRACE_SECONDS = 1.0"
ENVIRONMENT = {"PATH": os.environ["PATH"]}

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="only with a /proc everything can be found")


@pytest.fixture(name="runner")
def fixture_runner() -> SubprocessRunner:
    return SubprocessRunner()


def test_a_time_limit_ends_everything(runner: SubprocessRunner, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"it ran longer than 3 s$"):
        runner.run(family(tmp_path, "fall asleep"), env=ENVIRONMENT, timeout=3)
    assert alive(tmp_path) == []


def test_a_program_that_ignores_term_ends(
    runner: SubprocessRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert GRACE in module_source(_supervisor.__name__)
    monkeypatch.setattr(_runner, "module_source", lambda name: module_source(name).replace(GRACE, SHORT_GRACE))
    script = f"trap '' TERM; echo $$ >{tmp_path}/pid; while :; do sleep 0.1; done"
    with pytest.raises(CommandError, match=r"it ran longer than 1 s$"):
        runner.run(["sh", "-c", script], env=ENVIRONMENT, timeout=1)
    assert not runs((tmp_path / "pid").read_text().strip())


def test_what_a_program_leaves_running_ends_with_it(runner: SubprocessRunner, tmp_path: Path) -> None:
    """One of its children holds its output open and goes on writing."""
    ended = runner.run(family(tmp_path, "end"), env=ENVIRONMENT, timeout=600)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("started\n") or "\nstarted\n" in ended.stdout
    assert alive(tmp_path) == []


def test_a_program_that_kills_its_parent_tells_nothing(runner: SubprocessRunner, tmp_path: Path) -> None:
    """Its parent is what watches it: how the program would have ended is not known."""
    script = f"echo $$ >{tmp_path}/pid; kill -9 $PPID; exec sleep 600"
    with pytest.raises(InterruptedRunError, match="so the result is unknown; run this again"):
        runner.run(["sh", "-c", script], env=ENVIRONMENT, timeout=600)
    wait_until(lambda: not runs((tmp_path / "pid").read_text().strip()))


def forked(call: Callable[[], object]) -> int:
    """A process of its own, in a session of its own, that makes the call; returns its pid."""
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        # A shell that runs tests in the background has them ignore what Ctrl-C sends.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        call()
    finally:
        os._exit(1)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_a_caller_that_is_killed(
    runner: SubprocessRunner, tmp_path: Path, number: signal.Signals
) -> None:
    caller = forked(lambda: runner.run(family(tmp_path, "fall asleep"), env=ENVIRONMENT, timeout=600))
    wait_until((tmp_path / "itself").exists)
    assert len(alive(tmp_path)) == len(KINDS)
    os.killpg(caller, number)
    os.waitpid(caller, 0)
    wait_until(lambda: alive(tmp_path) == [])


@pytest.mark.catalogue(10)
def test_a_lock_lives_until_the_last_has_ended(runner: SubprocessRunner, tmp_path: Path) -> None:
    """The caller is killed and its lock with it, but for what it handed on."""
    directory, path = tmp_path / "family", tmp_path / "lock"
    directory.mkdir()

    def call() -> None:
        lock = os.open(path, os.O_RDWR | os.O_CREAT)
        fcntl.flock(lock, fcntl.LOCK_EX)
        runner.run(family(directory, "fall asleep"), env=ENVIRONMENT, pass_fds=[lock], timeout=600)

    caller = forked(call)
    wait_until((directory / "itself").exists)
    os.kill(caller, signal.SIGKILL)
    os.waitpid(caller, 0)
    with path.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert alive(directory) == []


def test_a_signal_that_ends_a_program_is_told(runner: SubprocessRunner) -> None:
    ended = runner.run(["sh", "-c", "echo out; echo err >&2; kill -ALRM $$"], env=ENVIRONMENT, timeout=600)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-14, "out\n", "err\n")
    assert ended.argv[0] == "sh"


@pytest.mark.parametrize("given", [{}, {"LC_CTYPE": "C"}, {"PYTHONHOME": "/nowhere", "LD_X": "a\nb"}])
def test_a_program_with_a_time_limit_has_the_environment_that_was_given(
    runner: SubprocessRunner, tmp_path: Path, given: dict[str, str]
) -> None:
    ended = runner.run(["/usr/bin/env", "-0"], env=given, cwd=str(tmp_path), timeout=600)
    seen = dict(line.split("=", 1) for line in ended.stdout.split("\0") if line)
    assert seen == given


def test_a_program_with_a_time_limit_reads_what_it_is_given(runner: SubprocessRunner) -> None:
    ended = runner.run(["cat"], env=ENVIRONMENT, stdin="$HOME `x`\n", timeout=600)
    assert ended.stdout.rstrip("\n") == "$HOME `x`"


def test_python_files_beside_a_program_are_not_imported(runner: SubprocessRunner, tmp_path: Path) -> None:
    """A project's own ``json.py`` is no part of what watches its tests."""
    (tmp_path / "json.py").write_text("raise SystemExit('planted')\n")
    ended = runner.run(["echo", "fine"], env={**ENVIRONMENT, "PYTHONPATH": str(tmp_path)}, cwd=str(tmp_path), timeout=9)
    assert ended.stdout == "fine\n"


@pytest.mark.parametrize(
    ("program", "reason"), [("/nowhere/program", "No such file or directory"), ("/etc/passwd", "Permission denied")]
)
def test_a_program_with_a_time_limit_that_cannot_be_started(
    runner: SubprocessRunner, program: str, reason: str
) -> None:
    with pytest.raises(CommandError, match=f"^{program} cannot be started: {reason}$"):
        runner.run([program], env={}, timeout=600)


def test_descendants_are_found_in_every_session(tmp_path: Path) -> None:
    with subprocess.Popen(["sh", "-c", f"setsid sleep 600 & echo $! >{tmp_path}/pid; wait"]) as parent:
        wait_until(lambda: bool((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()))
        child = int((tmp_path / "pid").read_text())
        wait_until(lambda: child in _supervisor.descendants(os.getpid()))
        _supervisor.end_orphaned(parent.pid)
        os.kill(parent.pid, signal.SIGKILL)
    wait_until(lambda: not runs(str(child)))
