# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The requirements files of a project: where they lie, their forms, and what is said of those that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.cli.galaxy import GalaxyCLI
from ansible.errors import AnsibleError
from ansible.playbook.role.requirement import RoleRequirement

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.files import Files
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.galaxy_requirements import (
    DeclaredEntry,
    GalaxyRequirements,
    directories_of,
    galaxy_requirements,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.scan import Findings


def read(root: Path, texts: dict[str, str], *entries: str) -> tuple[GalaxyRequirements, Findings]:
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    files, findings = Files(root), Findings()
    return galaxy_requirements(files, findings, directories_of(files.root, [files.root / one for one in entries])), (
        findings
    )


def shown(entries: tuple[DeclaredEntry, ...]) -> list[tuple[object, str, int]]:
    return [(one.value, one.location.file, one.location.line) for one in entries]


@pytest.mark.parametrize("ending", ["yml", "yaml"])
@pytest.mark.parametrize("place", ["requirements", "collections/requirements", "roles/requirements"])
def test_collections_and_roles_are_read_with_their_lines(tmp_path: Path, place: str, ending: str) -> None:
    name = f"{place}.{ending}"
    text = (
        "---\ncollections:\n  - a.b\n  - name: c.d\n    version: '1.0'\nroles:\n  - e.f\n  - {src: g.h, version: v2}\n"
    )
    found, findings = read(tmp_path, {name: text})
    assert shown(found.collections) == [("a.b", name, 3), ({"name": "c.d", "version": "1.0"}, name, 4)]
    assert shown(found.roles) == [("e.f", name, 7), ({"src": "g.h", "version": "v2"}, name, 8)]
    assert [one.name for one in found.files] == [Path(name).name]
    assert not findings.unresolved


def test_a_list_has_roles_and_a_role_has_its_own(tmp_path: Path) -> None:
    texts = {"requirements.yml": "- a.b\n- src: c.d\n", "meta/requirements.yml": "- role: e.f\n"}
    found, _findings = read(tmp_path, texts)
    assert [one.value for one in found.roles] == ["a.b", {"src": "c.d"}, {"role": "e.f"}]
    assert not found.collections


def test_files_lie_in_each_directory_down_to_the_playbook(tmp_path: Path) -> None:
    texts = {
        f"{place}collections/requirements.yml": f"collections: [a.{name}]\n"
        for place, name in (("", "root"), ("one/", "one"), ("one/two/", "two"), ("other/", "other"))
    }
    found, _findings = read(tmp_path, texts, "one/two/site.yml")
    assert [one.value for one in found.collections] == ["a.root", "a.one", "a.two"]


def test_the_first_of_two_endings_counts_as_for_automation_controller(tmp_path: Path) -> None:
    texts = {"requirements.yaml": "collections: [a.yaml]\n", "requirements.yml": "collections: [a.yml]\n"}
    found, _findings = read(tmp_path, texts)
    assert [one.value for one in found.collections] == ["a.yml"]


def test_a_file_of_roles_is_included_once_from_where_ansible_galaxy_starts(tmp_path: Path) -> None:
    texts = {
        "requirements.yml": "roles:\n- include: more/roles.yml\n- include: more/roles.yml\n- a.b\n",
        "more/roles.yml": "- c.d\n- include: more/roles.yml\n",
    }
    found, _findings = read(tmp_path, texts)
    assert shown(found.roles) == [
        ("c.d", "more/roles.yml", 1),
        ({"include": "more/roles.yml"}, "more/roles.yml", 2),
        ("a.b", "requirements.yml", 4),
    ]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("collections: [a.b\n", 2, "YAML"),
        ("collections: [a.b]\npython: [six]\n", 1, "python"),
        ("roles: [a.b]\ncollections: a.b\n", 2, "collections must be a list"),
        ("just text\n", 1, "neither"),
        ("- src: c.d\n  version: 1: 2\n", 2, "YAML"),
        ("---\n- name: [c.d\n", 3, "YAML"),
        ("$ANSIBLE_VAULT;1.1;AES256\n00\n", 1, "encrypted"),
        ("roles:\n- include: absent.yml\n", 2, "absent.yml does not exist"),
        ("roles:\n- include: ../out.yml\n", 2, "../out.yml is outside"),
        ("roles:\n- include: collections.yml\n", 1, "a list of roles"),
    ],
)
def test_what_ansible_galaxy_refuses_is_said(tmp_path: Path, text: str, line: int, said: str) -> None:
    project = tmp_path / "project"
    (tmp_path / "out.yml").write_text("- a.b\n")
    texts = {"requirements.yml": text, "collections.yml": "collections: []\n"}
    found, findings = read(project, {**texts, "roles/requirements.yml": "- good.role\n"})
    (problem,) = list(findings.unresolved)
    is_meant = said not in ("neither", "another program")
    assert (problem.kind, problem.stops) == ("requirements", is_meant)
    assert problem.location.line == line
    assert said in problem.reason
    assert not found.collections
    assert [one.value for one in found.roles] == ["good.role"]


