# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Locks, seen from other processes."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import LockedError, StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.locks import locked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(name="holder")
def fixture_holder() -> Iterator[Callable[..., int]]:
    """Start processes that hold a lock until they are killed."""
    children = []

    def hold(path: str, *, shared: bool) -> int:
        ready, tell = os.pipe()
        child = os.fork()
        if child == 0:
            with locked(path, shared=shared, timeout=5, purpose="building x"):
                os.write(tell, b"1")
                time.sleep(60)
            os._exit(0)
        children.append(child)
        os.read(ready, 1)
        return child

    yield hold
    for child in children:
        try:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        except (ProcessLookupError, ChildProcessError):
            continue


def test_an_exclusive_lock_keeps_others_out_and_names_its_holder(tmp_path: Path, holder: Callable[..., int]) -> None:
    path = str(tmp_path / "lock")
    child = holder(path, shared=False)
    with pytest.raises(LockedError, match=rf"process {child} \(building x, since .*waited 0 s"):
        with locked(path, timeout=0, purpose="test"):
            pass


def test_shared_locks_go_together_and_keep_an_exclusive_one_out(tmp_path: Path, holder: Callable[..., int]) -> None:
    path = str(tmp_path / "lock")
    holder(path, shared=True)
    with locked(path, shared=True, timeout=0, purpose="test"):
        pass
    with pytest.raises(LockedError, match="a process that runs in it"):
        with locked(path, timeout=0, purpose="test"):
            pass


def test_a_killed_holder_frees_the_lock(tmp_path: Path, holder: Callable[..., int]) -> None:
    path = str(tmp_path / "lock")
    child = holder(path, shared=False)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with locked(path, timeout=0, purpose="test"):
        pass


@pytest.mark.catalogue(10)
def test_a_child_that_inherits_the_descriptor_keeps_the_lock(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with locked(path, timeout=0, purpose="building y") as descriptor:
        inherited = os.dup(descriptor)
    try:
        with pytest.raises(LockedError):
            with locked(path, timeout=0, purpose="test"):
                pass
    finally:
        os.close(inherited)


@pytest.mark.catalogue(12)
def test_a_lock_file_replaced_while_waiting_is_not_taken_for_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(str(path), timeout=0, purpose="first"):
        path.unlink()
        with locked(str(path), timeout=0, purpose="second") as descriptor:
            assert os.fstat(descriptor).st_ino == path.stat().st_ino


def test_a_pipe_cannot_be_locked(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lock")
    with pytest.raises(StoreError, match=f"{tmp_path}/lock is not a lock file of this user: remove it"):
        with locked(str(tmp_path / "lock"), timeout=0, purpose="testing"):
            pass


def test_a_hard_link_to_a_file_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "dear").write_text("dear")
    os.link(tmp_path / "dear", tmp_path / "lock")
    with pytest.raises(StoreError, match="lock is not a lock file of this user: remove it"):
        with locked(str(tmp_path / "lock"), timeout=0, purpose="testing"):
            pass
    assert (tmp_path / "dear").read_text() == "dear"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file of another user")
def test_a_lock_of_another_user_is_not_waited_for(tmp_path: Path, holder: Callable[..., int]) -> None:
    path = tmp_path / "lock"
    holder(str(path), shared=False)
    os.chown(path, 12345, 12345)
    with pytest.raises(StoreError, match="lock is not a lock file of this user: remove it"):
        with locked(str(path), timeout=600, purpose="testing"):
            pass
