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
from another_user import PYTHON, UID, AnotherUser
from shared_venv_process import SharedVenvProcess, built, installed, leftovers

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.tree import manifest, signature

pytestmark = pytest.mark.skipif(another_user.missing() is not None, reason=str(another_user.missing()))

SIX, BOTH = ["six==1.17.0"], ["jmespath==1.1.0", "six==1.17.0"]


@pytest.fixture(name="them", scope="module")
def fixture_them(uv: str, wheelhouse: Path) -> Iterator[AnotherUser]:
    user = AnotherUser.make(uv=uv, wheelhouse=wheelhouse)
    yield user
    user.remove()


@pytest.fixture(name="sticky")
def fixture_sticky() -> Iterator[Path]:
    """A directory like /tmp."""
    directory = Path(tempfile.mkdtemp(prefix="sticky-"))
    directory.chmod(0o1777)
    yield directory
    subprocess.run(["rm", "-rf", str(directory)], check=True)


def options(them: AnotherUser, store: Path, **more: Any) -> dict[str, Any]:
    asked: dict[str, Any] = {"store": str(store), "name": "site", "packages": SIX, "python": PYTHON}
    asked.update(find_links=[str(them.wheels)], offline=True, **more)
    return {option: value for option, value in asked.items() if value is not None}


def run(module: str, **asked: Any) -> dict[str, Any]:
    return SharedVenvProcess.start(module=module, **asked).result()


