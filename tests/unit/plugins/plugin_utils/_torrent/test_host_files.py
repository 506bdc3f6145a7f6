# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Another try where a connection broke, none where another would not help; by pieces, with a shell of this machine."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent import transfer
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.sftp import Part
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.transfer import HostFiles

MIB = 1 << 20
SIZE = 9 * MIB
Execute = Callable[[str], Mapping[str, Any]]


def shell(command: str, **_options: Any) -> Mapping[str, Any]:
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    return {"stdout": done.stdout, "stderr": done.stderr, "rc": done.returncode}


class Action:
    """An action whose commands are run by ``execute``; ``asked`` counts them."""

    def __init__(self, execute: Callable[..., Mapping[str, Any]]) -> None:
        self._execute = execute
        self._connection = SimpleNamespace(transport="local", become=None)
        self.asked = 0

    def _low_level_execute_command(self, command: str, **_options: Any) -> Mapping[str, Any]:
        self.asked += 1
        return self._execute(command)


@pytest.fixture(name="part")
def fixture_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Part:
    monkeypatch.setattr(transfer, "_PAUSES", (0.01, 0.01, 0.01))
    (tmp_path / "remote").write_bytes(os.urandom(SIZE))
    (tmp_path / "local").touch()
    return Part(str(tmp_path / "remote"), str(tmp_path / "local"), SIZE)


def bring(part: Part, action: Any, **options: Any) -> list[int]:
    told: list[int] = []
    HostFiles(action, **{"stall_timeout": 60, **options}, told=told.append).bring([part], "/srv")
    assert Path(part.local).read_bytes() == Path(part.remote).read_bytes()
    return told


def failing(*numbers: int) -> Action:
    """The connection breaks in the commands with these numbers."""

    def execute(command: str) -> Mapping[str, Any]:
        if action.asked in numbers:
            raise AnsibleConnectionFailure("it broke")
        return shell(command)

    action = Action(execute)
    return action


def test_it_goes_on_where_the_connection_broke(part: Part) -> None:
    """As often as it gets on, and a few times more where it does not."""
    action = failing(1, 2, 4, 5, 6, 8)
    told = bring(part, action)
    assert told == sorted(told) and told[-1] == SIZE
    assert action.asked == 6 + 3


def test_at_last_it_is_given_up_and_what_arrived_stays(part: Part) -> None:
    with pytest.raises(VenvError, match="it broke; 4 MiB of them are here and stay, run this again") as raised:
        bring(part, failing(2, 3, 4, 5, 6, 7))
    assert raised.value.code == "transfer"
    assert Path(part.local).read_bytes() == Path(part.remote).read_bytes()[: 4 * MIB]


@pytest.mark.parametrize("size", [None, 0, SIZE - 1, SIZE + 1, SIZE + 9 * MIB])
def test_a_host_that_has_another_file_is_not_asked_again(part: Part, size: int | None) -> None:
    if size is None:
        os.unlink(part.remote)
    else:
        os.truncate(part.remote, size)
    action = Action(shell)
    with pytest.raises(VenvError, match="cannot be brought from the host") as raised:
        bring(part, action)
    assert raised.value.code == "transfer" and action.asked <= 3
    assert part.arrived() <= SIZE


def hanging(_command: str) -> Mapping[str, Any]:
    time.sleep(3600)
    return {}


def test_a_command_that_hangs_is_interrupted(part: Part) -> None:
    def execute(command: str) -> Mapping[str, Any]:
        if action.asked == 2:
            time.sleep(3600)
        return shell(command)

    action = Action(execute)
    bring(part, action, stall_timeout=1)
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    with pytest.raises(VenvError) as raised:
        Path(part.local).write_bytes(b"")
        bring(part, Action(hanging), stall_timeout=60, timeout=1)
    assert raised.value.code == "deadline"


def test_a_time_limit_of_the_task_itself_stays(part: Part) -> None:
    """Ansible sets it with the same timer."""
    signal.setitimer(signal.ITIMER_REAL, 3000)
    try:
        bring(part, Action(shell))
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 2000
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def test_it_ends_with_ansible_playbook(part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    def execute(command: str) -> Mapping[str, Any]:
        monkeypatch.setattr(os, "getppid", lambda: 1)
        return shell(command)

    action = Action(execute)
    with pytest.raises(VenvError) as raised:
        bring(part, action)
    assert (raised.value.code, action.asked) == ("interrupted", 1)


def test_a_disk_that_gets_full(part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_path: Any, **_options: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(transfer, "fetch", full)
    with pytest.raises(VenvError, match="run this again, it goes on from there") as raised:
        bring(part, Action(shell))
    assert raised.value.code == "no_room"
