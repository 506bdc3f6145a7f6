# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which directory is the project of a playbook."""

from __future__ import annotations

import pwd
from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._playbook.project import (
    MARKS,
    check_shippable,
    find_project,
    named_project,
)


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
    (tree / "work/team/linked.yml").symlink_to("playbooks/site.yml")
    assert project(tree, playbook="work/team/linked.yml") == ("work/team", "linked.yml", True)


def test_a_playbook_that_is_a_link_out_of_that_project_belongs_to_where_it_leads(tree: Path) -> None:
    (tree / "work/team/roles").mkdir()
    (tree / "other/plays").mkdir(parents=True)
    (tree / "other/.git").mkdir()
    (tree / "other/plays/site.yml").touch()
    (tree / "work/team/linked.yml").symlink_to("../../other/plays/site.yml")
    assert project(tree, playbook="work/team/linked.yml") == ("other", "plays/site.yml", True)
    assert project(tree, current="work/team", playbook="work/team/linked.yml") == ("other", "plays/site.yml", True)


def test_in_a_current_directory_that_is_a_link_dots_lead_where_they_lead_for_the_system(tree: Path) -> None:
    (tree / "work/team/roles").mkdir()
    (tree / "link").symlink_to("work/team/playbooks")
    found = find_project("../playbooks/site.yml", current=str(tree / "link"))
    assert (found.directory, found.playbook) == (str(tree / "work/team"), "playbooks/site.yml")
    assert found.path == str(tree / "work/team/playbooks/site.yml")


def test_a_home_by_another_name_is_no_project(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HOME is a link, or names another directory than the system."""
    (tree / "site.yml").touch()
    (tree / "ansible.cfg").touch()
    (tree.parent / "by_link").symlink_to(tree)
    monkeypatch.setenv("HOME", str(tree.parent / "by_link"))
    assert not find_project("site.yml", current=str(tree)).marked
    monkeypatch.setenv("HOME", "/nowhere")
    entry = SimpleNamespace(pw_dir=str(tree.parent / "by_link"))
    monkeypatch.setattr(pwd, "getpwuid", lambda _user: entry)
    assert not find_project("site.yml", current=str(tree)).marked
    entry.pw_dir = "/nowhere"
    assert find_project("site.yml", current=str(tree)).marked


def test_a_user_without_an_entry_has_the_home_of_the_environment(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_user: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    (tree / "ansible.cfg").touch()
    assert not find_project("site.yml", current=str(tree)).marked


def test_a_directory_of_credentials_is_no_project(tree: Path) -> None:
    (tree / ".ssh/plays").mkdir(parents=True)
    (tree / ".ssh/.git").mkdir()
    (tree / ".ssh/plays/site.yml").touch()
    assert project(tree, playbook=".ssh/plays/site.yml") == (".ssh/plays", "site.yml", False)


@pytest.mark.parametrize(
    "directory", ["/", "/root", "/home", "/home/somebody", "/Users/somebody", "/tmp", "/var/tmp", "/etc", "/var", "."]
)
def test_what_is_never_sent_whole(tree: Path, directory: str) -> None:
    with pytest.raises(InputError, match=r"^project: .* contains more than a project.* and name that one instead$"):
        check_shippable(str(tree / directory), option="project")


@pytest.mark.parametrize("directory", ["store", ".", "deep", "link"])
def test_a_store_is_never_sent(tree: Path, directory: str) -> None:
    team = tree / "work/team"
    (team / "deep/store").mkdir(parents=True)
    (team / "link").symlink_to("deep")
    given = team / {"store": "deep/store"}.get(directory, directory)
    check_shippable(str(given), option="project", stores=["~/.local/share/ansible-venvs"])
    with pytest.raises(
        InputError, match=r"^project: .* contains the venvs of the store .*/deep/store, and is not sent"
    ):
        check_shippable(str(given), option="project", stores=["~/none", str(team / "deep/store")])


def test_the_default_store_is_in_a_home(tree: Path) -> None:
    with pytest.raises(InputError, match="^inventory: "):
        check_shippable(str(tree / ".local"), option="inventory", stores=["~/.local/share/ansible-venvs"])
    check_shippable(str(tree / "work"), option="project", stores=["~/.local/share/ansible-venvs"])


@pytest.fixture(name="stand")
def fixture_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current directory, with a project below it."""
    (tmp_path / "project" / "plays").mkdir(parents=True)
    (tmp_path / "project" / "plays" / "site.yml").write_text("[]\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_directory_is_the_project(stand: Path) -> None:
    assert named_project("project", ["plays/site.yml"]) == (str(stand / "project"), ["plays/site.yml"])


def test_a_playbook_brings_its_directory(stand: Path) -> None:
    assert named_project("project/plays/site.yml", []) == (str(stand / "project" / "plays"), ["site.yml"])


def test_a_signed_directory_above_it_is_the_project(stand: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (stand / "project" / "ansible.cfg").touch()
    monkeypatch.chdir(stand / "project")
    assert named_project("plays/site.yml", []) == (str(stand / "project"), ["plays/site.yml"])


def test_links_lead_to_the_project_that_a_run_has(stand: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A current directory and a playbook that are links; see the action plugin, which asks the same function."""
    (stand / "project" / "ansible.cfg").touch()
    (stand / "by_link").symlink_to("project/plays")
    (stand / "linked.yml").symlink_to("project/plays/site.yml")
    (stand / "other" / "roles").mkdir(parents=True)
    (stand / "other" / "linked.yml").symlink_to(stand / "project/plays/site.yml")
    expected = (str(stand / "project"), ["plays/site.yml"])
    assert named_project("by_link/site.yml", []) == expected
    assert named_project("other/linked.yml", []) == expected
    monkeypatch.chdir("by_link")
    monkeypatch.setenv("PWD", str(stand / "by_link"))
    assert named_project("site.yml", []) == expected
    assert named_project("../plays/site.yml", []) == expected
    assert named_project(str(stand / "by_link"), ["site.yml"]) == (expected[0] + "/plays", ["site.yml"])


@pytest.mark.parametrize(
    ("path", "playbooks", "message"),
    [
        ("nowhere", [], "nowhere does not exist"),
        ("project/plays/site.yml", ["a.yml"], "requires that path is"),
    ],
)
def test_what_cannot_be_used(stand: Path, path: str, playbooks: list[str], message: str) -> None:
    assert stand.is_dir()
    with pytest.raises(InputError, match=message):
        named_project(path, playbooks)
