# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What an analysis says of a name that leads nowhere, and what ansible-playbook itself does there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from small_projects import TASK_KEYWORDS

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.analyse import analyse
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.tree import MAX_FILE_BYTES
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.wrong_values import OF_A_TASK
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.plugin_utils._deps.project.test_wrong_values import (
    RIGHT,
    WRONG,
)

Play = Mapping[str, Any]

_NONE: Play = {"no_such_name": {}}
_SAY = {"debug": {"msg": "text"}}
_ROLE = {"roles/web/tasks/main.yml": [_NONE]}
_EMPTY_ROLE: Mapping[str, Any] = {"roles/web/tasks/main.yml": []}
_FILE = {"more.yml": [_NONE]}
_MAIN: Mapping[str, Any] = {"defaults": {"a": 1}, "vars": {"a": 1}, "handlers": [_SAY]}


def tasks(*tasks: Any, **keywords: Any) -> Play:
    return {"tasks": [*tasks], **keywords}


#: The second play of a playbook, and the files beside it; the first play has one task, which is reached or not.
CASES: dict[str, tuple[Play, Mapping[str, Any]]] = {
    "a module": (tasks(_NONE), {}),
    "a module by its full name": (tasks({"a.b.c": {}}), {}),
    "a module after action": (tasks({"action": "no_such_name a=1"}), {}),
    "a module after local_action": (tasks({"local_action": {"module": "no_such_name"}}), {}),
    "a module of a handler": (tasks(_SAY, handlers=[{"name": "one", **_NONE}]), {}),
    "a module of a rescue": (tasks({"block": [_SAY], "rescue": [_NONE]}), {}),
    "a module of a role": ({"roles": ["web"]}, _ROLE),
    "a module of a role's handler": ({"roles": ["web"]}, {**_EMPTY_ROLE, "roles/web/handlers/main.yml": [_NONE]}),
    "a module of a dependency": ({"roles": ["top"]}, {**_ROLE, "roles/top/meta/main.yml": {"dependencies": ["web"]}}),
    "a module of an imported role": (tasks({"import_role": {"name": "web"}}), _ROLE),
    "a module of an included role": (tasks({"include_role": {"name": "web"}}), _ROLE),
    "a module of an imported file": (tasks({"import_tasks": "more.yml"}), _FILE),
    "a module of an included file": (tasks({"ansible.builtin.include_tasks": "more.yml"}), _FILE),
    "a module of a file that an included one imports": (
        tasks({"include_tasks": "first.yml"}),
        {"first.yml": [{"import_tasks": "more.yml"}], **_FILE},
    ),
    "a module of a file that is included, then imported": (
        tasks({"include_tasks": "more.yml"}, {"import_tasks": "more.yml"}),
        _FILE,
    ),
    "a module of a role that is included, then imported": (
        tasks({"include_role": {"name": "web"}}, {"import_role": {"name": "web"}}),
        _ROLE,
    ),
    "a module of a block of an included file": (
        tasks({"include_tasks": "more.yml"}),
        {"more.yml": [{"block": [_NONE]}]},
    ),
    "a module of an imported playbook": ({"import_playbook": "more.yml"}, {"more.yml": [{**tasks(_NONE)}]}),
    "a role": ({"roles": ["no_such_name"]}, {}),
    "a role of a collection": ({"roles": ["a.b.c"]}, {}),
    "a role that another needs": ({"roles": ["top"]}, {"roles/top/meta/main.yml": {"dependencies": ["no_such_name"]}}),
    "an imported role": (tasks({"import_role": {"name": "no_such_name"}, "when": False}), {}),
    "an included role": (tasks({"include_role": {"name": "no_such_name"}}), {}),
    "an imported file": (tasks({"import_tasks": "no_such_name.yml"}), {}),
    "an included file": (tasks({"include_tasks": "no_such_name.yml"}), {}),
    "an imported file of an included role": (
        tasks({"include_role": {"name": "web"}}),
        {"roles/web/tasks/main.yml": [{"import_tasks": "no_such_name.yml"}]},
    ),
    "a file of an imported role": (
        tasks({"import_role": {"name": "web", "tasks_from": "no_such_name"}}),
        _EMPTY_ROLE,
    ),
    "a file of an included role": (
        tasks({"include_role": {"name": "web", "tasks_from": "no_such_name"}}),
        _EMPTY_ROLE,
    ),
    **{
        f"{section} of {verb}d role": (
            tasks({f"{verb}_role": {"name": "web", f"{section}_from": "no_such_name"}}),
            {**_EMPTY_ROLE, f"roles/web/{section}/main.yml": _MAIN[section]},
        )
        for verb in ("import", "include")
        for section in ("defaults", "vars", "handlers")
    },
    "an imported playbook": ({"import_playbook": "no_such_name.yml"}, {}),
    "a filter": (tasks({"debug": {"msg": "{{ 1 | no_such_name }}"}}), {}),
    "a filter of a condition": (tasks({**_SAY, "when": "1 | no_such_name"}), {}),
    "a test": (tasks({"debug": {"msg": "{{ 1 is no_such_name }}"}}), {}),
    "a lookup": (tasks({"debug": {"msg": "{{ lookup('no_such_name') }}"}}), {}),
    "a loop": (tasks({**_SAY, "with_no_such_name": [1]}), {}),
    "a loop of an included file": (
        tasks({"include_tasks": "more.yml"}),
        {"more.yml": [{**_SAY, "with_no_such_name": [1]}]},
    ),
    "a connection": (tasks(_SAY, connection="no_such_name"), {}),
    "a way to become": (tasks({"command": "id", "become": True, "become_method": "no_such_name"}), {}),
    "defaults of a module": (tasks(_SAY, module_defaults={"no_such_name": {"a": 1}}), {}),
    "defaults of a group": (tasks(_SAY, module_defaults={"group/no_such_name": {"a": 1}}), {}),
    "a file of variables": (tasks({"include_vars": "no_such_name.yml"}), {}),
    "a template": (tasks({"template": {"src": "no_such_name.j2", "dest": "/dev/null"}}), {}),
}


