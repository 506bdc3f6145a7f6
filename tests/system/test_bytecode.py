# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Bytecode is compiled once for an interpreter and copied into generations; a damaged copy gets into none."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from interpreters import find_python
from package_index import wheel
from shared_venv_process import SharedVenvProcess, built, installed, leftovers

NAME = "demo"
SITE = "lib/python3.11/site-packages"
MODULE = "def where():\n    return where.__code__.co_filename\n\nANSWER = 42\n"


@pytest.fixture(name="wheels")
def fixture_wheels(wheels: Path) -> Path:
    """A package of forty modules, one of them no Python, and a small one."""
    modules = {f"demo/m{number}.py": f"NUMBER = {number}\n" for number in range(40)}
    wheel(wheels, NAME, {"demo/__init__.py": MODULE, "demo/old.py": "print 1\n", **modules})
    wheel(wheels, "small", {"small.py": "x = 1\n"})
    return wheels


@pytest.fixture(name="options")
def fixture_options(from_wheels: dict[str, Any]) -> dict[str, Any]:
    """What asks for ``demo`` from ``wheels``."""
    return {**from_wheels, "packages": [NAME]}


def cached(store: Path) -> dict[str, Path]:
    """The kept bytecode, by the sha256 of its source; every file has the hash that its name says."""
    found = {}
    for path in (store / ".cache" / "bytecode").glob("*/*"):
        source, own, _suffix = path.name.split(".", 2)
        assert hashlib.sha256(path.read_bytes()).hexdigest() == own, path
        found[source] = path
    return found


def remove_generation(options: dict[str, Any]) -> None:
    built(store=options["store"], name=options["name"], state="absent")


def bytecode(venv: str, module: str = "demo/__init__") -> Path:
    directory, name = os.path.split(module)
    return Path(os.path.realpath(venv), SITE, directory, "__pycache__", f"{name}.cpython-311.pyc")


def imported(venv: str, code: str) -> str:
    """What ``code`` prints; Python says beside it for which modules it takes the bytecode that is there."""
    argv = [f"{venv}/bin/python", "-I", "-B", "-v", "-c", code]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env={}, cwd="/")
    return done.stdout + done.stderr


def programs_started(options: dict[str, Any], notes: Path) -> int:
    answer = SharedVenvProcess.start(notes=notes, **options).result()
    assert not answer.get("failed"), answer["msg"]
    return notes.read_text().count("subprocess.Popen")


def test_what_was_compiled_once_is_not_compiled_again(options: dict[str, Any], tmp_path: Path) -> None:
    """Not by a build of the same, nor by one of another wheel; what is no Python is not tried again either."""
    store = Path(options["store"])
    built(**options)
    remove_generation(options)
    shutil.rmtree(store / ".cache" / "bytecode")
    first = programs_started(options, tmp_path / "first")
    kept = {source: path.stat().st_ino for source, path in cached(store).items()}
    remove_generation(options)
    assert programs_started(options, tmp_path / "second") == first - 1
    built(**{**options, "packages": [NAME, "small"]})
    after = {source: path.stat().st_ino for source, path in cached(store).items()}
    assert {source: after[source] for source in kept} == kept
    assert sorted(after.keys() - kept.keys()) == [hashlib.sha256(b"x = 1\n").hexdigest()]


def test_bytecode_is_valid_where_it_lies(options: dict[str, Any]) -> None:
    """Imports take it, tracebacks show the real path, and it is a file of its own."""
    for _build in ("compiled", "copied"):
        venv = built(**options)["path"]
        target = bytecode(venv)
        said = imported(venv, "import demo, demo.m7; print(demo.where())")
        source = str(Path(os.path.realpath(venv), SITE, "demo/__init__.py"))
        assert f"# {target} matches {source}" in said
        assert f"{source}\n" in said
        assert "# could not create" not in said and "# wrote" not in said
        assert (target.stat().st_nlink, target.stat().st_mode & 0o777) == (1, 0o444)
        remove_generation(options)


def test_an_edit_in_place_takes_effect(options: dict[str, Any]) -> None:
    """Only root can make one; what Python then runs is what the file says."""
    venv = built(**options)["path"]
    source = Path(os.path.realpath(venv), SITE, "demo/__init__.py")
    source.chmod(0o644)
    source.write_text(source.read_text().replace("42", "43"))
    os.utime(source, (1, 1))
    assert "ANSWER is 43" in imported(venv, "import demo; print('ANSWER is', demo.ANSWER)")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def other_code(path: Path) -> None:
    """A flipped bit of a constant: the file is still bytecode."""
    content = path.read_bytes()
    assert b"\x2a\x00\x00\x00" in content
    path.write_bytes(content.replace(b"\x2a\x00\x00\x00", b"\x2b\x00\x00\x00"))


