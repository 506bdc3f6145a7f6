# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The playbook mobile_ansible.venv.run: from one command to a result, with the sample project and with bad input."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from controller import Controller, Run
from environments import environment
from places import ROOT

RUN = "mobile_ansible.venv.run"


@pytest.fixture
def stand(tmp_path: Path) -> Path:
    """A directory for the user to stand in, with a small playbook."""
    directory = tmp_path / "stand"
    directory.mkdir()
    tasks = [
        {"name": "Write", "ansible.builtin.copy": {"content": "x", "dest": "{{ playbook_dir }}/made", "mode": "0600"}}
    ]
    play = {"name": "Play", "hosts": "localhost", "gather_facts": False, "tasks": tasks}
    (directory / "site.yml").write_text(json.dumps([play]))
    return directory


def run(controller: Controller, stand: Path, *arguments: str, **variables: Any) -> Run:
    """Told what the venv holds, nothing is analysed; core comes along."""
    told = {} if "run_playbook_profile" in variables else {"run_playbook_packages": ["packaging"]}
    given = {"run_playbook_path": "site.yml", **told, **variables}
    return controller.playbook(RUN, *arguments, variables=given, cwd=stand, env={"UV_SYSTEM_CERTS": "1"})


def venvs(home: Path) -> list[str]:
    store = home / ".local/share/ansible-venvs"
    return sorted(path.name for path in store.iterdir() if path.is_symlink()) if store.is_dir() else []


def test_it_runs_here_without_an_inventory(controller: Controller, stand: Path) -> None:
    first = run(controller, stand)
    assert first.returncode == 0, first.output
    assert (stand / "made").read_text() == "x"
    (venv,) = venvs(controller.home)
    assert re.fullmatch("packaging-[0-9a-f]{12}", venv)
    assert "localhost: ok 1, changed 1" in first.stdout
    assert "TASK [Write]" in first.stdout
    second = run(controller, stand)
    assert second.returncode == 0, second.output
    assert "changed=0" in second.stdout


#: Each of these says that a login is meant, to a port at which nothing listens, or to a user.
LOGINS = (
    "ansible_port=9",
    "ansible_connection=ssh ansible_port=9",
    "ansible_user=nobody ansible_ssh_common_args='-p 9'",
)


@pytest.mark.parametrize(
    "arguments",
    [
        ["-i", "localhost,", "-c", "local"],
        ["-i", "localhost,", "-c", "local", "-l", "localhost"],
        ["-i", "hosts", "-c", "local"],
        [
            "-i",
            "hosts",
            "-c",
            "local",
            "-l",
            "localhost",
            "-e",
            "run_playbook_hosts=all",
            "-e",
            "run_playbook_each=true",
        ],
        ["-i", "known"],
    ],
)
def test_it_runs_here_if_an_inventory_lists_localhost(
    controller: Controller, stand: Path, arguments: list[str]
) -> None:
    """An option such as -c is for the playbook that is run, and would lead this one nowhere else."""
    (stand / "hosts").write_text("web ansible_host=127.0.0.1 ansible_port=9\nlocalhost\n")
    (stand / "known").write_text("localhost ansible_connection=local ansible_user=nobody\n")
    ended = run(controller, stand, *arguments)
    assert ended.returncode == 0, ended.output
    assert (stand / "made").read_text() == "x"


def test_the_playbook_itself_uses_ssh_as_with_ansible_playbook(controller: Controller, stand: Path) -> None:
    """Without -c local a localhost of the inventory is a host over SSH to Ansible; the run itself is here."""
    ended = run(controller, stand, "-i", "localhost,", "--ssh-common-args=-p 9")
    assert (ended.returncode, "localhost could not be reached" in ended.output) == (2, True), ended.output


@pytest.mark.parametrize("login", LOGINS)
def test_a_localhost_with_a_login_is_logged_in_to(controller: Controller, stand: Path, login: str) -> None:
    (stand / "hosts").write_text(f"localhost {login}\n")
    ended = run(controller, stand, "-i", "hosts")
    assert (ended.returncode, venvs(controller.home)) == (4, []), ended.output
    assert "port 9: Connection refused" in " ".join(ended.output.split())


