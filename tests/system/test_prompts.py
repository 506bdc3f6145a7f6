# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What asks for an answer is refused where nobody can answer: before anything runs, or at the latest when it asks."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from controller import Controller, Run
from environments import Environment, environment
from gates import CORES
from hosts import Host
from interpreters import find_python
from outer import Outer

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook import recorder
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.outcome import read_events
from ansible_collections.mobile_ansible.venv.plugins.module_utils._resource import module_source

RUN = "mobile_ansible.venv.run"
COLOUR = {"name": "colour", "prompt": "Which colour"}


def leaves(name: str) -> dict[str, Any]:
    """A task that leaves a file behind."""
    dest = f"{{{{ playbook_dir }}}}/{name}"
    return {"name": name, "ansible.builtin.copy": {"content": "{{ colour | default('') }}", "dest": dest}}


def play(*tasks: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    return {"name": "Play", "hosts": "localhost", "gather_facts": False, "tasks": list(tasks), **keywords}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    return directory


def write(project: Path, *plays: dict[str, Any], **files: Any) -> None:
    """The playbook, and more files: ``roles__ask__tasks__main`` is ``roles/ask/tasks/main.yml``."""
    for name, content in {"site": list(plays), **files}.items():
        path = project / f"{name.replace('__', '/')}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(json.loads(json.dumps(content)), sort_keys=False))


@pytest.fixture(params=list(CORES))
def core(request: pytest.FixtureRequest) -> Environment:
    """Each core that is tested."""
    python = find_python(CORES[request.param])
    if python is None:
        pytest.skip(f"no Python for core {request.param}")
    return environment(f"core-{request.param}", python=str(python))


@pytest.fixture
def here(controller: Controller, core: Environment, tmp_path: Path) -> Outer:
    """The module on this machine, with each core in the venv."""
    return Outer(controller, core, tmp_path)


@pytest.fixture
def far(
    controller: Controller,
    whole_ansible: Environment,
    tmp_path: Path,
    make_hosts: Callable[..., list[Host]],
) -> Outer:
    """The module on a host over SSH, which has the venv at the path that it has here."""
    argv = [whole_ansible.program("python"), "-c", "import sys; print(sys.base_prefix)"]
    base = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    shared = {str(whole_ansible.path)} | ({base} if not base.startswith("/usr") else set())
    return Outer(controller, whole_ansible, tmp_path, make_hosts(1, share={place: place for place in shared})[0])


def assert_refused(result: dict[str, Any], *told: str) -> None:
    assert result["failed"], result
    assert result["msg"].startswith("the playbook asks for input, but runs without a terminal: "), result["msg"]
    assert [part for part in told if part not in result["msg"]] == [], result["msg"]
    assert (result["rc"], result["error_code"], result["stats"]) == (1, "run_failed", {})


# Variables ------------------------------------------------------------------------------------------------------------


def test_vars_prompt_is_refused_before_anything_runs(here: Outer, project: Path) -> None:
    """All at once, also one with a default and one of an imported playbook."""
    size = {"name": "size", "default": "large", "private": False}
    asking = [play(leaves("after"), vars_prompt=[COLOUR, size])]
    write(project, play(leaves("before")), {"import_playbook": "asking.yml"}, asking=asking)
    result = here.run({"playbook": "site.yml"}, stands_in=project)
    assert_refused(result, "asking.yml:1: vars_prompt 'colour' (Which colour); asking.yml:1: vars_prompt 'size'. ")
    assert "set it with -e colour=VALUE -e size=VALUE, or in a file with -e @FILE or extra_vars_files" in result["msg"]
    assert not (project / "before").exists()
    assert result["msg"] in Path(result["log"]).read_text()
    # One of two values is not enough.
    (project / "colour.yml").write_text("colour: red\n")
    result = here.run({"playbook": "site.yml", "extra_vars_files": ["colour.yml"]}, stands_in=project)
    assert_refused(result, "terminal: asking.yml:1: vars_prompt 'size'. To answer: set it with -e size=VALUE, ")
    (project / "size.yml").write_text("size: small\n")
    options = {"playbook": "site.yml", "extra_vars_files": ["colour.yml", "size.yml"]}
    result = here.run(options, stands_in=project)
    assert not result.get("failed"), result
    assert (project / "after").read_text() == "red"


def test_vars_prompt_by_a_name_that_only_the_run_knows(here: Outer, project: Path) -> None:
    write(project, play(leaves("after"), vars={"which": "colour"}, vars_prompt=[{**COLOUR, "name": "{{ which }}"}]))
    result = here.run({"playbook": "site.yml"}, stands_in=project)
    assert_refused(result, "terminal: vars_prompt 'colour' (Which colour). ")
    assert not (project / "after").exists()


def test_on_another_host(far: Outer, project: Path) -> None:
    write(project, play(leaves("before")), play(vars_prompt=[COLOUR]))
    result = far.run({"playbook": "site.yml", "artifacts": ["before"]}, stands_in=project)
    assert_refused(result, "site.yml:9: vars_prompt 'colour' (Which colour). ")
    assert result["artifacts"] == []
    ask = {"ansible.builtin.pause": {"prompt": "Go on"}, "when": True, "ignore_errors": True}
    write(project, play(leaves("before"), ask, leaves("after")))
    result = far.run({"playbook": "site.yml", "artifacts": ["before", "after"]}, stands_in=project)
    assert_refused(result, "site.yml:9: the pause in task 'ansible.builtin.pause' (Go on). ")
    assert result["artifacts"] == ["before"]


@pytest.fixture(scope="module")
def run_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prompts") / "store"


def test_as_it_is_typed(controller: Controller, project: Path, run_store: Path, wheelhouse: Path) -> None:
    """By run.yml, whose message names the variable of the role."""

    def typed(*arguments: str) -> Run:
        told = {
            "run_playbook_packages": ["packaging"],
            "run_playbook_store": str(run_store),
            "run_playbook_find_links": [str(wheelhouse)],
            "run_playbook_offline": True,
            "run_playbook_collections_source": "community_package",
        }
        arguments = ("-e", "run_playbook_path=site.yml", *arguments)
        return controller.playbook(RUN, *arguments, variables=told, cwd=project)

    write(project, play(leaves("before")), play(leaves("after"), vars_prompt=[COLOUR]))
    ended = typed()
    assert ended.returncode == 2, ended.output
    said = "vars_prompt 'colour' (Which colour). To answer: set it with -e colour=VALUE, or in a file with -e @FILE or "
    assert f"{said}run_playbook_extra_vars_files, or use ansible-playbook-venv, which" in " ".join(ended.output.split())
    assert not (project / "before").exists()
    ended = typed("-e", "colour=blue")
    assert ended.returncode == 0, ended.output
    assert (project / "after").read_text() == "blue"
    write(project, play(leaves("again"), {"name": "Wait", "pause": {"prompt": "Press enter"}}))
    ended = typed()
    assert ended.returncode == 2, ended.output
    assert "the pause in task 'Wait' (Press enter). To answer: give the pause seconds or minutes" in ended.output
    assert not (project / "again").exists()


# Pauses ---------------------------------------------------------------------------------------------------------------


def test_a_pause_is_refused_before_anything_runs(here: Outer, project: Path) -> None:
    """In each spelling, wherever it stands, if nothing that is known only then decides whether it asks."""
    tasks = [
        leaves("before"),
        {"name": "plain", "pause": None},
        {"name": "legacy", "ansible.legacy.pause": {"prompt": "Go on"}},
        {"name": "free form", "ansible.builtin.pause": "prompt='Go on' echo=false"},
        {"name": "local", "local_action": "pause prompt=Go"},
        {"name": "action", "action": {"module": "ansible.builtin.pause"}, "args": {"prompt": "Go"}},
        {"name": "null", "pause": {"seconds": None}},
        {"name": "hidden", "pause": {"prompt": "hidden words"}, "no_log": True},
        {"block": [{"block": [{"name": "nested", "pause": None}]}], "rescue": [leaves("rescue")]},
        {"block": [leaves("block")], "always": [{"name": "always", "pause": None}]},
        {"import_tasks": "asking.yml"},
        {"import_role": {"name": "imported"}},
    ]
    ask = [{"name": "ask", "pause": None}]
    roles = {"roles__listed__tasks__main": ask, "roles__imported__tasks__main": ask}
    write(project, play(*tasks, roles=["listed"]), play(ask[0], strategy="free", serial=1), asking=ask, **roles)
    result = here.run({"playbook": "site.yml", "check": True}, stands_in=project)
    (event,) = [json.loads(line) for line in Path(result["events"]).read_text().splitlines()]
    names = ["listed : ask", *(str(task["name"]) for task in tasks[1:8]), "nested", "always", "ask", "imported : ask"]
    assert [prompt["name"] for prompt in event["prompts"]] == [*names, "ask"]
    assert_refused(result, "roles/listed/tasks/main.yml:1: the pause in task 'listed : ask'; ", "; and 3 more. ")
    assert "hidden words" not in result["msg"]
    assert not (project / "before").exists()


PYTHON = "ansible_python_interpreter={{ ansible_playbook_python }}"
OMITTED = "{{ nothing | default(omit) }}"
ASK: dict[str, Any] = {"name": "ask", "pause": {"prompt": "Go on"}, "ignore_errors": True}
CASES: dict[str, dict[str, Any]] = {
    "condition": {**ASK, "when": "inventory_hostname is defined", "register": "answer"},
    "each host": {**ASK, "when": True, "run_once": False, "delegate_to": "localhost"},
    "handler": {"command": "true", "notify": "asks"},
    "included": {"include_tasks": "asking.yml"},
    "loop": {**ASK, "loop": [1, 2], "no_log": True, "failed_when": True},
    "rescue": {"block": [{**ASK, "ignore_errors": False, "when": True}], "rescue": [leaves("after")]},
    "retried": {
        **ASK,
        "when": True,
        "register": "answer",
        "until": "answer.user_input | length",
        "retries": 1,
        "delay": 1,
    },
    "role": {"include_role": {"name": "asks"}},
    "serial": {**ASK, "when": True},
    "templated": {"name": "ask", "action": "{{ which }}", "args": ASK["pause"], "vars": {"which": "pause"}},
    "time": {"name": "ask", "pause": {"seconds": OMITTED, "minutes": OMITTED}},
}


@pytest.mark.parametrize("case", CASES)
def test_a_pause_that_only_the_run_knows_ends_it(core: Environment, project: Path, case: str) -> None:
    """Before the next task, whatever would catch its failure; the callback alone, which says so."""
    keywords = {"serial": 1} if case == "serial" else {}
    files = {"asking": [ASK], "roles__asks__tasks__main": [ASK]}
    tasks = (leaves("before"), CASES[case], {"meta": "flush_handlers"}, leaves("after"))
    handlers = [{**ASK, "listen": "asks"}]
    write(project, play(*tasks, hosts="all", connection="local", handlers=handlers, **keywords), **files)
    (project / "callbacks").mkdir()
    (project / "callbacks" / "recorder.py").write_text(module_source(recorder.__name__))
    variables = {"ANSIBLE_CALLBACK_PLUGINS": "callbacks", recorder.EVENTS_VARIABLE: str(project / "events")}
    ended = subprocess.run(
        [core.program("ansible-playbook"), "-i", "a,b", "site.yml", "-e", PYTHON],
        cwd=project, env={"PATH": os.environ["PATH"], "HOME": str(project), "LANG": "C.UTF-8", **variables},
        stdin=subprocess.DEVNULL, start_new_session=True, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert ended.returncode == 1, ended.stdout + ended.stderr
    refused = read_events(str(project / "events")).refused
    assert refused.startswith("the playbook asks for input, but runs without a terminal: ")
    assert f"ERROR: {refused}" in ended.stderr
    assert (project / "before").exists()
    assert not (project / "after").exists()


def test_a_pause_that_does_not_ask_is_none_of_our_business(here: Outer, project: Path) -> None:
    """As with Ansible itself: it waits for some time, or is not reached."""
    default = {"module_defaults": {"ansible.builtin.pause": {"seconds": 1}}}
    tasks: list[dict[str, Any]] = [
        {"name": "time", "pause": {"seconds": 1, "prompt": "Wait"}},
        {"name": "default", "pause": None, **default},
        {"name": "items", "pause": {"prompt": "{{ item }}"}, "loop": [1, 2], **default},
        {"name": "condition", "pause": None, "when": False},
        {"name": "no items", "pause": None, "loop": []},
        {"name": "never", "pause": None, "tags": "never"},
        {"name": "skipped", "pause": None, "tags": "interactive"},
        {"block": [leaves("inside")], "rescue": [{"pause": None}]},
        {"meta": "end_play", "when": True},
        {"name": "behind the end", "pause": None},
    ]
    nobody = play({"name": "nobody", "pause": None}, hosts="nobody")
    write(project, play(*tasks, handlers=[{"name": "not notified", "pause": None}]), nobody)
    options = {"playbook": "site.yml", "skip_tags": ["interactive"], "allow_unmatched": True}
    result = here.run(options, stands_in=project)
    assert not result.get("failed"), result
    assert (project / "inside").exists()
    assert "sampling" not in Path(result["log"]).read_text()
