# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Run a module that asks DigitalOcean's API as a task, as users do, with all that Ansible can say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from api_client import TOKEN
from controller import Controller
from digitalocean_double import DigitalOceanDouble


def account_task(
    controller: Controller,
    double: DigitalOceanDouble,
    directory: Path,
    module: str,
    *arguments: str,
    token: str = "",
    **options: Any,
) -> dict[str, Any]:
    """Its result, failed or not. ``token`` is in the environment; nobody sees the right one."""
    kept = {"content": "{{ result | to_json }}", "dest": str(directory / "result.json")}
    tasks = [
        {
            f"mobile_ansible.venv.{module}": {"api_url": double.baseurl, **options},
            "register": "result",
            "failed_when": False,
        },
        {"ansible.builtin.copy": kept, "check_mode": False},
    ]
    playbook = directory / "task.yml"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    env = {"DO_API_TOKEN": token} if token else {}
    done = controller.playbook(playbook, "-vvv", "--diff", *arguments, env=env)
    assert done.returncode == 0, done.output
    assert TOKEN not in done.output
    result: dict[str, Any] = json.loads((directory / "result.json").read_text())
    return result