def test_a_temporary_venv_is_removed_when_the_playbook_fails_too(controller: Controller, stand: Path) -> None:
    (stand / "site.yml").write_text(
        '[{"name": "P", "hosts": "localhost", "gather_facts": false, '
        '"tasks": [{"ansible.builtin.fail": {"msg": "on purpose"}}]}]'
    )
    ended = run(controller, stand, run_playbook_persist=False)
    assert ended.returncode == 2
    assert "localhost failed in task 'ansible.builtin.fail': on purpose" in ended.output
    assert venvs(controller.home) == []
    assert not list((controller.home / ".local/share/ansible-venvs/.generations").iterdir())


def test_a_profile_can_be_a_file(controller: Controller, stand: Path) -> None:
    profile = {"version": 3, "dependencies": {"ansible_core": {"package_pip": "ansible-core"}, "python": ["packaging"]}}
    (stand / "profile.yml").write_text(json.dumps(profile))
    ended = run(controller, stand, run_playbook_profile="profile.yml")
    assert ended.returncode == 0, ended.output


@pytest.mark.parametrize(
    ("arguments", "variables", "message"),
    [
        (["-i", "hosts"], {"run_playbook_hosts": "nobody"}, "run_playbook_hosts: no host matches 'nobody'"),
        (["-i", "hosts"], {"run_playbook_hosts": "empty"}, "run_playbook_hosts: no host matches 'empty'"),
        (["-i", "hosts"], {"run_playbook_hosts": "all"}, "matches a, b, and each of them would run the playbook"),
        (["-i", "hosts", "-l", "nobody"], {}, "leaves us with no hosts"),
        (["-i", "none", "-l", "a"], {}, "--limit: the inventory of this run has no hosts"),
        ([], {"run_playbook_report": ""}, "run_playbook_report: it is empty"),
        (["-i", "hosts", "-l", "a"], {"run_playbook_each": "yes"}, "--limit: 'a' leaves none of the hosts of"),
        (
            ["-i", "hosts", "-l", "@limit"],
            {"run_playbook_each": "yes", "run_playbook_hosts": "a"},
            "--limit: 'b' leaves none of the hosts of run_playbook_hosts ('a')",
        ),
        (["--step"], {}, "--step is not handed on to the playbook: use ansible-playbook-venv --step"),
        (["--list-tasks"], {}, "--list-tasks is not handed on"),
        (["--syntax-check"], {}, "--syntax-check is not handed on"),
        (["--skip-tags", "x,always"], {}, "--skip-tags always would skip the tasks that run the playbook"),
        (
            [],
            {"run_playbook_host": "a"},
            "the nearest is run_playbook_hosts",
        ),
        ([], {"run_playbook_collection": "a.b"}, "the nearest is run_playbook_collections"),
    ],
)
def test_what_cannot_be_meant_is_one_error_before_anything(
    controller: Controller, stand: Path, arguments: list[str], variables: dict[str, str], message: str
) -> None:
    (stand / "hosts").write_text("a\nb\n[empty]\n")
    (stand / "none").write_text("[empty]\n")
    (stand / "limit").write_text("b\n")
    ended = run(controller, stand, *arguments, **variables)
    assert ended.returncode != 0
    assert message in " ".join(ended.output.split())
    assert venvs(controller.home) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-t", "nope"], "no task matched: nothing was run"),
        (["--start-at-task", "nope"], "no task matched: nothing was run"),
        (["-i", "hosts", "-l", "b"], "no host matched: nothing was run"),
    ],
)
def test_a_run_in_which_nothing_ran_is_no_success(
    controller: Controller, stand: Path, arguments: list[str], message: str
) -> None:
    (stand / "hosts").write_text("a\nb\n")
    plays = json.loads((stand / "site.yml").read_text())
    (stand / "site.yml").write_text(json.dumps([{**plays[0], "hosts": "a" if "-l" in arguments else "localhost"}]))
    ended = run(controller, stand, *arguments)
    assert ended.returncode != 0
    assert message in " ".join(ended.output.split())
    assert not (stand / "made").exists()


