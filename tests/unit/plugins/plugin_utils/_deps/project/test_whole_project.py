# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A project without named playbooks: everything that is its own counts, and one bad file loses no other."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from small_projects import TASK_KEYWORDS

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.analyse import analyse
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import Analysis
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.tree import Tree
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core

CORE = Path(__file__).parents[1] / "projects" / "core"


def analysed(root: Path, files: dict[str, str], *playbooks: str) -> Analysis:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return analyse(root, playbooks, core=Core(CORE), source=lambda _name: None, task_keywords=TASK_KEYWORDS)


def play(collection: str) -> str:
    return f"- hosts: all\n  tasks: [{{{collection}.name: }}]\n"


def tasks(collection: str) -> str:
    return f"- {collection}.name:\n"


def collections(analysis: Analysis) -> set[str]:
    return {one.collection for one in analysis.evidence}


@pytest.mark.parametrize(
    "name",
    [
        "roles/web/tasks/main.yml", "roles/web/handlers/main.yml", "roles/web/tasks/other.yml", "web/tasks/sub/a.yml",
        "roles/web/handlers/other.yaml", "provision/tasks/some.yml",
    ],
)  # fmt: skip
def test_what_no_playbook_reaches_is_part_of_a_project(tmp_path: Path, name: str) -> None:
    files = {"site.yml": play("a.b"), name: tasks("c.d"), "web/meta/main.yml": "{}"}
    assert collections(analysed(tmp_path, files)) == {"a.b", "c.d"}
    assert collections(analysed(tmp_path, files, "site.yml")) == {"a.b"}


def test_a_role_that_no_playbook_reaches_finds_the_roles_beside_it(tmp_path: Path) -> None:
    files = {
        "x/roles/web/meta/main.yml": "dependencies: [base]\n",
        "x/roles/web/tasks/main.yml": "- include_role: {name: more}\n",
        "x/roles/base/tasks/main.yml": tasks("c.d"),
        "x/roles/more/tasks/main.yml": tasks("e.f"),
    }
    analysis = analysed(tmp_path, files)
    assert {one.name for one in analysis.unresolved} == {"c.d.name", "e.f.name"}


def test_a_role_in_a_directory_of_roles_finds_all_roles(tmp_path: Path) -> None:
    files = {
        "x/roles/common/deep/web/tasks/main.yml": "- include_role: {name: common/more}\n",
        "x/roles/common/more/tasks/main.yml": tasks("c.d"),
    }
    analysis = analysed(tmp_path, files)
    assert collections(analysis) == {"c.d"}
    assert not [one for one in analysis.unresolved if one.kind == "role"]


def test_a_project_can_be_one_role(tmp_path: Path) -> None:
    assert collections(analysed(tmp_path, {"tasks/main.yml": tasks("c.d")})) == {"c.d"}


@pytest.mark.parametrize(
    ("files", "name", "line"),
    [
        ({"bad.yml": "- hosts: all\n  tasks: [\n"}, "bad.yml", 3),
        ({"bad.yml": "- hosts: all\n  tasks: text\n"}, "bad.yml", 2),
        ({"bad.yml": "- hosts: all\n- text\n"}, "bad.yml", 2),
        ({"bad.yml": "- import_playbook: empty.yml\n", "empty.yml": ""}, "empty.yml", 1),
        ({"bad.yml": "- import_playbook: map.yml\n", "map.yml": "\na: b\n"}, "map.yml", 2),
        ({"bad.yml": "- hosts: all\n  vars_files: [v.yml]\n", "v.yml": "a: [\n"}, "v.yml", 2),
        ({"bad.yml": "- hosts: all\n  tasks: [{include_tasks: t.yml}]\n", "t.yml": "a: b\n"}, "t.yml", 1),
        ({"bad.yml": "- hosts: all\n  roles: [r]\n", "roles/r/meta/main.yml": "- [\n"}, "roles/r/meta/main.yml", 2),
        ({"bad.yml": "- hosts: all\n", "group_vars/all.yml": "a: b: c\n"}, "group_vars/all.yml", 1),
    ],
)
def test_a_file_that_cannot_be_used_is_unresolved_and_loses_no_other(
    tmp_path: Path, files: dict[str, str], name: str, line: int
) -> None:
    analysis = analysed(tmp_path, {**files, "a.yml": play("a.b"), "z.yml": play("y.z")})
    assert collections(analysis) == {"a.b", "y.z"}
    (one,) = [one for one in analysis.unresolved if one.kind == "file"]
    assert (one.name, one.location.file, one.location.line) == (name, name, line)
    assert one.reason.startswith("this YAML cannot be used: ")


