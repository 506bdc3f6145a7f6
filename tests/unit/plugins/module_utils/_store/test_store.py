# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The store: generations, links, and what each leaves on disk."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.generation import Generation
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._store.samples import make

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(name="store")
def fixture_store(tmp_path: Path) -> Store:
    store = Store(str(tmp_path / "store"))
    store.prepare()
    return store


def put(store: Store, name: str, generation: Generation, *, request: str = "r1") -> None:
    link = store.named(name)
    with store.writing(link), store.lease(generation):
        store.switch(link, generation, request_digest=request)


def leftovers(store: Store) -> list[str]:
    """Staged names and directories without a marker: what must never be left."""
    left = [path for path in store_paths(store) if path.endswith(".new")]
    generations = store.directory(".generations")
    return left + [id for id in os.listdir(generations) if not os.path.exists(f"{generations}/{id}/venv.json")]


def store_paths(store: Store) -> list[str]:
    return [os.path.join(directory, name) for directory, _dirs, names in os.walk(store.path) for name in names + _dirs]


def test_a_new_store_is_for_its_owner_alone_and_roots_for_all_to_use(store: Store) -> None:
    mode = 0o755 if os.geteuid() == 0 else 0o700
    assert stat.S_IMODE(os.stat(store.path).st_mode) == mode
    assert os.stat(store.directory(".generations")).st_mode & 0o022 == 0
    assert os.stat(store.directory(".locks")).st_mode & 0o077 == 0


def test_a_name_points_to_its_generation(store: Store) -> None:
    put(store, "site", make(store, "aaa"))
    assert os.readlink(os.path.join(store.path, "site")) == ".generations/aaa"
    found = store.find("site")
    assert found is not None
    assert (found.id, found.is_intact()) == ("aaa", True)
    answer = store.answer("r1")
    assert answer is not None and answer.id == "aaa"
    assert leftovers(store) == []


def test_a_switch_keeps_the_previous_generation(store: Store) -> None:
    put(store, "site", make(store, "aaa"))
    put(store, "site", make(store, "bbb"), request="r2")
    assert os.path.realpath(store.directory(".previous/site")) == os.path.realpath(store.directory(".generations/aaa"))
    found = store.find("site")
    assert found is not None and found.id == "bbb"


def test_a_sealed_generation_is_read_only(store: Store) -> None:
    path = make(store, "aaa").path
    assert {name: os.stat(os.path.join(path, name)).st_mode & 0o777 for name in (".", *os.listdir(path))} == {
        ".": 0o555,
        "file": 0o444,
        "files.json": 0o444,
        "venv.json": 0o444,
    }


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"schema": 1}'])
def test_without_a_good_marker_there_is_no_generation_and_a_build_starts_afresh(
    store: Store, content: str | None
) -> None:
    generation = make(store, "aaa")
    os.chmod(generation.path, 0o755)
    os.unlink(os.path.join(generation.path, "venv.json"))
    if content is not None:
        with open(os.path.join(generation.path, "venv.json"), "w", encoding="utf-8") as stream:
            stream.write(content)
    assert store.generation("aaa") is None
    assert make(store, "aaa", "new").is_intact()


@pytest.mark.catalogue(29)
def test_a_moved_store_is_noticed(store: Store, tmp_path: Path) -> None:
    put(store, "site", make(store, "aaa"))
    os.rename(store.path, tmp_path / "moved")
    found = Store(str(tmp_path / "moved")).find("site")
    assert found is not None and not found.is_intact()


def test_another_time_is_no_damage_but_other_content_or_a_right_to_write_is(store: Store) -> None:
    generation = make(store, "aaa")
    file = os.path.join(generation.path, "file")
    os.utime(file, ns=(1, 1))
    assert generation.is_intact()
    os.chmod(file, 0o644)
    assert not generation.is_intact()
    with open(file, "w", encoding="utf-8") as stream:
        stream.write("y")
    os.chmod(file, 0o444)
    assert not generation.is_intact()


