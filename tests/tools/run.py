# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""`make run`: set a controller up in build/ and run a playbook with ``mobile_ansible.venv.run``.

What the user said comes in environment variables, so that no shell takes it apart: PLAYBOOK, INVENTORY, LIMIT, STORE,
ARGS (more options, as a shell would split them), and STAND, the directory that relative paths start from.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from environments import SetUpError, environment
from places import BUILD, ROOT, clean_environment, collection_tree

SAMPLE = ROOT / "docs" / "sample" / "site.yml"


def command(said: Mapping[str, str]) -> list[str]:
    """The arguments of ``ansible-playbook`` for what the user said; empty values count as not said."""
    playbook, inventory, store = (said.get(name, "") for name in ("PLAYBOOK", "INVENTORY", "STORE"))
    # What is needed beside it, the package index has.
    source = {"run_playbook_collections_source": "community_package"}
    variables = {"run_playbook_path": playbook or str(SAMPLE), **source}
    if not playbook:
        variables["run_playbook_project"] = str(SAMPLE.parent)  # else all of the clone would be shipped to a host
    if not (playbook or inventory or store):
        # The demonstration keeps to itself; everything else goes to the places that the user has anyway.
        store = str(BUILD / "store")
        variables["run_playbook_controller_store"] = store
        variables["run_playbook_results"] = str(BUILD / "results")
    if store:
        variables["run_playbook_store"] = store
    argv = ["mobile_ansible.venv.run", "--extra-vars", json.dumps(variables)]
    if inventory:
        argv += ["--inventory", inventory]
    if limit := said.get("LIMIT"):
        argv += ["--limit", limit]
    return argv + shlex.split(said.get("ARGS", ""))


def main() -> None:
    try:
        controller = environment("controller")
    except SetUpError as error:
        sys.exit(str(error))
    env = clean_environment() | {name: value for name, value in os.environ.items() if name.startswith("ANSIBLE_")}
    paths = [str(collection_tree()), *filter(None, [env.get("ANSIBLE_COLLECTIONS_PATH")])]
    env["ANSIBLE_COLLECTIONS_PATH"] = os.pathsep.join(paths)
    env["PATH"] = f"{controller.path / 'bin'}:{env['PATH']}"
    program = controller.program("ansible-playbook")
    os.chdir(Path(os.environ.get("STAND") or Path.cwd()))
    sys.stdout.flush()
    os.execve(program, [program, *command(os.environ)], env)


if __name__ == "__main__":
    main()
