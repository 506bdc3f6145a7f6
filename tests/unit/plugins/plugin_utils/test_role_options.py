# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Every variable of every role takes what ``-e name=value`` gives, and no task sees anything but what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import DEFAULT_STORE
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._role_options import argument_spec, converted

ROLES = Path(__file__).parents[4] / "roles"
VARIABLES = [(role.name, name) for role in sorted(ROLES.iterdir()) for name in argument_spec(role.name)]
#: What people write after ``-e name=``, and what it means, for each type. A type that is not here fails the test.
SPELLINGS: dict[str, list[tuple[str, Any]]] = {
    "bool": [("true", True), ("false", False), ("yes", True), ("no", False), ("True", True), ("0", False)],
    "int": [("3", 3), ("0", 0)],
    "str": [("3.10", "3.10"), ("text", "text"), ("false", "false"), ("[x]", "[x]")],
    "float": [("0.5", 0.5), ("1", 1.0)],
    "dict": [('{"a": "b"}', {"a": "b"}), ("a=b", {"a": "b"})],
    "raw": [("a/path.yml", "a/path.yml"), ('{"a": ["b"]}', {"a": ["b"]})],
    "list": [
        ("one", ["one"]),
        ("one,two", ["one", "two"]),
        ('["one","two"]', ["one", "two"]),
        ("[one, two]", ["one", "two"]),
        ("", []),
        ("[broken", ["[broken"]),
    ],
}


def spellings(role: str, name: str) -> list[tuple[str, Any]]:
    option = argument_spec(role)[name]
    if name.endswith("_inventory"):  # The commas of a text are those of a list of hosts, as for -i.
        return [
            ("web1,", ["web1,"]),
            ("web1,web2", ["web1,web2"]),
            ("[hosts.ini, more.yml]", ["hosts.ini", "more.yml"]),
        ]
    if "choices" in option:
        return [(choice, choice) for choice in option["choices"]]
    if option.get("elements") == "dict":
        return [("", []), ("[]", [])]
    return SPELLINGS[option["type"]]


@pytest.mark.parametrize(("role", "name"), VARIABLES)
def test_a_variable_takes_what_the_command_line_gives(role: str, name: str) -> None:
    key = name.removeprefix(f"{role}_")
    for text, value in spellings(role, name):
        given = converted(role, {name: text})[key]
        assert (given, type(given)) == (value, type(value)), text


@pytest.mark.parametrize("entry", ["/srv/a", {"path": "/srv/a"}])
def test_projects_are_paths_or_dictionaries(entry: Any) -> None:
    text = entry if isinstance(entry, str) else '[{"path": "/srv/a"}]'
    assert converted("shared_venv", {"shared_venv_projects": text})["projects"] == [entry]


def test_a_value_of_the_wrong_type_is_refused_with_its_name() -> None:
    with pytest.raises(AnsibleError, match="shared_venv_pip"):
        converted("shared_venv", {"shared_venv_pip": "maybe"})


def test_what_was_not_given_has_its_default_or_is_not_there() -> None:
    options = converted("shared_venv", {})
    assert options["store"] == converted("run_playbook", {})["store"] == DEFAULT_STORE
    assert "path" not in options


def entries(role: str) -> dict[str, Any]:
    read = yaml.safe_load((ROLES / role / "meta" / "argument_specs.yml").read_text())
    found: dict[str, Any] = read["argument_specs"]
    return found


@pytest.mark.parametrize(("role", "name"), VARIABLES)
def test_a_name_means_the_same_in_all_entry_points(role: str, name: str) -> None:
    definitions = [entry["options"][name] for entry in entries(role).values() if name in entry["options"]]
    assert all(one == definitions[0] for one in definitions)
    # A dictionary gives its method in place of an option of that name.
    assert name.startswith(f"{role}_") and not hasattr({}, name.removeprefix(f"{role}_"))


def files_of_roles() -> Iterator[Path]:
    for role in ROLES.iterdir():
        assert not (role / "defaults").exists()
        yield from sorted((role / "tasks").glob("*.yml"))
        yield from sorted((role / "vars").glob("*.yml"))


@pytest.mark.parametrize("path", list(files_of_roles()), ids=lambda path: str(path.relative_to(ROLES)))
def test_no_task_uses_a_variable_as_it_was_given(path: Path) -> None:
    role = path.parents[1].name
    expressions = " ".join(re.findall(r"{{.*?}}", path.read_text(), re.DOTALL))
    if path.parent.name == "tasks":
        expressions += " ".join(conditions(path))
    named = set(re.findall(rf"(?<![\w.]){role}_\w+", expressions))
    assert named & set(argument_spec(role)) == set()


def conditions(path: Path) -> Iterator[str]:
    """What needs no braces: ``when``, ``failed_when``, ``that`` and their like, on whatever level."""
    for task in tasks(path):
        asserted = task.get("ansible.builtin.assert", {})
        yield from (str(task.get(key, "")) for key in ("when", "failed_when", "changed_when", "until"))
        yield str(asserted.get("that", ""))


def tasks(path: Path) -> Iterator[dict[str, Any]]:
    pending = list(yaml.safe_load(path.read_text()))
    while pending:
        task = pending.pop()
        pending += [one for key in ("block", "rescue", "always") for one in task.get(key, [])]
        yield task


@pytest.mark.parametrize("path", sorted(ROLES.glob("*/tasks/*.yml")), ids=lambda path: str(path.relative_to(ROLES)))
def test_a_failure_that_we_know_is_left_to_the_report(path: Path) -> None:
    for task in tasks_with_a_result(path):
        result = task["register"]
        assert task.get("failed_when") == f"{result} is failed and {result}.error_code is not defined", task["name"]


def tasks_with_a_result(path: Path) -> Iterator[dict[str, Any]]:
    """Those with a module of ours whose failure a report shows; a ``rescue`` hands over that of any module."""
    main = yaml.safe_load((path.parent / "main.yml").read_text())
    rescued = [one for task in main if "rescue" in task for one in (task, *task["block"])]
    if path.name in {one.get("ansible.builtin.import_tasks") for one in rescued}:
        return
    for task in tasks(path):
        if task in rescued:
            continue
        modules = [key for key in task if key.startswith("mobile_ansible.venv.") and not key.endswith("report")]
        if modules and task[modules[0]].get("state") != "absent":
            yield task


def test_there_are_tasks_with_a_result() -> None:
    assert len([task for path in ROLES.glob("*/tasks/*.yml") for task in tasks_with_a_result(path)]) >= 5
