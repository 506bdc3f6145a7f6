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
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import CommandError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Completed, ModuleRunner


@pytest.fixture
def runner() -> ModuleRunner:
    with patch_module_args({}):
        return ModuleRunner(AnsibleModule(argument_spec={}))


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-c", code]


def test_the_environment_is_whole(runner: ModuleRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_CALLER", "1")
    before = dict(os.environ)
    ended = runner.run(python("import json, os; print(json.dumps(dict(os.environ)))"), env={"GIVEN": "$HOME ~ `x`"})
    seen = json.loads(ended.stdout)
    assert seen["GIVEN"] == "$HOME ~ `x`"
    assert "OF_THE_CALLER" not in seen
    assert dict(os.environ) == before


@pytest.mark.parametrize("argument", ["$HOME", "~", "a b", "*", ";ls", ""])
def test_arguments_arrive_as_they_are(runner: ModuleRunner, argument: str) -> None:
    ended = runner.run([*python("import sys; print(repr(sys.argv[1]))"), argument], env={})
    assert ended.stdout.strip() == repr(argument)


def test_an_end_that_is_not_good_is_reported(runner: ModuleRunner) -> None:
    ended = runner.run(python("import sys; print('why', file=sys.stderr); sys.exit(3)"), env={})
    assert ended.returncode == 3
    with pytest.raises(CommandError, match=r"^building failed: why$") as caught:
        ended.check("building")
    assert caught.value.details()["rc"] == 3


def test_a_good_end_is_handed_on() -> None:
    ended = Completed(("true",), 0, "", "")
    assert ended.check("looking") is ended


def test_a_program_that_is_not_there_is_named(runner: ModuleRunner) -> None:
    with pytest.raises(CommandError, match=r"^/nowhere/program cannot be started: No such file or directory$"):
        runner.run(["/nowhere/program"], env={})


def test_time_is_limited(runner: ModuleRunner) -> None:
    start = time.monotonic()
    with pytest.raises(CommandError, match=r"it ran longer than 0\.3 s"):
        runner.run(python("import time; time.sleep(60)"), env={}, timeout=0.3)
    assert time.monotonic() - start < 60


def test_a_descriptor_can_be_handed_over(runner: ModuleRunner) -> None:
    reader, writer = os.pipe()
    try:
        ended = runner.run(python(f"import os; os.write({writer}, b'here')"), env={}, pass_fds=[writer])
        assert ended.returncode == 0, ended.stderr
        assert os.read(reader, 10) == b"here"
    finally:
        os.close(reader)
        os.close(writer)
