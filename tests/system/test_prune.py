# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What nothing uses any more is listed, and removed on request; what is used stays."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from shared_venv_process import SharedVenvProcess, built, installed

SIX, BOTH = ["six==1.17.0"], ["jmespath==1.1.0", "six==1.17.0"]
MONTHS = 100 * 86400


@pytest.fixture(name="options")
def fixture_options(store: Path, uv: str, wheelhouse: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("PATH", f"{os.path.dirname(uv)}:{os.environ['PATH']}")
    return {"store": str(store), "find_links": [str(wheelhouse)], "offline": True}


def run(module: str, **options: Any) -> dict[str, Any]:
    answer = SharedVenvProcess.start(module=module, **options).result()
    assert not answer.get("failed"), answer["msg"]
    return answer


def age(store: Path, name: str) -> None:
    """Let the venv be built and last used long ago."""
    then = time.time() - MONTHS
    generation = (store / name).resolve()
    os.utime(store / ".leases" / generation.name, (then, then))
    os.utime(store / name, (then, then), follow_symlinks=False)


def start(venv: Path) -> None:
    subprocess.run([str(venv / "bin" / "python"), "-c", "pass"], check=True)


@pytest.fixture(name="aged")
def fixture_aged(store: Path, options: dict[str, Any], tmp_path: Path) -> Path:
    """A venv to which a project links, and one whose parent has gone; nobody started anything in them for months."""
    built(name="linked", packages=SIX, **options)
    built(name="alone", packages=BOTH, **options)
    for name in ("linked", "alone"):
        (tmp_path / name).mkdir()
        run("venv_symlink", project=str(tmp_path / name), target=name, store=str(store))
    age(store, "linked")
    age(store, "alone")
    (tmp_path / "alone" / "venv").unlink()
    (tmp_path / "alone").rmdir()
    return store


def names(answer: dict[str, Any]) -> list[str]:
    return [one["name"] for one in answer["unused_venvs"]]


def test_a_venv_whose_parent_has_gone_is_offered_and_removed_on_request(aged: Path) -> None:
    generation = (aged / "alone").resolve()
    info = {one["name"]: one["unused_since"] for one in run("shared_venv_info", store=str(aged))["venvs"]}
    since = time.strftime("%Y-%m-%d", time.gmtime(time.time() - MONTHS))
    assert (info["linked"], info["alone"][:10]) == (None, since)
    offered = run("shared_venv_prune", store=str(aged))
    assert (names(offered), offered["removed_venvs"], offered["removed"]) == (["alone"], [], [])
    assert generation.is_dir() and (aged / "alone").is_symlink()
    predicted = run("shared_venv_prune", store=str(aged), remove_unused=True, _ansible_check_mode=True)
    assert generation.is_dir() and (aged / "alone").is_symlink()
    removed = run("shared_venv_prune", store=str(aged), remove_unused=True)
    assert (removed["changed"], removed["removed_venvs"]) == (True, ["alone"])
    assert [one["digest"] for one in removed["removed"]] == [generation.name]
    for key in ("removed", "removed_venvs", "unused_venvs", "bytes", "diff"):
        assert predicted[key] == removed[key], key
    assert not (aged / "alone").is_symlink() and not generation.exists()
    assert installed(aged / "linked") == SIX
    assert run("shared_venv_prune", store=str(aged), remove_unused=True)["changed"] is False


@pytest.mark.parametrize("use", ["started", "running", "linked", "built again", "older_than"])
def test_what_is_used_is_not_offered(aged: Path, options: dict[str, Any], tmp_path: Path, use: str) -> None:
    asked: dict[str, Any] = {"store": str(aged), "remove_unused": True}
    process = None
    if use == "started":
        start(aged / "alone")
    elif use == "running":
        argv = [str(aged / "alone" / "bin" / "python"), "-c", "print('up', flush=True); input()"]
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None and process.stdout.readline() == "up\n"
        age(aged, "alone")
    elif use == "linked":
        (tmp_path / "later").mkdir()
        run("venv_symlink", project=str(tmp_path / "later"), target="alone", store=str(aged))
    elif use == "built again":
        built(name="alone", packages=[*BOTH, "netaddr"], **options)
    else:
        asked["older_than"] = "200d"
    answer = run("shared_venv_prune", **asked)
    assert (names(answer), answer["removed_venvs"], answer["removed"]) == ([], [], [])
    assert (aged / "alone" / "bin" / "python").exists()
    if process is not None:
        process.communicate("\n")


def test_wheels_that_were_sent_for_a_venv_go_with_it(aged: Path, options: dict[str, Any], wheelhouse: Path) -> None:
    """Those of a venv that stays do not, however old they are."""
    sent = {name: aged / ".carried" / next(wheelhouse.glob(f"{name}-*.whl")).name for name in ("six", "jmespath")}
    for path in sent.values():
        shutil.copy(wheelhouse / path.name, path)
        os.utime(path, (0, 0))
    assert run("shared_venv_prune", store=str(aged))["removed_files"] == []
    predicted = run("shared_venv_prune", store=str(aged), remove_unused=True, _ansible_check_mode=True)
    assert all(path.exists() for path in sent.values())
    removed = run("shared_venv_prune", store=str(aged), remove_unused=True)
    assert [one["path"] for one in removed["removed_files"]] == [str(sent["jmespath"])]
    assert {name: path.exists() for name, path in sent.items()} == {"six": True, "jmespath": False}
    for key in ("removed", "removed_files", "bytes", "diff"):
        assert predicted[key] == removed[key], key
    assert built(name="alone", packages=BOTH, **options)["changed"]


def test_links_of_the_user_in_a_store_stay(aged: Path, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (aged / "mine").symlink_to(tmp_path / "own")
    (aged / "dangling").symlink_to("nothing")
    answer = run("shared_venv_prune", store=str(aged), remove_unused=True, older_than="0")
    assert names(answer) == ["alone"]
    assert (aged / "mine").is_symlink() and (aged / "dangling").is_symlink()


def test_the_playbook_lists_them_and_says_how_to_remove_them(aged: Path, controller: Controller) -> None:
    given = {"shared_venv_store": str(aged)}
    offered = controller.playbook("mobile_ansible.venv.prune", variables=given)
    assert offered.returncode == 0, offered.output
    assert f"{aged}/alone" in offered.output and "shared_venv_remove_unused=true" in offered.output
    assert f"{aged}/linked" not in offered.output
    removed = controller.playbook(
        "mobile_ansible.venv.prune", "-e", f"shared_venv_store={aged}", "-e", "shared_venv_remove_unused=true"
    )
    assert removed.returncode == 0, removed.output
    assert not (aged / "alone").is_symlink() and (aged / "linked").exists()
