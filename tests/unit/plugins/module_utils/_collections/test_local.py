# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Directories and tarballs of collections as a source."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.local import LocalSource, candidate_at
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.source import CollectionSource
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.sources import open_source
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import SourceError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import (
    NoRunner,
    builder,
    built,
    no_uv,
    write_directory,
    write_tarball,
)

TOOLS = built()


def opened(spec: str, tmp_path: Path) -> CollectionSource:
    return open_source(spec, store=Store(str(tmp_path / "store")), uv=no_uv, runner=NoRunner())


def local(tmp_path: Path) -> LocalSource:
    source = opened(str(tmp_path / "here"), tmp_path)
    assert isinstance(source, LocalSource)
    return source


def lay(tmp_path: Path, *places: str) -> None:
    """Put acme.tools at each place: a tarball where the name says so, else a directory."""
    for number, place in enumerate(places):
        path = tmp_path / "here" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        files = built(version=f"1.{number}.0")
        if place.endswith(".tar.gz"):
            write_tarball(path, files)
        else:
            write_directory(path, files)


@pytest.mark.parametrize(
    "places",
    [
        ["."],
        ["acme/tools"],
        ["tools"],
        ["ansible_collections/acme/tools"],
        ["acme-tools-1.0.0.tar.gz"],
        ["acme-tools-1.0.0.tar.gz", "acme-tools-1.1.0.tar.gz", "acme/tools"],
        ["downloads/acme-tools-1.0.0.tar.gz"],
    ],
)
def test_collections_are_found_where_people_put_them(tmp_path: Path, places: list[str]) -> None:
    lay(tmp_path, *places)
    source = local(tmp_path)
    assert source.names() == ["acme.tools"]
    assert sorted(candidate.version for candidate in source.candidates("acme.tools")) == [
        f"1.{number}.0" for number in range(len(places))
    ]
    assert source.core_requirement() is None
    assert all(candidate.take().name == "acme.tools" for candidate in source.candidates("acme.tools"))


def test_one_tarball_is_a_source(tmp_path: Path) -> None:
    tmp_path.joinpath("here").mkdir()
    tarball = write_tarball(tmp_path / "here" / "any name", TOOLS)
    source = opened(tarball, tmp_path)
    assert source.names() == ["acme.tools"]
    assert source.spec == tarball


def test_hidden_directories_are_not_looked_into(tmp_path: Path) -> None:
    lay(tmp_path, "acme/tools", ".cache/acme-tools-1.0.0.tar.gz")
    assert len(local(tmp_path).candidates("acme.tools")) == 1


def test_a_directory_without_collections_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "here" / "more").mkdir(parents=True)
    with pytest.raises(SourceError, match="here contains no collection: neither MANIFEST.json or galaxy.yml"):
        local(tmp_path).names()


def test_a_source_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="collections_source: .*here does not exist"):
        local(tmp_path)


@pytest.mark.parametrize("make", [os.mkdir, lambda _path: None, os.mkfifo])
def test_what_is_no_collection_is_refused(tmp_path: Path, make: Callable[[str], None]) -> None:
    path = str(tmp_path / "x")
    make(path)
    with pytest.raises(SourceError, match="x is not a collection|x does not exist, or is neither"):
        candidate_at(path, builder=builder(Store(str(tmp_path))))
