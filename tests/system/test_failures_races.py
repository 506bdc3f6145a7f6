# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Many at once, a controller that is killed, and locks that somebody removes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from injection import uv_behind
from polling import wait_until
from shared_venv_process import SharedVenvProcess, built, installed, leftovers

SIX = ["six==1.17.0"]


@pytest.fixture(name="options")
def fixture_options(store: Path, wheelhouse: Path) -> dict[str, Any]:
    return {"store": str(store), "name": "site", "find_links": [str(wheelhouse)], "offline": True, "packages": SIX}


@pytest.fixture(name="slow_uv")
def fixture_slow_uv(tmp_path: Path, uv: str) -> dict[str, str]:
    """An environment whose uv takes two seconds longer to install, and notes each time in the file ``syncs``."""
    return uv_behind(tmp_path / "bin", uv, sync=f"echo sync >>{tmp_path}/syncs; sleep 2")


def syncs(tmp_path: Path) -> int:
    """How often uv was started to install."""
    notes = tmp_path / "syncs"
    return len(notes.read_text().splitlines()) if notes.exists() else 0


@pytest.mark.catalogue(7)
def test_sixteen_at_once(options: dict[str, Any], slow_uv: dict[str, str], tmp_path: Path, store: Path) -> None:
    """One of them builds, and all have the answer."""
    runs = [SharedVenvProcess.start(environment=slow_uv, **options) for _run in range(16)]
    answers = [run.result() for run in runs]
    assert [answer.get("msg") for answer in answers] == [None] * 16
    assert len({answer["generation"] for answer in answers}) == 1
    assert sum(answer["changed"] for answer in answers) == 1
    assert syncs(tmp_path) == 1
    assert installed(store / "site") == SIX
    assert leftovers(store) == []


@pytest.mark.catalogue(11)
@pytest.mark.parametrize("whole_group", [False, True], ids=["alone", "with its children"])
def test_a_killed_controller(
    options: dict[str, Any],
    slow_uv: dict[str, str],
    tmp_path: Path,
    store: Path,
    controller: Controller,
    whole_group: bool,
) -> None:
    """What it started may end its work or not: the next run waits for it and is right."""
    task = {"name": "Build", "mobile_ansible.venv.shared_venv": options}
    playbook = tmp_path / "site.yml"
    playbook.write_text(json.dumps([{"name": "Build", "hosts": "localhost", "gather_facts": False, "tasks": [task]}]))
    environment = controller.environment()
    environment["PATH"] = f"{tmp_path / 'bin'}:{environment['PATH']}"
    argv = [controller.venv.program("ansible-playbook"), str(playbook)]
    with subprocess.Popen(
        argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        wait_until(lambda: syncs(tmp_path) == 1)
        (os.killpg if whole_group else os.kill)(process.pid, signal.SIGKILL)
    assert not (store / "site").exists()
    answer = built(**options)
    assert installed(answer["path"]) == SIX
    assert not built(**options)["changed"]
    assert leftovers(store) == []


@pytest.mark.catalogue(12)
@pytest.mark.parametrize("replace", [False, True], ids=["removed", "replaced"])
def test_the_lock_of_a_name_goes_while_it_is_held(
    options: dict[str, Any], slow_uv: dict[str, str], tmp_path: Path, store: Path, replace: bool
) -> None:
    """There are two writers then, and the lock of the generation still lets one of them build."""
    first = SharedVenvProcess.start(environment=slow_uv, **options)
    wait_until(lambda: syncs(tmp_path) == 1)
    (store / ".locks" / "site").unlink()
    if replace:
        (store / ".locks" / "site").touch()
    second = SharedVenvProcess.start(environment=slow_uv, **options).result()
    answers = [first.result(), second]
    assert [answer.get("msg") for answer in answers] == [None, None]
    assert syncs(tmp_path) == 1
    assert installed(store / "site") == SIX
    assert leftovers(store) == []


@pytest.mark.catalogue(12)
def test_all_locks_go_while_they_are_held(
    options: dict[str, Any], slow_uv: dict[str, str], tmp_path: Path, store: Path
) -> None:
    """Two build in one place: one may fail with one clear error, what is there is whole, and the next run is right."""
    first = SharedVenvProcess.start(environment=slow_uv, **options)
    wait_until(lambda: syncs(tmp_path) == 1)
    for lock in (*(store / ".locks").iterdir(), *(store / ".leases").iterdir()):
        lock.unlink()
    answers = [SharedVenvProcess.start(environment=slow_uv, **options).result(), first.result()]
    failures = [answer["msg"] for answer in answers if answer.get("failed")]
    assert len(failures) <= 1, failures
    assert "Traceback" not in "".join(failures)
    assert installed(store / "site") == SIX
    assert installed(built(**options)["path"]) == SIX
    assert leftovers(store) == []


def test_info_and_prune_while_venvs_are_built_and_removed(options: dict[str, Any], store: Path, uv: str) -> None:
    """Whatever they meet on their way, they answer."""
    environment = {"PATH": f"{os.path.dirname(uv)}:{os.environ['PATH']}"}

    def module(module: str, **asked: Any) -> SharedVenvProcess:
        return SharedVenvProcess.start(module=module, environment=environment, store=str(store), **asked)

    for number in range(12):
        change = {**options, "name": f"n{number % 2}", "state": "absent" if number % 3 == 2 else "present"}
        change["packages"] = [] if change["state"] == "absent" else [*SIX, *(["jmespath"] if number % 2 else [])]
        del change["store"]
        looks = [module("shared_venv_info", verify=bool(look % 2)) for look in range(3)]
        changes = [module("shared_venv", **change), module("shared_venv_prune", older_than="0")]
        looks += [module("shared_venv_info", verify=bool(look % 2)) for look in range(3)]
        for one in (*looks, *changes):
            answer = one.result()
            assert not answer.get("failed"), answer["msg"]
    assert leftovers(store) == []
