# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The filters of the role shared_venv: who gets which keys, which link leads where, and who is the parent."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.mobile_ansible.venv.plugins.filter.venv_links import venv_links
from ansible_collections.mobile_ansible.venv.plugins.filter.venv_parent import venv_parent
from ansible_collections.mobile_ansible.venv.plugins.filter.with_keys import with_keys

PROJECTS: list[Any] = ["/p/news", {"path": "/p/parent/", "name": ".venv", "python": 3.12}, {"path": "/p/media"}]


def test_only_the_keys_that_a_module_knows() -> None:
    entries: list[Any] = ["/p/one", {"path": "/p/two", "test": ["make"], "files": None, "groups": []}]
    assert with_keys(entries, "path", "files", "groups") == [{"path": "/p/one"}, {"path": "/p/two", "groups": []}]
    with pytest.raises(AnsibleFilterError, match="neither a text nor a dictionary"):
        with_keys([["/p"]], "path")  # type: ignore[list-item]


def test_siblings_link_through_the_parent_which_comes_first() -> None:
    assert venv_links(PROJECTS, target="reports", parent="/p/parent") == [
        {"project": "/p/parent/", "name": ".venv", "python": "3.12", "target": "reports"},
        {"project": "/p/news", "name": "venv", "target": "/p/parent/.venv"},
        {"project": "/p/media", "name": "venv", "target": "/p/parent/.venv"},
    ]


def test_a_parent_that_is_no_project_links_too() -> None:
    links = venv_links(["/p/news"], target="reports", parent="/p/parent")
    assert [(one["project"], one["target"]) for one in links] == [
        ("/p/parent", "reports"),
        ("/p/news", "/p/parent/venv"),
    ]


def test_without_a_parent_all_link_to_the_venv() -> None:
    assert {one["target"] for one in venv_links(PROJECTS, target="/srv/venv")} == {"/srv/venv"}


def looked_at(name: str, *packages: str, src: str | None = None) -> dict[str, Any]:
    listed = [dict(zip(("name", "version"), package.split("=="), strict=True)) for package in packages]
    return {"path": f"/p/{name}", "link": f"/p/{name}/venv", "src": src, "packages": listed}


PARENTS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "has most": ([looked_at("a", "six==1.0"), looked_at("b", "six==1.0", "idna==3.1")], "/p/b"),
    "has what fits": ([looked_at("a", "six==1.0", "idna==2.0"), looked_at("b", "six==1.0", "idna==3.1")], "/p/b"),
    "is the first": ([looked_at("a", "six==1.0"), looked_at("b", "six==1.0")], "/p/a"),
    "is linked to": ([looked_at("a", "six==1.0", src="../b/venv"), looked_at("b")], "/p/b"),
    "has none": ([looked_at("a"), looked_at("b")], "/p/a"),
}


@pytest.mark.parametrize("case", PARENTS)
def test_the_parent_is_the_one_that(case: str) -> None:
    projects, path = PARENTS[case]
    assert venv_parent(projects, requirements=["six", "idna>=3"]) == path


def test_there_must_be_projects_to_choose_from() -> None:
    with pytest.raises(AnsibleFilterError, match="no projects"):
        venv_parent([], requirements=[])
