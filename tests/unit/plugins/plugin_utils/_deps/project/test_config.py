# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""ansible.cfg of the project is read as Ansible reads it; what cannot be followed is told with its line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import ansible.config
import pytest
import yaml
from ansible.config.manager import ConfigManager

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.config import (
    PLUGIN_SETTINGS,
    PluginSetting,
    ProjectConfig,
    read_config,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.context import Context, Finder
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.files import Files
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.ini import setting_lines, settings_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.scan import Findings
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.values import Values
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.variables import Variables

FORMER = ("callback_enabled", "callback_whitelist")


def read(root: Path, text: str, *entries: str, at: str = "ansible.cfg") -> tuple[ProjectConfig, Findings]:
    (root / at).parent.mkdir(parents=True, exist_ok=True)
    (root / at).write_text(text)
    findings = Findings()
    return read_config(Files(root), findings, [root / entry for entry in entries]), findings


def core_settings() -> dict[tuple[str, str], dict[str, Any]]:
    """The settings of the installed ansible-core by their section and key."""
    definitions = yaml.safe_load((Path(ansible.config.__file__).parent / "base.yml").read_text())
    return {(ini["section"], ini["key"]): one for one in definitions.values() for ini in one.get("ini") or ()}


@pytest.mark.parametrize("setting", [one for one in PLUGIN_SETTINGS if one.key not in (*FORMER, "cache_plugin")])
def test_the_settings_are_those_of_ansible(setting: PluginSetting) -> None:
    theirs = core_settings()[setting.section, setting.key]
    assert (theirs.get("type") == "list") is setting.is_list


@pytest.mark.parametrize("setting", PLUGIN_SETTINGS)
def test_a_plugin_is_named_with_the_line_of_its_setting(tmp_path: Path, setting: PluginSetting) -> None:
    value = 'a.b.one, "a.b.two",\n   a.b.three' if setting.is_list else "'a.b.one'"
    extra = "cache = yes\n" if setting.key == "cache_plugin" else ""
    _config, findings = read(tmp_path, f"# c\n[{setting.section}]\nforks = 1\n{setting.key} = {value}\n{extra}")
    names = ["a.b.one", "a.b.two", "a.b.three"] if setting.is_list else ["a.b.one"]
    found = [(one.kind, one.name, one.location.line, one.required) for one in findings.references]
    assert found == [(setting.kind, name, 4, setting.key not in ("enable_plugins", *FORMER)) for name in names]


def test_no_core_reads_the_settings_of_former_releases() -> None:
    assert not {("defaults", key) for key in FORMER} & core_settings().keys()


@pytest.mark.parametrize(
    "text",
    [
        "[other]\nstrategy = a.b.c\n",
        "[defaults]\n# strategy = a.b.c\n",
        "[defaults]\nfacts_modules = smart\n",
        "[inventory]\ncache_plugin = a.b.c\n",
        "[inventory]\ncache = no\ncache_plugin = a.b.c\n",
        "[defaults]\ncallbacks_enabled = ,\n",
    ],
)
def test_what_names_no_plugin_that_is_used(tmp_path: Path, text: str) -> None:
    assert not read(tmp_path, text)[1].references


@pytest.mark.parametrize(
    "value",
    [
        "shared",
        "./shared",
        "{{CWD}}/shared",
        "$PWD/shared",
        "${PWD}/x/../shared",
        "{root}/shared",
        "none:shared",
        "'shared'",
    ],
)
def test_a_path_in_the_project_is_where_ansible_sees_it(
    tmp_path: Path, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "x").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PWD", str(tmp_path))
    config, findings = read(tmp_path, f"[defaults]\nroles_path = {value.replace('{root}', str(tmp_path))}\n")
    theirs = ConfigManager(str(tmp_path / "ansible.cfg")).get_config_value("DEFAULT_ROLES_PATH")
    there = [Path(os.path.normpath(str(path).strip("'"))) for path in theirs]
    assert config.roles(tmp_path) == [path for path in there if path.is_dir()] or value == "'shared'"
    assert not findings.dynamic


@pytest.mark.parametrize(
    "key", ["roles_path", "collections_path", "library", "filter_plugins", "inventory", "module_utils"]
)
@pytest.mark.parametrize("value", ["/usr/share/x", "~/x", "~user/x", "../x", "$X/x", "${X}/x", "x/$X", "in/../../x"])
def test_a_path_that_cannot_be_followed_is_told_with_its_line(tmp_path: Path, key: str, value: str) -> None:
    config, findings = read(tmp_path, f"[defaults]\nforks = 1\n{key} = {value}\n")
    (one,) = list(findings.dynamic)
    assert one.expression.startswith(f"{key} = {value} (")
    assert (one.location.file, one.location.line) == ("ansible.cfg", 3)
    assert not (config.roles(tmp_path) or config.collections or config.inventories or any(config.plugins.values()))


def test_a_file_that_is_a_link_is_read_and_its_paths_start_where_the_link_lies(tmp_path: Path) -> None:
    (tmp_path / "roles_here").mkdir()
    (tmp_path / "ansible.cfg").symlink_to("config/real.cfg")
    config, _findings = read(tmp_path, "[defaults]\nroles_path = roles_here\n", at="config/real.cfg")
    theirs = ConfigManager(str(tmp_path / "ansible.cfg")).get_config_value("DEFAULT_ROLES_PATH")
    assert [str(path) for path in config.roles(tmp_path)] == theirs


def test_a_file_beside_a_playbook_counts_for_what_is_below_it(tmp_path: Path) -> None:
    for name in ("deploy/shared", "common"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "ansible.cfg").write_text("[defaults]\nroles_path = common\n")
    text = "[defaults]\nroles_path = shared\nstrategy = a.b.c\n"
    config, findings = read(tmp_path, text, "deploy/sub/site.yml", at="deploy/ansible.cfg")
    assert [(one.name, one.location.file) for one in findings.references] == [("a.b.c", "deploy/ansible.cfg")]
    assert config.roles(tmp_path / "deploy" / "sub") == [tmp_path / "deploy" / "shared", tmp_path / "common"]
    assert config.roles(tmp_path / "other") == [tmp_path / "common"]
    assert not read_config(Files(tmp_path), Findings(), [tmp_path / "site.yml"]).roles(tmp_path / "deploy")[1:]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("group_vars/all.yml", "ansible_facts_modules: [smart, a.b.c]\n", [("module", "a.b.c", 1)]),
        ("group_vars/all.yml", "\nansible_facts_modules: a.b.c\n", [("module", "a.b.c", 2)]),
        (
            "hosts.yml",
            "plugin: a.b.c\ncache: true\ncache_plugin: a.b.d\n",
            [("inventory", "a.b.c", 1), ("cache", "a.b.d", 3)],
        ),
        ("hosts.yml", "plugin: a.b.c\ncache: false\ncache_plugin: a.b.d\n", [("inventory", "a.b.c", 1)]),
        ("hosts.yml", "cache_plugin: a.b.d\ncache: true\n", []),
    ],
)
def test_variables_and_sources_of_the_inventory_name_plugins(
    tmp_path: Path, name: str, text: str, expected: list[tuple[str, str, int]]
) -> None:
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "hosts.yml").write_text("all: {}\n")
    (tmp_path / name).write_text(text)
    files, findings = Files(tmp_path), Findings()
    Variables(Finder(findings, Values())).inventory(tmp_path / "hosts.yml", Context(files, tmp_path, (tmp_path,)))
    assert [(one.kind, one.name, one.location.line) for one in findings.references] == expected