def written(directory: Path, play: Play, files: Mapping[str, Any]) -> Path:
    """A playbook whose first play says that it was reached."""
    directory.mkdir()
    reached = {"hosts": "localhost", "gather_facts": False, "tasks": [{"debug": {"msg": "was reached"}}]}
    second = play if "import_playbook" in play else {"hosts": "localhost", "gather_facts": False, **play}
    books = {
        name: [{"hosts": "localhost", "gather_facts": False, **one} for one in content]
        for name, content in files.items()
        if "import_playbook" in play
    }
    for name, content in {**files, **books, "site.yml": [reached, second]}.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    return directory / "site.yml"


@pytest.mark.parametrize("case", CASES)
def test_it_stops_where_ansible_stops(controller: Controller, tmp_path: Path, case: str) -> None:
    playbook = written(tmp_path / "project", *CASES[case])
    (core,) = controller.venv.path.glob("lib/python3*/site-packages/ansible")
    found = analyse(
        playbook.parent,
        ["site.yml"],
        core=Core(core),
        source=lambda _name: None,
        task_keywords=TASK_KEYWORDS,
    )
    names = [one for one in found.unresolved if "no_such_name" in one.name or one.name == "a.b.c"]
    assert names, found
    run = controller.playbook(playbook, cwd=playbook.parent)
    assert any(one.stops for one in names) == ("was reached" not in run.stdout), run.output


TYPES = [
    (key, value, is_wrong)
    for values, is_wrong in ((WRONG, True), (RIGHT, False))
    for key in values
    for value in values[key]
]


