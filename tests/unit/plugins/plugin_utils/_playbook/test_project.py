# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which directory is the project of a playbook."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._playbook.project import MARKS, find_project


@pytest.fixture(name="tree")
def fixture_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``work/team/playbooks/site.yml`` in a home directory."""
    home = tmp_path / "me"
    playbooks = home / "work" / "team" / "playbooks"
    playbooks.mkdir(parents=True)
    (playbooks / "site.yml").touch()
    monkeypatch.setenv("HOME", str(home))
    return home


def project(
    tree: Path, *, current: str = "elsewhere", playbook: str = "work/team/playbooks/site.yml"
) -> tuple[str, str, bool]:
    """The project relative to the home, the playbook in it, and whether it is marked."""
    found = find_project(str(tree / playbook), current=str(tree / current))
    return str(Path(found.directory).relative_to(tree)), found.playbook, found.marked


@pytest.mark.parametrize("mark", MARKS)
def test_the_directory_with_a_mark_above_the_playbook(tree: Path, mark: str) -> None:
    (tree / "work/team" / mark).mkdir()
    assert project(tree) == ("work/team", "playbooks/site.yml", True)


def test_the_nearest_mark_counts(tree: Path) -> None:
    (tree / "work/.git").mkdir()
    (tree / "work/team/roles").mkdir()
    assert project(tree) == ("work/team", "playbooks/site.yml", True)


def test_the_current_directory_counts_before_it(tree: Path) -> None:
    (tree / "work/ansible.cfg").touch()
    (tree / "work/team/roles").mkdir()
    assert project(tree, current="work") == ("work", "team/playbooks/site.yml", True)
    assert project(tree, current="work/other") == ("work/team", "playbooks/site.yml", True)


def test_without_a_mark_it_is_where_the_playbook_lies(tree: Path) -> None:
    assert project(tree) == ("work/team/playbooks", "site.yml", False)


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("place", ["", ".."])
def test_a_home_and_what_is_above_it_is_no_project(tree: Path, mark: str, place: str) -> None:
    (tree / place / mark).mkdir()
    (tree / "site.yml").touch()
    assert project(tree, current="", playbook="site.yml") == (".", "site.yml", False)
    assert project(tree) == ("work/team/playbooks", "site.yml", False)


def test_a_link_to_a_project_is_the_project(tree: Path) -> None:
    """The current directory of a shell may be given with a link in it."""
    (tree / "work/team/roles").mkdir()
    (tree / "link").symlink_to("work/team")
    assert project(tree, current="link", playbook="link/playbooks/site.yml") == (
        "work/team",
        "playbooks/site.yml",
        True,
    )


def test_a_playbook_that_is_a_link_belongs_to_where_it_is_linked(tree: Path) -> None:
    (tree / "work/team/roles").mkdir()
    (tree / "other").mkdir()
    (tree / "other/site.yml").touch()
    (tree / "work/team/linked.yml").symlink_to("../../other/site.yml")
    assert project(tree, playbook="work/team/linked.yml") == ("work/team", "linked.yml", True)