def test_a_broken_file_is_an_error_in_the_root_and_unresolved_below(tmp_path: Path) -> None:
    _config, findings = read(tmp_path, "[defaults\n", "deploy/site.yml", at="deploy/ansible.cfg")
    assert [(one.kind, one.name) for one in findings.unresolved] == [("file", "deploy/ansible.cfg")]
    with pytest.raises(InputError, match=r"^ansible\.cfg"):
        read(tmp_path, "[defaults\n")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("[a]\nx = 1\n", {("a", "x"): 2}),
        ("# c\n\n[a]\n; c\nX: 1\n[b]\nx=1\n", {("a", "x"): 5, ("b", "x"): 7}),
        ("[a]\nx = 1,\n  y = 2\n  3\nz = 1\n", {("a", "x"): 2, ("a", "z"): 5}),
        ("[a]\n  x = 1\n  y = 2\n    z = 3\nw = 1\n", {("a", "x"): 2, ("a", "y"): 3, ("a", "w"): 5}),
        ("[a]\nx = 1\nx = 2\n", {("a", "x"): 3}),
        ("[a]\nx\ny = b:c=d\n", {("a", "x"): 2, ("a", "y"): 3}),
        ("[a]\nx =\n# c\n  1\n\n[b] ; c\ny = 1\n", {("a", "x"): 2, ("b", "y"): 7}),
    ],
)
def test_the_lines_are_those_of_the_keys_that_are_read(text: str, lines: dict[tuple[str, str], int]) -> None:
    assert setting_lines(text) == lines
    assert settings_of(text, path="x").keys() == lines.keys()
