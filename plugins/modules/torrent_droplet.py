#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: torrent_droplet
short_description: Wait until the droplet of a torrent run can be used
version_added: 0.1.0
description:
  - Waits until exactly one droplet has the tag of the run, is active, has a public IPv4 address, and an SSH server
    answers there.
  - The droplet is found by its tag alone. So it is found even if the answer to its creation was lost, and a second one
    need never be created.
  - Nothing is created, changed or destroyed. M(mobile_ansible.venv.torrent_reap) destroys the droplet.
  - The token must be allowed to read droplets.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host
extends_documentation_fragment:
  - mobile_ansible.venv.attributes.read_only
  - mobile_ansible.venv.digitalocean
options:
  name:
    description:
      - The name of the droplet, which is its tag as well.
    type: str
    required: true
  timeout:
    description:
      - The number of seconds in which the droplet must be usable.
    type: int
    default: 600
  create_timeout:
    description:
      - The number of seconds in which the droplet must be listed.
    type: int
    default: 60
  ssh_timeout:
    description:
      - The number of seconds in which an SSH server must answer, from when the droplet is active.
    type: int
    default: 180
seealso:
  - module: mobile_ansible.venv.torrent_price
  - module: mobile_ansible.venv.torrent_reap
"""

EXAMPLES = r"""
- name: Wait for the droplet of a run
  mobile_ansible.venv.torrent_droplet:
    name: mobile-ansible-torrent-3f1c5ad86cf1-1790000000
    api_token_file: ~/.config/do-token
  register: droplet
"""

RETURN = r"""
id:
  description: The id of the droplet.
  returned: success
  type: str
  sample: "3164494"
address:
  description: The public IPv4 address of the droplet.
  returned: success
  type: str
  sample: 203.0.113.7
hourly:
  description: The price of the droplet in US dollars per hour.
  returned: success
  type: float
  sample: 0.00893
created:
  description: When the droplet was created, in UTC.
  returned: success
  type: str
  sample: "2026-09-21T11:13:20Z"
seconds:
  description: What each step took.
  returned: success
  type: dict
  contains:
    create:
      description: The number of seconds until the droplet was listed.
      type: float
      sample: 0.4
    active:
      description: The number of seconds until it was active and had an address.
      type: float
      sample: 24.1
    ssh:
      description: The number of seconds until an SSH server answered.
      type: float
      sample: 8.3
error_code:
  description:
    - A stable code of the kind of failure.
    - V(not_created), V(several) (droplets with this tag), V(not_active) (in time), V(off), V(no_address), V(no_ssh),
      V(vanished), V(token), V(api) or V(bad_input).
  returned: failure
  type: str
  sample: no_ssh
"""

from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.options import (
    API_OPTIONS,
    api_of,
    check_seconds,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.run_mark import RunMark
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.waiting import DropletWait
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._module import run_module

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    **API_OPTIONS,
    "name": {"type": "str", "required": True},
    "timeout": {"type": "int", "default": 600},
    "create_timeout": {"type": "int", "default": 60},
    "ssh_timeout": {"type": "int", "default": 180},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Wait for the droplet."""
    params = module.params
    mark = RunMark.of(params["name"])
    if mark is None:
        raise InputError(f"name: {params['name']!r} is not the name of a droplet of a torrent run; give its whole name")
    check_seconds(params, "create_timeout", "ssh_timeout")
    api = api_of(params, hide=module.no_log_values.add)
    limits = {"create_seconds": params["create_timeout"], "ssh_seconds": params["ssh_timeout"]}
    return {"changed": False, **DropletWait(api, mark, **limits).wait().as_dict()}


def main() -> None:
    """Entry point."""
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
