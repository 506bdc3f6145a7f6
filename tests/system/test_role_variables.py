# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Role variables as people give them: ``-e name=value``, which is always text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from controller import Controller, Run
from places import ROOT

#: A text for each type, and what the tasks of the role must see.
_TEXTS: dict[str, tuple[str, Any]] = {
    "bool": ("no", False),
    "int": ("3", 3),
    "float": ("0.05", 0.05),
    "str": ("3.10", "3.10"),
    "raw": ('{"a":["b"]}', {"a": ["b"]}),
    "dict": ('{"a":"b"}', {"a": "b"}),
    "list": ("one", ["one"]),
}


def options(role: str) -> dict[str, Any]:
    entries = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    return {name: option for entry in entries.values() for name, option in entry["options"].items()}


def example(option: dict[str, Any]) -> tuple[str, Any]:
    """A text for an option, and its value."""
    if "choices" in option:
        choice = option["choices"][-1]
        return choice, [choice] if option["type"] == "list" else choice
    if option.get("elements") == "dict" and "options" in option:
        value = [{name: example(one)[1] for name, one in option["options"].items()}]
        return json.dumps(value), value
    return _TEXTS[option["type"]]


@pytest.mark.parametrize("role", [path.name for path in sorted((ROOT / "roles").iterdir())])
def test_every_variable_of_a_role_has_its_type(controller: Controller, tmp_path: Path, role: str) -> None:
    """All at once, through the variables of the role itself, as its tasks see them."""
    given = {name: example(option) for name, option in options(role).items()}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [str(ROOT / "roles" / role / "vars" / "main.yml")],
        "tasks": [
            {
                "ansible.builtin.copy": {
                    "content": f"{{{{ __{role}_options | to_json }}}}",
                    "dest": str(tmp_path / "seen.json"),
                }
            }
        ],
    }
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    arguments = [word for name, (text, _value) in given.items() for word in ("-e", f"{name}='{text}'")]
    ended = controller.playbook(tmp_path / "play.yml", *arguments)
    assert ended.returncode == 0, ended.output
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert seen == {name.removeprefix(f"{role}_"): value for name, (_text, value) in given.items()}


def test_a_life_with_variables_from_the_command_line(controller: Controller, tmp_path: Path, wheelhouse: Path) -> None:
    """No variables file: share without pip and with one more package, repair, migrate and undo."""
    projects = [tmp_path / "report", tmp_path / "news"]
    for project in projects:
        project.mkdir()
        (project / "requirements.txt").write_text("six\n")

    def play(playbook: str, *more: str) -> Run:
        given = [
            f"shared_venv_projects={','.join(map(str, projects))}",
            f"shared_venv_parent={projects[0]}",
            f"shared_venv_store={tmp_path / 'store'}",
            f"shared_venv_find_links={wheelhouse}",
            "shared_venv_offline=true",
            "shared_venv_pip=false",
            "shared_venv_packages=markupsafe",
            *more,
        ]
        ended = controller.playbook(f"mobile_ansible.venv.{playbook}", *(word for one in given for word in ("-e", one)))
        assert ended.returncode == 0, ended.output
        return ended

    play("share")
    (site,) = (projects[0] / "venv").glob("lib/python3.*/site-packages")
    assert (site / "markupsafe").is_dir() and not (site / "pip").exists()
    (projects[1] / "venv").unlink()
    play("verify", "shared_venv_repair=true")
    assert (projects[1] / "venv").is_symlink()
    (projects[1] / "venv").unlink()
    (projects[1] / "venv").mkdir()
    play("migrate", "shared_venv_undo=false")
    assert (projects[1] / "venv").is_symlink()
    play("migrate", "shared_venv_undo=true")
    assert (projects[1] / "venv").is_dir() and not (projects[1] / "venv").is_symlink()


def test_a_mistake_in_a_profile_of_the_gate_is_said_once(controller: Controller, tmp_path: Path) -> None:
    """Ansible shows the message of a task that failed, and its result."""
    (tmp_path / "site.yml").write_text("version: 3\ndependencies: {pyton: []}\n")
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "roles": ["mobile_ansible.venv.phone_gate"],
        "vars": {
            "phone_gate_user": "no-such-user",
            "phone_gate_phones": [{"name": "me", "public_key": "ssh-ed25519 AAAA me"}],
            "phone_gate_profiles": [str(tmp_path / "site.yml")],
        },
    }
    playbook = tmp_path / "gate.yml"
    playbook.write_text(json.dumps([play]))
    run = controller.playbook(playbook, "--check", cwd=tmp_path)
    assert run.returncode != 0
    sentence = f"phone_gate_profiles: {tmp_path}/site.yml, line 2: dependencies has unknown keys: pyton"
    assert run.output.count(sentence) == run.output.count("has unknown keys: pyton") == 2, run.output
