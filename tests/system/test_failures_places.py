# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Disks, homes and interpreters that are not as usual, and a power cut."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from disks import formatted, mounted
from shared_venv_process import SharedVenvProcess, built, installed, leftovers, shared_venv

SIX, BOTH = ["six==1.17.0"], ["jmespath==1.1.0", "six==1.17.0"]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk or act as another user")


@pytest.fixture(name="options")
def fixture_options(store: Path, uv: str, wheelhouse: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("PATH", f"{os.path.dirname(uv)}:{os.environ['PATH']}")
    return {"store": str(store), "name": "site", "find_links": [str(wheelhouse)], "offline": True}


@as_root
@pytest.mark.catalogue(6)
def test_no_inodes_are_left(options: dict[str, Any], tmp_path: Path) -> None:
    """The old venv serves; when there are some again the next run is right."""
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "mode=755,nr_inodes=2000", "tmpfs") as disk:
        options["store"] = str(disk / "store")
        built(packages=SIX, **options)
        status = os.statvfs(disk)
        fillers = [disk / f"filler-{number}" for number in range(status.f_ffree - 20)]
        for filler in fillers:
            filler.touch()
        answer = shared_venv(packages=BOTH, **options)
        assert answer["error_code"] == "no_room"
        assert installed(disk / "store" / "site") == SIX
        assert leftovers(disk / "store") == []
        for filler in fillers:
            filler.unlink()
        assert installed(built(packages=BOTH, **options)["path"]) == BOTH


@as_root
@pytest.mark.catalogue(35)
def test_a_temporary_directory_from_which_nothing_can_be_run(options: dict[str, Any], tmp_path: Path) -> None:
    with mounted(tmp_path / "scratch", "-t", "tmpfs", "-o", "mode=755,noexec", "tmpfs") as scratch:
        answer = SharedVenvProcess.start(environment={"TMPDIR": str(scratch)}, packages=SIX, **options).result()
        assert not answer.get("failed"), answer["msg"]
    assert installed(answer["path"]) == SIX


@as_root
@pytest.mark.catalogue(35)
@pytest.mark.parametrize("missing", [False, True], ids=["read-only", "missing"])
def test_a_home_that_cannot_be_written(options: dict[str, Any], tmp_path: Path, missing: bool) -> None:
    with mounted(tmp_path / "home-of-nobody", "-t", "tmpfs", "-o", "mode=755,ro", "tmpfs") as home:
        environment = {"HOME": "/nowhere" if missing else str(home)}
        answer = SharedVenvProcess.start(environment=environment, packages=SIX, **options).result()
        assert not answer.get("failed"), answer["msg"]
    assert installed(answer["path"]) == SIX


@pytest.fixture(name="public")
def fixture_public() -> Iterator[Path]:
    """A directory of root that all users can reach."""
    directory = Path(tempfile.mkdtemp(prefix="public-"))
    directory.chmod(0o755)
    yield directory
    subprocess.run(["rm", "-rf", str(directory)], check=True)


@as_root
@pytest.mark.catalogue(32)
@pytest.mark.parametrize("umask", [0o077, 0o027, 0o000])
def test_a_second_user_runs_what_root_built(options: dict[str, Any], public: Path, umask: int) -> None:
    python = "/usr/bin/python3"
    if not os.access(python, os.X_OK):
        pytest.skip("there is no interpreter that all users can reach")
    options |= {"store": str(public / "store"), "python": python}
    before = os.umask(umask)
    try:
        built(packages=SIX, **options)
    finally:
        os.umask(before)
    argv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(public / "store/site/bin/python")]
    argv += ["-c", "import six; print(six.__version__)"]
    ended = subprocess.run(argv, env={"PATH": os.defpath}, cwd="/", capture_output=True, text=True, check=True)
    assert ended.stdout == "1.17.0\n"


def problems(store: Path) -> str:
    answer = SharedVenvProcess.start(module="shared_venv_info", store=str(store)).result()
    return str([venv["problems"] for venv in answer["venvs"]])


@pytest.mark.catalogue(30)
@pytest.mark.parametrize("damage", ["removed", "not executable"])
def test_an_interpreter_that_goes(options: dict[str, Any], store: Path, tmp_path: Path, damage: str) -> None:
    """It is said, and the next run builds anew with one that is there."""
    python = tmp_path / "python3"
    shutil.copy(os.path.realpath(sys._base_executable), python)  # type: ignore[attr-defined]  # typeshed does not know it
    python.chmod(0o755)
    if subprocess.run([str(python), "-I", "-c", "import json"], env={}, check=False, capture_output=True).returncode:
        pytest.skip(f"an interpreter cannot be copied from {sys.base_prefix}")
    first = built(packages=SIX, python=str(python), **options)
    if damage == "removed":
        python.unlink()
    else:
        python.chmod(0o644)
    assert f"its interpreter {python} does not exist or cannot be executed" in problems(store)
    lost = shared_venv(packages=SIX, python=str(python), **options)
    assert f"{python} cannot be used" in lost["msg"]
    second = built(packages=SIX, **options)
    assert second["generation"] != first["generation"]
    assert installed(second["path"]) == SIX
    assert problems(store) == "[[]]"


