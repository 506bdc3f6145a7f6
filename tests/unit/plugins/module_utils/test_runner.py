# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Programs run with the environment that is given and no other, and end when their time is over."""

from __future__ import annotations

import json
import os
import sys
import time

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import CommandError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Completed, SubprocessRunner


@pytest.fixture
def runner() -> SubprocessRunner:
    return SubprocessRunner()


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-c", code]


def test_the_environment_is_whole(runner: SubprocessRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_CALLER", "1")
    before = dict(os.environ)
    ended = runner.run(python("import json, os; print(json.dumps(dict(os.environ)))"), env={"GIVEN": "$HOME ~ `x`"})
    seen = json.loads(ended.stdout)
    assert seen["GIVEN"] == "$HOME ~ `x`"
    assert "OF_THE_CALLER" not in seen
    assert dict(os.environ) == before


@pytest.mark.parametrize("argument", ["$HOME", "~", "a b", "*", ";ls", ""])
def test_arguments_arrive_as_they_are(runner: SubprocessRunner, argument: str) -> None:
    ended = runner.run([*python("import sys; print(repr(sys.argv[1]))"), argument], env={})
    assert ended.stdout.strip() == repr(argument)


def test_an_end_that_is_not_good_is_reported(runner: SubprocessRunner) -> None:
    ended = runner.run(python("import sys; print('why', file=sys.stderr); sys.exit(3)"), env={})
    assert ended.returncode == 3
    with pytest.raises(CommandError, match=r"^building failed: why$") as caught:
        ended.check("building")
    assert caught.value.details()["rc"] == 3


def test_a_good_end_is_handed_on() -> None:
    ended = Completed(("true",), 0, "", "")
    assert ended.check("looking") is ended


def test_a_program_that_is_not_there_is_named(runner: SubprocessRunner) -> None:
    with pytest.raises(CommandError, match=r"^/nowhere/program cannot be started: No such file or directory$"):
        runner.run(["/nowhere/program"], env={})


def test_time_is_limited(runner: SubprocessRunner) -> None:
    start = time.monotonic()
    with pytest.raises(CommandError, match=r"it ran longer than 0\.3 s"):
        runner.run(python("import time; time.sleep(60)"), env={}, timeout=0.3)
    assert time.monotonic() - start < 60


def test_a_descriptor_can_be_handed_over(runner: SubprocessRunner) -> None:
    reader, writer = os.pipe()
    try:
        ended = runner.run(python(f"import os; os.write({writer}, b'here')"), env={}, pass_fds=[writer])
        assert ended.returncode == 0, ended.stderr
        assert os.read(reader, 10) == b"here"
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.parametrize("timeout", [None, 60.0])
def test_output_of_a_program_that_was_silent_for_long_is_whole(runner: SubprocessRunner, timeout: float | None) -> None:
    """Also a moment after it was looked at, when it writes and ends at once."""
    for seconds in (0.99, 1.0, 1.01):
        code = (
            f"import os, sys, time; time.sleep({seconds}); os.write(1, sys.stdin.buffer.read()[:60_000]); os._exit(0)"
        )
        ended = runner.run(python(code), env={}, stdin="x" * 1_000_000, timeout=timeout)
        assert (ended.stdout, ended.stderr) == ("x" * 60_000, "")


def test_what_a_program_leaves_running_is_not_waited_for(runner: SubprocessRunner) -> None:
    ended = runner.run(["sh", "-c", "sleep 60 & echo done; echo said >&2"], env={"PATH": os.defpath})
    assert (ended.stdout, ended.stderr, ended.returncode) == ("done\n", "said\n", 0)
