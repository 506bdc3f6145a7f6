# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The project's files: nothing outside, nothing but regular files."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.files import Files
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.tree import OutsideError, Tree
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.descriptors import open_descriptors


@pytest.fixture(name="files")
def fixture_files(tmp_path: Path) -> Files:
    """A project beside a secret."""
    (tmp_path / "secret.yml").write_text("secret: true\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "main.yml").write_text("secret: true\n")
    root = tmp_path / "project"
    (root / "tasks").mkdir(parents=True)
    (root / "tasks" / "main.yml").write_text("- debug:\n")
    for name, target in {
        "inside": "tasks/main.yml",
        "round": "../project/tasks/main.yml",
        "absolute": f"{root}/tasks/main.yml",
        "out": "../secret.yml",
        "dir": "../elsewhere",
        "twice": "out",
        "loop": "loop",
    }.items():
        (root / name).symlink_to(target)
    os.mkfifo(root / "fifo.yml")
    return Files(root)


LEADS_OUT = [
    "out",
    "twice",
    "dir/main.yml",
    "../secret.yml",
    "tasks/../../secret.yml",
    "/etc/passwd",
    "/dev/zero",
    "..",
]


@pytest.mark.parametrize("name", [*LEADS_OUT, "../missing", "/missing"])
def test_what_leads_out_is_an_error_whether_it_is_there_or_not(files: Files, name: str) -> None:
    with pytest.raises(OutsideError):
        files.file(files.root / name, strict=True)
    assert files.file(files.root / name) is None
    with pytest.raises(InputError, match="is outside of"):
        files.data(files.root / name)


@pytest.mark.parametrize("name", ["out", "twice", "dir/main.yml"])
def test_a_link_that_leads_out_is_kept_in_mind(files: Files, name: str) -> None:
    assert files.file(files.root / name) is None
    link = {"twice": "out"}.get(name, name.partition("/")[0])
    assert list(files.left_out) == [files.root / link]


@pytest.mark.parametrize("name", ["fifo.yml", "loop", "missing", "tasks", "a\0b", "\ud800", "x" * 300, "x/" * 5000])
def test_what_is_no_regular_file_is_not_found(files: Files, name: str) -> None:
    assert files.file(files.root / name) is None


@pytest.mark.parametrize("name", ["inside", "round", "absolute", "../project/tasks/main.yml"])
def test_links_within_the_project_are_followed(files: Files, name: str) -> None:
    assert files.file(files.root / name) == files.root / "tasks" / "main.yml"
    assert files.text(files.root / name) == "- debug:\n"


def test_a_project_that_is_reached_through_a_link(tmp_path: Path, files: Files) -> None:
    (tmp_path / "other").symlink_to(files.root)
    (files.root / "by its other name").symlink_to(tmp_path / "other" / "tasks" / "main.yml")
    assert Files(tmp_path / "other").text(tmp_path / "other" / "by its other name") == "- debug:\n"


def test_directories_are_listed_without_what_leads_out(files: Files) -> None:
    assert [path.name for path in files.below(files.root)] == ["main.yml"] * 4
    assert files.below(files.root / "dir") == []


def test_a_directory_behind_a_link_that_leads_out_is_listed_where_links_are_followed(files: Files) -> None:
    (files.root / "group_vars").symlink_to("../elsewhere")
    names = [path.name for path in (files.root / "group_vars").iterdir()]
    follower = Files(files.root, follows_links=True)
    assert follower.names(follower.root / "group_vars") == sorted(names) != []
    assert not follower.left_out
    assert files.names(files.root / "group_vars") == []
    assert list(files.left_out) == [files.root / "group_vars"]


def test_who_reads_a_path_has_the_nearest_root_above_it(files: Files) -> None:
    """An inventory can be above the project, and a fetched role in a store inside of it."""
    above = files.part(files.root.parent, label="inventory")
    inside = files.part(files.root / "tasks", label="role")
    assert files.of(files.root / "inside") is files
    assert files.of(files.root / "tasks" / "main.yml") is inside
    assert files.of(files.root.parent / "elsewhere") is above
    assert files.of(Path("/nowhere")) is files
    assert files.part(files.root / "tasks", label="role") is inside


def test_a_star_does_not_cross_directories(files: Files) -> None:
    assert files.matching(files.root, "*.yml") == []
    assert files.matching(files.root, "*/*.yml") == [files.root / "tasks" / "main.yml"]


def test_links_in_a_circle_do_not_multiply(files: Files) -> None:
    for name in ("a", "b", "c"):
        (files.root / "tasks" / name).symlink_to(".")
    before = time.process_time()
    assert files.matching(files.root, "*/" * 40 + "*.yml") == [files.root / "tasks" / "main.yml"]
    assert time.process_time() - before < 2


@pytest.mark.parametrize("exchanged", ["tasks", "tasks/main.yml"])
def test_a_link_that_takes_the_place_of_what_was_found_is_not_followed(
    files: Files, exchanged: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the opening, as another user's process could do it."""
    look = Tree.locate

    def exchange(tree: Tree, path: Path) -> object:
        found = look(tree, path)
        place = files.root / exchanged
        if not place.is_symlink():
            place.rename(place.with_name("moved"))
            place.symlink_to(files.root.parent / ("elsewhere" if exchanged == "tasks" else "secret.yml"))
        return found

    monkeypatch.setattr(Tree, "locate", exchange)
    with pytest.raises(InputError, match="cannot be read"):
        files.text(files.root / "tasks" / "main.yml")


def test_a_fifo_that_takes_the_place_of_a_file_hangs_nobody(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    look = Tree.locate

    def exchange(tree: Tree, path: Path) -> object:
        found = look(tree, path)
        path.unlink()
        os.mkfifo(path)
        return found

    monkeypatch.setattr(Tree, "locate", exchange)
    with pytest.raises(InputError, match="not a regular file"):
        files.data(files.root / "tasks" / "main.yml")


def test_a_file_that_is_too_large_is_one_error(files: Files) -> None:
    with (files.root / "large.yml").open("wb") as file:
        file.truncate(10 * 1024**3)
    with pytest.raises(InputError, match=r"large\.yml cannot be read"):
        files.text(files.root / "large.yml")


def test_a_file_that_is_encrypted_as_a_whole_has_no_content(files: Files) -> None:
    (files.root / "vault.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    assert files.yaml(files.root / "vault.yml") is None


def test_descriptors_are_given_back(files: Files) -> None:
    before = open_descriptors()
    for _time in range(50):
        files.text(files.root / "inside")
        files.names(files.root)
        files.file(files.root / "loop")
    assert not open_descriptors() - before


def test_a_core_whose_files_are_links_to_a_cache_is_read(tmp_path: Path) -> None:
    """As uv installs it with ``--link-mode symlink``."""
    core = Path(__file__).parents[1] / "projects" / "core"
    for file in (path for path in core.rglob("*") if path.is_file()):
        link = tmp_path / "core" / file.relative_to(core)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(file)
    linked = Core(tmp_path / "core")
    assert linked.runtime == Core(core).runtime
    assert linked.names("module") == Core(core).names("module")
    assert linked.plugin("module", "copy") == tmp_path / "core" / "modules" / "copy.py"
    assert linked.plugin("module", "../config/x") is None
    assert linked.files.file(linked.files.root / ".." / "secret.yml") is None


def test_a_root_that_is_a_circle_of_links_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "root").symlink_to("root")
    with pytest.raises(InputError, match="is not a readable directory"):
        Files(tmp_path / "root")
