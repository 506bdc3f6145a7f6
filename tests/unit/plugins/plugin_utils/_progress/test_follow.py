# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Looks at a host whose shell may say anything."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress import follow

IDENT = "0123456789abcdef"


class Action:
    """Stands for an action plugin whose host is this machine; its login shell greets."""

    def __init__(self) -> None:
        self._connection = SimpleNamespace(become=None)
        self.answers: list[Any] = []

    def _remote_expand_user(self, path: str) -> str:
        return path

    def _low_level_execute_command(self, command: str, **options: Any) -> dict[str, Any]:
        if not self.answers:
            done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
            return {"stdout": f"Welcome {{\n[1, 2]\r\n{done.stdout}\nBye 12\n"}
        if isinstance(self.answers[-1], Exception):
            raise self.answers[-1]
        return {"stdout": self.answers[-1]}


def write(path: Path, **progress: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(progress) + "\n")


@pytest.fixture(name="action")
def fixture_action() -> Any:
    return Action()


def test_the_build_of_this_task_is_found(tmp_path: Path, action: Any) -> None:
    look = follow.build_with(action, str(tmp_path / "a store"), IDENT)
    assert look() is None
    progress = tmp_path / "a store" / ".progress"
    write(progress / "other.json", id="f" * 16, percent=1)
    write(progress / "named.json", id="e" * 16, step=IDENT, percent=2)
    assert look() is None
    write(progress / "site.json", id=IDENT, percent=40.5)
    assert look() == {"id": IDENT, "percent": 40.5}


def test_a_file_is_found(tmp_path: Path, action: Any) -> None:
    path = tmp_path / "it's" / "progress.json"
    look = follow.file_at(action, str(path))
    assert look() is None
    write(path, percent=3)
    assert look() == {"percent": 3}


def test_what_arrives_is_measured(tmp_path: Path, action: Any) -> None:
    look = follow.growing(action, str(tmp_path / "archive"), size=8192, step="Send")
    action.answers.append("Welcome\n4096\r\n")
    assert look() == {"step": "Send", "done": 4, "total": 8}
    action.answers.append("Welcome\n")
    assert look() is None


@pytest.mark.parametrize("broken", [AnsibleConnectionFailure("gone"), OSError(5, "gone"), "", "{" * 10000, 5])
def test_a_host_that_answers_badly_stops_nothing(
    action: Any, broken: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(follow, "_SECONDS", 0.001)
    told: list[Any] = []
    looks: list[int] = []
    look = follow.file_at(action, str(tmp_path / "progress.json"))

    def counted() -> Any:
        looks.append(1)
        return look()

    teller: Any = SimpleNamespace(tell=told.append)
    action.answers.append(broken)
    with follow.followed(teller, counted):
        while len(looks) < 3:
            pass
    assert told == []
