# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A directory outside of the root is read where it is followed, and nothing leaves that one either."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.tree import OutsideError, Tree
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.trees import Trees


@pytest.fixture(name="root")
def fixture_root(tmp_path: Path) -> Path:
    """A project with a link to a directory outside, in which a link leads out of that."""
    for name in ("project/site.yml", "shared/main.yml", "secret.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "project" / "linked").symlink_to("../shared")
    (tmp_path / "shared" / "out.yml").symlink_to("../secret.yml")
    return tmp_path / "project"


def test_what_is_not_followed_is_outside(root: Path) -> None:
    trees = Trees(Tree(root), follows_links=False)
    for path in (root / "linked" / "main.yml", root.parent / "shared" / "main.yml"):
        with pytest.raises(OutsideError):
            trees.locate(path)


def test_a_directory_that_is_named_is_read_and_no_link_leaves_it(root: Path) -> None:
    trees, shared = Trees(Tree(root), follows_links=False), root.parent / "shared"
    assert trees.follow(shared) == shared
    assert trees.read(shared / "main.yml", cut=False) == b"shared/main.yml"
    assert trees.entries(shared) == ["main.yml", "out.yml"]
    for path in (shared / "out.yml", root / "linked" / "main.yml"):
        with pytest.raises(OutsideError):
            trees.locate(path)


def test_a_directory_behind_another_name_is_read_by_both(root: Path) -> None:
    trees, other = Trees(Tree(root), follows_links=False), root.parent / "other"
    other.symlink_to("shared")
    assert trees.follow(other) == root.parent / "shared"
    for path in (other / "main.yml", root.parent / "shared" / "main.yml"):
        found = trees.locate(path)
        assert found is not None and found.path == root.parent / "shared" / "main.yml"


def test_links_are_followed_where_the_user_lets_them_be(root: Path) -> None:
    trees = Trees(Tree(root), follows_links=True)
    found = trees.locate(root / "linked" / "main.yml")
    assert found is not None and found.path == root.parent / "shared" / "main.yml"
    with pytest.raises(OutsideError):  # no link, but a path that says so itself
        trees.locate(root.parent / "secret.yml")


def test_what_is_no_directory_is_not_followed_but_looked_at(root: Path) -> None:
    trees = Trees(Tree(root), follows_links=False)
    assert trees.follow(root.parent / "gone") is None
    assert trees.follow(root.parent / "secret.yml") is None
    assert trees.looked[str(root.parent / "gone")] is None
    assert trees.looked[str(root.parent / "secret.yml")]
