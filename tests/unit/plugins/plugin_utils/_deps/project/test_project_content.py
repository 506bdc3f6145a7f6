# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What belongs to a project, by the form of its files, anywhere in its tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project import files as files_module
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project import project_content
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.files import Files
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.project_content import ProjectContent
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.scan import Findings
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.tree import MAX_FILE_BYTES

PLAY = "- hosts: all\n  tasks: []\n"
BROKEN = "- hosts: all\n  tasks: [\n"


def write(root: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)


def content_of(root: Path) -> tuple[ProjectContent, Findings]:
    findings = Findings()
    return ProjectContent(Files(root), findings), findings


@pytest.mark.parametrize(
    "name",
    [
        "a.yml", "deploy/web.yaml", "a/b/c/d/e.yml", "playbooks/a/b/site.yml", "files/on_target.yml", "roles/site.yml",
        "roles/web/deploy.yml", "inventories/prod/site.yml", "tasks/play.yml", "collections.yml", "tests.yml",
        "site.YML",
    ],
)  # fmt: skip
def test_a_playbook_is_found_in_any_directory(tmp_path: Path, name: str) -> None:
    write(tmp_path, {name: PLAY, "roles/web/meta/main.yml": "{}"})
    content, findings = content_of(tmp_path)
    assert list(content.playbooks) == [tmp_path / name]
    assert not findings.unresolved


@pytest.mark.parametrize("start", ["#!/usr/bin/env ansible-playbook", "#!/usr/bin/ansible-playbook -i hosts"])
def test_a_playbook_can_be_a_program(tmp_path: Path, start: str) -> None:
    write(tmp_path, {"bin/deploy": f"{start}\n{PLAY}", "bin/other": f"#!/bin/sh\n{PLAY}", "README": PLAY})
    content, findings = content_of(tmp_path)
    assert list(content.playbooks) == [tmp_path / "bin" / "deploy"]
    assert not findings.unresolved


@pytest.mark.parametrize(
    "name",
    [
        "molecule/default/converge.yml", "roles/web/molecule/default/converge.yml", "tests/test.yml", ".github/a.yml",
        "roles/web/tests/test.yml", "roles/web/files/a.yml", "roles/web/vars/a.yml", "deploy/templates/site.yml",
        "collections/ansible_collections/a/b/playbooks/site.yml", "x/ansible_collections/a/b/playbooks/site.yml",
        "collections/a/b/playbooks/site.yml", "env/lib/site.yml", "js/node_modules/x/site.yml", "site.json",
        "vendored/playbooks/site.yml", "roles/galaxy/site.yml",
    ],
)  # fmt: skip
def test_what_is_not_the_projects_own_is_left_out(tmp_path: Path, name: str) -> None:
    marks = {"vendored/MANIFEST.json": "{}", "vendored/FILES.json": "{}", "env/pyvenv.cfg": ""}
    roles = {"roles/web/tasks/main.yml": "[]", "roles/galaxy/meta/.galaxy_install_info": "", **marks}
    write(tmp_path, {**roles, "roles/galaxy/tasks/main.yml": "[]", name: PLAY})
    content, findings = content_of(tmp_path)
    assert list(content.playbooks) == []
    assert list(content.roles) == [tmp_path / "roles" / "web"]
    assert not findings.unresolved


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PLAY, True),
        ('- {"hosts": "all"}\n', True),
        ("[{hosts: all}]", True),
        ("- name: x\n  ansible.builtin.import_playbook: other.yml\n", True),
        ("- import_playbook: other.yml\n", True),
        ("- debug:\n    msg: 'hosts: x'\n", False),
        ("all:\n  hosts:\n    a:\n", False),
        ("- name: rules\n  hosts: all\n  sources: []\n  rules: []\n", False),
        ("", False),
        ("# hosts:\n", False),
    ],
)
def test_the_form_of_a_playbook(tmp_path: Path, text: str, expected: bool) -> None:
    write(tmp_path, {"sub/it.yml": text})
    content, findings = content_of(tmp_path)
    assert bool(content.playbooks) is expected
    assert not findings.unresolved


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("roles/web/tasks/main.yml", ["roles/web"]),
        ("roles/web/tasks/other.yml", ["roles/web"]),
        ("roles/web/meta/main.yaml", ["roles/web"]),
        ("roles/web/library/x.py", ["roles/web"]),
        ("deep/down/roles/web/handlers/main.yml", ["deep/down/roles/web"]),
        ("my_roles/web/tasks/main.yml", ["my_roles/web"]),
        ("web/meta/main.yml", ["web"]),
        ("tasks/main.yml", ["."]),
        ("roles/README.md", []),
        ("roles/group/web/tasks/main.yml", ["roles/group/web"]),
        ("meta/runtime.yml", []),
        ("deploy/tasks/other.yml", []),
    ],
)
def test_a_role_is_found_in_any_directory(tmp_path: Path, name: str, expected: list[str]) -> None:
    write(tmp_path, {name: "[]"})
    content, _findings = content_of(tmp_path)
    assert list(content.roles) == [tmp_path / one for one in expected]


def test_tasks_that_belong_to_no_role(tmp_path: Path) -> None:
    write(tmp_path, {"deploy/tasks/more.yml": "[]", "roles/web/tasks/main.yml": "[]"})
    assert list(content_of(tmp_path)[0].tasks) == [tmp_path / "deploy" / "tasks"]


