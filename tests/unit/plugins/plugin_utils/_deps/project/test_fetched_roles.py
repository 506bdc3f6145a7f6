# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Roles that the project does not have: which are asked for, and how they are followed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.playbook.role.requirement import RoleRequirement
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
    - {src: git+https://example.org/web.git, version: '1.10'}
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


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("acme.{{ x }}", {"acme.web", "acme.gone"}),
        ("{{ x }}.web", {"acme.web", "other.web"}),
        ("{{ x }}", {"acme.web", "other.web", "acme.gone", "plain"}),
        ("roles/{{ x }}", set()),
        ("acme.hard.{{ x }}", set()),
    ],
)
@pytest.mark.parametrize("task", [False, True])
def test_a_templated_name_means_the_declared_roles_that_fit(
    tmp_path: Path, name: str, asked: set[str], task: bool
) -> None:
    roles = Roles(tmp_path / "store", {
        "acme.web/tasks/main.yml": reached("in_acme_web"),
        "other.web/tasks/main.yml": reached("in_other_web"),
        "undeclared.web/tasks/main.yml": reached("not_declared"),
    })  # fmt: skip
    declared = "roles: [acme.web, other.web, acme.gone, {src: 'git+https://example.org/plain.git'}]\n"
    site = f'- hosts: all\n  tasks:\n  - include_role: {{name: "{name}"}}\n' if task else play(f'"{name}"')
    analysis = looked_at(tmp_path, roles, site_yml=site, requirements_yml=declared)
    assert roles.asked.keys() == asked
    assert missing(analysis) == {f"in_{one.replace('.', '_')}" for one in asked & {"acme.web", "other.web"}}
    said = [one.expression for one in analysis.dynamic]
    assert any("acme.gone: nobody has acme.gone" in one for one in said) == ("acme.gone" in asked)
    assert name in said or not asked, "it can be another one"


@pytest.mark.parametrize(
    ("dependency", "name"),
    [
        ({"src": "acme.base"}, "acme.base"),
        ({"src": "acme.base", "version": "v1", "own": 1}, "acme.base"),
        ({"src": "git+https://example.org/x/base.git"}, "base"),
        ({"src": "http://github.com/x/base"}, "base"),
        ({"src": "https://example.org/x/base.tar.gz"}, "base"),
        ({"src": "https://example.org/x/base.tar.gz", "name": "other"}, "other"),
        ({"src": "acme.base", "role": "other"}, "other"),
    ],
)
def test_a_dependency_can_say_only_its_source(tmp_path: Path, dependency: dict[str, Any], name: str) -> None:
    """As ``_load_dependencies`` in ansible/playbook/role/metadata.py."""
    if "role" not in dependency:
        assert RoleRequirement.role_yaml_parse(dict(dependency))["name"] == name
    analysis = looked_at(
        tmp_path, Roles(tmp_path / "store", {}), site_yml=play("own"),
        roles__own__meta__main_yml=f"dependencies:\n- {json.dumps(dependency)}\n",
    )  # fmt: skip
    assert [(one.name, one.location.file, one.location.line) for one in analysis.unresolved] == [
        (name, "roles/own/meta/main.yml", 2)
    ]


def test_a_role_of_a_play_needs_a_name(tmp_path: Path) -> None:
    roles = Roles(tmp_path / "store", {})
    looked_at(tmp_path, roles, site_yml=play("{src: acme.base}"))
    assert roles.asked == {}
