# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Source trees, built by the ansible-galaxy of the Python that runs the tests."""

from __future__ import annotations

import importlib.util
import os
from typing import TYPE_CHECKING

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import SourceError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import SubprocessRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import (
    PLUGIN,
    builder,
    sources,
    write_directory,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.build import TreeBuilder

pytestmark = pytest.mark.skipif(not importlib.util.find_spec("ansible.cli"), reason="ansible-galaxy is not installed")
WITH_DISTLIB = pytest.mark.skipif(not importlib.util.find_spec("distlib"), reason="distlib is not installed")
GALAXY = b"""
namespace: acme
name: tools
version: 1.0.0
readme: README.md
authors: [me]
dependencies: {acme.base: '>=1.0.0'}
"""


@pytest.fixture(name="galaxy")
def fixture_galaxy(tmp_path: Path) -> TreeBuilder:
    with patch_module_args():
        return builder(Store(str(tmp_path / "store")), SubprocessRunner())


def tree(tmp_path: Path, *, galaxy: bytes = GALAXY, **files: bytes) -> str:
    return write_directory(tmp_path / "c", {**sources(), "galaxy.yml": galaxy, **files})


def listed(directory: str) -> set[str]:
    return {
        os.path.relpath(os.path.join(above, name), directory)
        for above, _directories, names in os.walk(directory)
        for name in names
    }


def test_a_source_tree_becomes_a_collection_without_what_it_ignores(galaxy: TreeBuilder, tmp_path: Path) -> None:
    left_out = {".git/config": b"", "x.pyc": b"", "a.retry": b"", "mine/note": b"", "plugins/a.note": b""}
    directory = tree(tmp_path, galaxy=GALAXY + b"build_ignore: [mine, '*.note']\n", **left_out)
    before = listed(directory)
    collection = galaxy.build(directory)
    assert (collection.name, collection.version) == ("acme.tools", "1.0.0")
    assert (collection.dependencies, collection.requires_ansible) == ({"acme.base": ">=1.0.0"}, ">=2.15.0")
    assert listed(collection.path) == {*sources(), "MANIFEST.json", "FILES.json"}
    assert listed(directory) == before
    assert os.listdir(galaxy.cache.directory) == [os.path.basename(os.path.dirname(collection.path))]


def test_the_same_tree_is_the_same_collection_and_another_is_not(galaxy: TreeBuilder, tmp_path: Path) -> None:
    first = galaxy.build(tree(tmp_path / "a"))
    assert galaxy.build(tree(tmp_path / "b")) == first
    assert galaxy.build(tree(tmp_path / "c", **{PLUGIN: b"# new\n"})).sha256 != first.sha256


@WITH_DISTLIB
def test_directives_choose_the_files(galaxy: TreeBuilder, tmp_path: Path) -> None:
    manifest = b"manifest: {omit_default_directives: true, directives: [recursive-include plugins *.py]}\n"
    collection = galaxy.build(tree(tmp_path, galaxy=GALAXY + manifest))
    assert listed(collection.path) == {PLUGIN, "MANIFEST.json", "FILES.json"}


def test_neither_settings_nor_code_of_the_tree_count(
    galaxy: TreeBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = b"import pathlib\npathlib.Path(__file__).with_suffix('.ran').touch()\n"
    names = ("ansible.cfg", "callback_plugins/x.py", "sitecustomize.py", "yaml.py", "ansible/__init__.py", "setup.py")
    directory = tree(tmp_path, **dict.fromkeys(names, planted))
    (tmp_path / "c" / "ansible.cfg").write_text("[defaults]\ncallback_plugins = callback_plugins\n[galaxy\n")
    monkeypatch.chdir(directory)
    monkeypatch.setenv("ANSIBLE_CONFIG", os.path.join(directory, "ansible.cfg"))
    monkeypatch.setenv("PYTHONPATH", directory)
    assert galaxy.build(directory).name == "acme.tools"
    assert [name for name in listed(directory) if name.endswith(".ran")] == []


_LISTS = "".join(f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]\n" for number in range(1, 40))


@pytest.mark.parametrize(
    "galaxy_file",
    [
        b"",
        b"[]",
        b"a: [",
        b"namespace: acme\nname: tools\n",
        b"namespace: ../x\nname: tools\nversion: 1.0.0\nreadme: README.md\nauthors: [me]\n",
        pytest.param(GALAXY + b"manifest: {directives: [nonsense x]}\n", marks=WITH_DISTLIB),
        f"a0: &a0 [x, x]\n{_LISTS}".encode(),
        b"a: !!python/object/apply:os.system ['touch x']",
    ],
)
def test_each_wrong_galaxy_yml_is_one_error_that_names_the_tree(
    galaxy: TreeBuilder, tmp_path: Path, galaxy_file: bytes
) -> None:
    directory = tree(tmp_path, galaxy=galaxy_file)
    with pytest.raises(SourceError) as caught:
        galaxy.build(directory)
    assert directory in caught.value.message
    assert "Traceback" not in caught.value.message
    assert len(caught.value.message) < 1000


@pytest.mark.parametrize("key", ["namespace", "name", "version"])
def test_a_name_is_no_way_out(galaxy: TreeBuilder, tmp_path: Path, key: str) -> None:
    said = {"namespace": "acme", "name": "tools", "version": "1.0.0", key: f"../../../../../..{tmp_path}/planted"}
    lines = "".join(f"{name}: {value}\n" for name, value in {**said, "readme": "README.md", "authors": "[me]"}.items())
    with pytest.raises(SourceError, match=f"{key} '../.*planted' is not valid for a collection"):
        galaxy.build(tree(tmp_path, galaxy=lines.encode()))
    assert list(tmp_path.rglob("*planted*")) == []


def test_a_link_out_of_the_tree_is_refused(galaxy: TreeBuilder, tmp_path: Path) -> None:
    directory = tree(tmp_path)
    (tmp_path / "secret").write_text("mine")
    os.symlink(tmp_path / "secret", os.path.join(directory, "plugins", "x"))
    with pytest.raises(SourceError, match="plugins/x is a symlink that leaves the collection"):
        galaxy.build(directory)


def test_a_link_inside_becomes_what_it_stands_for(galaxy: TreeBuilder, tmp_path: Path) -> None:
    directory = tree(tmp_path)
    os.symlink("hello.py", os.path.join(directory, os.path.dirname(PLUGIN), "again.py"))
    path = galaxy.build(directory).path
    with open(os.path.join(path, os.path.dirname(PLUGIN), "again.py"), "rb") as copy:
        assert copy.read() == sources()[PLUGIN]


def test_what_lets_a_reader_wait_is_refused(galaxy: TreeBuilder, tmp_path: Path) -> None:
    directory = tree(tmp_path)
    os.mkfifo(os.path.join(directory, "plugins", "pipe"))
    with pytest.raises(SourceError, match="plugins/pipe is neither a file nor a directory"):
        galaxy.build(directory)
