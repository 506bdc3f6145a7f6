# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Roles that the project does not have: which are asked for, and how they are followed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from small_projects import analysed, missing, reached

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import Analysis, FetchedRole
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.profile import profile_of

#: A module with a requirement, and one that is only seen from it.
MODULE = (
    "import jmespath\nfrom ansible.module_utils.basic import AnsibleModule\nfrom ansible.module_utils.own import x\n"
)


class Roles:
    """Has the roles in a directory; ``asked`` are the names that it was asked for, and what was declared."""

    def __init__(self, directory: Path, files: Mapping[str, str], together: Mapping[str, list[str]] | None = None):
        self.asked: dict[str, Mapping[str, Any] | None] = {}
        self._directory, self._together = directory, together or {}
        for name, text in files.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def __call__(self, name: str, entry: Mapping[str, Any] | None, /) -> list[FetchedRole] | str:
        assert name not in self.asked, "asked twice"
        self.asked[name] = entry
        names = [name, *self._together.get(name, [])]
        if not (self._directory / name).is_dir():
            return f"nobody has {name}"
        return [FetchedRole(one, self._directory / one, "1.0", one) for one in names]


def play(*roles: str) -> str:
    return "- hosts: all\n  roles:\n" + "".join(f"  - {one}\n" for one in roles)


def looked_at(tmp_path: Path, roles: Roles | None, **files: str) -> Analysis:
    named = {name.replace("__", "/").replace("_yml", ".yml"): text for name, text in files.items()}
    return analysed(tmp_path, named, role_source=roles)


def test_tasks_templates_and_modules_of_a_fetched_role_are_followed(tmp_path: Path) -> None:
    roles = Roles(tmp_path / "store", {
        "acme.web/tasks/main.yml": "- include_tasks: more.yml\n- thing:\n- template: {src: x.j2}\n",
        "acme.web/tasks/more.yml": reached("in_the_role"),
        "acme.web/templates/x.j2": "{{ 1 | a.b.c }}",
        "acme.web/library/thing.py": MODULE,
        "acme.web/module_utils/own.py": "import hvac\nx = 1\n",
        "acme.web/filter_plugins/mine.py": "import netaddr\nclass FilterModule:\n    pass\n",
    })  # fmt: skip
    analysis = looked_at(tmp_path, roles, site_yml=play("acme.web"))
    assert missing(analysis) == {"in_the_role"} and missing(analysis, "filter") == {"a.b.c"}
    (where,) = [one.location for one in analysis.unresolved if one.kind == "module"]
    assert (where.file, where.line) == ("acme.web/tasks/more.yml", 1)
    assert {one.distribution for one in analysis.evidence if one.distribution} == {"jmespath", "hvac", "netaddr"}
    assert [(one.name, one.version) for one in analysis.roles] == [("acme.web", "1.0")]


def test_roles_of_the_project_go_first_also_for_what_a_fetched_role_needs(tmp_path: Path) -> None:
    roles = Roles(tmp_path / "store", {
        "acme.web/meta/main.yml": "dependencies: [common, acme.base, acme.mine]\n",
        "acme.base/tasks/main.yml": "- include_role: {name: beside}\n",
        "acme.mine/tasks/main.yml": reached("not_this_one"),
    }, {"acme.web": ["acme.base"]})  # fmt: skip
    analysis = looked_at(
        tmp_path, roles, site_yml=play("acme.web"),
        roles__common__tasks__main_yml="- include_role: {name: beside}\n",
        roles__acme_mine__tasks__main_yml="[]",
        roles__beside__tasks__main_yml=reached("in_the_project"),
    )  # fmt: skip
    assert missing(analysis) == {"in_the_project", "not_this_one"}
    assert list(roles.asked) == ["acme.web", "acme.mine"], "acme.base came along"


@pytest.mark.parametrize("name", ["../acme.web", "acme/web", "a.b.c", "/srv/acme.web", "{{ x }}"])
def test_what_is_no_name_of_such_a_role_is_not_asked_for(tmp_path: Path, name: str) -> None:
    roles = Roles(tmp_path / "store", {})
    looked_at(tmp_path, roles, site_yml=play(f'"{name}"'))
    assert roles.asked == {}


def test_the_entry_that_declares_a_role_is_handed_over(tmp_path: Path) -> None:
    roles = Roles(tmp_path / "store", {})
    declared = """
    - {src: git+https://example.org/web.git, version: 1.10}
    - {src: ./vendor/local, name: local}
    - {src: ./vendor/none, name: none}
    - {src: /etc, name: outside}
    - {src: 'file:///etc/x.tar.gz', name: file}
    - {src: /srv/web, scm: git, name: repository}
    - {src: acme.x, name: 'a/../b'}
    - acme.db,2.0
    - acme.db,3.0
    """
    names = ("web", "local", "none", "outside", "file", "repository", "acme.db", "undeclared")
    analysis = looked_at(
        tmp_path, roles, site_yml=play(*names), requirements_yml=f"roles:{declared}", vendor__local__meta__main_yml="{}"
    )
    assert roles.asked == {
        "web": {"name": "web", "src": "git+https://example.org/web.git", "version": "1.10"},
        "local": {"name": "local", "src": str(tmp_path / "project/vendor/local")},
        "acme.db": {"name": "acme.db", "src": "acme.db", "version": "2.0"},
        "undeclared": None,
    }
    reasons = {one.name: one.reason for one in analysis.unresolved}
    assert reasons["web"] == "nobody has web"
    for name in ("outside", "file", "repository"):
        assert reasons[name].endswith("has a path outside of the project, which is not read; copy it there")
    assert reasons["none"].startswith(
        "its entry in requirements.yml, line 4 cannot be used: './vendor/none' is neither"
    )


def test_without_a_source_of_roles_nothing_changes(tmp_path: Path) -> None:
    analysis = looked_at(tmp_path, None, site_yml=play("acme.web"))
    (one,) = analysis.unresolved
    assert (one.kind, one.name, one.stops) == ("role", "acme.web", True)
    assert "no directory of roles in the project contains it" in one.reason
    assert "roles" not in profile_of(analysis)["dependencies"]["galaxy"]


def test_a_hostile_role_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret.yml").write_text(reached("secret"))
    roles = Roles(
        tmp_path / "store",
        {"acme.web/tasks/main.yml": "- include_tasks: out.yml\n- include_tasks: ../../../secret.yml\n"},
    )
    (tmp_path / "store/acme.web/tasks/out.yml").symlink_to(tmp_path / "secret.yml")
    analysis = looked_at(tmp_path, roles, site_yml=play("acme.web"))
    assert "secret" not in missing(analysis)
    assert len(missing(analysis, "path")) == 2