def test_a_limit_is_for_the_playbook(controller: Controller, stand: Path) -> None:
    """Only ``a`` is changed, wherever the playbook runs; options of this run do not apply to its own tasks."""
    (stand / "hosts").write_text(
        "[all:vars]\nansible_connection=local\n[web]\na\nb\n[runner]\nc run_playbook_output=summary\n"
    )
    task = {"ansible.builtin.file": {"path": "{{ playbook_dir }}/{{ inventory_hostname }}", "state": "touch"}}
    (stand / "site.yml").write_text(json.dumps([{"hosts": "web", "gather_facts": False, "tasks": [task]}]))
    for where in ({}, {"run_playbook_hosts": "c"}):
        ended = run(controller, stand, "-i", "hosts", "-l", "a", **where)
        assert ended.returncode == 0, ended.output
        assert ((stand / "a").exists(), (stand / "b").exists()) == (True, False)
        # The variables of the host where it runs count, not those of the hosts that it changes.
        assert ("PLAY [web]" in ended.output) == (where == {})
        (stand / "a").unlink()


def test_two_projects_with_the_same_names_at_once(controller: Controller, tmp_path: Path) -> None:
    """Each in the venv that it needs, which two that need the same share."""
    needs = {"a": "hashids", "b": "netaddr"}
    started = {}
    for name, package in needs.items():
        directory = tmp_path / name / "playbooks"
        directory.mkdir(parents=True)
        (tmp_path / name / "ansible.cfg").touch()
        script = f"import {package}, sys; print(sys.prefix)"
        task = {"ansible.builtin.command": {"argv": ["{{ ansible_playbook_python }}", "-c", script]}, "register": "x"}
        kept = {"ansible.builtin.copy": {"content": "{{ x.stdout }}", "dest": f"{tmp_path}/{name}.txt", "mode": "0600"}}
        play = {"hosts": "localhost", "gather_facts": False, "tasks": [task, kept]}
        (directory / "site.yml").write_text(json.dumps([play]))
        argv = [controller.venv.program("ansible-playbook"), RUN, "-e", "run_playbook_path=playbooks/site.yml"]
        started[name] = subprocess.Popen(
            [*argv, "-e", f"run_playbook_packages={package}"], cwd=tmp_path / name, stdin=subprocess.DEVNULL,
            env=controller.environment(UV_SYSTEM_CERTS="1"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    for one in started.values():
        output, _nothing = one.communicate(timeout=600)
        assert one.returncode == 0, output.decode()
    prefixes = {(tmp_path / f"{name}.txt").read_text() for name in needs}
    assert len(prefixes) == 2
    assert len(venvs(controller.home)) == 2


def test_check_mode_builds_the_venv_and_changes_nothing_else(controller: Controller, stand: Path) -> None:
    """The venv is a cache. What was asked for beside the analysis is added, with a core that was chosen."""
    told = {
        "run_playbook_path": "site.yml",
        "run_playbook_extra_packages": "hashids",
        "run_playbook_ansible_core": "2.19.*",
    }
    arguments = [word for name, value in told.items() for word in ("-e", f"{name}={value}")]
    ended = controller.run("ansible-playbook", RUN, "-C", *arguments, cwd=stand, env={"UV_SYSTEM_CERTS": "1"})
    assert ended.returncode == 0, ended.output
    assert not (stand / "made").exists()
    (venv,) = venvs(controller.home)
    python = controller.home / ".local/share/ansible-venvs" / venv / "bin" / "python"
    script = "import hashids, ansible.release; print(ansible.release.__version__)"
    found = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout
    assert found.startswith("2.19.")


def test_without_a_path_the_error_names_the_variable(controller: Controller, stand: Path) -> None:
    ended = controller.playbook(RUN, cwd=stand)
    assert ended.returncode != 0
    assert "run_playbook_path: no playbook is named" in ended.output
    assert "missing required arguments" not in ended.output


def test_standard_output_that_is_data_stays_data(controller: Controller, stand: Path) -> None:
    """The callback is of another collection, and is found by its directory."""
    (directory,) = environment("whole").path.glob("lib/python3*/site-packages/ansible_collections/ansible/posix")
    told = ["-e", "run_playbook_path=site.yml", "-e", "run_playbook_packages=packaging"]
    env = {
        "UV_SYSTEM_CERTS": "1", "ANSIBLE_STDOUT_CALLBACK": "jsonl",
        "ANSIBLE_CALLBACK_PLUGINS": str(directory / "plugins" / "callback"),
    }  # fmt: skip
    ended = controller.run("ansible-playbook", RUN, *told, cwd=stand, env=env)
    assert ended.returncode == 0, ended.output
    assert (stand / "made").exists()
    assert [line for line in ended.stdout.splitlines() if not isinstance(json.loads(line), dict)] == []


def test_the_sample(controller: Controller, tmp_path: Path) -> None:
    """Derived, built and run from nothing; then again with nothing to do."""
    project = tmp_path / "sample"
    shutil.copytree(ROOT / "docs/sample", project)
    source = {"run_playbook_collections_source": "community_package"}
    variables = {"run_playbook_path": "site.yml", **source}
    arguments: dict[str, Any] = {"variables": variables, "env": {"UV_SYSTEM_CERTS": "1"}}
    first = controller.playbook(RUN, cwd=project, **arguments)
    assert first.returncode == 0, first.output
    made = controller.home / "venv-sample"
    assert {path.name for path in made.iterdir()} == {"gateway.pem", "plan.html", "plan.xml"}
    assert '<device name="camera" address="192.168.30.3"/>' in (made / "plan.xml").read_text()
    (line,) = (line for line in first.stdout.splitlines() if line.startswith("packages: "))
    for name in ("cryptography", "hashids", "lxml", "netaddr"):
        assert f" {name} " in line
    second = controller.playbook(RUN, cwd=project, **arguments)
    assert second.returncode == 0, second.output
    assert "changed=0" in second.stdout
    assert "venv (reused)" in second.stdout


def test_the_sample_runs_in_the_whole_package_too(controller: Controller) -> None:
    """It is an ordinary project: whoever has installed what it needs can run it as ever."""
    ended = Controller(environment("whole"), controller.home).run(
        "ansible-playbook", "--syntax-check", "site.yml", cwd=ROOT / "docs/sample"
    )
    assert ended.returncode == 0, ended.output


def test_a_project_can_enable_the_callback_of_this_collection(controller: Controller, stand: Path) -> None:
    """It shows the run from outside, and is no requirement of the playbook."""
    (stand / "ansible.cfg").write_text("[defaults]\ncallbacks_enabled = mobile_ansible.venv.progress\n")
    ended = run(controller, stand)
    assert ended.returncode == 0, ended.output
    assert "run_playbook : Run the playbook in the venv" in ended.stderr and "progress: " in ended.stderr
    assert "Error loading plugin" not in ended.output


def test_a_playbook_in_a_directory_finds_the_roles_of_its_project(controller: Controller, stand: Path) -> None:
    tasks = stand / "roles" / "web" / "tasks"
    tasks.mkdir(parents=True)
    (tasks / "main.yml").write_text("- {name: Say, debug: {msg: the role}}\n")
    (stand / "playbooks").mkdir()
    (stand / "playbooks" / "site.yml").write_text("- {hosts: localhost, gather_facts: false, roles: [web]}\n")
    ended = run(controller, stand, run_playbook_path="playbooks/site.yml")
    assert ended.returncode == 0 and '"the role"' in ended.output, ended.output


def test_through_a_pipe_lines_come_while_it_runs(controller: Controller, stand: Path) -> None:
    waits = {"ansible.builtin.wait_for": {"path": str(stand / "go"), "timeout": 300}}
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [{"ansible.builtin.debug": {"msg": "now"}}, waits]}
    (stand / "site.yml").write_text(json.dumps([play]))
    own = json.dumps({"run_playbook_path": "site.yml", "run_playbook_packages": ["packaging"]})
    argv = [controller.venv.program("ansible-playbook"), RUN, "-e", own]
    with subprocess.Popen(
        argv, cwd=stand, env=controller.environment(UV_SYSTEM_CERTS="1"), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        seen = next((line for line in process.stdout if '"now"' in line), None)
        is_running = process.poll() is None
        (stand / "go").touch()
        process.stdout.read()
    assert seen and is_running and process.returncode == 0
