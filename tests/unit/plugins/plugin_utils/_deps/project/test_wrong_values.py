# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Values of keywords that Ansible refuses. The system test ``test_unresolved_as_ansible`` asks Ansible itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_projects import analysed, play

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.wrong_values import wrong_values

WRONG: dict[str, list[Any]] = {
    "vars": [5, True, False, "", "text", [], ["a"], [{"x": 1}], "{{ q }}"],
    "vars_files": [5, True, {"x": 1}, [5], [None], [{"x": 1}], [["a.yml"], [["a.yml"]]], [[["a.yml"]]], [[5]]],
    "vars_prompt": [5, True, "", "x", ["x"], [None], [[{"name": "x"}]], {"x": 1}, [{"name": "x", "other": 1}]],
    "args": [["a"]],
    "loop_control": [None, "", "x", []],
    "collections": [{"x": 1}, [None], [["a.b"]], [{"name": "a.b"}]],
    "module_defaults": [5, True, "", "text", ["a"], [[]], [None], "{{ q }}"],
}
RIGHT: dict[str, list[Any]] = {
    "vars": [None, {}, {"x": [1]}],
    "vars_files": [None, [], "a.yml", ["a.yml"], [["a.yml", 5]], [[]], [["gone.yml", "a.yml"]]],
    "vars_prompt": [None, [], {"name": "x"}, [{"name": "x", "default": 5}]],
    "args": [None, {}],
    "loop_control": [{}],
    "collections": [None, [], "", "a.b", ["ansible.builtin"]],
    "module_defaults": [None, [], {}, {"debug": {"msg": "x"}}, [{"debug": {"msg": "x"}}]],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_what_ansible_refuses_is_told(key: str, value: Any) -> None:
    assert [one for one, _reason in wrong_values({"hosts": "all", key: value}, [key])] == [key]


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in RIGHT.items() for value in values])
def test_what_ansible_takes_is_not(key: str, value: Any) -> None:
    assert not list(wrong_values({"hosts": "all", key: value}, [key]))


@pytest.mark.parametrize(
    ("site", "name", "line", "stops"),
    [
        (play("debug: ", keywords="vars: [a]"), "vars", 2, True),
        (play("debug: ", keywords="vars_files: [[[a.yml]]]"), "vars_files", 2, False),
        (play("{debug: , vars: 5}"), "vars", 3, True),
        (play("{block: [{debug: }], vars: text}"), "vars", 3, True),
        (play("include_tasks: more.yml"), "vars", 2, False),
        (play("import_tasks: more.yml"), "vars", 2, True),
        ("- hosts: all\n  roles:\n  - role: web\n    vars: [a]\n", "vars", 4, True),
        ("- import_playbook: other.yml\n  vars: [a]\n", "vars", 2, True),
        (play("{debug: , vars: {yes: 1}}"), "vars", 3, True),
        (play("debug: ", keywords="collections: 2001-01-01"), "collections", 2, True),
        (play("debug: ", keywords="collections: [0x1F]"), "collections", 2, True),
        (play("{debug: , tags: 1:30}"), "tags", 3, True),
        (play("{debug: , tags: !!int '5'}"), "tags", 3, True),
        (play("{debug: 5}"), "debug", 3, True),
        (play("debug: ", keywords="vars: {x: &n 5}\ncollections: *n"), "collections", 3, True),
        (play("{debug: }", "5"), "site.yml", 4, True),
        (play("{debug: }", "[{debug: }]"), "site.yml", 4, True),
    ],
)
def test_its_file_and_line_are_told_and_whether_it_stops(
    tmp_path: Path, site: str, name: str, line: int, stops: bool
) -> None:
    files = {
        "site.yml": site,
        "more.yml": "- debug:\n  vars: [a]\n",
        "other.yml": play("debug: "),
        "roles/web/tasks/main.yml": "[]",
    }
    (one,) = analysed(tmp_path, files).unresolved
    assert (one.name, one.location.line, one.stops) == (name, line, stops)


@pytest.mark.parametrize("value", ["''", "0", "false"])
def test_roles_that_are_no_list_are_an_error_however_empty(tmp_path: Path, value: str) -> None:
    with pytest.raises(Exception, match="roles are a list"):
        analysed(tmp_path, {"site.yml": f"- hosts: all\n  roles: {value}\n"})