@pytest.fixture(name="planted")
def fixture_planted(them: AnotherUser, sticky: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of theirs, whose six writes a canary and is what its records say."""
    monkeypatch.setenv("PATH", f"{them.directory / 'bin'}:{os.environ['PATH']}")
    store = sticky / "store"
    built(**options(them, store, packages=BOTH))
    generation = Path(built(**options(them, store))["generation"])
    six = next(generation.rglob("six.py"))
    six.chmod(0o644)
    six.write_text(f"open({str(sticky / 'canary')!r}, 'w')\n")
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
    return store


def tree(root: Path) -> list[str]:
    return sorted(f"{path.relative_to(root)} {path.lstat().st_mode:o}" for path in root.rglob("*"))


def attempts(them: AnotherUser, store: Path, project: Path) -> dict[str, dict[str, Any]]:
    """Every way to a store."""
    link = {"project": str(project), "target": str(store / "site")}
    return {
        "the same venv": {"module": "shared_venv", **options(them, store)},
        "in check mode": {"module": "shared_venv", **options(them, store), "_ansible_check_mode": True},
        "another name": {"module": "shared_venv", **options(them, store, name="new")},
        "by path": {"module": "shared_venv", **options(them, store, name=None, path=str(project / "venv"))},
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


@pytest.mark.catalogue(32)
@pytest.mark.parametrize("parent", [0o755, 0o2755], ids=["plain", "setgid"])
@pytest.mark.parametrize("umask", [0o000, 0o002, 0o077], ids=oct)
def test_nothing_of_a_store_can_be_written_by_others(
    them: AnotherUser, tmp_path_factory: pytest.TempPathFactory, umask: int, parent: int
) -> None:
    """Whatever the umask, every user can use the venv of root's store, and nobody can write to anything in it."""
    directory = Path(tempfile.mkdtemp(prefix="public-"))
    os.chown(directory, 0, UID)
    directory.chmod(parent)
    before = os.umask(umask)
    try:
        answer = built(**options(them, directory / "store"))
    finally:
        os.umask(before)
    assert them.find(directory, "-writable", "-not", "-type", "l") == []
    loose = subprocess.run(
        ["find", str(directory / "store" / ".generations"), "-perm", "/022", "-not", "-type", "l"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loose.stdout == ""
    program = [*another_user.AS_THEM, f"{answer['path']}/bin/python", "-c", "import six; print(six.__version__)"]
    used = subprocess.run(program, cwd="/", env={}, capture_output=True, text=True, check=True)
    assert used.stdout == "1.17.0\n"
    subprocess.run(["rm", "-rf", str(directory)], check=True)


@pytest.mark.catalogue(33)
@pytest.mark.parametrize("attempt", ["the same venv", "info", "prune", "absent", "run by name", "link by path"])
def test_a_parent_that_is_opened_later_is_noticed(them: AnotherUser, tmp_path: Path, attempt: str) -> None:
    store = tmp_path / "parent" / "store"
    built(**options(them, store))
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
    first = Path(built(**options(them, store))["generation"])
    loose(first)
    (found,) = run("shared_venv_info", store=str(store))["generations"]
    assert any("can be changed by another user" in problem for problem in found["problems"]), found
    playbook = tmp_path / "site.yml"
    playbook.write_text("- hosts: localhost\n")
    refused = run("venv_playbook", venv="site", store=str(store), playbook=str(playbook), project=str(tmp_path))
    assert refused.get("error_code") == "store", refused
    second = built(**options(them, store))
    assert second["changed"] and Path(second["generation"]) != first
    assert them.find(Path(second["generation"]), "-writable", "-not", "-type", "l") == []
    assert installed(store / "site") == SIX


def test_what_others_could_put_into_a_cache_is_not_used(
    them: AnotherUser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was open to them once, and is closed by now."""
    store = tmp_path / "store"
    monkeypatch.setenv("PATH", f"{them.directory / 'bin'}:{os.environ['PATH']}")
    built(**options(them, store))
    planted = [path for path in (store / ".cache").rglob("six.py") if path.is_file()]
    assert planted
    for path in planted:
        path.write_text("evil = 1\n")
        os.chown(path, UID, UID)
    answer = built(**options(them, store, name="again", packages=BOTH))
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
    answer = built(**options(them, store))
    assert not (tmp_path / "canary").exists()
    assert installed(Path(answer["path"])) == SIX


#: Makes and removes directories of one name, as fast as it can.
_RACER = """
import os, sys
print("ready", flush=True)
while True:
    try:
        os.mkdir(sys.argv[1], 0o777)
        os.chmod(sys.argv[1], 0o777)
        os.rmdir(sys.argv[1])
    except OSError:
        pass
"""


@pytest.mark.catalogue(33)
def test_a_name_that_they_make_and_remove_all_the_time(them: AnotherUser, sticky: Path) -> None:
    """Whoever is faster: what root prepared is root's, or refused."""
    place = sticky / "store"
    racer = them.start(_RACER, str(place))
    try:
        assert racer.stdout is not None and racer.stdout.readline() == "ready\n"
        made = 0
        for _attempt in range(1500):
            try:
                Store(str(place)).prepare()
            except Exception as error:  # Anything else than a refusal is asserted below.
                assert "belongs to another user" in str(error) or "cannot be used" in str(error), repr(error)
                continue
            assert place.stat().st_uid == 0
            assert {entry.stat().st_uid for entry in place.iterdir()} == {0}
            made += 1
            shutil.rmtree(place)
        assert made > 0
    finally:
        racer.kill()
        racer.communicate()


#: Opens and locks whatever it can below a directory until its input ends, then says what it locked.
_LOCKER = """
import fcntl, json, os, select, sys
locked = {}
while not select.select([sys.stdin], [], [], 0)[0]:
    for directory, directories, files in os.walk(sys.argv[1]):
        for name in [*directories, *files]:
            path = os.path.join(directory, name)
            if path in locked or os.path.islink(path):
                continue
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                locked[path] = descriptor
            except OSError:
                pass
    if not locked:
        continue
    print("", flush=True)
print(json.dumps(sorted(locked)), flush=True)
"""


def test_nothing_that_others_can_open_is_locked_on(
    them: AnotherUser, sticky: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They hold every lock that they can get, from before a build to its end; it needs none of them."""
    monkeypatch.setenv("PATH", f"{them.directory / 'bin'}:{os.environ['PATH']}")
    store = sticky / "store"
    built(**options(them, store))
    store.chmod(0o755)
    locker = them.start(_LOCKER, str(store))
    assert locker.stdout is not None
    locker.stdout.readline()
    built(**options(them, store, packages=BOTH, lock_timeout=2))
    built(**options(them, store, name="second", packages=[*BOTH, "netaddr"], lock_timeout=2))
    built(state="absent", store=str(store), name="second", lock_timeout=2)
    output, _errors = locker.communicate("end\n")
    locked = [os.path.relpath(path, store) for path in json.loads(output.strip().splitlines()[-1])]
    assert any(path.startswith(".generations/") for path in locked), "the attack did not work"
    places = (".cache", ".locks", ".leases", ".tools", ".incoming")
    assert [path for path in locked if path.startswith(tuple(f"{place}/" for place in places))] == []
    assert [path for path in locked if os.path.basename(path) == ".lock" or ".incoming-" in path] == []
    assert installed(store / "site") == BOTH
    assert leftovers(store) == []


@pytest.fixture(name="roots", scope="module")
def fixture_roots(them: AnotherUser) -> Iterator[Path]:
    """A store of root's that everybody can use, with a venv that has a previous one."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PATH", f"{them.directory / 'bin'}:{os.environ['PATH']}")
        store = them.directory / "store"
        built(**options(them, store))
        built(**options(them, store, packages=BOTH))
        closed = them.directory / "closed"
        closed.mkdir(mode=0o700)
        linked = run("venv_symlink", project=str(closed), target=str(store / "site"))
        assert not linked.get("failed"), linked["msg"]
    yield store


def test_an_ordinary_user_uses_what_is_in_roots_store(them: AnotherUser, roots: Path) -> None:
    same = them.module("shared_venv", **options(them, roots, packages=BOTH))
    assert (same.get("msg"), same.get("changed")) == (None, False)
    info = them.module("shared_venv_info", store=str(roots), verify=True)
    (venv,) = info["venvs"]
    assert (venv["name"], venv["healthy"], venv["in_use"]) == ("site", True, None)
    assert info["gone_links"] == []
    project = them.home / "news"
    if not project.exists():
        project.mkdir()
        os.chown(project, UID, UID)
    linked = them.module("venv_symlink", project=str(project), target=str(roots / "site"))
    assert linked.get("changed") is True, linked
    assert installed(project / "venv") == BOTH


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize(
    "change",
    [
        {"name": "new"},
        {"packages": SIX},
        {"packages": [], "generation": "previous"},
        {"packages": [], "state": "absent"},
        {"packages": BOTH, "upgrade": True, "name": "new"},
        {"prune": True},
    ],
    ids=str,
)
def test_an_ordinary_user_cannot_change_roots_store(
    them: AnotherUser, roots: Path, change: dict[str, Any], check: bool
) -> None:
    before = tree(roots)
    if "prune" in change:
        asked: dict[str, Any] = {"store": str(roots), "older_than": "0"}
    else:
        asked = options(them, roots, **{"packages": BOTH, **change})
    answer = them.module(
        "shared_venv_prune" if "prune" in change else "shared_venv", **asked, _ansible_check_mode=check
    )
    assert answer.get("error_code") == "store", answer
    assert f"{roots} belongs to root" in answer["msg"] and "become: true" in answer["msg"]
    assert tree(roots) == before


@pytest.mark.parametrize("where", ["/root/venvs", "/var/venvs", "/proc/venvs"])
def test_an_ordinary_user_cannot_make_a_store_there(them: AnotherUser, where: str) -> None:
    answer = them.module("shared_venv", **options(them, Path(where)))
    assert answer.get("error_code") == "store", answer
    assert answer["msg"].startswith(f"{where} cannot be used: ")


def test_a_user_in_the_store_of_a_third(them: AnotherUser, planted: Path) -> None:
    subprocess.run(["chown", "-hR", "12345:12345", str(planted)], check=True)
    for module in ("shared_venv_info", "shared_venv_prune"):
        answer = them.module(module, store=str(planted))
        assert answer.get("error_code") == "store", answer
        assert "belongs to another user (uid 12345)" in answer["msg"]
