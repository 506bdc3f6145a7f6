# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A check of a profile has the servers of its project, wherever it is started."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy.settings import GalaxySettings
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles import project_config
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.project_config import config_of_project

SERVERS = "[galaxy]\nserver_list = hub\n[galaxy_server.hub]\nurl = https://hub.example.org/\n"


@pytest.fixture(name="project")
def fixture_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with servers of its own; the current directory is another one, which has others."""
    for name, text in {"project": SERVERS, "elsewhere": SERVERS.replace("hub", "other")}.items():
        (tmp_path / name / "plays").mkdir(parents=True)
        (tmp_path / name / "ansible.cfg").write_text(text)
        (tmp_path / name / "plays" / "site.yml").write_text("[]")
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.delenv("ANSIBLE_CONFIG", raising=False)
    # The directory of the tests is below one that all can write.
    monkeypatch.setattr(project_config, "check_trusted", lambda path: True)
    return tmp_path / "project"


def servers() -> str:
    return GalaxySettings.of_user().digest


@pytest.mark.parametrize("source", [{"path": "plays/site.yml"}, {"path": "", "playbooks": ["plays/site.yml"]}])
def test_the_servers_are_those_of_the_project(
    project: Path, monkeypatch: pytest.MonkeyPatch, source: dict[str, Any]
) -> None:
    before = servers()
    noted: Any = {**source, "path": str(project / source["path"])}
    with config_of_project(noted) as hint:
        there = servers()
    assert hint == "" and there != before
    assert (servers(), "ANSIBLE_CONFIG" in os.environ) == (before, False)
    monkeypatch.chdir(project)
    assert servers() == there


def test_the_environment_of_the_user_comes_first(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_CONFIG", "/mine.cfg")
    with config_of_project({"path": str(project / "plays" / "site.yml")}):
        assert os.environ["ANSIBLE_CONFIG"] == "/mine.cfg"
    assert os.environ["ANSIBLE_CONFIG"] == "/mine.cfg"


def test_what_others_can_write_is_not_used_and_said(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.delenv("ANSIBLE_CONFIG", raising=False)
    (project / "ansible.cfg").chmod(0o666)
    with config_of_project({"path": str(project / "plays" / "site.yml")}) as hint:
        assert "ANSIBLE_CONFIG" not in os.environ
    assert hint.startswith(f"{project}/ansible.cfg is not used: ") and f"run this in {project}" in hint


@pytest.mark.parametrize("source", [None, {"path": "/nowhere/site.yml"}])
def test_without_a_project_nothing_changes(project: Path, source: Any) -> None:
    with config_of_project(source) as hint:
        assert (hint, "ANSIBLE_CONFIG" in os.environ) == ("", False)
