# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The start-up module's replacement of a link by its target."""

from __future__ import annotations

import fcntl
import os
import sys
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.startup import (
    hold_lease,
    is_probe,
    pin,
    resolved,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/p/venv", "/store/g1"),
        ("/p/venv/lib/python3.11/site-packages", "/store/g1/lib/python3.11/site-packages"),
        ("/p/venv2/lib", "/p/venv2/lib"),
        ("/usr/lib/python3.11", "/usr/lib/python3.11"),
        ("", ""),
    ],
)
def test_only_paths_below_the_link_are_replaced(path: str, expected: str) -> None:
    assert resolved(path, link="/p/venv", target="/store/g1") == expected


def test_a_pinned_process_looks_into_the_generation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "g1").mkdir()
    (tmp_path / "venv").symlink_to("g1")
    link, target = str(tmp_path / "venv"), str((tmp_path / "g1").resolve())
    for name in ("prefix", "exec_prefix"):
        monkeypatch.setattr(sys, name, link)
    monkeypatch.setattr(sys, "executable", f"{link}/bin/python")
    monkeypatch.setattr(sys, "path", [f"{link}/lib", "/usr/lib"])
    pin()
    assert (sys.prefix, sys.exec_prefix, sys.executable) == (target, target, f"{target}/bin/python")
    assert sys.path == [f"{target}/lib", "/usr/lib"]


def test_a_process_holds_a_shared_lease_and_notes_the_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".leases").mkdir()
    lease = tmp_path / ".leases" / "g1"
    lease.touch()
    os.utime(lease, (0, 0))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".generations" / "g1"))
    hold_lease()
    assert lease.stat().st_mtime > 0
    with lease.open() as stream:
        fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        with pytest.raises(BlockingIOError):
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_without_a_lease_to_have_nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".generations" / "g1"))
    hold_lease()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["python", "-I", "-B", "-c", "import sys; from python.get_interpreter_info import main; main()"], True),
        (["python", "-I", "-c", "import sys"], False),
        (["python", "app.py"], False),
    ],
)
def test_a_question_of_uv_is_told_from_work(argv: list[str], expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "orig_argv", argv, raising=False)
    assert is_probe() is expected


def test_without_the_arguments_it_is_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(sys, "orig_argv", raising=False)
    assert not is_probe()
