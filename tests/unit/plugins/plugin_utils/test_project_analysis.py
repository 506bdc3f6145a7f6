# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What collection_deps makes of its options before it analyses."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, ToolMissingError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils import _project_analysis


@pytest.fixture(name="stand")
def fixture_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current directory, with a project below it."""
    (tmp_path / "project" / "plays").mkdir(parents=True)
    (tmp_path / "project" / "plays" / "site.yml").write_text("[]\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_directory_is_the_project(stand: Path) -> None:
    assert _project_analysis._project("project", ["plays/site.yml"]) == (str(stand / "project"), ["plays/site.yml"])


def test_a_playbook_brings_its_directory(stand: Path) -> None:
    assert _project_analysis._project("project/plays/site.yml", []) == (str(stand / "project" / "plays"), ["site.yml"])


def test_a_signed_directory_above_it_is_the_project(stand: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (stand / "project" / "ansible.cfg").touch()
    monkeypatch.chdir(stand / "project")
    assert _project_analysis._project("plays/site.yml", []) == (str(stand / "project"), ["plays/site.yml"])


def test_links_lead_to_the_project_that_a_run_has(stand: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A current directory and a playbook that are links; see the action plugin, which asks the same function."""
    (stand / "project" / "ansible.cfg").touch()
    (stand / "by_link").symlink_to("project/plays")
    (stand / "linked.yml").symlink_to("project/plays/site.yml")
    (stand / "other" / "roles").mkdir(parents=True)
    (stand / "other" / "linked.yml").symlink_to(stand / "project/plays/site.yml")
    expected = (str(stand / "project"), ["plays/site.yml"])
    assert _project_analysis._project("by_link/site.yml", []) == expected
    assert _project_analysis._project("other/linked.yml", []) == expected
    monkeypatch.chdir("by_link")
    monkeypatch.setenv("PWD", str(stand / "by_link"))
    assert _project_analysis._project("site.yml", []) == expected
    assert _project_analysis._project("../plays/site.yml", []) == expected
    assert _project_analysis._project(str(stand / "by_link"), ["site.yml"]) == (expected[0] + "/plays", ["site.yml"])


@pytest.mark.parametrize(
    ("path", "playbooks", "message"),
    [
        ("nowhere", [], "neither a playbook nor a project"),
        ("project/plays/site.yml", ["a.yml"], "requires that path is"),
    ],
)
def test_what_cannot_be_used(stand: Path, path: str, playbooks: list[str], message: str) -> None:
    assert stand.is_dir()
    with pytest.raises(InputError, match=message):
        _project_analysis._project(path, playbooks)


def test_without_findimports_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    options: dict[str, Any] = {"path": "site.yml"}
    with pytest.raises(ToolMissingError, match="requires the Python package findimports on the controller"):
        _project_analysis.analyse_project(options)


def test_a_message_names_some_and_counts_all() -> None:
    names = [{"file": "a.yml", "line": n, "kind": "module", "name": f"m{n}", "reason": "it is gone"} for n in range(9)]
    message = _project_analysis._complaint(names, len(names))
    assert message.startswith("9 of the names")
    assert "a.yml:4: module m4: it is gone; and 4 more" in message
