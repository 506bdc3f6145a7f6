# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What collection_deps writes for other programs is read by these programs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import debian
import pytest
from controller import Controller
from environments import environment, uv_environment

_HOSTILE = 'a"]; --> b [label="x\\'
_PLAYBOOK = [
    {
        "hosts": "localhost",
        "tasks": [
            {"debug": {"msg": "{{ x | community.general.json_query('a') }}"}},
            {"community.general.ldap_entry": {"dn": "x"}},
            {"ansible.posix.synchronize": {"src": "a", "dest": "b"}},
            {"name": _HOSTILE, "include_tasks": {"file": f"{_HOSTILE}.yml"}},
        ],
    }
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path) -> Path:
    """A directory with a file of each form, written by a playbook as the documentation has it."""
    directory = tmp_path_factory.mktemp("formats")
    project, out = directory / "project", directory / "out"
    project.mkdir()
    out.mkdir()
    (project / "site.yml").write_text(json.dumps(_PLAYBOOK))
    (project / f"{_HOSTILE}.yml").write_text("- community.general.snap: {name: x}\n")
    forms = [
        "requirements.yml",
        "requirements.txt",
        "bindep.txt",
        "execution-environment.yml",
        "graph.mmd",
        "graph.dot",
    ]
    asked = {
        "path": str(project / "site.yml"),
        "store": str(directory / "store"),
        "collections_source": "community_package",
        "find_links": [str(wheelhouse)],
        "offline": True,
        "formats": forms,
    }
    copied = {"content": "{{ item.value }}", "dest": f"{out}/{{{{ item.key }}}}", "mode": "0644"}
    tasks = [
        {"mobile_ansible.venv.collection_deps": asked, "register": "analysis"},
        {"copy": copied, "loop": "{{ analysis.files | dict2items }}"},
    ]
    playbook = directory / "write.yml"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    run = Controller(venv=environment("controller"), home=directory).playbook(playbook)
    assert run.returncode == 0, run.output
    assert sorted(path.name for path in out.iterdir()) == sorted(forms)
    return out


def ended(*argv: str | Path, cwd: Path | None = None) -> str:
    run = subprocess.run(argv, cwd=cwd, env=uv_environment(), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_ansible_builder_makes_a_build_context_of_it(files: Path, tmp_path: Path) -> None:
    builder = environment("builder").program("ansible-builder")
    definition = files / "execution-environment.yml"
    ended(builder, "create", "-f", definition, "-c", tmp_path / "context", cwd=tmp_path)
    galaxy = (tmp_path / "context" / "_build" / "requirements.yml").read_text()
    assert "community.general" in galaxy
    assert "python-ldap" in (tmp_path / "context" / "_build" / "requirements.txt").read_text()


def test_bindep_reads_it(files: Path) -> None:
    assert "rsync [platform:redhat]" in files.joinpath("bindep.txt").read_text()
    bindep = environment("builder").program("bindep")
    listed = subprocess.run(
        [bindep, "-f", files / "bindep.txt", "--profiles"], capture_output=True, text=True, check=False
    )
    assert listed.returncode == 0, listed.stderr
    assert "Platform profiles" in listed.stdout


def test_uv_reads_the_packages(files: Path) -> None:
    program = environment("installer").program("uv")
    resolved = ended(program, "pip", "compile", "--quiet", "--no-header", files / "requirements.txt")
    assert "jmespath==" in resolved


def test_ansible_galaxy_reads_the_collections(files: Path, controller: Controller, tmp_path: Path) -> None:
    """It reads the file, and then has no server to ask."""
    run = controller.run(
        "ansible-galaxy", "collection", "install", "--offline", "-p", tmp_path / "to", "-r", files / "requirements.yml"
    )
    assert "ansible.posix" in run.output, run.output


def test_graphviz_draws_it(files: Path) -> None:
    dot = debian.program("dot", package="graphviz")
    if dot is None:
        pytest.skip("graphviz is not installed")
    drawn = json.loads(ended(dot, "-Tjson", files / "graph.dot"))
    labels = {one["label"] for one in drawn["objects"]}
    assert {"module community.general.ldap_entry", "community.general", "jmespath"} <= labels
    assert any(label.startswith('a"]; --> b') for label in labels)
