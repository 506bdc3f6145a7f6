# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where the roles that a project uses and those that it declares differ."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from small_projects import analysed

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import FetchedRole, RoleLocation

#: The roles that a server has; acme.web comes with acme.base.
ON_SERVER = {
    "acme.web/meta/main.yml": "dependencies: [{role: acme.base}]\n",
    "acme.web/tasks/main.yml": "[]",
    "acme.base/tasks/main.yml": "[]",
    "acme.other/tasks/main.yml": "[]",
    "acme.asks/tasks/main.yml": "- import_role: {name: acme.other}\n",
    "own/tasks/main.yml": "[]",
}
TASKS = "- hosts: all\n  tasks:\n  - {}\n"


def compared(
    tmp_path: Path, site: str, requirements: str | None, **options: Any
) -> tuple[set[tuple[str, str, int]], set[tuple[str, int]]]:
    """What is undeclared, with file and line, and what is unused with its line in requirements.yml."""
    for name, text in ON_SERVER.items():
        path = tmp_path / "server" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def source(name: str, _entry: Mapping[str, Any] | None, /) -> list[FetchedRole] | str:
        names = [name, "acme.base"] if name == "acme.web" else [name]
        directory = tmp_path / "server"
        found = [FetchedRole(one, directory / one, "1.0", one) for one in names if (directory / one).is_dir()]
        return found or "nobody has it"

    files = {"site.yml": site, **options.pop("files", {})}
    files.update({} if requirements is None else {"requirements.yml": requirements})
    found = analysed(tmp_path, files, role_source=source, **options).role_declarations
    assert all(one.location.file == "requirements.yml" for one in found.unused)
    return {_place(one) for one in found.undeclared}, {(one.name, one.location.line) for one in found.unused}


def _place(one: RoleLocation) -> tuple[str, str, int]:
    return one.name, one.location.file, one.location.line


@pytest.mark.parametrize(
    "site",
    [
        "- hosts: all\n  roles:\n  - acme.other\n",
        "- hosts: all\n  roles:\n  - role: acme.other\n",
        TASKS.format("include_role: {name: acme.other}"),
        TASKS.format("ansible.builtin.import_role: name=acme.other"),
        TASKS.format('include_role: {name: "{{ x }}"}\n    vars: {x: acme.other}'),
    ],
)
def test_a_role_that_no_file_declares_is_undeclared_wherever_it_is_named(tmp_path: Path, site: str) -> None:
    assert compared(tmp_path, site, "roles: [acme.web]\n") == ({("acme.other", "site.yml", 3)}, {("acme.web", 1)})
    assert compared(tmp_path, site, "collections: [a.b]\n")[0] == {("acme.other", "site.yml", 3)}
    assert compared(tmp_path, site, "roles: [acme.other]\n") == (set(), set())


def test_without_a_requirements_file_none_is_undeclared(tmp_path: Path) -> None:
    assert compared(tmp_path, TASKS.format("include_role: {name: acme.other}"), None) == (set(), set())


def test_a_role_that_cannot_be_had_is_undeclared_if_it_has_the_name_of_one_on_galaxy(tmp_path: Path) -> None:
    site = "- hosts: all\n  roles: [acme.gone, plain, a.b.c]\n"
    assert compared(tmp_path, site, "roles: []\n") == ({("acme.gone", "site.yml", 2)}, set())


def test_what_a_declared_role_depends_on_is_neither_undeclared_nor_unused(tmp_path: Path) -> None:
    site = "- hosts: all\n  roles: [acme.base, acme.web]\n"
    assert compared(tmp_path, site, "roles: [acme.web]\n") == (set(), set())
    assert compared(tmp_path, site, "roles: [acme.base]\n") == ({("acme.web", "site.yml", 2)}, set())
    site = "- hosts: all\n  roles: [acme.web]\n"
    assert compared(tmp_path, site, "roles: []\n") == ({("acme.web", "site.yml", 2)}, set()), "acme.base comes along"
    assert compared(tmp_path, "- hosts: all\n  roles: [acme.web]\n", "roles: [acme.web, acme.base]\n") == (set(), set())


def test_what_a_declared_role_only_uses_in_its_tasks_is_undeclared(tmp_path: Path) -> None:
    site = "- hosts: all\n  roles: [acme.asks]\n"
    assert compared(tmp_path, site, "roles: [acme.asks]\n")[0] == {("acme.other", "acme.asks/tasks/main.yml", 1)}


def test_a_role_in_the_project_is_used_and_not_undeclared(tmp_path: Path) -> None:
    files = {"roles/acme.mine/tasks/main.yml": "[]", "roles/acme.mine/meta/main.yml": "dependencies: [acme.other]\n"}
    site = "- hosts: all\n  roles: [acme.mine]\n"
    undeclared = {("acme.other", "roles/acme.mine/meta/main.yml", 1)}
    assert compared(tmp_path, site, "roles: []\n", files=files) == (undeclared, set())
    assert compared(tmp_path, site, "roles: [acme.mine]\n", files=files) == (set(), set())


def test_a_role_of_the_user_outside_of_the_project_is_undeclared_as_one_that_is_fetched(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for name in ("acme.there", "acme.needed", "plain"):
        (home / name / "tasks").mkdir(parents=True)
        (home / name / "tasks/main.yml").write_text("[]")
    (home / "acme.there/meta").mkdir()
    (home / "acme.there/meta/main.yml").write_text("dependencies: [acme.needed]\n")
    site = "- hosts: all\n  roles: [acme.there, plain]\n"
    files = {"ansible.cfg": f"[defaults]\nroles_path = {home}\n"}
    undeclared = {("acme.there", "site.yml", 2)}
    assert compared(tmp_path, site, "roles: []\n", files=files, home=str(home)) == (undeclared, set())
    assert compared(tmp_path, site, "roles: [acme.there]\n", files=files, home=str(home)) == (set(), set())


def test_each_line_of_an_unused_role_is_listed(tmp_path: Path) -> None:
    declared = "roles:\n- acme.web\n- {src: 'git+https://example.org/own.git'}\n- acme.web,1.0\n"
    site = "- hosts: all\n  roles: [own]\n"
    assert compared(tmp_path, site, declared) == (set(), {("acme.web", 2), ("acme.web", 4)})


def test_a_fetched_role_has_its_own_name_wherever_it_is_kept(tmp_path: Path) -> None:
    tree = tmp_path / "store/acme.web-1.0/tree"
    (tree / "tasks").mkdir(parents=True)
    (tree / "tasks/main.yml").write_text('- include_tasks: "{{ role_name }}.yml"\n')
    (tree / "tasks/acme.web.yml").write_text("- reached:\n")
    files = {"site.yml": "- hosts: all\n  roles: [acme.web]\n"}
    found = analysed(tmp_path, files, role_source=lambda name, _entry: [FetchedRole(name, tree, "1.0", name)])
    assert [one.name for one in found.unresolved] == ["reached"]