@pytest.mark.parametrize(("key", "value", "is_wrong"), [*TYPES, ("tasks", [5], True), ("tasks", [None], False)])
def test_it_refuses_the_types_that_ansible_refuses(
    controller: Controller, tmp_path: Path, key: str, value: Any, *, is_wrong: bool
) -> None:
    holder = tasks({**_SAY, key: value}) if key in OF_A_TASK else {key: value}
    playbook = written(tmp_path / "project", holder, {**_EMPTY_ROLE, "a.yml": {"x": 1}})
    (core,) = controller.venv.path.glob("lib/python3*/site-packages/ansible")
    found = analyse(
        playbook.parent, ["site.yml"], core=Core(core), source=lambda _name: None, task_keywords=TASK_KEYWORDS
    ).unresolved
    found = tuple(one for one in found if one.kind != "collection")
    run = controller.playbook(playbook, cwd=playbook.parent)
    assert (bool(found), run.returncode != 0) == (is_wrong, is_wrong), (found, run.output)
    assert any(one.stops for one in found) == ("was reached" not in run.stdout), run.output


@pytest.mark.parametrize("section", ["tasks", "handlers", "defaults", "vars"])
def test_where_a_role_has_no_such_directory_ansible_reads_nothing(
    controller: Controller, tmp_path: Path, section: str
) -> None:
    task = {"import_role": {"name": "web", f"{section}_from": "no_such_name"}}
    playbook = written(tmp_path / "project", tasks(task), {"roles/web/files/main.yml": []})
    (core,) = controller.venv.path.glob("lib/python3*/site-packages/ansible")
    found = analyse(
        playbook.parent, ["site.yml"], core=Core(core), source=lambda _name: None, task_keywords=TASK_KEYWORDS
    )
    assert not found.unresolved
    assert any("no_such_name" in one.expression for one in found.dynamic)
    assert controller.playbook(playbook, cwd=playbook.parent).returncode == 0


_ROLE_OUTSIDE: Play = {"roles": ["web"]}
_LARGE = [{"debug": {"msg": "x" * MAX_FILE_BYTES}}]
#: The second play, the files of the project, and its links, each with where it leads.
LIMITS: dict[str, tuple[Play, Mapping[str, Any], Mapping[str, str]]] = {
    "a linked role": (_ROLE_OUTSIDE, {}, {"roles/web": "role"}),
    "linked tasks of a role": (_ROLE_OUTSIDE, {}, {"roles/web/tasks": "role/tasks"}),
    "a linked file": (tasks({"import_tasks": "main.yml"}), {}, {"main.yml": "role/tasks/main.yml"}),
    "a linked playbook": ({"import_playbook": "book.yml"}, {}, {"book.yml": "book.yml"}),
    "a linked module": (tasks({"own": {}}), {}, {"library/own.py": "library/own.py"}),
    "a linked directory of modules": (tasks({"own": {}}), {}, {"library": "library"}),
    "a path to a role": ({"roles": ["../outside/role"]}, {}, {}),
    "a path to a file": (tasks({"import_tasks": "../outside/role/tasks/main.yml"}), {}, {}),
    "a large file": (tasks({"import_tasks": "large.yml"}), {"large.yml": _LARGE}, {}),
    "a large role": (_ROLE_OUTSIDE, {"roles/web/tasks/main.yml": _LARGE}, {}),
}
_MODULE = "from ansible.module_utils.basic import AnsibleModule\nAnsibleModule(argument_spec={}).exit_json()\n"


@pytest.mark.parametrize("case", LIMITS)
def test_ansible_has_no_such_limit(controller: Controller, tmp_path: Path, case: str) -> None:
    play, files, links = LIMITS[case]
    playbook = written(tmp_path / "project", play, files)
    for name, text in (("role/tasks/main.yml", "[]"), ("book.yml", "- hosts: all\n"), ("library/own.py", _MODULE)):
        path = tmp_path / "outside" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, target in links.items():
        link = playbook.parent / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(tmp_path / "outside" / target)
    (core,) = controller.venv.path.glob("lib/python3*/site-packages/ansible")
    found = analyse(
        playbook.parent, ["site.yml"], core=Core(core), source=lambda _name: None, task_keywords=TASK_KEYWORDS
    ).unresolved
    assert [(one.stops, one.ansible_reads) for one in found] == [(False, True)] * max(1, len(found))
    assert controller.playbook(playbook, cwd=playbook.parent).returncode == 0