@pytest.mark.parametrize("version", ["1.0", "1", "1.10", "true", "2020-01-01", "0x10", ".5", "1_0"])
def test_a_version_that_is_no_text_has_to_be_quoted(tmp_path: Path, version: str) -> None:
    """ansible-galaxy ends with "'float' object is not subscriptable"."""
    for entry in (f"version: {version}", f"version: {version} # x", f'{{name: a.c, "version": {version}}}'):
        text = (
            f"collections:\n- a.b\n- name: c.d\n  {entry}\n" if entry[0] == "v" else f"collections:\n- a.b\n- {entry}\n"
        )
        found, findings = read(tmp_path, {"requirements.yml": text})
        (problem,) = tuple(findings.unresolved)
        assert (problem.location.line, problem.stops) == (4 if entry[0] == "v" else 3, True)
        assert f"version {version} is no text to YAML: quote it" in problem.reason
        assert not found.collections


@pytest.mark.parametrize("version", ['"1.0"', "'1'", "1.0.0", "'>=1'", "'*'", "1.0.0-rc.1", "v1", "!!str 1.0"])
def test_other_versions_are_text(tmp_path: Path, version: str) -> None:
    found, findings = read(tmp_path, {"requirements.yml": f"collections:\n- name: c.d\n  version: {version}\n"})
    assert len(found.collections) == 1 and not findings.unresolved


@pytest.mark.parametrize(("version", "is_good"), [("1.0", True), ("7", True), ("1.10", False), ("010", False)])
def test_a_number_of_a_role_has_to_be_quoted_where_it_is_another_text(
    tmp_path: Path, version: str, is_good: bool
) -> None:
    found, findings = read(tmp_path, {"requirements.yml": f"roles:\n- src: c.d\n  version: {version}\n"})
    assert bool(found.roles) == is_good == (not findings.unresolved)
    role = yaml.safe_load(f"src: c.d\nversion: {version}\n")
    assert (str(RoleRequirement.role_yaml_parse(role)["version"]) == version) == is_good


@pytest.mark.parametrize("text", ["python: [six]\n", "six==1.0\nfoo[bar]>=2\n", "six @ x: y: z\n", "5\n"])
def test_a_file_of_another_program_does_not_stop_a_run(tmp_path: Path, text: str) -> None:
    found, findings = read(tmp_path, {"requirements.yml": text, "roles/requirements.yml": "- good.role\n"})
    assert [(one.kind, one.stops) for one in findings.unresolved] == [("requirements", False)]
    assert [one.value for one in found.roles] == ["good.role"]


@pytest.mark.parametrize("text", ["- a.b:1.0.0\n", "- c.d\n- a.b >=1\n"])
def test_a_list_with_a_version_behind_a_name_stops(tmp_path: Path, text: str) -> None:
    _found, findings = read(tmp_path, {"requirements.yml": text})
    assert [(one.kind, one.stops) for one in findings.unresolved] == [("requirements", True)]


@pytest.mark.parametrize("text", ["colections: [a.b]\n", "collection: [a.b]\n", "role: [a.b]\nx: 1\n"])
def test_a_key_that_is_nearly_one_of_ansible_galaxy_stops(tmp_path: Path, text: str) -> None:
    _found, findings = read(tmp_path, {"requirements.yml": text})
    assert [(one.kind, one.stops) for one in findings.unresolved] == [("requirements", True)]


