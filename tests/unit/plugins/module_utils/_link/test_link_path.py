# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where links of projects are: each has one path, and no path is that of two."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.link_path import find_link_path, find_link_paths
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.entry import Project
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._link.samples import make_project


@pytest.mark.parametrize(
    ("project", "name", "message"),
    [
        ("relative/path", "venv", "is a relative path"),
        ("{root}/absent", "venv", "is not a directory of this host"),
        ("{root}/file", "venv", "is not a directory of this host"),
        ("{root}/$(x)", "venv", "is not a valid path of a venv"),
        ("{root}", "..", "is not a valid name of a link"),
        ("{root}", "a/b", "is not a valid name of a link"),
        ("{root}", "", "is not a valid name of a link"),
        ("{root}", "a\nb", "is not a valid name of a link"),
        ("{root}", "a\0b", "is not a valid name of a link"),
        ("{root}", "v" * 300, "is not a valid name of a link"),
    ],
)
def test_a_bad_path_is_one_error(root: Path, project: str, name: str, message: str) -> None:
    (root / "file").touch()
    with pytest.raises(InputError, match=message):
        find_link_path(project.format(root=root), name)


@pytest.mark.parametrize("name", ['it"s', "it's", "$HOME", "a b;c", "a:b", "%(x)s"])
@pytest.mark.parametrize("reached", ["as given", "through a link"])
def test_a_path_that_breaks_scripts_is_named(root: Path, name: str, reached: str) -> None:
    given = make_project(root, name)
    if reached == "through a link":
        (root / "fine").symlink_to(given)
        given = root / "fine"
    with pytest.raises(InputError, match="^projects: .* is not a valid path of a venv"):
        find_link_paths([Project(str(make_project(root, "good"))), Project(str(given))])


def test_one_directory_by_two_paths_is_refused(root: Path) -> None:
    project = make_project(root)
    (root / "alias").symlink_to(project)
    with pytest.raises(InputError, match=f"projects: {root}/alias is {project}, which is listed already"):
        find_link_paths([Project(str(project)), Project(str(root / "alias"))])


def test_two_links_of_one_directory_are_two(root: Path) -> None:
    project = make_project(root)
    (root / "alias").symlink_to(project)
    found = find_link_paths([Project(str(project)), Project(str(root / "alias"), link_name=".venv")])
    assert [one.path for one in found] == [f"{project}/venv", f"{project}/.venv"]