def test_a_look_at_content_finds_what_changed_no_time(store: Store) -> None:
    generation = make(store, "aaa", "x")
    file = os.path.join(generation.path, "file")
    before = os.stat(file)
    os.chmod(file, 0o644)
    with open(file, "w", encoding="utf-8") as stream:
        stream.write("y")
    os.chmod(file, before.st_mode)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert generation.is_intact()
    assert not generation.is_intact(by_content=True)
    generation.mark_suspect()
    assert not generation.is_intact()
    os.chmod(generation.path, 0o755)
    os.unlink(file)
    generation.mark_suspect()
    assert not generation.is_intact()


def test_a_build_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(OSError, match="disk full"):
        with store.building("aaa") as (path, _descriptor):
            os.mkdir(os.path.join(path, "read-only"), 0o555)
            raise OSError("disk full")
    assert leftovers(store) == []
    assert os.listdir(store.directory(".generations")) == []


@pytest.mark.catalogue(26)
def test_a_directory_in_place_of_the_link_is_an_error_and_stays(store: Store) -> None:
    os.mkdir(os.path.join(store.path, "site"))
    with pytest.raises(InputError, match="move it away first"):
        store.find("site")
    assert os.path.isdir(os.path.join(store.path, "site"))


def test_a_link_from_outside_is_registered(store: Store, tmp_path: Path) -> None:
    generation = make(store, "aaa")
    link = store.at(str(tmp_path / "venv") + "/")
    with store.writing(link), store.lease(generation):
        store.switch(link, generation, request_digest="r1")
    assert os.path.realpath(tmp_path / "venv") == generation.path
    assert [os.readlink(entry.path) for entry in os.scandir(store.directory(".roots"))] == [str(tmp_path / "venv")]


def remove(store: Store, name: str) -> None:
    link = store.named(name)
    with store.writing(link):
        store.remove(link)


def test_removing_the_last_name_removes_its_generations(store: Store) -> None:
    put(store, "site", make(store, "aaa"))
    put(store, "site", make(store, "bbb"), request="r2")
    remove(store, "site")
    assert os.listdir(store.directory(".generations")) == []
    assert os.listdir(store.directory(".requests")) == []
    assert os.listdir(store.directory(".leases")) == []
    assert not os.path.lexists(os.path.join(store.path, "site"))


def test_removing_a_name_keeps_what_another_name_uses(store: Store) -> None:
    generation = make(store, "aaa")
    put(store, "one", generation)
    put(store, "two", generation)
    remove(store, "one")
    found = store.find("two")
    assert found is not None and found.is_intact()


def test_removing_a_name_keeps_what_something_runs_in(store: Store) -> None:
    generation = make(store, "aaa")
    put(store, "site", generation)
    with store.lease(generation):
        remove(store, "site")
        assert os.path.isfile(os.path.join(generation.path, "file"))


def test_a_lease_of_a_removed_generation_is_refused(store: Store) -> None:
    generation = make(store, "aaa")
    put(store, "site", generation)
    remove(store, "site")
    with pytest.raises(StoreError, match="was removed by another process"):
        with store.lease(generation):
            pass


def test_a_lease_is_a_descriptor_for_children(store: Store) -> None:
    """It lasts as long as one of them has it open."""
    with store.lease(make(store, "aaa")) as descriptors:
        inherited = [os.dup(descriptor) for descriptor in descriptors]
    assert not store.remove_generation("aaa")
    for descriptor in inherited:
        os.close(descriptor)
    assert store.remove_generation("aaa")


def test_holding_tells_our_generations_from_other_directories(store: Store, tmp_path: Path) -> None:
    put(store, "site", make(store, "aaa"))
    found = store.holding(os.path.join(store.path, "site"))
    assert found is not None and found.id == "aaa"
    assert store.holding(str(tmp_path)) is None
