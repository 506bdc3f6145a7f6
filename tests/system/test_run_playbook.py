# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The playbook mobile_ansible.venv.run: from one command to a result, with the sample project and with bad input."""

from __future__ import annotations

import json
import shutil
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
    assert venvs(controller.home) == ["stand-site"]
    assert "localhost: ok 1, changed 1" in first.stdout
    second = run(controller, stand)
    assert second.returncode == 0, second.output
    assert "changed=0" in second.stdout


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
    ("arguments", "variables"),
    [
        (["--inventory", "hosts"], {"run_playbook_hosts": "nobody"}),
        (["--inventory", "hosts"], {"run_playbook_hosts": "empty"}),
        (["--inventory", "hosts", "--limit", "b"], {"run_playbook_hosts": "a"}),
        (["--inventory", "none"], {}),
    ],
)
def test_no_host_matched(controller: Controller, stand: Path, arguments: list[str], variables: dict[str, str]) -> None:
    (stand / "hosts").write_text("a\nb\n[empty]\n")
    (stand / "none").write_text("[empty]\n")
    ended = run(controller, stand, *arguments, **variables)
    assert ended.returncode != 0
    assert "no host matches" in ended.output
    assert venvs(controller.home) == []


def test_without_a_path_the_error_names_the_variable(controller: Controller, stand: Path) -> None:
    ended = controller.playbook(RUN, cwd=stand)
    assert ended.returncode != 0
    assert "missing required arguments: run_playbook_path" in ended.output


def test_the_sample(controller: Controller, tmp_path: Path) -> None:
    """Derived, built and run from nothing; then again with nothing to do."""
    project = tmp_path / "sample"
    shutil.copytree(ROOT / "docs/sample", project)
    arguments: dict[str, Any] = {"variables": {"run_playbook_path": "site.yml"}, "env": {"UV_SYSTEM_CERTS": "1"}}
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
