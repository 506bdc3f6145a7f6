# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a run leaves: on the host nothing, on the controller what it brought and all that was there before."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from environments import Environment
from hosts import Host
from outer import Outer
from polling import found_at_last, wait_until

_PLAY = {"name": "Play", "hosts": "localhost", "gather_facts": False}


def task(module: str, **arguments: Any) -> dict[str, Any]:
    return {"name": f"Use {module}", f"ansible.builtin.{module}": arguments}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    return directory


def write(project: Path, *tasks: dict[str, Any], **play: Any) -> None:
    (project / "site.yml").write_text(json.dumps([{**_PLAY, "tasks": list(tasks), **play}]))


@pytest.fixture
def here(controller: Controller, whole_ansible: Environment, tmp_path: Path) -> Outer:
    return Outer(controller, whole_ansible, tmp_path)


@pytest.fixture(scope="module")
def both_hosts(make_hosts: Callable[..., list[Host]], whole_ansible: Environment) -> list[Host]:
    """Two hosts with the whole `ansible` package at the path that it has here; both let the same key in."""
    argv = [whole_ansible.program("python"), "-c", "import sys; print(sys.base_prefix)"]
    base = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    shared = {str(whole_ansible.path)} | ({base} if not base.startswith("/usr") else set())
    return make_hosts(2, share={place: place for place in shared})


@pytest.fixture
def far_host(both_hosts: list[Host]) -> Host:
    return both_hosts[0]


@pytest.fixture
def target(both_hosts: list[Host]) -> Host:
    """The host that a playbook on the first one works on."""
    return both_hosts[1]


@pytest.fixture
def far(here: Outer, far_host: Host) -> Outer:
    return Outer(here.controller, here.whole, here.directory, far_host)


def found_on(host: Host) -> str:
    """All in the home directory and in the directories for temporary files, but what every use of Ansible leaves."""
    kept = "-name .ansible -o -path */.ansible/tmp -o -path */.ansible/galaxy_cache -o -name .ssh"
    # What is shared with this machine is compiled there, by other tests too.
    kept += " -o -path */__pycache__/*"
    return host.run(f"set -f; find /root /home /tmp /var/tmp /dev/shm -mindepth 1 ! \\( {kept} \\) -print").stdout


# On the host ----------------------------------------------------------------------------------------------------------


def connecting(project: Path, host: Host, *tasks: dict[str, Any]) -> dict[str, Any]:
    """A project whose play reaches ``host`` by ssh, which keeps such a connection open for a while, and localhost."""
    write(project, *tasks, hosts="all")
    arguments = "-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no"
    (project / "hosts").write_text(
        f"target ansible_host={host.address} ansible_ssh_common_args='{arguments}'\n"
        "localhost ansible_connection=local\n[all:vars]\nansible_python_interpreter=/usr/bin/python3\n"
    )
    return {"playbook": "site.yml", "inventory": ["hosts"], "private_key_file": host.key}


def test_nothing_stays_of_a_run_that_came_to_its_end(far: Outer, far_host: Host, target: Host, project: Path) -> None:
    options = connecting(project, target, task("command", cmd="true"))
    before = found_on(far_host)
    result = far.run(options, stands_in=project)
    assert not result.get("failed"), result["msg"]
    assert set(result["stats"]) == {"target", "localhost"}
    assert found_on(far_host) == before
    assert "[mux]" not in far_host.run("ps -eo args").stdout


def test_nothing_stays_of_a_run_that_was_stopped_by_its_timeout(
    far: Outer, far_host: Host, target: Host, project: Path
) -> None:
    options = connecting(project, target, task("command", cmd="sleep 471401"))
    before = found_on(far_host)
    result = far.run({**options, "timeout": 30}, stands_in=project)
    assert result["msg"] == "the playbook was stopped: it ran longer than the timeout of 30 s"
    assert "TASK [Use command]" in Path(result["log"]).read_text()
    assert found_on(far_host) == before
    assert "sleep 471401" not in far_host.run("ps -eo args").stdout
    assert "[mux]" not in far_host.run("ps -eo args").stdout


@pytest.mark.parametrize(
    ("who", "pipelining"), [("the controller", False), ("the controller", True), ("the module", False)]
)
def test_nothing_stays_of_a_run_whose_controller_or_module_was_killed(
    far: Outer, far_host: Host, project: Path, who: str, pipelining: bool
) -> None:
    write(project, task("command", cmd="sleep 471501"))
    before = found_on(far_host)
    # A connection that is kept would outlive its controller.
    far = replace(far, host=replace(far_host, is_kept=False))
    outer = far.start({"playbook": "site.yml"}, stands_in=project, env={"ANSIBLE_PIPELINING": str(pipelining)})
    try:
        wait_until(lambda: "sleep 471501" in far_host.run("ps -eo args").stdout)
        if who == "the controller":
            for pid in of_the_controller(far):
                os.kill(pid, signal.SIGKILL)
        else:
            far_host.run("pkill -9 -f 'AnsiballZ_venv_playboo[k]'")
        wait_until(lambda: "sleep 471501" not in far_host.run("ps -eo args").stdout)
        assert found_at_last(lambda: found_on(far_host), before) == before
    finally:
        outer.kill()
        outer.wait()