def test_a_broken_playbook_is_reported_and_loses_no_other(tmp_path: Path) -> None:
    write(tmp_path, {"a.yml": BROKEN, "b.yml": PLAY, "values.yml": "hosts: [\n", "c.yml": "- x: [\n"})
    content, findings = content_of(tmp_path)
    assert list(content.playbooks) == [tmp_path / "b.yml"]
    assert [(one.kind, one.name, one.location.line) for one in findings.unresolved] == [("file", "a.yml", 3)]


@pytest.mark.parametrize(
    ("start", "is_list"),
    [
        ("", True),
        ("---\n", True),
        ("%YAML 1.2\n---  # x\n\n  # y\n", True),
        ("--- ", True),
        ("\ufeff---\r\n", True),
        ("---\nservice:\n", False),
        ("service:\n", False),
        ("{% if x %}\n", False),
    ],
)
def test_what_does_not_parse_is_a_playbook_only_if_a_list_begins(tmp_path: Path, start: str, is_list: bool) -> None:
    write(tmp_path, {"a.yml": start + BROKEN})
    _content, findings = content_of(tmp_path)
    assert [one.name for one in findings.unresolved] == ["a.yml"] * is_list


def test_a_large_file_is_reported_only_when_it_looks_like_a_playbook(tmp_path: Path) -> None:
    filling = "#" * 99 + "\n"
    write(tmp_path, {"a.yml": PLAY + filling * (MAX_FILE_BYTES // 100), "b.yml": filling * (MAX_FILE_BYTES // 99)})
    content, findings = content_of(tmp_path)
    assert not content.playbooks
    assert [one.name for one in findings.unresolved] == ["a.yml"]


def test_links_to_directories_end_the_search_and_links_to_files_do_not(tmp_path: Path) -> None:
    write(tmp_path, {"real/site.yml": PLAY})
    (tmp_path / "real" / "circle").symlink_to(tmp_path)
    (tmp_path / "linked.yml").symlink_to("real/site.yml")
    assert list(content_of(tmp_path)[0].playbooks) == [tmp_path / "linked.yml", tmp_path / "real" / "site.yml"]


def test_a_search_that_reaches_a_limit_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a.yml": PLAY, "b/c/d/e.yml": PLAY})
    monkeypatch.setattr(project_content, "MAX_DEPTH", 2)
    content, findings = content_of(tmp_path)
    assert list(content.playbooks) == [tmp_path / "a.yml"]
    assert [(one.kind, one.name) for one in findings.unresolved] == [("path", "b/c/d")]
    monkeypatch.setattr(files_module, "MAX_TOTAL_BYTES", 10)
    (one,) = list(content_of(tmp_path)[1].unresolved)
    assert "more than 10 bytes" in one.reason


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("inventories/prod/hosts.yml", "all: {hosts: {a: {x: 1}}, children: }"),
        ("inventories/prod/web.yaml", "web: {hosts: {a: }}\ndb:\n"),
        ("inventory/aws_ec2.yml", "plugin: amazon.aws.aws_ec2"),
        ("deploy/inventory/own.yml", "plugin: constructed"),
        ("prod.aws_ec2.yml", "plugin: amazon.aws.aws_ec2"),
        ("aws/aws_ec2.yaml", "plugin: aws_ec2"),
        ("hosts", "[web]\na"),
        ("inventory.ini", "[web]\na"),
        ("inventories/staging/all", "a x=1"),
        ("hosts.json", '{"all": {"hosts": {"a": null}}}'),
    ],
)
def test_an_inventory_is_found_by_its_name_and_form(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, {name: text})
    content, findings = content_of(tmp_path)
    assert list(content.inventories) == [tmp_path / name]
    assert not findings.unresolved
    assert not content.playbooks


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("inventories/prod/values.yml", "a: {b: c}"),
        ("inventories/prod/list.yml", "[a]"),
        ("inventories/README.md", "[web]"),
        ("inventory/script", "#!/bin/sh\nA=1"),
        ("inventory/script.py", "A=1"),
        ("inventory/broken.yml", "a: ["),
        ("setup.cfg", "[web]\na"),
        ("chart/values.yml", "plugin: constructed"),
        ("molecule/default/inventory/hosts", "a"),
        ("templates/hosts", "a"),
        ("web.yml", "all: {hosts: {a: }}"),
    ],
)
def test_what_is_no_inventory(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, {name: text})
    content, findings = content_of(tmp_path)
    assert not content.inventories
    assert not findings.unresolved


def test_the_variables_beside_an_inventory(tmp_path: Path) -> None:
    write(tmp_path, {"inventories/prod/group_vars/all": "a: 1", "envs/dev/host_vars/a.yml": "a: 1"})
    content, _findings = content_of(tmp_path)
    assert list(content.inventories) == [tmp_path / "envs" / "dev", tmp_path / "inventories" / "prod"]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ('[{"hosts": "all", "tasks": []}]', True),
        ('\n[{"import_playbook": "a.yml"}]', True),
        ('[{"hosts": ["a"], "name": "monitoring"}]', False),
        ('{"hosts": "all", "tasks": []}', False),
        ('[{"hosts": ', False),
    ],
)
def test_a_playbook_can_be_json(tmp_path: Path, text: str, is_one: bool) -> None:
    write(tmp_path, {"deploy.json": text})
    content, findings = content_of(tmp_path)
    assert list(content.playbooks) == ([tmp_path / "deploy.json"] if is_one else [])
    assert not findings.unresolved
