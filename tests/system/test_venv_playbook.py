# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What venv_playbook promises beside faithful runs: clear errors, nothing left, no secret told, nothing fired."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from environments import Environment
from hosts import Host
from outer import Outer
from polling import wait_until

_PLAY = {"name": "Play", "hosts": "localhost", "gather_facts": False}


def task(module: str, **arguments: Any) -> dict[str, Any]:
    return {"name": f"Use {module}", f"ansible.builtin.{module}": arguments}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory for a project; it is the current directory."""
    directory = tmp_path / "project"
    directory.mkdir()
    return directory


def write(project: Path, *tasks: dict[str, Any], **play: Any) -> None:
    (project / "site.yml").write_text(json.dumps([{**_PLAY, "tasks": list(tasks), **play}]))


@pytest.fixture
def here(controller: Controller, whole_ansible: Environment, tmp_path: Path) -> Outer:
    return Outer(controller, whole_ansible, tmp_path)


@pytest.fixture(scope="module")
def far_host(make_hosts: Callable[..., list[Host]], whole_ansible: Environment) -> Host:
    """A host with the whole `ansible` package at the path that it has here."""
    argv = [whole_ansible.program("python"), "-c", "import sys; print(sys.base_prefix)"]
    base = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    shared = {str(whole_ansible.path)} | ({base} if not base.startswith("/usr") else set())
    return make_hosts(1, share={place: place for place in shared})[0]


@pytest.fixture
def far(here: Outer, far_host: Host) -> Iterator[Outer]:
    """The same on a host over SSH; afterwards the host is as before."""
    outer = Outer(here.controller, here.whole, here.directory, far_host)
    before = found_on(far_host)
    yield outer
    wait_until(lambda: found_on(far_host) == before, seconds=10)


def on(host: Host, command: str) -> str:
    done = host.run(command)
    assert done.returncode == 0, done.stderr
    return done.stdout


def found_on(host: Host) -> str:
    pruned = "-name __pycache__ -prune -o -print"
    return on(host, f"find /root/.ansible/tmp /tmp /home -mindepth 1 {pruned} 2>/dev/null; true")


# Bad input: one clear error, nothing left -----------------------------------------------------------------------------


@pytest.mark.parametrize("option", [{"inherit": "all"}, {"inherit": "settings"}, {"each": True}])
def test_files_of_the_host_inherit_nothing(here: Outer, project: Path, option: dict[str, Any]) -> None:
    """What is inherited lies in files of the controller."""
    write(project, task("debug", msg="x"))
    result = here.run({"playbook": f"{project}/site.yml", "remote_src": True, **option}, stands_in=project)
    assert (result["failed"], result["error_code"]) == (True, "bad_input")
    assert "leave out inherit and each" in result["msg"]


def test_a_playbook_that_is_missing(here: Outer, project: Path) -> None:
    result = here.run({"playbook": "site.yml"}, stands_in=project)
    assert result["failed"]
    assert result["msg"] == f"playbook: {project}/site.yml does not exist"
    assert not here.results.exists()


def test_a_playbook_that_is_no_yaml(here: Outer, project: Path) -> None:
    (project / "site.yml").write_text("- hosts: [\n")
    result = here.run({"playbook": "site.yml"}, stands_in=project)
    assert result["failed"]
    assert "YAML parsing failed" in result["msg"]
    assert len(result["msg"].splitlines()) <= 12


def test_a_failure_is_told_in_the_words_of_the_task(here: Outer, project: Path) -> None:
    write(project, task("command", cmd="true"), task("fail", msg="the disk is full"))
    result = here.run({"playbook": "site.yml"}, stands_in=project)
    assert result["failed"]
    assert result["msg"] == "localhost failed in task 'Use fail': the disk is full"
    assert result["error_code"] == "run_failed"


def test_a_host_that_cannot_be_reached(here: Outer, project: Path) -> None:
    write(project, task("ping"), hosts="all")
    (project / "hosts").write_text("gone ansible_host=127.0.0.1 ansible_port=1 ansible_ssh_retries=0\n")
    result = here.run({"playbook": "site.yml", "inventory": ["hosts"]}, stands_in=project)
    assert result["failed"]
    assert result["msg"].startswith("gone could not be reached: ")
    assert result["rc"] == 4


@pytest.mark.parametrize("hosts", ["all", "nobody"])
def test_no_host_matched(here: Outer, project: Path, hosts: str) -> None:
    write(project, task("ping"), hosts=hosts)
    result = here.run({"playbook": "site.yml"}, stands_in=project)
    assert result["failed"]
    assert result["msg"].startswith("no host matched")


@pytest.mark.parametrize(("allowed", "fails"), [(False, True), (True, False)])
def test_one_play_without_a_host(here: Outer, project: Path, allowed: bool, fails: bool) -> None:
    plays = [{**_PLAY, "tasks": [task("ping")]}, {**_PLAY, "name": "Second", "hosts": "nobody", "tasks": []}]
    (project / "site.yml").write_text(json.dumps(plays))
    result = here.run({"playbook": "site.yml", "allow_unmatched": allowed}, stands_in=project)
    assert bool(result.get("failed")) is fails
    assert result["unmatched_plays"] == ["Second"]
    assert not fails or "'Second'" in result["msg"]


def test_a_venv_that_does_not_exist(here: Outer, project: Path, store: Path) -> None:
    write(project, task("ping"))
    result = here.run({"playbook": "site.yml", "venv": "none", "store": str(store)}, stands_in=project)
    assert result["failed"]
    assert "the venv 'none' does not exist" in result["msg"]


def test_a_link_out_of_an_untrusted_project_is_not_shipped(far: Outer, project: Path) -> None:
    write(project, task("ping"))
    (project / "ansible.cfg").touch()
    (project / "passwords").symlink_to("/etc/shadow")
    result = far.run({"playbook": "site.yml", "trusted": False}, stands_in=project)
    assert result["failed"]
    assert f"{project}/passwords is a link to /etc/shadow" in result["msg"]


# The run is left by whoever started it --------------------------------------------------------------------------------


def _runs(mark: str) -> bool:
    return any(mark.encode() in command for command in _command_lines())


def _command_lines() -> Iterator[bytes]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                yield (entry / "cmdline").read_bytes()
            except OSError:
                continue


def test_a_timeout_ends_all_that_was_started(here: Outer, project: Path) -> None:
    write(project, task("command", cmd="sleep 471111"))
    result = here.run({"playbook": "site.yml", "timeout": 15}, stands_in=project)
    assert result["failed"]
    assert result["msg"] == "the playbook was stopped: it ran longer than the timeout of 15 s"
    wait_until(lambda: not _runs("471111"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_a_run_does_not_outlive_what_started_it(here: Outer, project: Path, number: signal.Signals) -> None:
    mark = f"4712{int(number):02}"
    write(project, task("command", cmd=f"sleep {mark}"))
    outer = here.start({"playbook": "site.yml"}, stands_in=project)
    try:
        wait_until(lambda: _runs(f"sleep\0{mark}"))
        # With SIGKILL nobody passes the signal on: the module and the workers above it get it as well.
        for pid in _above_the_supervisor(outer.pid) if number == signal.SIGKILL else [outer.pid]:
            os.kill(pid, number)
        wait_until(lambda: not _runs(f"sleep\0{mark}"))
    finally:
        outer.kill()
        outer.wait()


def _above_the_supervisor(pid: int) -> list[int]:
    """``pid`` and its descendants, without the supervisor of the run and what is below that."""
    found = [pid]
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    for name in children.stdout.split():
        if b"supervisor.py" not in Path(f"/proc/{name}/cmdline").read_bytes():
            found += _above_the_supervisor(int(name))
    return found


# What comes in from outside -------------------------------------------------------------------------------------------


def test_collections_of_the_home_directory_do_not_win(here: Outer, project: Path) -> None:
    planted = here.controller.home / ".ansible/collections/ansible_collections/community/general/plugins/filter"
    planted.mkdir(parents=True)
    (planted / "lists_intersect.py").write_text("raise SystemExit('planted')\n")
    write(project, task("assert", that="[1, 2] | community.general.lists_intersect([2]) == [2]"))
    result = here.run({"playbook": "site.yml"}, stands_in=project)
    assert not result.get("failed"), result["msg"]


def test_the_environment_of_the_host_does_not_steer_the_run(here: Outer, project: Path) -> None:
    write(project, task("command", cmd="env"))
    hostile = {
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.oneline",
        "PYTHONPATH": "/nowhere",
        "PIP_INDEX_URL": "x",
        "UV_INDEX_URL": "x",
        "SECRET_OF_SHELL": "x",
        "WANTED": "w",
    }
    options = {"playbook": "site.yml", "verbosity": 1, "environment_names": ["WANTED"]}
    result = here.run(options, stands_in=project, env=hostile)
    log = Path(result["log"]).read_text()
    assert "TASK [Use command]" in log
    assert "WANTED=w" in log
    assert not [name for name in hostile if name != "WANTED" and f"{name}=" in log]


@pytest.mark.parametrize(("trusted", "said"), [(True, "from the project"), (False, "default")])
def test_an_ansible_cfg_counts_when_it_is_trusted(here: Outer, project: Path, trusted: bool, said: str) -> None:
    (project / "ansible.cfg").write_text("[defaults]\ninventory = hosts\n")
    (project / "hosts").write_text("[all:vars]\nsaid=from the project\n")
    write(project, task("assert", that=f"said | default('default') == '{said}'"))
    result = here.run({"playbook": "site.yml", "trusted": trusted}, stands_in=project)
    assert not result.get("failed"), result["msg"]


@pytest.mark.parametrize("where", ["here", "far"])
def test_text_of_a_project_fires_nothing(request: pytest.FixtureRequest, project: Path, where: str) -> None:
    outer: Outer = request.getfixturevalue(where)
    mark = outer.directory / "fired"
    canary = "{{ lookup('pipe', 'touch MARK') }}".replace("MARK", str(mark))
    raw = "{% raw %}" + canary + "{% endraw %}"
    (project / canary.replace("/", "_")).mkdir()
    (project / canary.replace("/", "_") / "file").write_text(canary)
    (project / "out").mkdir()
    plays = [
        {"name": raw, "hosts": "localhost", "gather_facts": False, "tasks": [
            {"name": raw, "ansible.builtin.copy": {
                "content": raw, "dest": "{{ playbook_dir }}/out/made", "mode": "0600"}},
            {"name": "Fail", "ansible.builtin.fail": {"msg": raw}},
        ]},
    ]  # fmt: skip
    (project / "site.yml").write_text(json.dumps(plays))
    result = outer.run({"playbook": "site.yml", "artifacts": ["out/*"]}, stands_in=project)
    assert result["failed"]
    assert canary in result["msg"]
    assert canary in result["changed_tasks"][0]["play"]
    assert (outer.results / "artifacts/out/made").read_text() == canary
    assert not mark.exists()
    assert outer.host is None or on(outer.host, f"test -e {mark} || echo absent") == "absent\n"


# Secrets --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["here", "far"])
def test_secrets_are_nowhere(request: pytest.FixtureRequest, project: Path, where: str, tmp_path: Path) -> None:
    """Not in a command line while it runs, nor in a result, the log or the events."""
    outer: Outer = request.getfixturevalue(where)
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    names = ("vault", "become", "connection")
    for name in names:
        (secrets / name).write_text(f"canary-{name}-word\n")
    (secrets / "vars.yml").write_text("token: canary-vars-word\n")
    write(project, task("command", cmd="ps -eo args"), task("assert", that="token is defined", quiet=True))
    options = {
        "playbook": "site.yml", "verbosity": 3, "vault_password_files": [str(secrets / "vault")],
        "become_password_file": str(secrets / "become"), "connection_password_file": str(secrets / "connection"),
        "extra_vars_files": [str(secrets / "vars.yml")], "environment_names": ["TOKEN"],
    }  # fmt: skip
    result = outer.run(options, stands_in=project, env={"TOKEN": "canary-token-word"}, arguments=["-vvv"])
    assert not result.get("failed"), result["msg"]
    log = Path(result["log"]).read_text()
    assert "ansible-playbook" in log
    written = log + Path(result["events"]).read_text() + json.dumps(result)
    found = [line for line in written.splitlines() if "canary-" in line]
    assert not found


def test_results_can_be_read_by_their_owner_only(far: Outer, project: Path) -> None:
    write(project, task("ping"))
    result = far.run({"playbook": "site.yml"}, stands_in=project)
    assert result["shipped"] > 0
    modes = {path.name: path.stat().st_mode & 0o777 for path in [far.results, *far.results.iterdir()]}
    files = dict.fromkeys(("ansible.log", "events.jsonl", ".mobile_ansible_venv_results"), 0o600)
    assert modes == {"results": 0o700, **files}


# Other users, check mode ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["here", "far"])
def test_as_another_user(request: pytest.FixtureRequest, project: Path, where: str) -> None:
    outer: Outer = request.getfixturevalue(where)
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    write(project, {**task("command", cmd="id -un"), "register": "me"}, task("assert", that="me.stdout == 'root'"))
    result = outer.run(
        {"playbook": "site.yml"}, stands_in=project,
        keywords={"become": True, "become_method": "ansible.builtin.su", "become_user": "root"},
    )  # fmt: skip
    assert not result.get("failed"), result["msg"]
    assert Path(result["log"]).is_file()


def test_check_mode_of_the_task_is_check_mode_of_the_playbook(here: Outer, project: Path) -> None:
    write(project, task("copy", content="x", dest="{{ playbook_dir }}/made", mode="0600"))
    result = here.run({"playbook": "site.yml"}, stands_in=project, arguments=["--check"])
    assert result["changed"]
    assert not (project / "made").exists()
