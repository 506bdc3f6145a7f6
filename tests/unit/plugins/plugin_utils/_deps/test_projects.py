# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Sample projects, a directory each, with what the analysis has to find in ``expected.yml``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_projects import TASK_KEYWORDS

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.analyse import analyse
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import (
    Analysis,
    CollectionDirectory,
    CollectionEntry,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.profile import profile_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core

PROJECTS = Path(__file__).parent / "projects"
CASES = sorted(path.parent.name for path in PROJECTS.glob("*/expected.yml"))


def source(name: str, /) -> CollectionDirectory | None:
    """The collections that the projects can have."""
    path = PROJECTS / "collections" / Path(*name.split("."))
    if not path.is_dir():
        return None
    return CollectionDirectory(name, yaml.safe_load((path / "galaxy.yml").read_text())["version"], path)


def analysed(root: Path, playbooks: list[str] | None = None) -> Analysis:
    """An analysis with a small core of our own."""
    return analyse(root, playbooks or [], core=Core(PROJECTS / "core"), source=source, task_keywords=TASK_KEYWORDS)


@pytest.fixture(name="case", params=CASES)
def fixture_case(request: pytest.FixtureRequest) -> tuple[Analysis, dict[str, Any]]:
    """A project's analysis, and what is expected of it."""
    directory = PROJECTS / request.param
    expected = yaml.safe_load((directory / "expected.yml").read_text())
    return analysed(directory / "project", expected.get("playbooks")), expected


def test_the_profile(case: tuple[Analysis, dict[str, Any]]) -> None:
    analysis, expected = case
    dependencies = profile_of(analysis)["dependencies"]
    assert dependencies["python"] == expected["python"]
    assert [one["name"] for one in dependencies["galaxy"]["collections"]] == expected["collections"]


def test_the_evidence_names_the_lines(case: tuple[Analysis, dict[str, Any]]) -> None:
    analysis, expected = case
    places: dict[str, set[tuple[str, int]]] = {}
    for one in analysis.evidence:
        if one.collection or one.distribution:
            places.setdefault(one.name, set()).add((one.location.file, one.location.line))
    found = {name: sorted(line for _file, line in at) for name, at in places.items()}
    assert {name: found.get(name) for name in expected["lines"]} == expected["lines"]


def test_the_unresolved(case: tuple[Analysis, dict[str, Any]]) -> None:
    analysis, expected = case
    found = [[one.name, one.location.line, one.reason] for one in analysis.unresolved]
    assert sorted(found) == sorted(expected["unresolved"])


def test_a_plugin_of_the_project_is_named_by_its_path() -> None:
    (one,) = analysed(PROJECTS / "shadows" / "project").unresolved
    assert (one.location.file, one.location.line) == ("library/site.py", 7)


def test_a_playbook_of_a_collection_is_named_in_full(tmp_path: Path) -> None:
    playbooks = tmp_path / "collections" / "ansible_collections" / "mine" / "own" / "playbooks"
    playbooks.mkdir(parents=True)
    (playbooks / "site.yml").write_text("- hosts: all\n  tasks: [{nobody.knows.this: {}}]\n")
    analysis = analysed(tmp_path, ["mine.own.site"])
    assert [one.name for one in analysis.unresolved] == ["nobody.knows.this"]
    (named,) = [one for one in analysis.evidence if one.kind == "playbook"]
    assert (named.name, named.location.file) == ("mine.own.site", "command line")


def test_an_imported_playbook_that_is_missing_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "site.yml").write_text("- hosts: all\n  tasks: []\n- import_playbook: none.yml\n")
    (one,) = analysed(tmp_path).unresolved
    assert (one.name, one.location.file, one.location.line) == ("none.yml", "site.yml", 3)


def test_the_dynamic(case: tuple[Analysis, dict[str, Any]]) -> None:
    analysis, expected = case
    assert sorted({one.expression for one in analysis.dynamic}) == expected["dynamic"]


def test_what_is_declared_is_told_before_a_collection_is_asked_for(tmp_path: Path) -> None:
    """Also what lies in the project, which is then not asked for."""
    for name, content in {
        "deploy/site.yml": "- hosts: all\n  tasks: [{acme.own.hello: {}}, {acme.other.hello: {}}]\n",
        "deploy/requirements.yml": "collections:\n- {name: acme.other, version: <2}\n",
        "collections/requirements.yml": "collections:\n- acme.own\n- {type: dir, name: ../out}\n",
        "collections/ansible_collections/acme/own/plugins/modules/hello.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    said: list[object] = []

    def asked(name: str, /) -> None:
        said.append(name)

    def told(entries: Sequence[CollectionEntry]) -> None:
        said.append([(one.fields, one.location.file, one.location.line, bool(one.problem)) for one in entries])

    core = Core(PROJECTS / "core")
    analysis = analyse(
        tmp_path, ["deploy/site.yml"], core=core, source=asked, declare=told, task_keywords=TASK_KEYWORDS
    )
    assert said == [
        [
            ({"name": "acme.own"}, "collections/requirements.yml", 2, False),
            ({"name": "../out", "type": "dir"}, "collections/requirements.yml", 3, True),
            ({"name": "acme.other", "version": "<2"}, "deploy/requirements.yml", 2, False),
        ],
        "acme.other",
    ]
    looked = {str(tmp_path / name) for name in ("requirements.yml", "deploy/requirements.yml", "roles")}
    assert looked <= analysis.looked.keys(), "a change there is a change of the answer"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("galaxy.yml", "namespace: acme\nname: own\ndependencies:\n  acme.other: '<2'\n  git+https://x.org/a: v1\n"),
        (
            "MANIFEST.json",
            '{"collection_info": {"namespace": "acme", "name": "own", "dependencies":\n{\n'
            '"acme.other": "<2",\n"git+https://x.org/a": "v1"}}}',
        ),
    ],
)
@pytest.mark.parametrize("playbook", ["site.yml", "playbooks/deep/site.yml"])
def test_a_project_that_is_a_collection_declares_its_dependencies(
    tmp_path: Path, name: str, text: str, playbook: str
) -> None:
    (tmp_path / playbook).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / playbook).write_text("- hosts: all\n  tasks: [{acme.other.hello: {}}, {acme.own.hello: {}}]\n")
    (tmp_path / name).write_text(text)
    said: list[CollectionEntry] = []
    core = Core(PROJECTS / "core")
    analyse(
        tmp_path, [playbook], core=core, source=lambda _name: None, declare=said.extend, task_keywords=TASK_KEYWORDS
    )
    assert [(one.fields, one.location.file, one.location.line, one.is_dependency) for one in said] == [
        ({"name": "acme.other", "version": "<2"}, name, 4 - (name != "galaxy.yml"), True),
        ({"name": "git+https://x.org/a", "version": "v1"}, name, 5 - (name != "galaxy.yml"), True),
    ]


def test_a_galaxy_yml_that_cannot_be_read_does_not_lose_the_answer(tmp_path: Path) -> None:
    """ansible-playbook does not read it."""
    (tmp_path / "site.yml").write_text("- hosts: all\n  tasks: [{gone: {}}]\n")
    (tmp_path / "galaxy.yml").write_text("namespace: [\n")
    found = {one.name: one for one in analysed(tmp_path).unresolved}
    assert found.keys() == {"galaxy.yml", "gone"} and not found["galaxy.yml"].stops
