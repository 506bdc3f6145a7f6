# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The module ``shared_venv`` as a task on hosts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from controller import Controller
from hosts import Host

#: Where the hosts have their store.
STORE = "/srv/venvs"


class HostTask:
    """The module as a task on some hosts; ``keywords`` are those of the play."""

    def __init__(self, controller: Controller, hosts: list[Host], directory: Path, **keywords: Any) -> None:
        self.controller = controller
        self.inventory = directory / "hosts.json"
        named = {host.name: host.inventory() for host in hosts}
        self.inventory.write_text(json.dumps({"all": {"hosts": named}}))
        self.playbook = directory / "site.yml"
        self.keywords = keywords
        #: All that the last run said, with everything that Ansible tells of what it does.
        self.output = ""

    def answers(self, *arguments: str, store: str = STORE, **options: Any) -> list[dict[str, Any]]:
        """What each host answered, in the order of their names."""
        asked = {"store": store, "name": "site", **options}
        task = {
            "mobile_ansible.venv.shared_venv": asked,
            "register": "answer",
            "ignore_errors": True,  # each test looks at the answer, also at that of a failure
        }
        written = {"content": "{{ answer | to_json }}", "dest": f"{self.playbook}.{{{{ inventory_hostname }}}}.json"}
        show = {"ansible.builtin.copy": written, "delegate_to": "localhost", "check_mode": False, "become": False}
        play = {"hosts": "all", "gather_facts": False, "tasks": [task, show], **self.keywords}
        self.playbook.write_text(json.dumps([play]))
        run = self.controller.run("ansible-playbook", "--inventory", self.inventory, self.playbook, *arguments)
        self.output = run.output
        assert run.returncode == 0, run.output
        return [json.loads(path.read_text()) for path in sorted(self.playbook.parent.glob("site.yml.*.json"))]

    def __call__(self, *arguments: str, store: str = STORE, **options: Any) -> dict[str, Any]:
        """What the only host answered."""
        (answer,) = self.answers(*arguments, store=store, **options)
        return answer
