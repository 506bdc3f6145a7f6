# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The list of those who link: one entry a project, by the path of its link."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import ROOTS
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.project_links import (
    can_register,
    forget,
    is_registered,
    register,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(name="store")
def fixture_store(tmp_path: Path) -> Store:
    store = Store(str(tmp_path / "store"))
    store.prepare()
    return store


def entries(store: Store) -> list[str]:
    return sorted(os.readlink(entry.path) for entry in os.scandir(store.directory(ROOTS)))


def test_each_path_has_one_entry_of_its_own(store: Store) -> None:
    paths = ["/a/venv", "/a/venv ", "/b/\u00e4/venv"]
    for path in [*paths, *paths]:
        assert is_registered(store, path) == (path in entries(store))
        register(store, path)
    assert entries(store) == sorted(paths)
    forget(store, paths[0])
    forget(store, paths[0])
    assert [is_registered(store, path) for path in paths] == [False, True, True]
    assert entries(store) == sorted(paths[1:])


def test_an_entry_that_says_something_else_does_not_count(store: Store) -> None:
    register(store, "/a/venv")
    (entry,) = os.scandir(store.directory(ROOTS))
    os.unlink(entry.path)
    os.symlink("/b/venv", entry.path)
    assert not is_registered(store, "/a/venv")
    register(store, "/a/venv")
    assert entries(store) == ["/a/venv"]


def test_a_store_that_is_not_there_has_no_list(tmp_path: Path, store: Store) -> None:
    assert can_register(store)
    assert not can_register(Store(str(tmp_path / "other")))
