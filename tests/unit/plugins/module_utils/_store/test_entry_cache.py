# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Entries that become visible when they are complete."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypedDict

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store import entry_cache
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.entry_cache import EntryCache
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import ROLES
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store


class Marker(TypedDict):
    name: str


@pytest.fixture(name="cache")
def fixture_cache(tmp_path: Path) -> EntryCache:
    return EntryCache(Store(str(tmp_path / "store")), ROLES, "marker.json", Marker)


def write(path: str) -> None:
    os.mkdir(path)
    Path(path, "file").write_text("x")


def test_an_entry_is_there_with_its_marker_and_read_only(cache: EntryCache) -> None:
    assert (cache.names(), cache.find("one", {})) == ([], None)
    cache.add("one", {"name": "x"}, write, what="it")
    assert cache.find("one", {"name": "x"}) == {"name": "x"}
    assert cache.find("one", {"name": "y"}) is None
    assert (cache.names(), os.listdir(cache.tree("one"))) == (["one"], ["file"])
    assert os.stat(os.path.join(cache.tree("one"), "file")).st_mode & 0o222 == 0


def test_of_two_that_add_the_same_the_first_stays(cache: EntryCache) -> None:
    cache.add("one", {"name": "x"}, write, what="it")
    cache.add("one", {"name": "y"}, write, what="it")
    assert cache.find("one", {}) == {"name": "x"}
    assert cache.names() == ["one"]


def test_what_fails_leaves_nothing(cache: EntryCache, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: str) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="it cannot be stored in .*: No space left on device"):
        cache.add("one", {"name": "x"}, full, what="it")
    monkeypatch.setattr(entry_cache, "sync_file_system", full)
    with pytest.raises(StoreError):
        cache.add("one", {"name": "x"}, write, what="it")
    assert cache.names() == []
    assert "one is damaged: its marker.json is not valid" in cache.damaged("one").message
