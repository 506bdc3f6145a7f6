# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The settings of the user that name plugins: which variables these are, and what an analysis makes of them."""

from __future__ import annotations

from pathlib import Path

import ansible
import pytest
import yaml
from small_projects import analysed, dynamic, missing, play, reached

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import Analysis
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.config import PLUGIN_SETTINGS
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.user_settings import (
    of_command_line,
    of_config,
    of_environment,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import (
    DIRECTORIES,
    local_directory,
)

BASE = yaml.safe_load((Path(ansible.__file__).parent / "config" / "base.yml").read_text())
#: The keys of each variable, as ansible-core has them; the cache of inventories is in a fragment of its documentation.
KEYS = {
    **{
        variable["name"]: {(one["section"], one["key"]) for one in setting.get("ini", ())}
        for setting in BASE.values()
        for variable in setting.get("env", ())
    },
    "ANSIBLE_INVENTORY_CACHE": {("inventory", "cache")},
    "ANSIBLE_INVENTORY_CACHE_PLUGIN": {("inventory", "cache_plugin")},
}


def with_environment(root: Path, files: dict[str, str], **variables: str) -> Analysis:
    """The analysis of ``files`` for a user with these variables in the project."""
    settings = of_environment(variables, home="/home/u", current=str((root / "project").resolve()))
    return analysed(root, files, settings=settings)


def test_the_variables_are_those_of_ansible() -> None:
    read = of_environment(dict.fromkeys(KEYS, "a"), home="/", current="/")
    assert all((one.section, one.key) in KEYS[one.file] for one in read)
    named = {(one.section, one.key) for one in read}
    # The names of former releases have no variable that counts.
    former = {"callback_enabled", "callback_whitelist"}
    assert {(one.section, one.key) for one in PLUGIN_SETTINGS if one.key not in former} <= named
    kinds = {("defaults", local_directory(kind)) for kind in DIRECTORIES}
    assert kinds & set().union(*KEYS.values()) <= named | {("defaults", "doc_fragments_plugins")}


@pytest.mark.parametrize(
    ("variable", "kind"),
    [
        ("ANSIBLE_STRATEGY", "strategy"),
        ("ANSIBLE_STDOUT_CALLBACK", "callback"),
        ("ANSIBLE_CALLBACKS_ENABLED", "callback"),
        ("ANSIBLE_CACHE_PLUGIN", "cache"),
        ("ANSIBLE_TRANSPORT", "connection"),
        ("ANSIBLE_BECOME_METHOD", "become"),
        ("ANSIBLE_VARS_ENABLED", "vars"),
        ("ANSIBLE_FACTS_MODULES", "module"),
    ],
)
def test_a_plugin_that_a_variable_names(tmp_path: Path, variable: str, kind: str) -> None:
    (one,) = with_environment(tmp_path, {"site.yml": play()}, **{variable: "acme.none.thing"}).unresolved
    assert (one.kind, one.name, one.location.file) == (kind, "acme.none.thing", variable)


@pytest.mark.parametrize(("value", "stops"), [("no", False), ("yes", True), ("", True)])
def test_a_variable_lets_wrong_keys_of_includes_warn(tmp_path: Path, value: str, stops: bool) -> None:
    files = {"site.yml": "- hosts: all\n  tasks:\n    - include_tasks: t.yml\n      become: true\n", "t.yml": "[]\n"}
    (found,) = with_environment(tmp_path, files, ANSIBLE_INVALID_TASK_ATTRIBUTE_FAILED=value).unresolved
    assert (found.kind, found.name, found.location.line, found.stops) == ("keyword", "become", 4, stops)


def test_a_variable_holds_in_place_of_the_file(tmp_path: Path) -> None:
    files = {"site.yml": play(), "ansible.cfg": "[defaults]\nstrategy = of.the.file\nfact_caching = of.the.cache\n"}
    analysis = with_environment(tmp_path, files, ANSIBLE_STRATEGY="of.the.user")
    assert {one.name for one in analysis.unresolved} == {"of.the.user", "of.the.cache"}


@pytest.mark.parametrize("path", ["more/roles", "./more/roles:/nowhere", "{{CWD}}/more/roles"])
def test_a_path_of_a_variable_starts_at_the_current_directory(tmp_path: Path, path: str) -> None:
    files = {"site.yml": play(keywords="roles: [r]"), "more/roles/r/tasks/main.yml": reached("of.the.role")}
    analysis = with_environment(tmp_path, files, ANSIBLE_ROLES_PATH=path)
    assert missing(analysis) == {"of.the.role"}
    outside = ["roles_path = /nowhere (it points outside of the project and is not followed)"]
    assert dynamic(analysis) == (outside if "nowhere" in path else [])


def test_a_directory_of_plugins(tmp_path: Path) -> None:
    files = {"site.yml": play("own:"), "more/own.py": "import of_module\n"}
    assert missing(with_environment(tmp_path, files, ANSIBLE_LIBRARY="more"), "import") == {"of_module"}


def test_an_inventory_that_is_a_list_of_hosts_is_no_path(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text("")
    (one,) = of_environment({"ANSIBLE_INVENTORY": "a.b,hosts.yml"}, home="/", current=str(tmp_path))
    assert one.value == str(tmp_path / "hosts.yml")


def test_a_configuration_of_the_user_has_its_lines() -> None:
    text = "[defaults]\n# why\nroles_path = roles:~/more\nforks = 5\nstrategy = 'a.b.c'\n"
    found = of_config(text, path="/etc/ansible/ansible.cfg", home="/home/u", current="/here")
    assert {(one.key, one.value, one.file, one.line) for one in found} == {
        ("roles_path", "/etc/ansible/roles:/home/u/more", "/etc/ansible/ansible.cfg", 3),
        ("strategy", "a.b.c", "/etc/ansible/ansible.cfg", 5),
    }


def test_a_path_of_modules_is_added(tmp_path: Path) -> None:
    files = {
        "site.yml": play("one:", "two:"),
        "ansible.cfg": "[defaults]\nlibrary = own\n",
        "own/one.py": "import of_one\n",
        "more/two.py": "import of_two\n",
    }
    settings = of_command_line({"--module-path": ["more"]}, home="/", current=str(tmp_path / "project"))
    assert missing(analysed(tmp_path, files, settings=settings), "import") == {"of_one", "of_two"}


@pytest.mark.parametrize("source", ["inventories/prod/hosts.yml", "inventories/prod", "inventories/prod/hosts.ini"])
def test_variables_beside_an_inventory_that_is_named(tmp_path: Path, source: str) -> None:
    files = {
        "site.yml": play("debug:"),
        "inventories/prod/hosts.yml": "all: {hosts: {a: {ansible_connection: acme.none.of_host}}}\n",
        "inventories/prod/hosts.ini": "a ansible_connection=acme.none.of_host\n",
        "inventories/prod/group_vars/all.yml": "ansible_become_method: acme.none.of_group\n",
    }
    here = tmp_path / "project"
    given = analysed(tmp_path, files, inventory=[str(here / source)])
    settings = of_command_line({"--inventory": [source]}, home="/", current=str(here))
    for analysis in (given, analysed(tmp_path, files, settings=settings)):
        assert {one.name for one in analysis.unresolved} == {"acme.none.of_host", "acme.none.of_group"}
