# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Other users of the machine can neither plant code in a store, nor let root destroy, nor hold root up."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import another_user
import pytest
from another_user import BOTH, SIX, UID, AnotherUser, tree
from shared_venv_process import SharedVenvProcess, built, installed

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.tree import manifest, signature

pytestmark = pytest.mark.skipif(another_user.missing() is not None, reason=str(another_user.missing()))


def run(module: str, **asked: Any) -> dict[str, Any]:
    return SharedVenvProcess.start(module=module, **asked).result()


@pytest.fixture(name="template", scope="module")
def fixture_template(them: AnotherUser) -> Iterator[Path]:
    """What ``planted`` copies to the path that it was built for; it is built once."""
    directory = Path(tempfile.mkdtemp(prefix="sticky-"))
    directory.chmod(0o1777)
    store = directory / "store"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PATH", f"{them.directory / 'bin'}:{os.environ['PATH']}")
        built(**them.options(store, packages=BOTH))
        generation = Path(built(**them.options(store))["generation"])
    (six,) = generation.rglob("six.py")
    six.chmod(0o644)
    six.write_text(f"open({str(directory / 'canary')!r}, 'w')\n")
    six.chmod(0o444)
    generation.chmod(0o755)
    for name in ("files.json", "venv.json"):
        (generation / name).chmod(0o644)
    ours = frozenset({"files.json", "venv.json"})
    (generation / "files.json").write_text(json.dumps(manifest(str(generation), without=ours)))
    record = json.loads((generation / "venv.json").read_text())
    record["signature"] = signature(str(generation), without=frozenset({"venv.json"}))
    (generation / "venv.json").write_text(json.dumps(record))
    store.chmod(0o755)
    subprocess.run(["chown", "-hR", f"{UID}:{UID}", str(store)], check=True)
    yield store.rename(directory / "template")
    subprocess.run(["rm", "-rf", str(directory)], check=True)


