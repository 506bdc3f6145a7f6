# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Crashes, races and full disks: the next run is right, and nothing is left."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from disks import mounted
from shared_venv_process import SharedVenvProcess, built, installed, leftovers, shared_venv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SMALL = ["six==1.17.0", "markupsafe==3.0.2"]
SMALL_INSTALLED = ["markupsafe==3.0.2", "six==1.17.0"]


@pytest.fixture(scope="module", name="warm_store")
def fixture_warm_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose uv and downloads are there already, so that builds take the time of a build."""
    store = tmp_path_factory.mktemp("stores") / "store"
    built(store=str(store), name="warm", packages=SMALL)
    built(store=str(store), name="warm", state="absent")
    return store


@pytest.mark.catalogue(1)
@pytest.mark.parametrize("kills", [12, pytest.param(60, marks=pytest.mark.destructive)])
def test_kill_9_at_random_times_of_a_build(warm_store: Path, kills: int) -> None:
    """Killed anywhere, with or without its installer, the next run is right and clears up."""
    chance = random.Random(20260101)
    started = time.monotonic()
    built(store=str(warm_store), name="killed", packages=SMALL)
    duration = time.monotonic() - started
    interrupted = 0
    for _round in range(kills):
        built(store=str(warm_store), name="killed", state="absent")
        victim = SharedVenvProcess.start(store=str(warm_store), name="killed", packages=SMALL)
        time.sleep(chance.uniform(0, duration))
        interrupted += victim.process.poll() is None
        victim.kill(with_children=chance.random() < 0.5)
        answer = built(store=str(warm_store), name="killed", packages=SMALL)
        assert installed(answer["path"]) == SMALL_INSTALLED
        assert leftovers(warm_store) == []
        assert [path.name for path in (warm_store / ".generations").iterdir()] == [answer["digest"]]
    assert interrupted > kills / 2, "most kills came too late to test anything"


@pytest.mark.catalogue(7)
def test_two_creators_of_the_same(warm_store: Path) -> None:
    """One build, two right answers."""
    request: dict[str, Any] = {"store": str(warm_store), "packages": ["six==1.16.0"]}
    creators = [SharedVenvProcess.start(name=name, **request) for name in ("one", "two", "one", "two")]
    answers = [creator.result() for creator in creators]
    assert [answer.get("failed", False) for answer in answers] == [False] * 4
    assert len({answer["generation"] for answer in answers}) == 1
    assert sorted(answer["changed"] for answer in answers) == [False, False, True, True]
    assert installed(warm_store / "one") == installed(warm_store / "two") == ["six==1.16.0"]
    assert leftovers(warm_store) == []


@pytest.mark.catalogue(8)
def test_two_creators_of_different_venvs_under_one_name(warm_store: Path) -> None:
    """Both succeed one after the other; the name is one of them, the previous one the other."""
    versions = {"1.15.0", "1.14.0"}
    creators = [
        SharedVenvProcess.start(store=str(warm_store), name="torn", packages=[f"six=={one}"]) for one in versions
    ]
    answers = [creator.result() for creator in creators]
    assert [answer.get("failed", False) for answer in answers] == [False, False]
    ends = [installed(warm_store / "torn"), installed(warm_store / ".previous" / "torn")]
    assert sorted(ends) == sorted([f"six=={one}"] for one in versions)
    assert leftovers(warm_store) == []


@pytest.mark.catalogue(9)
def test_a_lock_held_too_long_names_its_holder(warm_store: Path) -> None:
    holder = SharedVenvProcess.start(store=str(warm_store), name="held", packages=["six==1.13.0"], prefix=("nice",))
    lock = warm_store / ".locks" / "held"
    while not (lock.is_file() and lock.read_text()):
        time.sleep(0.01)
    answer = shared_venv(store=str(warm_store), name="held", packages=["six==1.12.0"], lock_timeout=0)
    assert answer["error_code"] == "locked"
    assert f"process {holder.process.pid} (writing {warm_store}/held, since " in answer["msg"]
    assert not holder.result().get("failed")


@pytest.mark.catalogue(13)
@pytest.mark.parametrize("content", [None, "", '{"schema": 1'])
def test_a_generation_with_a_bad_marker_is_built_anew(warm_store: Path, content: str | None) -> None:
    answer = built(store=str(warm_store), name="marked", packages=["six==1.11.0"])
    generation = Path(answer["generation"])
    generation.chmod(0o755)
    (generation / "venv.json").unlink()
    if content is not None:
        (generation / "venv.json").write_text(content)
    assert built(store=str(warm_store), name="marked", packages=["six==1.11.0"])["changed"]
    assert installed(warm_store / "marked") == ["six==1.11.0"]
    assert json.loads((warm_store / "marked" / "venv.json").read_text())["request"]["packages"] == ["six==1.11.0"]


def nested(_text: str) -> str:
    return "[" * 100_000


def emptied(text: str) -> str:
    return json.dumps(dict.fromkeys(json.loads(text)))


def changed_values(text: str) -> str:
    """Each value of another type, one level down."""
    other: dict[type, Any] = {str: 1, int: "x", dict: [], list: {"a": 1}, type(None): []}
    return json.dumps({key: other[type(value)] for key, value in json.loads(text).items()})


def without_half_of_it(text: str) -> str:
    return json.dumps(dict(list(json.loads(text).items())[::2]))


def nul(text: str) -> str:
    return text.replace("/", "\\u0000")


@pytest.mark.catalogue(13)
@pytest.mark.parametrize("name", ["venv.json", "files.json"])
@pytest.mark.parametrize(
    "odd",
    [nested, emptied, changed_values, without_half_of_it, nul, lambda _text: "[1]", lambda _text: "9" * 9000],
    ids=["nested", "emptied", "changed values", "half", "NUL", "list", "long number"],
)
def test_odd_records_are_built_anew(warm_store: Path, name: str, odd: Callable[[str], str]) -> None:
    """Nothing of what they say is believed, and no module stumbles over it."""
    asked: dict[str, Any] = {"store": str(warm_store), "name": "odd", "packages": ["six==1.11.0"]}
    generation = Path(built(**asked)["generation"])
    record = generation / name
    generation.chmod(0o755)
    record.chmod(0o644)
    record.write_text(odd(record.read_text()))
    for module in ("shared_venv_info", "shared_venv_prune"):
        for verify in [{"verify": True}, {"verify": False}] if module == "shared_venv_info" else [{"older_than": "1d"}]:
            answer = SharedVenvProcess.start(module=module, store=str(warm_store), **verify).result()
            assert not answer.get("failed"), answer["msg"]
    assert built(**asked)["changed"]
    assert installed(warm_store / "odd") == ["six==1.11.0"]
    assert not built(**asked)["changed"]


def edit(site: Path) -> None:
    (site / "six.py").chmod(0o644)
    (site / "six.py").write_text("hostile = True\n")


def remove(site: Path) -> None:
    (site / "six.py").unlink()


def add(site: Path) -> None:
    (site / "zzz.pth").write_text("import os\n")


@pytest.mark.catalogue(14, 15, 16)
@pytest.mark.parametrize("damage", [edit, remove, add], ids=["edited", "removed", "added"])
def test_a_damaged_generation_is_repaired_beside_it(warm_store: Path, damage: Any) -> None:
    request: dict[str, Any] = {
        "store": str(warm_store),
        "name": f"damaged-{damage.__name__}",
        "packages": ["six==1.10.0"],
    }
    first = built(**request)
    site = next(Path(first["generation"]).glob("lib/python3*/site-packages"))
    site.chmod(0o755)
    damage(site)
    assert shared_venv(**request, _ansible_check_mode=True)["changed"]
    second = built(**request)
    assert second["changed"]
    assert second["generation"] != first["generation"]
    assert installed(second["path"]) == ["six==1.10.0"]
    assert not list(Path(second["path"]).rglob("zzz.pth"))
    assert not built(**request)["changed"]


@pytest.fixture(name="small_disk")
def fixture_small_disk(tmp_path: Path, warm_store: Path) -> Iterator[Path]:
    """A store on a disk of its own, with uv and all downloads there and room for little else."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=400m", "tmpfs") as disk:
        disk.chmod(0o700)
        (disk / "store").mkdir()
        for name in (".tools", ".cache"):
            shutil.copytree(warm_store / name, disk / "store" / name, symlinks=True)
        yield disk


@pytest.mark.catalogue(5)
def test_a_full_disk_leaves_the_old_venv_serving(small_disk: Path) -> None:
    """The error says what is wrong; when there is room again the next run is right."""
    store = small_disk / "store"
    built(store=str(store), name="old", packages=["six==1.17.0"])
    filler = small_disk / "filler"
    free = shutil.disk_usage(small_disk).free
    filler.write_bytes(b"\0" * (free - 64 * 1024))
    answer = shared_venv(store=str(store), name="old", packages=SMALL)
    assert answer["failed"]
    assert "No space left on device" in answer["msg"]
    assert installed(store / "old") == ["six==1.17.0"]
    assert leftovers(store) == []
    filler.unlink()
    assert installed(built(store=str(store), name="old", packages=SMALL)["path"]) == SMALL_INSTALLED
