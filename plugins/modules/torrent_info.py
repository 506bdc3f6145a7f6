#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: torrent_info
short_description: Gather information about the torrent runs of this controller
version_added: 0.1.0
description:
  - Returns for each run of the role P(mobile_ansible.venv.torrent#role) what it downloads, how far it is, until when
    its droplet may exist, and what it has cost until now.
  - All of it is read from files on the controller, also while a run goes on in another terminal. Nobody is asked over
    the network. What exists in an account is told by M(mobile_ansible.venv.torrent_reap) in check mode.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host
extends_documentation_fragment:
  - mobile_ansible.venv.attributes.read_only
options:
  directory:
    description:
      - The directory in which the runs keep their state. If it does not exist, there are no runs.
    type: path
    default: ~/.local/state/mobile-ansible-venv/torrent
  run:
    description:
      - The id of a run. Only this run is returned, or none if it is not known.
    type: str
seealso:
  - module: mobile_ansible.venv.torrent_reap
"""

EXAMPLES = r"""
- name: Gather information about all runs
  mobile_ansible.venv.torrent_info:
  register: torrents

- name: Show what is running
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.step }}, {{ item.percent }} %, {{ item.peers }} peers, {{ item.cost }} USD"
  loop: "{{ torrents.runs | selectattr('state', 'eq', 'running') }}"
  loop_control:
    label: "{{ item.run }}"
"""

RETURN = r"""
runs:
  description: The runs, the latest last. A value is null if it is not known.
  returned: success
  type: list
  elements: dict
  contains:
    run:
      description: The id of the run.
      type: str
      sample: 3f1c5ad86cf1
    state:
      description:
        - V(running), V(succeeded), V(failed), V(died) if its process was killed, or V(damaged) if its files cannot be
          read. RV(runs[].error) has the reason then.
      type: str
      sample: running
    provider:
      description: Where the download runs, V(digitalocean) or V(host).
      type: str
      sample: digitalocean
    host:
      description: The host of the download.
      type: str
      sample: 203.0.113.7
    info_hash:
      description: The info hash of the torrent.
      type: str
      sample: dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c
    name:
      description: The name of the torrent. What would act on a terminal is escaped.
      type: str
      sample: debian-12.7.0-amd64-netinst.iso
    dest:
      description: The directory of the files on the controller.
      type: str
      sample: /home/me/torrents
    step:
      description: The current step, or the last one.
      type: str
      sample: download
    percent:
      description: From 0 to 100.
      type: float
      sample: 41.5
    rate:
      description: Bytes per second, during a download.
      type: int
      sample: 5242880
    peers:
      description: The number of peers, during a download.
      type: int
      sample: 12
    eta:
      description: The seconds left at the pace until now.
      type: int
      sample: 20
    started:
      description: When the run was started, in UTC.
      type: str
      sample: "2026-09-21T13:13:20Z"
    expires:
      description: From when on everything of the run is overdue, in UTC.
      type: str
      sample: "2026-09-21T14:13:20Z"
    hourly:
      description: The price of the droplet in US dollars per hour.
      type: float
      sample: 0.00893
    cost:
      description: The cost in US dollars until now, or of the whole run after its end.
      type: float
      sample: 0.01
    receipt:
      description: The path of the receipt, which is written at the end.
      type: str
      sample: /home/me/.local/state/mobile-ansible-venv/torrent/runs/3f1c5ad86cf1/receipt.json
    error:
      description: Why the run failed, or which of its files is damaged.
      type: str
      sample: null
"""

import os
from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.run_mark import is_run
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._module import run_module
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable_data
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.run_list import listed_runs

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "directory": {"type": "path", "default": "~/.local/state/mobile-ansible-venv/torrent"},
    "run": {"type": "str"},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Read the files of the runs."""
    directory, only = module.params["directory"], module.params["run"]
    if only is not None and not is_run(only):
        raise InputError(f"run: {only!r} is not the id of a run: give 12 of the digits 0 to 9 and a to f")
    if not os.path.isabs(directory):
        raise InputError(f"directory: {directory!r} is a relative path; give an absolute path")
    return {"changed": False, "runs": printable_data(listed_runs(directory, run=only))}


def main() -> None:
    """Entry point."""
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