@pytest.fixture(name="planted")
def fixture_planted(them: AnotherUser, template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of theirs, whose six writes a canary and is what its records say."""
    monkeypatch.setenv("PATH", f"{them.directory / 'bin'}:{os.environ['PATH']}")
    store = template.with_name("store")
    (store.parent / "canary").unlink(missing_ok=True)
    subprocess.run(["rm", "-rf", str(store)], check=True)
    subprocess.run(["cp", "--archive", str(template), str(store)], check=True)
    return store


def attempts(them: AnotherUser, store: Path, project: Path) -> dict[str, dict[str, Any]]:
    """Every way to a store."""
    link = {"project": str(project), "target": str(store / "site")}
    return {
        "the same venv": {"module": "shared_venv", **them.options(store)},
        "in check mode": {"module": "shared_venv", **them.options(store), "_ansible_check_mode": True},
        "another name": {"module": "shared_venv", **them.options(store, name="new")},
        "by path": {"module": "shared_venv", **them.options(store, name=None, path=str(project / "venv"))},
        "previous": {"module": "shared_venv", "store": str(store), "name": "site", "generation": "previous"},
        "absent": {"module": "shared_venv", "store": str(store), "name": "site", "state": "absent"},
        "info": {"module": "shared_venv_info", "store": str(store)},
        "info, by content": {"module": "shared_venv_info", "store": str(store), "verify": True},
        "prune": {"module": "shared_venv_prune", "store": str(store), "older_than": "0"},
        "link by name": {"module": "venv_symlink", **link, "store": str(store), "target": "site"},
        "link by path": {"module": "venv_symlink", **link},
        "migration test": {"module": "venv_migration_test", "projects": [str(project)], "store": str(store)},
        "union": {"module": "requirements_union", "projects": [str(project)], "store": str(store), "offline": True},
        "run by name": {"module": "venv_playbook", "venv": "site", "store": str(store), "playbook": "/nothing"},
        "run by path": {"module": "venv_playbook", "venv": str(store / "site"), "playbook": "/nothing"},
    }


@pytest.mark.catalogue(33)
@pytest.mark.parametrize("attempt", sorted(attempts(AnotherUser(Path("/")), Path("/"), Path("/"))))
def test_root_uses_nothing_of_another_users_store(
    them: AnotherUser, planted: Path, tmp_path: Path, attempt: str
) -> None:
    (tmp_path / "requirements.txt").write_text("six\n")
    before = tree(planted)
    answer = run(**attempts(them, planted, tmp_path)[attempt])
    assert answer.get("error_code") == "store", answer
    assert f"belongs to another user (uid {UID})" in answer["msg"]
    assert not (planted.parent / "canary").exists()
    assert tree(planted) == before
    assert not (tmp_path / "venv").is_symlink()


@pytest.mark.catalogue(33)
@pytest.mark.parametrize("attempt", ["prune", "absent", "the same venv"])
@pytest.mark.parametrize("whose", [UID, 0], ids=["theirs", "root's own"])
def test_what_a_link_in_a_store_leads_to_is_never_removed(
    them: AnotherUser, planted: Path, tmp_path: Path, attempt: str, whose: int
) -> None:
    treasure = tmp_path / "treasure"
    (treasure / "aaa").mkdir(parents=True)
    (treasure / "aaa" / "file").write_text("dear")
    shutil.rmtree(planted / ".generations")
    (planted / ".generations").symlink_to(treasure)
    subprocess.run(["chown", "-hR", f"{whose}:{whose}", str(planted)], check=True)
    answer = run(**attempts(them, planted, tmp_path)[attempt])
    assert answer.get("error_code") == "store", answer
    assert (treasure / "aaa" / "file").read_text() == "dear"
    assert os.listdir(treasure) == ["aaa"]


@pytest.mark.catalogue(33)
@pytest.mark.parametrize("attempt", ["the same venv", "info", "prune", "absent", "run by name", "link by path"])
def test_a_parent_that_is_opened_later_is_noticed(them: AnotherUser, tmp_path: Path, attempt: str) -> None:
    store = tmp_path / "parent" / "store"
    built(**them.options(store))
    (tmp_path / "parent").chmod(0o777)
    (tmp_path / "project").mkdir()
    answer = run(**attempts(them, store, tmp_path / "project")[attempt])
    assert answer.get("error_code") == "store", answer
    assert f"others can write to {tmp_path}/parent " in answer["msg"]


def everything(generation: Path) -> None:
    generation.chmod(0o777)


def one_directory(generation: Path) -> None:
    next(generation.rglob("site-packages")).chmod(0o775)


def programs(generation: Path) -> None:
    (generation / "bin").chmod(0o757)


def bytecode(generation: Path) -> None:
    next(generation.rglob("site-packages/__pycache__")).chmod(0o777)


def marker(generation: Path) -> None:
    (generation / "venv.json").chmod(0o464)


def settings(generation: Path) -> None:
    os.chown(generation / "pyvenv.cfg", UID, UID)


@pytest.mark.catalogue(33)
@pytest.mark.parametrize(
    "loose", [everything, one_directory, programs, bytecode, marker, settings], ids=lambda loose: loose.__name__
)
def test_a_generation_that_others_can_change_is_not_whole(
    them: AnotherUser, tmp_path: Path, loose: Callable[[Path], None]
) -> None:
    """Nothing has been changed yet: it is reported, no playbook is run in it, and it is built anew beside it."""
    store = tmp_path / "store"
    first = Path(built(**them.options(store))["generation"])
    loose(first)
    (found,) = run("shared_venv_info", store=str(store))["generations"]
    assert any("can be changed by another user" in problem for problem in found["problems"]), found
    playbook = tmp_path / "site.yml"
    playbook.write_text("- hosts: localhost\n")
    refused = run("venv_playbook", venv="site", store=str(store), playbook=str(playbook), project=str(tmp_path))
    assert refused.get("error_code") == "store", refused
    second = built(**them.options(store))
    assert second["changed"] and Path(second["generation"]) != first
    assert them.find(Path(second["generation"]), "-writable", "-not", "-type", "l") == []
    assert installed(store / "site") == SIX


def test_what_others_could_put_into_a_cache_is_not_used(
    them: AnotherUser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was open to them once, and is closed by now."""
    store = tmp_path / "store"
    monkeypatch.setenv("PATH", f"{them.directory / 'bin'}:{os.environ['PATH']}")
    built(**them.options(store))
    planted = [path for path in (store / ".cache").rglob("six.py") if path.is_file()]
    assert planted
    for path in planted:
        path.write_text("evil = 1\n")
        os.chown(path, UID, UID)
    answer = built(**them.options(store, name="again", packages=BOTH))
    assert installed(Path(answer["path"])) == BOTH
    assert them.find(store, "-user", str(UID)) == []


def test_a_kept_uv_of_another_user_is_not_started(
    them: AnotherUser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    monkeypatch.setenv("PATH", os.defpath)
    program = store / ".tools" / "uv-0.99.0" / "uv"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/canary\necho uv 0.99.0\n")
    program.chmod(0o755)
    os.chown(program, UID, UID)
    answer = built(**them.options(store))
    assert not (tmp_path / "canary").exists()
    assert installed(Path(answer["path"])) == SIX


def test_a_user_in_the_store_of_a_third(them: AnotherUser, planted: Path) -> None:
    subprocess.run(["chown", "-hR", "12345:12345", str(planted)], check=True)
    for module in ("shared_venv_info", "shared_venv_prune"):
        answer = them.module(module, store=str(planted))
        assert answer.get("error_code") == "store", answer
        assert "belongs to another user (uid 12345)" in answer["msg"]
