# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Directories as data."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.durable import replace_symlink
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.tree import (
    changeable_by_others,
    disk_bytes,
    json_sha256,
    make_read_only,
    manifest,
    remove_tree,
    signature,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(name="open_directory")
def fixture_open_directory() -> Iterator[Path]:
    """A directory that every user can reach, as those of pytest cannot be."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.fixture(name="tree")
def fixture_tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "lib" / "__pycache__").mkdir(parents=True)
    (root / "lib" / "a.py").write_text("a = 1\n")
    (root / "lib" / "__pycache__" / "a.pyc").write_bytes(b"cache")
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o755)
    (root / "link").symlink_to("lib/a.py")
    return root


def test_the_manifest_has_hashes_of_files_and_targets_of_links(tree: Path) -> None:
    found = manifest(str(tree))
    assert sorted(found) == ["lib/a.py", "link", "run"]
    assert found["link"] == "lib/a.py"
    assert found["lib/a.py"][0] == hashlib.sha256(b"a = 1\n").hexdigest()
    assert found["lib/a.py"][1:] == (6, (tree / "lib/a.py").stat().st_mtime_ns)


CHANGES: dict[str, Callable[[Path], object]] = {
    "edited": lambda tree: (tree / "lib/a.py").write_text("a = 22\n"),
    "same size, other time": lambda tree: os.utime(tree / "lib/a.py", ns=(1, 1)),
    "removed": lambda tree: (tree / "run").unlink(),
    "added": lambda tree: (tree / "lib/b.py").write_text(""),
    "mode": lambda tree: (tree / "run").chmod(0o644),
    "link retargeted": lambda tree: replace_symlink(str(tree / "link"), "lib/b.py"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_signature_notices(tree: Path, change: str) -> None:
    before = signature(str(tree))
    CHANGES[change](tree)
    assert signature(str(tree)) != before


def test_the_signature_leaves_caches_and_named_files_out(tree: Path) -> None:
    before = signature(str(tree), without=frozenset({"venv.json"}))
    (tree / "lib/__pycache__/a.pyc").unlink()
    (tree / "venv.json").write_text("{}")
    assert signature(str(tree), without=frozenset({"venv.json"})) == before


def as_ordinary_user(directory: Path, call: Callable[[], object]) -> bool:
    """Whether ``call`` returns for a user who owns ``directory`` and is bound by modes, as root is not."""
    if os.geteuid() != 0:
        call()
        return True
    nobody = 65534
    for path in (directory, *directory.rglob("*")):
        os.chown(path, nobody, nobody, follow_symlinks=False)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setgid(nobody)
            os.setuid(nobody)
            call()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0


def test_a_sealed_tree_cannot_be_written_and_its_owner_can_remove_it(tree: Path, open_directory: Path) -> None:
    tree = tree.rename(open_directory / "tree")
    make_read_only(str(tree))
    modes = {path.name: path.stat().st_mode & 0o777 for path in tree.rglob("*") if not path.is_symlink()}
    assert modes == {"lib": 0o555, "__pycache__": 0o555, "a.py": 0o444, "a.pyc": 0o444, "run": 0o555}
    assert as_ordinary_user(open_directory, lambda: remove_tree(str(tree)))
    assert list(open_directory.iterdir()) == []


def test_removing_a_tree_does_not_follow_links(tree: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("kept")
    (tree / "out").symlink_to(kept)
    remove_tree(str(tree))
    assert (kept / "file").read_text() == "kept"


def test_a_tree_is_removed_whose_paths_are_longer_than_the_system_takes(tmp_path: Path) -> None:
    """Else a directory that somebody else made deep could never be removed again."""
    tree = tmp_path / "tree"
    tree.mkdir()
    descriptor = os.open(tree, os.O_RDONLY)
    for _level in range(20):
        os.mkdir("d" * 250, dir_fd=descriptor)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
        os.close(os.open("f" * 250, os.O_WRONLY | os.O_CREAT, dir_fd=descriptor))
    os.close(descriptor)
    assert disk_bytes(str(tree)) == 0
    remove_tree(str(tree))
    assert list(tmp_path.iterdir()) == []


def test_what_is_removed_from_a_tree_in_use_while_it_is_walked_is_left_out(open_directory: Path) -> None:
    """As uv does with its cache, while another build looks whether others can change that."""
    for number in range(5):
        (open_directory / f"{number}").mkdir()
        (open_directory / f"{number}" / "file").touch()
        (open_directory / f"{number}").chmod(0o777)
    found = changeable_by_others(str(open_directory))
    seen = [next(found), next(found)]
    for path in open_directory.iterdir():
        remove_tree(str(path))
    assert list(found) == []
    assert len(set(seen)) == 2


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    remove_tree(str(tmp_path / "nothing"))
    assert list(tmp_path.iterdir()) == []


def test_equal_values_have_equal_digests_whatever_their_order() -> None:
    assert json_sha256({"a": 1, "b": [2]}) == json_sha256({"b": [2], "a": 1}) != json_sha256({"a": 1, "b": [3]})
