# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The cache: whole or not at all, read-only, one entry a content."""

from __future__ import annotations

import fcntl
import functools
import io
import os
import stat
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections import collection_cache
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection import (
    Collection,
    SourceFile,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import (
    CachedCollection,
    CollectionCache,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import SourceError, StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store import entry_cache
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.staging import PREFIX, staging
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import (
    PLUGIN,
    SCRIPT,
    built,
    sha256,
)


def content(files: Mapping[str, bytes] | None = None, *, delivered: Mapping[str, bytes] | None = None) -> Collection:
    """A content that announces ``files`` and delivers ``delivered``."""
    announced = built() if files is None else files

    def read() -> Iterator[SourceFile]:
        for path, data in (announced if delivered is None else delivered).items():
            yield SourceFile(path, path == SCRIPT, functools.partial(io.BytesIO, data))

    checksums = {path: sha256(data) for path, data in announced.items()}
    return Collection("acme.tools", "1.0.0", {"acme.base": "*"}, ">=2.15.0", checksums, read, "the source")


def listing(directory: str) -> dict[str, bytes]:
    root = Path(directory)
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def names(cache: CollectionCache) -> list[str]:
    return sorted(os.listdir(cache.directory)) if os.path.isdir(cache.directory) else []


@pytest.fixture(name="cache")
def fixture_cache(tmp_path: Path) -> CollectionCache:
    return CollectionCache(Store(str(tmp_path / "store")))


def test_what_is_added_is_found(cache: CollectionCache) -> None:
    added = cache.add(content())
    assert added == cache.find("acme.tools", "1.0.0", content().sha256)
    assert added == CachedCollection(
        "acme.tools", "1.0.0", content().sha256, added.path, {"acme.base": "*"}, ">=2.15.0"
    )
    assert listing(added.path) == built()
    assert names(cache) == [f"acme.tools-1.0.0-{content().sha256[:16]}"]


def test_what_was_not_added_is_not_found(cache: CollectionCache) -> None:
    assert cache.find("acme.tools", "1.0.0", content().sha256) is None
    cache.add(content())
    assert cache.find("acme.tools", "1.0.1", content().sha256) is None
    assert cache.find("acme.tools", "1.0.0", content().sha256[:16] + "0" * 48) is None


def test_a_second_time_nothing_is_read(cache: CollectionCache) -> None:
    first = cache.add(content())
    inode = os.stat(first.path).st_ino
    assert cache.add(content(delivered={})) == first
    assert os.stat(first.path).st_ino == inode


def test_other_content_is_another_entry(cache: CollectionCache) -> None:
    cache.add(content())
    cache.add(content({**built(), "more": b""}))
    assert len(names(cache)) == 2


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_entries_are_read_only_and_for_all_to_read(cache: CollectionCache, umask: int) -> None:
    before = os.umask(umask)
    try:
        entry = os.path.dirname(cache.add(content()).path)
    finally:
        os.umask(before)
    for directory, _directories, files in os.walk(entry):
        assert stat.S_IMODE(os.stat(directory).st_mode) == 0o555
        for name in files:
            assert stat.S_IMODE(os.stat(os.path.join(directory, name)).st_mode) == (
                0o555 if name == "list.sh" else 0o444
            )
    assert stat.S_IMODE(os.stat(cache.directory).st_mode) == 0o755


@pytest.mark.parametrize(
    ("delivered", "message"),
    [
        ({**built(), PLUGIN: b"evil"}, "'plugins/modules/hello.py' does not have the expected sha256"),
        ({**built(), "more": b""}, "contains 'more', which is not in its list of files"),
        (
            {path: data for path, data in built().items() if path != PLUGIN},
            "does not contain 'plugins/modules/hello.py'",
        ),
        ({**built(), "../../../evil": b""}, "is not in its list of files"),
    ],
)
def test_a_source_that_breaks_its_word_leaves_nothing(
    cache: CollectionCache, delivered: dict[str, bytes], message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        cache.add(content(delivered=delivered))
    assert names(cache) == []


def test_the_size_is_limited_whatever_was_announced(cache: CollectionCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection_cache, "MAX_BYTES", 100)
    with pytest.raises(SourceError, match="nothing was stored"):
        cache.add(content())
    assert names(cache) == []


def test_a_disk_that_is_full_leaves_nothing(cache: CollectionCache, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(entry_cache, "sync_file_system", full)
    with pytest.raises(StoreError, match="the source cannot be stored in .*: No space left on device"):
        cache.add(content())
    assert names(cache) == []


def test_all_is_on_disk_before_it_is_visible(cache: CollectionCache, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr(entry_cache, "sync_file_system", lambda path: seen.append([*os.listdir(path), *names(cache)]))
    cache.add(content())
    (moment,) = seen
    assert {"tree", "collection.json"} < set(moment)
    assert not [name for name in moment if name.startswith("acme")]


@pytest.mark.parametrize("marker", [b"", b"{}", b"[]", b'{"schema": 99}'])
def test_an_entry_that_does_not_say_what_it_is_is_not_used(cache: CollectionCache, marker: bytes) -> None:
    entry = Path(cache.add(content()).path).parent
    entry.chmod(0o755)
    (entry / "collection.json").chmod(0o644)
    (entry / "collection.json").write_bytes(marker)
    with pytest.raises(StoreError, match="is damaged: its collection.json is not valid. Remove the directory"):
        cache.add(content())
    assert len(names(cache)) == 1


def test_many_at_once_keep_one(cache: CollectionCache) -> None:
    barrier = threading.Barrier(8)
    found: list[CachedCollection] = []

    def add() -> None:
        barrier.wait()
        found.append(cache.add(content()))

    threads = [threading.Thread(target=add) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(map(str, found))) == 1
    assert len(names(cache)) == 1
    assert listing(found[0].path) == built()


def test_leftovers_is_removed_and_work_of_the_living_is_not(tmp_path: Path) -> None:
    leftovers = tmp_path / f"{PREFIX}dead"
    (leftovers / "tree").mkdir(parents=True)
    (leftovers / "tree").chmod(0o555)
    with staging(str(tmp_path)) as living:
        assert not leftovers.exists()
        with staging(str(tmp_path)) as other:
            assert os.path.isdir(living)
            assert other != living
        assert sorted(os.listdir(tmp_path)) == [os.path.basename(living)]
    assert os.listdir(tmp_path) == []


def test_a_renamed_directory_is_left_alone(tmp_path: Path) -> None:
    with staging(str(tmp_path)) as directory:
        os.rename(directory, tmp_path / "done")
    assert os.listdir(tmp_path) == ["done"]


def test_a_directory_that_took_the_name_is_left_alone(tmp_path: Path) -> None:
    with staging(str(tmp_path)) as directory:
        os.rename(directory, tmp_path / "done")
        os.mkdir(directory)
    assert os.path.isdir(directory)


def test_what_only_looks_like_leftovers_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / f"{PREFIX}file").write_text("mine")
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path)
    with staging(str(tmp_path)):
        pass
    assert len(os.listdir(tmp_path)) == 2


def test_a_directory_taken_by_a_sweeper_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = fcntl.flock
    calls = iter([BlockingIOError(), None])

    def flock(descriptor: int, operation: int) -> None:
        problem = next(calls)
        if problem:
            raise problem
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    with staging(str(tmp_path)) as directory:
        assert os.path.isdir(directory)


def test_a_store_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    with pytest.raises(StoreError, match="store cannot be used: it is a file"):
        CollectionCache(Store(str(tmp_path / "store"))).add(content())


def test_no_entry_without_its_own_digest(cache: CollectionCache) -> None:
    one = cache.add(content())
    two = cache.add(replace(content({**built(), "more": b""}), version="1.0.1"))
    assert one.path != two.path
