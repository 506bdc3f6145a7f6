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
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host
extends_documentation_fragment:
  - mobile_ansible.venv.attributes
attributes:
  check_mode:
    details:
      - Returns what would be destroyed.
  diff_mode:
    support: none
options:
  api_token:
    description:
      - The API token. It must be allowed to read and delete droplets, firewalls, SSH keys and tags.
      - The default is the environment variable E(DO_API_TOKEN), E(DO_API_KEY), E(DO_OAUTH_TOKEN) or E(OAUTH_TOKEN) on
        the host. Do not use the keyword C(environment) of the task for it, because Ansible shows its values.
    type: str
  api_token_file:
    description:
      - A file on the host with the API token as its only line. It must belong to the user of the task or to root, and
        nobody else may read it (mode 0600).
    type: path
  api_url:
    description:
      - The address of the API.
    type: str
    default: https://api.digitalocean.com/v2
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
error_code:
  description:
    - A stable code of the kind of failure, such as V(token) (refused, or not allowed to do this), V(api) or
      V(not_destroyed).
  returned: failure
  type: str
  sample: not_destroyed
"""

import time
from typing import TYPE_CHECKING, Any

from ansible.module_utils.basic import env_fallback

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.api import API_URL, Api
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.reaping import Reaper
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.run_mark import is_run
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.token_file import read_token
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._module import run_module

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

_VARIABLES = ["DO_API_TOKEN", "DO_API_KEY", "DO_OAUTH_TOKEN", "OAUTH_TOKEN"]
ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "api_token": {"type": "str", "no_log": True, "fallback": (env_fallback, _VARIABLES)},
    "api_token_file": {"type": "path", "no_log": False},
    "api_url": {"type": "str", "default": API_URL},
    "run": {"type": "str"},
    "timeout": {"type": "int", "default": 600},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Destroy what is overdue, or what one run made."""
    params = module.params
    if params["timeout"] < 1:
        raise InputError(f"timeout: {params['timeout']} must be at least 1")
    if params["run"] is not None and not is_run(params["run"]):
        raise InputError(f"run: {params['run']!r} is not the id of a run: give 12 of the digits 0 to 9 and a to f")
    if params["api_token_file"] is not None:
        token = read_token(params["api_token_file"])
        module.no_log_values.add(token)
    elif params["api_token"]:
        token = params["api_token"]
    else:
        raise InputError(
            f"api_token: there is no token; set api_token_file, or the environment variable {_VARIABLES[0]} on the host"
        )
    api = Api(params["api_url"], token, deadline=time.monotonic() + params["timeout"])
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
