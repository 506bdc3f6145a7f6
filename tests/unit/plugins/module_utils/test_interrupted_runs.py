# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a program has started ends when its caller is interrupted."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import CommandError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import SubprocessRunner
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils.families import (
    KINDS,
    alive,
    family,
    wait_until,
)

ENVIRONMENT = {"PATH": os.environ["PATH"]}

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="only with a /proc everything can be found")


def test_nothing_outlives_a_caller_that_is_interrupted(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            SubprocessRunner().run(family(tmp_path, "fall asleep"), env=ENVIRONMENT, timeout=600)
        finally:
            os._exit(1)
    wait_until((tmp_path / "itself").exists)
    assert len(alive(tmp_path)) == len(KINDS)
    os.kill(child, signal.SIGINT)
    os.waitpid(child, 0)
    wait_until(lambda: alive(tmp_path) == [])


def test_input_output_and_signals(tmp_path: Path) -> None:
    ended = SubprocessRunner().run(["cat"], env=ENVIRONMENT, stdin="$HOME `x`", timeout=600)
    assert ended.stdout == "$HOME `x`"
    ended = SubprocessRunner().run(["sh", "-c", "kill -ALRM $$"], env=ENVIRONMENT, timeout=600)
    assert ended.returncode == -14


def test_a_program_that_cannot_be_started() -> None:
    for timeout in (None, 600):
        with pytest.raises(CommandError, match=r"^/nowhere/program cannot be started: No such file or directory$"):
            SubprocessRunner().run(["/nowhere/program"], env={}, timeout=timeout)
