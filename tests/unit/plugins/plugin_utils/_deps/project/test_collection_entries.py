# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The entries for collections are what ansible-galaxy takes them for; paths start where it does, and stay inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible import context
from ansible.errors import AnsibleError
from ansible.galaxy.collection.concrete_artifact_manager import ConcreteArtifactsManager
from ansible.galaxy.dependency_resolution.dataclasses import Requirement
from ansible.module_utils.common.collections import ImmutableDict

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import parse_request
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import CollectionEntry, FileLocation
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.collection_entries import (
    collection_entry,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.files import Files
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.galaxy_requirements import DeclaredEntry

GALAXY = "namespace: acme\nname: tools\nversion: 1.0.0\nreadme: README.md\nauthors: [me]\n"
LINE = FileLocation("requirements.yml", 2)


@pytest.fixture(name="project")
def fixture_project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    tree = root / "src" / "acme" / "tools"
    tree.mkdir(parents=True)
    (tree / "galaxy.yml").write_text(GALAXY)
    (root / "src" / "acme-tools-1.0.0.tar.gz").touch()
    (root / "sub").mkdir()
    (tmp_path / "outside").mkdir()
    (root / "out").symlink_to(tmp_path / "outside")
    return root


def entry(root: Path, value: Any, directory: str = ".") -> CollectionEntry:
    return collection_entry(Files(root), DeclaredEntry(value, LINE, root / directory))


@pytest.mark.parametrize("directory", [".", "sub"])
@pytest.mark.parametrize(
    ("value", "kind", "path"),
    [
        ("src/acme/tools", "dir", "src/acme/tools"),
        ("./src/acme/tools/", "dir", "src/acme/tools"),
        ("src/acme", "subdirs", "src/acme"),
        ("src/acme-tools-1.0.0.tar.gz", "file", "src/acme-tools-1.0.0.tar.gz"),
        ({"name": "src/acme", "type": "subdirs"}, "subdirs", "src/acme"),
        ({"source": "src/acme/tools", "type": "dir"}, "dir", "src/acme/tools"),
        ({"name": "acme.tools", "source": "src/acme/tools", "type": "dir", "extra": 1}, "dir", "src/acme/tools"),
    ],
)
def test_a_path_is_of_the_project(project: Path, value: Any, kind: str, path: str, directory: str) -> None:
    found = entry(project, value, directory)
    request = parse_request(found.fields)
    assert (request.type, request.path) == (kind, str(project / path))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("../outside", "outside of the project"),
        ("/etc", "outside of the project"),
        ("out", "link"),
        ({"name": "acme.tools", "type": "dir", "source": "../outside"}, "outside of the project"),
        ("absent/tools", "neither a collection has this name"),
        ("acme.tools:1.0.0", "neither a collection has this name"),
        ("one", "neither a collection has this name"),
        ({"type": "dir"}, "no name"),
        ("git+file:///etc,main", "outside of the project"),
        ({"name": "acme.tools", "type": "git", "source": "/etc"}, "outside of the project"),
        ({"name": "acme.tools", "type": "git", "source": "file:///%65tc#/x"}, "outside of the project"),
        (None, "a name or a dictionary"),
        ([], "a name or a dictionary"),
    ],
)
def test_what_leads_nowhere_has_a_problem(project: Path, value: Any, said: str) -> None:
    found = entry(project, value)
    assert said in found.problem
    assert found.location == LINE


FORMS: list[Any] = [
    "acme.tools",
    {"name": "acme.tools", "version": ">=1.0.0,<2", "foo": "bar"},
    {"name": "acme.tools", "type": "galaxy"},
    "src/acme",
    "src/acme/tools",
    {"name": "src/acme/tools", "version": "1.0.0"},
    {"source": "src/acme/tools", "type": "dir"},
    {"source": "src/acme/tools"},
    {"name": "acme.tools", "type": "dir", "source": "src/acme/tools", "version": "*"},
    {"name": "acme.tools", "type": "git", "source": "https://example.invalid/x.git", "version": "main"},
    {"name": "acme.tools", "type": "url", "source": "https://example.invalid/x.tar.gz", "version": "1.0.0"},
    "acme.tools:1.0.0",
    {"src": "acme.tools"},
    {"name": "acme.tools", "source": "src/acme/tools", "type": "tarball"},
    "acme",
    None,
]


@pytest.mark.parametrize("value", FORMS, ids=repr)
def test_ansible_galaxy_takes_the_same(
    project: Path, value: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict())
    manager = ConcreteArtifactsManager(str(tmp_path).encode())
    try:
        theirs = Requirement.from_requirement_dict(value if isinstance(value, dict) else {"name": value}, manager)
    except AnsibleError:
        theirs = None
    found = entry(project, value)
    try:
        ours = None if found.problem else parse_request(found.fields)
    except InputError:
        ours = None
    assert (ours is None) is (theirs is None)
    if ours is not None and theirs is not None:
        assert (ours.type, ours.collection or "acme.tools") == (theirs.type, theirs.fqcn or "acme.tools")


@pytest.mark.parametrize("start", ["", "file://", "git+file://"])
def test_a_repository_of_this_host_is_one_of_the_project(project: Path, start: str) -> None:
    value = {"name": "acme.tools", "type": "git", "source": f"{start}{project}/src,main"}
    assert not entry(project, value).problem
    assert "no such directory" in entry(project, {**value, "source": f"{start}{project}/absent"}).problem
