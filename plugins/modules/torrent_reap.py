#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: torrent_reap
short_description: Destroy what torrent runs left in a DigitalOcean account
version_added: 0.1.0
description:
  - Finds the droplets, firewalls, SSH keys and tags that torrent runs created, by their names and tags in the account
    alone, and destroys those that are overdue. Nothing else in the account is changed.
  - A resource counts as destroyed only if the API lists what exists, and the resource is not listed. Until then it is
    deleted again and again, up to O(timeout). If something still exists then, the task fails and names it.
  - Failures of the API and its limits are waited for, as the API asks.
  - The token must be allowed to read and delete droplets, firewalls, SSH keys and tags.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host
extends_documentation_fragment:
  - mobile_ansible.venv.attributes
  - mobile_ansible.venv.digitalocean
attributes:
  check_mode:
    details:
      - Returns what would be destroyed.
  diff_mode:
    support: none
options:
  run:
    description:
      - The id of one run. All that this run created is destroyed, overdue or not. Other runs are only reported.
    type: str
  timeout:
    description:
      - The number of seconds in which all must be destroyed.
    type: int
    default: 600
seealso:
  - module: mobile_ansible.venv.torrent_download
"""

EXAMPLES = r"""
- name: Destroy what is overdue
  mobile_ansible.venv.torrent_reap:
    api_token_file: ~/.config/do-token

- name: Destroy all of one run, with a token that Ansible Vault keeps
  mobile_ansible.venv.torrent_reap:
    run: 3f1c5ad86cf1
    api_token: "{{ vaulted_token }}"
"""

RETURN = r"""
destroyed:
  description: The resources that were destroyed, or that would be in check mode.
  returned: success, or if not everything was destroyed
  type: list
  elements: dict
  contains: &resource
    kind:
      description: V(droplet), V(firewall), V(key) or V(tag).
      type: str
      sample: droplet
    id:
      description: The id in the account.
      type: str
      sample: "3164494"
    name:
      description: The name.
      type: str
      sample: mobile-ansible-torrent-3f1c5ad86cf1-1790000000
    run:
      description: The id of the run.
      type: str
      sample: 3f1c5ad86cf1
    expires:
      description: The time at which it is overdue, in UTC.
      type: str
      sample: "2026-09-21T14:13:20Z"
    overdue:
      description: Whether that time has passed.
      type: bool
      sample: true
    age:
      description: The number of seconds since a droplet was created, null for other resources.
      type: int
      sample: 3725
    hourly:
      description: The price of a droplet in US dollars per hour, V(0) for other resources.
      type: float
      sample: 0.00893
    cost:
      description: The cost of a droplet in US dollars until now, V(0) for other resources.
      type: float
      sample: 0.01
remaining:
  description: The resources of torrent runs that are not overdue. On failure those that still exist.
  returned: success, or if not everything was destroyed
  type: list
  elements: dict
  contains: *resource
reason:
  description: Why not everything was destroyed.
  returned: if not everything was destroyed
  type: str
  sample: "droplet 3164494: status 500 (Unexpected server-side error)"
error_code:
  description:
    - A stable code of the kind of failure, such as V(token) (refused, or not allowed to do this), V(api) or
      V(not_destroyed).
  returned: failure
  type: str
  sample: not_destroyed
"""

from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.options import API_OPTIONS, api_of
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.reaping import Reaper
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.run_mark import check_run
from ansible_collections.mobile_ansible.venv.plugins.module_utils._module import run_module

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    **API_OPTIONS,
    "run": {"type": "str"},
    "timeout": {"type": "int", "default": 600},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Destroy what is overdue, or what one run made."""
    params = module.params
    if params["run"] is not None:
        check_run(params["run"])
    api = api_of(params, hide=module.no_log_values.add)
    reaped = Reaper(api, run=params["run"]).reap(is_check=module.check_mode)
    return {
        "changed": bool(reaped.destroyed),
        "destroyed": [one.as_dict() for one in reaped.destroyed],
        "remaining": [one.as_dict() for one in reaped.remaining],
    }


def main() -> None:
    """Entry point."""
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