@pytest.mark.catalogue(29)
def test_a_store_that_was_moved(options: dict[str, Any], store: Path, tmp_path: Path) -> None:
    """It is said, and the next run builds what its scripts name rightly."""
    built(packages=SIX, **options)
    moved = tmp_path / "moved"
    store.rename(moved)
    assert f"it was moved here from {store}" in problems(moved)
    answer = built(packages=SIX, **{**options, "store": str(moved)})
    assert answer["changed"]
    assert installed(answer["path"]) == SIX
    assert problems(moved) == "[[]]"
    assert str(store) not in Path(answer["generation"], "pyvenv.cfg").read_text()


NAMES = ["", ".", "..", "a/b", "/abs", "a\nb", "a\0b", "x" * 300, "-x", ".x", "a b", "$(id)"]


@pytest.mark.catalogue(31)
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_bad_names(options: dict[str, Any], store: Path, name: str) -> None:
    answer = shared_venv(packages=SIX, **{**options, "name": name})
    assert answer["failed"]
    assert "Traceback" not in answer["msg"]
    assert not store.exists()


def snapshot(image: Path, copy: Path) -> None:
    """The blocks as they are at this moment, like a disk whose power is cut."""
    subprocess.run(["cp", "--reflink=never", "--sparse=always", str(image), str(copy)], check=True)


def power_cuts(options: dict[str, Any], tmp_path: Path, *, cuts: int) -> None:
    """Copy the blocks of the disk again and again while a build and a switch go on; look at each copy."""
    image = formatted(tmp_path / "image", "mkfs.ext4", mebibytes=192)
    taken: list[Path] = []
    with mounted(tmp_path / "disk", "-o", "loop", str(image)) as disk:
        options["store"] = str(disk / "store")
        built(packages=SIX, **options)
        run = SharedVenvProcess.start(packages=BOTH, **options)
        while run.process.poll() is None or len(taken) < cuts // 2:
            taken.append(tmp_path / f"image-{len(taken)}")
            snapshot(image, taken[-1])
            if run.process.poll() is not None:
                break
        assert not run.result().get("failed")
        taken.append(tmp_path / "image-after")
        snapshot(image, taken[-1])
    seen = []
    # The copies are mounted where the original was, because a venv names its place.
    for copy in taken[-cuts:]:
        (tmp_path / "disk").rmdir()
        with mounted(tmp_path / "disk", "-o", "loop", str(copy)) as disk:
            seen.append(installed(disk / "store" / "site"))
            assert installed(built(packages=BOTH, **options)["path"]) == BOTH
            assert leftovers(disk / "store") == []
        copy.unlink()
    assert seen[-1] == BOTH
    assert all(one in (SIX, BOTH) for one in seen)


@as_root
@pytest.mark.catalogue(4)
def test_the_power_is_cut_a_few_times(options: dict[str, Any], tmp_path: Path) -> None:
    power_cuts(options, tmp_path, cuts=3)


@pytest.mark.catalogue(4)
@pytest.mark.parametrize("pattern", ["METADATA", "RECORD", "*.py", "*"])
def test_a_damaged_cache_of_the_installer(options: dict[str, Any], store: Path, pattern: str) -> None:
    """Files that uv did not get to the disk before the power went, and that it takes for whole ever after."""
    built(packages=SIX, **options)
    assert built(state="absent", **{key: options[key] for key in ("store", "name")})["changed"]
    damaged = [path for path in (store / ".cache").rglob(pattern) if path.is_file() and path.stat().st_size]
    for path in damaged:
        path.write_bytes(b"")
    assert damaged != []
    for name in ("site", "again"):
        assert installed(built(packages=SIX, **{**options, "name": name})["path"]) == SIX
        assert leftovers(store) == []
    assert sorted(path.name for path in (store / ".cache").iterdir()) == ["bytecode", "uv"]


@as_root
@pytest.mark.catalogue(4)
@pytest.mark.destructive
def test_the_power_is_cut_all_the_time(options: dict[str, Any], tmp_path: Path) -> None:
    for cycle in range(20):
        (directory := tmp_path / str(cycle)).mkdir()
        power_cuts(options, directory, cuts=50)