def linked(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


@pytest.mark.catalogue(4)
@pytest.mark.parametrize("damage", [cut, empty, other_code, linked, Path.unlink])
def test_damaged_bytecode_gets_into_no_generation(options: dict[str, Any], damage: Callable[[Path], None]) -> None:
    venv = built(**options)["path"]
    whole = bytecode(venv).read_bytes()
    remove_generation(options)
    source = hashlib.sha256(MODULE.encode()).hexdigest()
    damage(cached(Path(options["store"]))[source])
    assert built(**options)["path"] == venv
    assert bytecode(venv).read_bytes()[16:] == whole[16:]
    assert "ANSWER is 42" in imported(venv, "import demo; print('ANSWER is', demo.ANSWER)")
    assert source in cached(Path(options["store"]))


def test_each_interpreter_has_its_own(options: dict[str, Any]) -> None:
    store = Path(options["store"])
    other = find_python([(3, 13), (3, 12), (3, 10), (3, 9)])
    if other is None:
        pytest.skip("there is one Python only")
    built(**options)
    first = set(cached(store).values())
    venv = built(**{**options, "name": "other", "python": str(other)})["path"]
    kept = [path for path in (store / ".cache" / "bytecode").glob("*/*") if path not in first]
    assert kept
    assert {path.parent for path in kept}.isdisjoint({path.parent for path in first})
    (target,) = Path(venv).glob("lib/python3.*/site-packages/demo/__pycache__/__init__.*.pyc")
    assert f"# {os.path.realpath(target)} matches" in imported(venv, "import demo")


@pytest.mark.catalogue(8)
def test_two_builds_at_once_fill_it(options: dict[str, Any]) -> None:
    """Of different venvs that have most of their sources in common."""
    requests: list[dict[str, Any]] = [
        {**options, "name": "one"},
        {**options, "name": "two", "packages": [NAME, "small"]},
    ]
    for answer in [one.result() for one in [SharedVenvProcess.start(**request) for request in requests]]:
        assert not answer.get("failed"), answer["msg"]
        assert f"# {bytecode(answer['path'])} matches" in imported(answer["path"], "import demo")
    assert len(cached(Path(options["store"]))) > 40


@pytest.mark.catalogue(1)
@pytest.mark.parametrize("kills", [6, pytest.param(30, marks=pytest.mark.destructive)])
def test_kill_9_while_it_is_filled_leaves_nothing_half(options: dict[str, Any], kills: int) -> None:
    """Killed anywhere, with or without what it started, the next build is right and clears up."""
    store, chance = Path(options["store"]), random.Random(20261126)
    started = time.monotonic()
    built(**options)
    duration = time.monotonic() - started
    for _round in range(kills):
        remove_generation(options)
        shutil.rmtree(store / ".cache" / "bytecode")
        victim = SharedVenvProcess.start(**options)
        time.sleep(chance.uniform(duration / 3, duration))
        victim.kill(with_children=chance.random() < 0.5)
        venv = built(**options)["path"]
        assert installed(venv) == ["demo==1.0"]
        assert bytecode(venv).is_file()
        assert len(cached(store)) > 40
        assert leftovers(store) == []


def test_prune_removes_the_bytecode_of_what_is_gone(options: dict[str, Any]) -> None:
    store = Path(options["store"])
    built(**options)
    built(**{**options, "name": "two", "packages": ["small"]})
    assert len(cached(store)) > 40
    remove_generation(options)
    pruned = SharedVenvProcess.start(module="shared_venv_prune", store=str(store), older_than="1d").result()
    assert not pruned.get("failed"), pruned["msg"]
    left = cached(store)
    assert hashlib.sha256(b"x = 1\n").hexdigest() in left
    assert hashlib.sha256(MODULE.encode()).hexdigest() not in left
    assert f"# {bytecode(str(store / 'two'), 'small')} matches" in imported(str(store / "two"), "import small")


def test_a_file_in_the_place_of_a_cache_is_left_alone(options: dict[str, Any], wheels: Path) -> None:
    wheel(wheels, "odd", {"odd/__pycache__": "x", "odd/__init__.py": "x = 1\n"})
    venv = built(**{**options, "packages": ["odd"]})["path"]
    assert Path(venv, SITE, "odd/__pycache__").read_text() == "x"
