# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A venv of this machine that has not changed is answered without the module, with the module's own answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from controller import Controller, Run
from shared_venv_process import built
from wheelhouse import wheelhouse

#: Modules cannot be started with it, which shows whether one was.
NO_INTERPRETER = {"ansible_python_interpreter": "/nowhere/python"}
#: What Ansible adds to the answer of a module: its arguments, facts, and what it sees at the path that is returned.
OF_MODULES = {"invocation", "ansible_facts", "gid", "group", "mode", "owner", "size", "state", "uid"}


class Task:
    """Runs the module as a task on this machine and keeps what it returned."""

    def __init__(self, controller: Controller, directory: Path, options: dict[str, Any]) -> None:
        self._controller = controller
        self._directory = directory
        self.options = options

    def run(self, *arguments: str, keywords: dict[str, Any] | None = None, **changed: Any) -> Run:
        """The task with its options, those that are ``changed``, and further ``keywords`` of a task."""
        options = {**self.options, **changed}
        kept = {"content": "{{ result | to_json }}", "dest": str(self._directory / "result.json")}
        tasks = [
            {"mobile_ansible.venv.shared_venv": options, "register": "result", **(keywords or {})},
            {"ansible.builtin.copy": kept, "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}},
        ]
        playbook = self._directory / "task.yml"
        playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
        return self._controller.playbook(playbook, *arguments)

    def result(self, *arguments: str, keywords: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
        """What it returned; it must not fail."""
        run = self.run(*arguments, keywords=keywords, **changed)
        assert run.returncode == 0, run.output
        result: dict[str, Any] = json.loads((self._directory / "result.json").read_text())
        return {name: value for name, value in result.items() if name not in OF_MODULES}


@pytest.fixture(scope="module", name="options")
def fixture_options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The venv ``site`` is there, without a package that has no wheel."""
    options = {
        "store": str(tmp_path_factory.mktemp("unchanged") / "store"),
        "name": "site",
        "packages": ["six"],
        "optional_packages": ["python-ldap"],
        "find_links": [str(wheelhouse())],
        "offline": True,
    }
    assert built(**options)["changed"]
    return options


@pytest.fixture(name="task")
def fixture_task(controller: Controller, options: dict[str, Any], tmp_path: Path) -> Task:
    """The task that finds it."""
    return Task(controller, tmp_path, options)


def test_the_answer_is_that_of_the_module(task: Task) -> None:
    by_module = {"environment": {"SOMETHING": "for the module"}}
    assert task.run(keywords={"vars": NO_INTERPRETER, **by_module}).returncode != 0
    here, module = task.result(keywords={"vars": NO_INTERPRETER}), task.result(keywords=by_module)
    assert here == module
    assert not here["changed"] and "python-ldap" in str(here["warnings"])


def test_the_answer_of_check_mode_is_that_of_the_module(task: Task) -> None:
    by_module = {"environment": {"SOMETHING": "for the module"}}
    here = task.result(keywords={"check_mode": True, "vars": NO_INTERPRETER})
    assert here == task.result(keywords={"check_mode": True, **by_module})


@pytest.mark.parametrize(
    ("keywords", "changed"),
    [
        ({"environment": {"SOMETHING": "else"}}, {}),
        ({"become": True}, {}),
        ({"async": 60, "poll": 1}, {}),
        ({}, {"verify": True}),
        ({}, {"upgrade": True}),
        ({}, {"packages": ["jmespath"]}),
        ({}, {"state": "absent"}),
        ({}, {"packagez": []}),
        ({}, {"path": "/srv/other"}),
    ],
    ids=["environment", "become", "async", "verify", "upgrade", "change", "absent", "unknown option", "two names"],
)
def test_what_is_more_than_that_is_left_to_the_module(
    task: Task, keywords: dict[str, Any], changed: dict[str, Any]
) -> None:
    """So it fails with an interpreter that is not there."""
    run = task.run(keywords={"vars": NO_INTERPRETER, **keywords}, **changed)
    assert run.returncode != 0 and NO_INTERPRETER["ansible_python_interpreter"] in run.output, run.output


def test_a_damaged_venv_is_repaired(task: Task) -> None:
    path = Path(task.result()["path"])
    (module,) = path.glob("lib/python3*/site-packages/six.py")
    module.parent.chmod(0o755)
    module.unlink()
    assert task.result()["changed"]
    assert list(path.glob("lib/python3*/site-packages/six.py"))


def test_a_password_in_the_index_is_not_shown(task: Task) -> None:
    """Neither as it comes, nor with everything that Ansible can say; the venv is the same whatever the index is."""
    secret = "canary-7f3a"
    run = task.run("-vvv", keywords={"vars": NO_INTERPRETER}, index_url=f"https://me:{secret}@127.0.0.1/simple")
    assert run.returncode == 0, run.output
    assert secret not in run.output
