# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Names without values, and which tasks of a play are expected."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import context
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.playbook import Playbook
from ansible.utils.context_objects import CLIArgs
from ansible.vars.manager import VariableManager

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress import tasks


@pytest.fixture(name="load")
def fixture_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Loads a playbook as Ansible does."""
    monkeypatch.setattr(context, "CLIARGS", CLIArgs({}))

    def load(*plays: dict[str, Any]) -> list[Any]:
        (tmp_path / "site.yml").write_text(json.dumps(list(plays)))
        loader = DataLoader()
        inventory = InventoryManager(loader, sources="a,b,c,")
        variables = VariableManager(loader=loader, inventory=inventory)
        playbook = Playbook.load(str(tmp_path / "site.yml"), variable_manager=variables, loader=loader)
        return list(playbook.get_plays())

    return load


def named(**keywords: Any) -> dict[str, Any]:
    return {"debug": {"msg": "secret"}, **keywords}


@pytest.mark.parametrize(
    ("task", "name"),
    [
        (named(name="Install nginx"), "Install nginx"),
        (named(name="Install {{ item }} now"), "Install … now"),
        (named(name="a {% if x %}b{% endif %} {# c #}"), "a …b… …"),
        (named(name="{{ a }}{{ b }}"), "……"),
        (named(name="\x1b[2J\n"), "\\x1b[2J\\x0a"),
        (named(), "debug"),
        ({"command": "echo secret"}, "command"),
        ({"action": "command echo secret"}, "command"),
    ],
)
def test_names(load: Any, task: dict[str, Any], name: str) -> None:
    (play,) = load({"hosts": "all", "tasks": [task]})
    (found,) = tasks._in(play.tasks)
    assert tasks.task_name(found) == name
    # What Ansible puts there while it tells callbacks of the task is not taken.
    found.name = "secret"
    assert tasks.task_name(found) == name


def test_long_names_are_cut(load: Any) -> None:
    (play,) = load({"hosts": "all", "tasks": [named(name="x" * 1000)]})
    (found,) = tasks._in(play.tasks)
    assert tasks.task_name(found) == "x" * 200 + "…"


@pytest.mark.parametrize(
    ("play", "name"),
    [
        ({"hosts": "all"}, "all"),
        ({"hosts": ["a", "b"]}, "a,b"),
        ({"hosts": "{{ target }}"}, "…"),
        ({"hosts": "all", "name": "On {{ target }}"}, "On …"),
    ],
)
def test_names_of_plays(load: Any, play: dict[str, Any], name: str) -> None:
    (found,) = load(play)
    found.name = "secret"
    assert tasks.play_name(found) == name


def test_what_runs_where_nothing_fails_is_expected(load: Any) -> None:
    block = {"block": [named(), named()], "rescue": [named()], "always": [named()]}
    include = {"include_tasks": "x.yml"}
    meta = {"meta": "flush_handlers"}
    (play,) = load(
        {"hosts": "all", "pre_tasks": [named()], "tasks": [block, include, meta], "post_tasks": [named()]},
    )
    assert [weight for _task, weight in tasks.tasks_of_play(play)] == [1, 1, 1, 1, 1, 5, 1]


@pytest.mark.parametrize(("gather", "number"), [(True, 1), (None, 1), (False, 0), ("{{ x }}", 1), ("no", 0)])
def test_facts(load: Any, gather: Any, number: int) -> None:
    (play,) = load({"hosts": "all", **({} if gather is None else {"gather_facts": gather})})
    assert len(tasks.tasks_of_play(play)) == number


@pytest.mark.parametrize("only", [["all"], ["t"], ["tagged"], ["untagged"], ["never"], ["u", "t"]])
@pytest.mark.parametrize("skip", [[], ["t"], ["tagged"], ["untagged"], ["always"], ["all"]])
@pytest.mark.parametrize("tags", [[], ["t"], ["never"], ["always"], ["t", "never"], ["t", "always"], ["x"]])
def test_tags_select_as_in_ansible(load: Any, only: list[str], skip: list[str], tags: list[str]) -> None:
    (play,) = load({"hosts": "all", "tasks": [named(tags=tags)]})
    (task,) = tasks._in(play.tasks)
    expected = task.evaluate_tags(set(only), set(skip), {})
    assert tasks._is_selected(set(tags), set(only), set(skip)) is expected


@pytest.mark.parametrize(
    ("pattern", "number"),
    [("all", 3), ("a", 1), ("a,b", 2), (["a", "c"], 2), ("nobody", 1), ("{{ x }}", 1), ("a*", 1), ("all:!a", 1)],
)
def test_hosts_that_are_planned(load: Any, capsys: pytest.CaptureFixture[str], pattern: Any, number: int) -> None:
    (play,) = load({"hosts": pattern})
    assert tasks.planned_hosts(play) == number
    assert "Could not match" not in capsys.readouterr().err


def test_tasks_in_a_file_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "more.yml"
    path.write_text(json.dumps([named(), {"block": [named(), {"block": [named()]}], "always": [named()]}]))
    included = SimpleNamespace(_is_role=False, _filename=str(path), _task=SimpleNamespace(_loader=DataLoader()))
    assert tasks.included_tasks(included, None) == 4
    path.write_text("")
    included._task._loader = DataLoader()
    assert tasks.included_tasks(included, None) == 0