@pytest.mark.parametrize("content", ["", "a: b\n", "- hosts: [\n", "- hosts: all\n- text\n"])
def test_a_playbook_that_the_user_names_has_to_be_one(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match=r"^bad\.yml, line \d: this YAML cannot be used"):
        analysed(tmp_path, {"a.yml": play("a.b"), "bad.yml": content}, "a.yml", "bad.yml")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "has no playbook: no YAML file"),
        ({"site.yml": ""}, "has no playbook: no YAML file"),
        ({"sub/site.yml": "- hosts: [\n"}, r"has no playbook that can be used: sub/site\.yml, line 2"),
    ],
)
def test_a_project_with_nothing_to_analyse_is_an_error(tmp_path: Path, files: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        analysed(tmp_path, files)


@pytest.mark.parametrize(
    "directory", ["deploy/collections/ansible_collections", "collections", "playbooks/collections"]
)
def test_collections_beside_any_playbook_come_first(tmp_path: Path, directory: str) -> None:
    files = {f"{directory}/a/b/plugins/modules/name.py": "", "deploy/site.yml": play("a.b")}
    analysis = analysed(tmp_path, {**files, "playbooks/site.yml": play("a.b")})
    assert not analysis.unresolved
    assert analysis.collections["a.b"].local


def test_a_collection_that_lies_deeper_in_the_project_knows_itself(tmp_path: Path) -> None:
    files = {
        "ours/galaxy.yml": "namespace: a\nname: b\nversion: 1.0.0\n",
        "ours/plugins/modules/name.py": "",
        "ours/roles/r/tasks/main.yml": tasks("a.b"),
    }
    assert not analysed(tmp_path, files).unresolved


@pytest.mark.parametrize("directory", ["", "ours/"])
def test_roles_of_a_checkout_find_the_plugins_of_their_collection(tmp_path: Path, directory: str) -> None:
    """Whoever installs the collection has them as its roles; whoever names a playbook has them as roles of a path."""
    files = {
        f"{directory}galaxy.yml": "namespace: a\nname: b\nversion: 1.0.0\n",
        f"{directory}plugins/modules/hello.py": "import c.d\n",
        f"{directory}roles/r/tasks/main.yml": "- hello:\n- include_role: {name: more}\n",
        f"{directory}roles/more/handlers/other.yml": "- hello:\n",
        f"{directory}elsewhere/x/meta/main.yml": "",
        f"{directory}elsewhere/x/tasks/main.yml": "- strange:\n",
    }
    whole = analysed(tmp_path, files)
    assert {one.name for one in whole.unresolved if one.kind == "module"} == {"strange"}
    assert ("hello", "a.b.hello") in {(one.name, one.plugin) for one in whole.evidence}
    by_path = {f"{directory}site.yml": "- hosts: all\n  roles: [r]\n"}
    named = analysed(tmp_path, by_path, f"{directory}site.yml")
    assert {one.name for one in named.unresolved} == {"hello"}
    both = analysed(tmp_path, {})
    assert {(one.name, one.location.file) for one in both.unresolved if one.kind == "module"} == {
        ("strange", f"{directory}elsewhere/x/tasks/main.yml"), ("hello", f"{directory}roles/r/tasks/main.yml"),
    }  # fmt: skip
    assert "a.b.hello" in {one.plugin for one in both.evidence}


@pytest.mark.parametrize("name", ["a.b.hello", "a.b.twice", "a.b.r"])
def test_a_full_name_of_the_checkout_itself_needs_nothing_from_elsewhere(tmp_path: Path, name: str) -> None:
    files = {
        "galaxy.yml": "namespace: a\nname: b\nversion: 1.0.0\n",
        "plugins/modules/hello.py": "",
        "plugins/filter/twice.py": "class FilterModule:\n    def filters(self):\n        return {'twice': str}\n",
        "roles/r/tasks/main.yml": "[]",
        "playbooks/site.yml": '- hosts: all\n  tasks: [{a.b.hello: }, {debug: {msg: "{{ 1 | a.b.twice }}"}}]\n'
        "  roles: [a.b.r]\n",
    }
    analysis = analysed(tmp_path, files, "playbooks/site.yml")
    assert not analysis.unresolved and name in {one.name for one in analysis.evidence}
    assert analysis.collections["a.b"].local and analysis.collections["a.b"].is_unsearched


def test_inventories_that_no_configuration_names(tmp_path: Path) -> None:
    value = "{{{{ x | a.b.{} }}}}"
    files = {
        "site.yml": "- hosts: all\n  tasks: []\n",
        "inventories/prod/hosts": '[web]\nh p="{{ x | a.b.of_ini }}" ansible_connection=a.b.ini\n',
        "inventories/prod/group_vars/all.yml": f'p: "{value.format("of_group")}"',
        "inventory/hosts.yml": "all: {hosts: {h: {ansible_connection: a.b.of_yaml}}}",
        "inventory/x.yml": "plugin: constructed\ncompose: {b: x | a.b.of_compose}\n",
        "envs/dev/host_vars/h/a.yml": f'p: "{value.format("of_host")}"',
    }
    names = {one.name for one in analysed(tmp_path, files).unresolved}
    assert names >= {"a.b.of_ini", "a.b.ini", "a.b.of_group", "a.b.of_yaml", "a.b.of_compose", "a.b.of_host"}


def test_a_directory_that_cannot_be_read_leaves_the_answers_for_all_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root reads everything, so that the error of the system is made."""
    status, opened = Tree._status, Tree._open

    def forbidden(path: str) -> None:
        if path.startswith("playbooks/"):
            raise PermissionError(errno.EACCES, "Permission denied")

    def checked_status(self: Tree, here: list[str]) -> os.stat_result | None:
        forbidden(self._relative(here))
        return status(self, here)

    def checked_open(self: Tree, path: Path, flags: int) -> int:
        forbidden(f"{os.path.relpath(path, self.root)}/")
        return opened(self, path, flags)

    monkeypatch.setattr(Tree, "_status", checked_status)
    monkeypatch.setattr(Tree, "_open", checked_open)
    analysis = analysed(tmp_path, {"other/site.yml": play("a.b"), "playbooks/site.yml": "[]"})
    assert "a.b" in collections(analysis)
    said = [(one.name, one.reason) for one in analysis.unresolved if one.kind == "file"]
    assert ("playbooks", "cannot be read: Permission denied") in said
    assert len(said) <= 2
