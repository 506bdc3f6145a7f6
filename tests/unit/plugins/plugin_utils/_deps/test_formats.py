# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The forms of a report; tests/system/test_deps_formats.py hands them to the programs that they are for."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.formats import FORMATS

_EVIDENCE = {
    "kind": "filter",
    "name": "json_query",
    "file": "site.yml",
    "line": 3,
    "collection": "community.general",
    "plugin": "community.general.json_query",
    "distribution": "jmespath",
    "required": True,
    "where": "controller",
    "layer": "declared",
}
REPORT: dict[str, Any] = {
    "profile": {
        "version": 3,
        "dependencies": {
            "ansible_core": {"package_pip": "ansible-core~=2.19.5"},
            "python": ["jmespath", "lxml>=2.3.0; python_version < '3.13'"],
            "galaxy": {"collections": [{"name": "community.general", "version": "11.4.2"}]},
        },
    },
    "evidence": [_EVIDENCE, {**_EVIDENCE, "line": 9}, {**_EVIDENCE, "distribution": "other", "required": False}],
    "system_packages": [
        {"collection": "community.general", "entry": "python3-ldap [platform:dpkg]", "where": ["target"]}
    ],
}


def test_requirement_files() -> None:
    dependencies = REPORT["profile"]["dependencies"]
    assert yaml.safe_load(FORMATS["requirements.yml"](REPORT)) == dependencies["galaxy"]
    assert FORMATS["requirements.txt"](REPORT).splitlines() == dependencies["python"]
    assert FORMATS["bindep.txt"](REPORT) == "python3-ldap [platform:dpkg]\n"


def test_the_content_of_a_collection_is_in_the_profile_only() -> None:
    """Who checks the form of requirements.yml knows no sha256."""
    entry = {"name": "acme.tools", "version": "1.0.0"}
    galaxy = {kind: [{**entry, "sha256": "0" * 64}] for kind in ("collections", "roles")}
    dependencies = REPORT["profile"]["dependencies"]
    report = {**REPORT, "profile": {"version": 3, "dependencies": {**dependencies, "galaxy": galaxy}}}
    assert yaml.safe_load(FORMATS["requirements.yml"](report)) == {"collections": [entry], "roles": [entry]}
    assert yaml.safe_load(FORMATS["execution-environment.yml"](report))["dependencies"]["galaxy"] == galaxy


def test_roles_are_in_the_files_that_can_have_them() -> None:
    roles = [{"name": "web", "src": "https://example.org/web.git", "scm": "git", "version": "c" * 40}]
    dependencies = REPORT["profile"]["dependencies"]
    galaxy = {**dependencies["galaxy"], "roles": roles}
    report = {**REPORT, "profile": {"version": 3, "dependencies": {**dependencies, "galaxy": galaxy}}}
    assert yaml.safe_load(FORMATS["requirements.yml"](report)) == galaxy
    assert yaml.safe_load(FORMATS["execution-environment.yml"](report))["dependencies"]["galaxy"] == galaxy


def test_the_definition_is_the_profile_with_packages_of_systems() -> None:
    definition = yaml.safe_load(FORMATS["execution-environment.yml"](REPORT))
    assert definition["dependencies"].pop("system") == ["python3-ldap [platform:dpkg]"]
    assert definition == REPORT["profile"]


@pytest.mark.parametrize(("form", "arrow"), [("graph.mmd", " --> "), ("graph.dot", " -> ")])
def test_a_graph_has_each_arrow_once(form: str, arrow: str) -> None:
    text = FORMATS[form](REPORT)
    assert text.count(arrow) == 3
    for label in ("site.yml", "filter community.general.json_query", "jmespath"):
        assert f'"{label}"' in text.replace("#95;", "_")
    assert "other" not in text


@pytest.mark.parametrize("name", ['a"]; click b', "a\\", 'x" onclick="y', "a\nb", "<script>"])
def test_names_stay_text(name: str) -> None:
    """They would end the label, or the line."""
    report = {**REPORT, "evidence": [{**_EVIDENCE, "file": name}]}
    harmless = {**REPORT, "evidence": [_EVIDENCE]}
    mermaid = FORMATS["graph.mmd"](report)
    assert mermaid.count('"') == FORMATS["graph.mmd"](harmless).count('"')
    assert mermaid.count("\n") == FORMATS["graph.mmd"](harmless).count("\n")
    assert "<" not in mermaid
    dot = FORMATS["graph.dot"](report).replace("\\\\", "")
    assert dot.replace('\\"', "").count('"') == FORMATS["graph.dot"](harmless).count('"')
