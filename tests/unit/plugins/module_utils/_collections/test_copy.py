# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Copies of cached collections in a venv."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import (
    CachedCollection,
    CollectionCache,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.copy import copy_into
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.directory import read_directory
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import (
    PLUGIN,
    built,
    write_directory,
)


@pytest.fixture(name="collection")
def fixture_collection(tmp_path: Path) -> CachedCollection:
    return CollectionCache(Store(str(tmp_path / "store"))).add(read_directory(write_directory(tmp_path / "c", built())))


@pytest.fixture(name="site_packages")
def fixture_site_packages(tmp_path: Path) -> Path:
    directory = tmp_path / "site-packages"
    directory.mkdir()
    return directory


def listing(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_it_lies_where_ansible_looks(collection: CachedCollection, site_packages: Path) -> None:
    target = copy_into(collection, str(site_packages))
    assert target == str(site_packages / "ansible_collections" / "acme" / "tools")
    assert listing(Path(target)) == built()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_modes_do_not_depend_on_the_umask(collection: CachedCollection, site_packages: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        copy_into(collection, str(site_packages))
    finally:
        os.umask(before)
    top = site_packages / "ansible_collections"
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (top, *top.rglob("*"))}
    assert len([path for path in modes if path.is_file()]) == len(built())
    assert modes == {path: 0o755 if path.is_dir() or path.name == "list.sh" else 0o644 for path in modes}


@pytest.mark.catalogue(35)
def test_an_edit_in_the_venv_never_reaches_the_cache(collection: CachedCollection, site_packages: Path) -> None:
    target = Path(copy_into(collection, str(site_packages)))
    (target / PLUGIN).write_bytes(b"edited")
    assert listing(Path(collection.path)) == built()
    assert os.stat(target / "README.md").st_nlink == 1


def test_collections_of_one_namespace_lie_side_by_side(
    tmp_path: Path, collection: CachedCollection, site_packages: Path
) -> None:
    other = read_directory(write_directory(tmp_path / "other", built(name="acme.base")))
    copy_into(collection, str(site_packages))
    copy_into(CollectionCache(Store(str(tmp_path / "store"))).add(other), str(site_packages))
    assert sorted(os.listdir(site_packages / "ansible_collections" / "acme")) == ["base", "tools"]


def test_what_is_there_is_not_overwritten(collection: CachedCollection, site_packages: Path) -> None:
    copy_into(collection, str(site_packages))
    with pytest.raises(StoreError, match="acme.tools cannot be copied to .*/acme/tools: File exists"):
        copy_into(collection, str(site_packages))


def test_files_are_cloned_where_that_works(
    collection: CachedCollection, site_packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloned = []

    def clone(target: int, request: int, source: int) -> int:
        assert request == 0x40049409
        cloned.append(source)
        os.write(target, os.pread(source, 1 << 20, 0))
        return 0

    monkeypatch.setattr(fcntl, "ioctl", clone)
    monkeypatch.setattr("sys.platform", "linux")
    assert listing(Path(copy_into(collection, str(site_packages)))) == built()
    assert len(cloned) == len(built())


def test_where_cloning_fails_it_is_tried_once(
    collection: CachedCollection, site_packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = []

    def refuse(_target: int, _request: int, _source: int) -> int:
        attempts.append(1)
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(fcntl, "ioctl", refuse)
    monkeypatch.setattr("sys.platform", "linux")
    assert listing(Path(copy_into(collection, str(site_packages)))) == built()
    assert len(attempts) == 1