@pytest.mark.parametrize("name", ["requirements.yml", "requirements.yaml", "collections/requirements.yml"])
def test_a_link_to_nothing_stops(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).symlink_to("absent.yml")
    _found, findings = read(tmp_path, {})
    (problem,) = list(findings.unresolved)
    assert (problem.name, problem.stops) == (name, True)
    assert "it is a link to nothing" in problem.reason


@pytest.mark.parametrize("place", ["collections", "roles", "meta"])
def test_what_cannot_be_read_where_only_ansible_galaxy_looks_stops(tmp_path: Path, place: str) -> None:
    _found, findings = read(tmp_path, {f"{place}/requirements.yml": "six @ x: y: z\n"})
    assert [(one.name, one.stops) for one in findings.unresolved] == [(f"{place}/requirements.yml", True)]


def test_a_link_out_of_the_project_stops_and_one_of_its_directory_does_not(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "one").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "requirements.yml").write_text("collections: [a.b]\n")
    (project / "requirements.yaml").symlink_to("../elsewhere/requirements.yml")
    (project / "collections").symlink_to("../elsewhere")
    found, findings = read(project, {})
    assert [(one.name, one.stops) for one in findings.unresolved] == [("requirements.yaml", True)]
    assert "a link to a path outside of the project" in next(iter(findings.unresolved)).reason
    assert not found.files


@pytest.mark.parametrize(
    "text",
    [
        "",
        "---\n",
        "- hosts: all\n  roles: [a.b]\n",
        "- import_playbook: site.yml\n",
        "- name: Install what is required\n  ansible.builtin.package: {name: git}\n",
    ],
)
def test_another_kind_of_file_declares_nothing(tmp_path: Path, text: str) -> None:
    found, findings = read(tmp_path, {"requirements.yml": text})
    assert not (found.collections or found.roles or findings.unresolved)


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        ("collections: [a.b, {name: c.d, version: 1.0.0}]\n", True),
        ("collections: {a.b: 1.0.0}\n", True),
        ("collections:\n", True),
        ("collections: [a.b]\npython: [six]\n", False),
        ("python: [six]\n", False),
        ("collections: 5\n", False),
        ("just text\n", False),
    ],
)
def test_ansible_galaxy_refuses_the_same(tmp_path: Path, text: str, is_good: bool) -> None:
    found, findings = read(tmp_path, {"requirements.yml": text})
    try:
        client = GalaxyCLI(["ansible-galaxy", "collection", "list"])
        theirs = client._parse_requirements_file(str(tmp_path / "requirements.yml"))["collections"]
    except (AnsibleError, TypeError):
        assert not is_good
    else:
        assert is_good and len(found.collections) == len(theirs)
    assert bool(findings.unresolved) is not is_good


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("collections:\n- a.b\n- name: c.d\n  versio: 1.0.0\n", 4),
        ("collections:\n- a.b\n- c.d:1.0.0\n", 3),
        ("collections:\n- a.b\n- c.d: 1.0.0\n", 3),
        ("roles:\n- a.b\n- src: c.d\n  verison: v1\n", 4),
        ("roles:\n- a.b\n- c.d:v1\n", 3),
        ("- name: c.d\n  versio: v1\n", 2),
        ("- src: c.d\n- e.f: v1\n", 2),
        ("roles:\n- a.b\n-\n", 2),
        ("roles:\n- include: more.yml\n", 1),
    ],
)
def test_an_entry_whose_version_would_be_lost_stops(tmp_path: Path, text: str, line: int) -> None:
    found, findings = read(tmp_path, {"requirements.yml": text, "more.yml": "- src: a.b\n  versio: v1\n"})
    (problem,) = list(findings.unresolved)
    is_included = "include" in text
    assert (problem.name, problem.stops) == ("more.yml" if is_included else "requirements.yml", True)
    assert problem.location.line == (2 if is_included else line)
    assert not found.collections and not found.roles


@pytest.mark.parametrize("name", ["requirements.yml", "requirements.yaml", "roles/requirements.yml"])
def test_a_directory_in_the_place_of_a_file_stops(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir(parents=True)
    _found, findings = read(tmp_path, {})
    (problem,) = list(findings.unresolved)
    assert (problem.name, problem.stops) == (name, True) and "it is a directory" in problem.reason
