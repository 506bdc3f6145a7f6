# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Source trees: the files that ansible-galaxy would choose, with the metadata that it would make."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections import build
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.build import build_directory
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CollectionCache
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.directory import read_directory
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import SourceError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import (
    PLUGIN,
    sha256,
    sources,
    write_directory,
)

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("yaml")
GALAXY = b"""
namespace: acme
name: tools
version: 1.0.0
readme: README.md
authors: [me]
dependencies: {acme.base: '>=1.0.0'}
"""


def tree(tmp_path: Path, *, galaxy: bytes = GALAXY, **files: bytes) -> str:
    return write_directory(tmp_path / "c", {**sources(), "galaxy.yml": galaxy, **files})


def test_a_source_tree_becomes_a_collection_that_verifies(tmp_path: Path) -> None:
    content = build_directory(tree(tmp_path))
    assert (content.name, content.version, content.dependencies) == ("acme.tools", "1.0.0", {"acme.base": ">=1.0.0"})
    assert content.requires_ansible == ">=2.15.0"
    kept = CollectionCache(Store(str(tmp_path / "store"))).add(content)
    again = read_directory(kept.path)
    assert again.sha256 == content.sha256
    assert (again.name, again.version, again.dependencies) == (content.name, content.version, content.dependencies)


def test_the_files_are_those_that_ansible_galaxy_takes(tmp_path: Path) -> None:
    left_out = {
        ".git/config": b"", "plugins/__pycache__/x.pyc": b"", "x.pyc": b"", "a.retry": b"", "tests/output/log": b"",
        "acme-tools-0.9.0.tar.gz": b"", "mine/note": b"", ".tox/x": b"",
    }  # fmt: skip
    galaxy = GALAXY + b"build_ignore: [mine, '*.note']\n"
    content = build_directory(tree(tmp_path, galaxy=galaxy, **left_out, **{"plugins/a.note": b""}))
    assert set(content.checksums) == {*sources(), "MANIFEST.json", "FILES.json"}
    assert content.checksums[PLUGIN] == sha256(sources()[PLUGIN])


def test_the_same_tree_gives_the_same_digest(tmp_path: Path) -> None:
    first = build_directory(tree(tmp_path / "a")).sha256
    assert build_directory(tree(tmp_path / "b")).sha256 == first
    assert build_directory(tree(tmp_path / "c", **{PLUGIN: b"# new\n"})).sha256 != first


def test_the_manifest_tells_ansible_who_it_is(tmp_path: Path) -> None:
    delivered = {file.path: b"".join(file.chunks()) for file in build_directory(tree(tmp_path)).files()}
    information = json.loads(delivered["MANIFEST.json"])["collection_info"]
    assert (information["namespace"], information["name"], information["version"]) == ("acme", "tools", "1.0.0")


BOMB = b"namespace: acme\nname: tools\na: &a [x, x]\nb: &b [*a, *a]\nversion: 1.0.0\n"


@pytest.mark.parametrize(
    ("galaxy", "message"),
    [
        (b"", "is not a dictionary"),
        (b"[]", "is not a dictionary"),
        (b"a: [", "is not YAML"),
        (b"a: \x01", "is not YAML"),
        (b"namespace: acme\nname: tools\n", "is not a semantic version"),
        (b"namespace: ../x\nname: tools\nversion: 1.0.0\n", "is not the name of a collection"),
        (b"namespace: acme\nname: tools\nversion: 1.0\n", "'1.0' is not a semantic version"),
        (GALAXY + b"manifest: {}\n", "build the collection with ansible-galaxy collection build and give the tarball"),
        (GALAXY + b"build_ignore: x\n", "build_ignore is not a list"),
        (BOMB, "aliases"),
        (b"a: " + b"[" * 60_000, "nested too deeply"),
        (b"# " + b"x" * 70_000, "is larger than 64 KiB"),
        (b"a: !!python/object/apply:os.system ['touch x']", "is not YAML"),
    ],
)
def test_each_wrong_galaxy_yml_has_one_clear_error(tmp_path: Path, galaxy: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        build_directory(tree(tmp_path, galaxy=galaxy))
    assert "galaxy.yml" in caught.value.message


def test_without_a_yaml_parser_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "HAS_YAML", False)
    with pytest.raises(SourceError, match="no PyYAML. Install it, or build the collection"):
        build_directory(tree(tmp_path))


def test_a_link_out_of_the_tree_is_refused(tmp_path: Path) -> None:
    directory = tree(tmp_path)
    os.symlink("/etc/passwd", os.path.join(directory, "plugins", "x"))
    with pytest.raises(SourceError, match="leaves the collection"):
        build_directory(directory)
