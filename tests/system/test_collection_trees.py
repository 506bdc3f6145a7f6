# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A collection's source tree in a venv: this very collection, whose galaxy.yml chooses its files by ``manifest``."""

from __future__ import annotations

import hashlib
import sys
import tarfile
from pathlib import Path

import pytest
from ansible_test import copy_checkout
from controller import Controller
from environments import environment
from shared_venv_process import built

#: The Python that this one was made from; it has no Ansible.
BARE = str(getattr(sys, "_base_executable", ""))


@pytest.fixture(scope="module", name="tree")
def fixture_tree() -> Path:
    return copy_checkout("trees")


def packed(tree: Path, home: Path) -> dict[str, str]:
    """What ansible-galaxy puts into the tarball, as a developer starts it: sha256 by path."""
    developer = Controller(venv=environment("dev"), home=home)
    run = developer.run("ansible-galaxy", "collection", "build", "--output-path", home, tree)
    assert run.returncode == 0, run.output
    (tarball,) = home.glob("*.tar.gz")
    with tarfile.open(tarball) as archive:
        streams = {member.name: archive.extractfile(member) for member in archive if member.isreg()}
        return {name: hashlib.sha256(stream.read()).hexdigest() for name, stream in streams.items() if stream}


@pytest.mark.parametrize("runs_in", [sys.executable, BARE], ids=["with Ansible", "without Ansible"])
def test_a_tree_with_directives_is_built_and_installed(tree: Path, home: Path, store: Path, runs_in: str) -> None:
    request = {"store": str(store), "name": "own", "collections": ["mobile_ansible.venv"]}
    answer = built(runs_in=runs_in, search=tuple(sys.path), collections_source=str(tree), **request)
    (directory,) = (store / "own" / "lib").glob("python3*/site-packages/ansible_collections/mobile_ansible/venv")
    there = {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    expected = packed(tree, home)
    assert there.keys() == expected.keys()
    assert {name for name in there if there[name] != expected[name]} <= {"MANIFEST.json", "FILES.json"}
    assert len(list((store / ".tools").glob("ansible-galaxy-*"))) == (runs_in == BARE)
    again = built(runs_in=runs_in, search=tuple(sys.path), collections_source=str(tree), **request)
    assert (answer["changed"], again["changed"]) == (True, False)


def test_an_edit_in_the_tree_is_a_new_generation_and_installs_no_second_tool(home: Path, store: Path) -> None:
    tree = home / "tools"
    (tree / "plugins" / "filter").mkdir(parents=True)
    (tree / "README.md").touch()
    (tree / "galaxy.yml").write_text("namespace: acme\nname: tools\nversion: 1.0.0\nreadme: README.md\nauthors: [me]\n")
    request = {"store": str(store), "name": "own", "collections": ["acme.tools"], "collections_source": str(tree)}
    first = built(runs_in=BARE, search=tuple(sys.path), **request)
    (tool,) = (store / ".tools").glob("ansible-galaxy-*")
    before = tool.stat().st_mtime_ns
    (tree / "plugins" / "filter" / "more.py").write_text("# new\n")
    second = built(runs_in=BARE, search=tuple(sys.path), **request)
    assert second["generation"] != first["generation"]
    assert [path.stat().st_mtime_ns for path in (store / ".tools").glob("ansible-galaxy-*")] == [before]
    (copy,) = (store / "own" / "lib").glob("python3*/site-packages/ansible_collections/acme/tools/plugins/filter")
    assert [path.name for path in copy.iterdir()] == ["more.py"]