def of_the_controller(outer: Outer) -> list[int]:
    """The processes of this test's controller and its connections, told by what they were started with."""
    assert outer.host
    marks = [str(outer.directory).encode(), f"UserKnownHostsFile={outer.host.known_hosts} -o ControlPath=none".encode()]
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ") if entry.name.isdigit() else b""
        except OSError:
            continue
        if any(mark in line for mark in marks):
            found.append(int(entry.name))
    return found


def test_an_endless_log_ends_the_run(far: Outer, far_host: Host, project: Path) -> None:
    lines = {"name": "Say much", "ansible.builtin.debug": {"msg": "{{ 'x' * 300000 }}"}, "loop": list(range(100))}
    write(project, lines)
    before = found_on(far_host)
    result = far.run({"playbook": "site.yml", "log_limit": 1}, stands_in=project)
    assert result["msg"] == (
        "the playbook was stopped: its log or its events are more than 1 MiB; decrease verbosity, or increase log_limit"
    )
    assert 1 << 19 < Path(result["log"]).stat().st_size <= 1 << 20
    assert found_on(far_host) == before


# On the controller ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["here", "far"])
def test_a_directory_of_the_user_is_not_taken_for_results(
    request: pytest.FixtureRequest, project: Path, where: str
) -> None:
    """Row 5: one error before anything starts."""
    outer: Outer = request.getfixturevalue(where)
    write(project, task("file", path=str(project / "started"), state="touch", mode="0600"))
    mine = {"artifacts/thesis.txt": "mine", "ansible.log": "mine", "events.jsonl": "mine"}
    for name, text in mine.items():
        (outer.results / name).parent.mkdir(parents=True, exist_ok=True)
        (outer.results / name).write_text(text)
    result = outer.run({"playbook": "site.yml"}, stands_in=project)
    assert result["failed"]
    assert result["msg"].startswith(f"results: {outer.results} was not created by a run and is not empty")
    assert {name: (outer.results / name).read_text() for name in mine} == mine
    assert not (project / "started").exists()


@pytest.mark.parametrize("where", ["here", "far"])
def test_results_stay_until_the_next_run_has_some(request: pytest.FixtureRequest, project: Path, where: str) -> None:
    outer: Outer = request.getfixturevalue(where)
    write(project, task("copy", content="first", dest="{{ playbook_dir }}/made.txt", mode="0600"))
    options = {"playbook": "site.yml", "artifacts": ["*.txt"]}
    first = outer.run(options, stands_in=project)
    assert first["artifacts"] == ["made.txt"], first
    (outer.results / "notes").write_text("mine")
    before = {path: path.is_file() and path.read_text() for path in outer.results.rglob("*")}
    # Here, before anything is sent, and on the host.
    for broken in ({"extra_vars_files": ["none"]}, {"venv": "/no/venv"}):
        assert outer.run({**options, **broken}, stands_in=project)["failed"]
        assert {path: path.is_file() and path.read_text() for path in outer.results.rglob("*")} == before
    (project / "made.txt").unlink(missing_ok=True)
    write(project, task("debug", msg="second"))
    second = outer.run(options, stands_in=project)
    assert second["artifacts"] == []
    assert "second" in Path(second["log"]).read_text()
    assert sorted(path.name for path in outer.results.iterdir()) == [
        ".mobile_ansible_venv_results", "ansible.log", "events.jsonl", "notes",
    ]  # fmt: skip


def test_links_to_directories_do_not_multiply_artifacts(far: Outer, project: Path) -> None:
    """Row 6: this never came to an end."""
    write(project, task("copy", content="x", dest="{{ playbook_dir }}/made.txt", mode="0600"))
    for name in ("a", "b", "c"):
        (project / name).symlink_to(".")
    result = far.run({"playbook": "site.yml", "artifacts": ["**/*.txt"], "timeout": 60}, stands_in=project)
    assert not result.get("failed"), result["msg"]
    assert result["artifacts"] == ["made.txt"]


def test_artifacts_above_their_limit_are_one_error(far: Outer, project: Path) -> None:
    write(project, task("command", cmd="truncate --size 5M {{ playbook_dir }}/large.bin"))
    options = {"playbook": "site.yml", "artifacts": ["*.bin"], "artifacts_limit": 4}
    result = far.run(options, stands_in=project)
    assert result["msg"] == (
        "the playbook ended, but its artifacts were not returned: "
        "they are more than 4 MiB: select fewer files, or increase artifacts_limit"
    )
    assert result["artifacts"] == []
    assert "TASK [Use command]" in Path(result["log"]).read_text()
    result = far.run({**options, "artifacts_limit": 5}, stands_in=project)
    assert result["artifacts"] == ["large.bin"], result["msg"]


def test_as_an_unprivileged_user(far: Outer, far_host: Host, project: Path) -> None:
    """The run has its directory where that user may write; it is gone afterwards, too."""
    far_host.run("id alice || useradd --create-home alice; chmod a+rx /root")
    write(project, {**task("command", cmd="id -un"), "register": "me"}, task("assert", that="me.stdout == 'alice'"))
    before = found_on(far_host)
    result = far.run(
        {"playbook": "site.yml"}, stands_in=project,
        keywords={"become": True, "become_method": "ansible.builtin.su", "become_user": "alice"},
    )  # fmt: skip
    assert not result.get("failed"), result["msg"]
    assert Path(result["log"]).is_file()
    assert found_on(far_host) == before
