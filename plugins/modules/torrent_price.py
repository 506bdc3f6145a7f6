#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: torrent_price
short_description: Tell what a droplet for a torrent run can cost, and whether it may be created
version_added: 0.1.0
description:
  - Asks the API of DigitalOcean what a droplet costs, what the account allows, and which droplets of torrent runs
    exist. Nothing is created.
  - The task fails if the droplet may not be created, with one error that says why. The size, the region and the image
    must exist and go together, the account must be allowed one more droplet, and the costs must be within O(max_cost)
    and O(budget).
  - The token must be allowed to read the account, sizes, regions, images and droplets.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host
extends_documentation_fragment:
  - mobile_ansible.venv.attributes.read_only
  - mobile_ansible.venv.digitalocean
options:
  size:
    description:
      - The size of the droplet.
    type: str
    required: true
  region:
    description:
      - The region of the droplet.
    type: str
    required: true
  image:
    description:
      - The image of the droplet, by its slug or id.
    type: str
    required: true
  deadline:
    description:
      - The number of seconds that the droplet may exist. Its highest possible cost follows from it.
    type: int
    required: true
  max_cost:
    description:
      - What this run may cost at most, in US dollars.
    type: float
    required: true
  budget:
    description:
      - What all runs of a calendar month may cost at most, in US dollars. V(0) means no limit.
    type: float
    default: 0
  spent:
    description:
      - What runs have cost in this month already, in US dollars. Droplets that exist are added to it, each with what it
        costs until it is overdue.
    type: float
    default: 0
  timeout:
    description:
      - The number of seconds in which the API must have answered everything.
    type: int
    default: 120
seealso:
  - module: mobile_ansible.venv.torrent_reap
  - module: mobile_ansible.venv.torrent_droplet
"""

EXAMPLES = r"""
- name: Check what a droplet for three hours can cost
  mobile_ansible.venv.torrent_price:
    size: s-1vcpu-1gb
    region: fra1
    image: debian-12-x64
    deadline: 10800
    max_cost: 1.0
    api_token_file: ~/.config/do-token
"""

RETURN = r"""
hourly:
  description: The price of the droplet in US dollars per hour.
  returned: success
  type: float
  sample: 0.00893
highest_cost:
  description: What the droplet costs in US dollars if it exists until O(deadline).
  returned: success, or if it is too high
  type: float
  sample: 0.0268
spent:
  description: The value of O(spent).
  returned: success
  type: float
  sample: 0.12
running:
  description: The droplets of torrent runs that exist.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: V(droplet).
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
      description: The price in US dollars per hour.
      type: float
      sample: 0.00893
    cost:
      description: The cost in US dollars until now.
      type: float
      sample: 0.01
disk:
  description: The size of the droplet's disk in bytes.
  returned: success
  type: int
  sample: 26843545600
memory:
  description: The memory of the droplet in bytes.
  returned: success
  type: int
  sample: 1073741824
vcpus:
  description: The number of virtual processors of the droplet.
  returned: success
  type: int
  sample: 1
droplets:
  description: The number of droplets in the account.
  returned: success
  type: int
  sample: 2
droplet_limit:
  description: The number of droplets that the account may have.
  returned: success
  type: int
  sample: 10
error_code:
  description:
    - A stable code of the kind of failure, such as V(bad_input) (the size, the region or the image), V(limit) (of the
      account), V(cost), V(budget), V(token) or V(api).
  returned: failure
  type: str
  sample: cost
"""

import math
from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.options import (
    API_OPTIONS,
    api_of,
    check_seconds,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.pricing import (
    DropletRequest,
    Pricing,
    Spending,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._module import run_module

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ansible.module_utils.basic import AnsibleModule

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    **API_OPTIONS,
    "size": {"type": "str", "required": True},
    "region": {"type": "str", "required": True},
    "image": {"type": "str", "required": True},
    "deadline": {"type": "int", "required": True},
    "max_cost": {"type": "float", "required": True},
    "budget": {"type": "float", "default": 0.0},
    "spent": {"type": "float", "default": 0.0},
    "timeout": {"type": "int", "default": 120},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Say what the droplet costs, or why it may not be created."""
    params = module.params
    wanted, spending = request_of(params)
    quote = Pricing(api_of(params, hide=module.no_log_values.add)).quote(wanted, spending)
    running = [one.as_dict() for one in quote.running]
    return {"changed": False, **vars(quote), "running": running, "spent": spending.spent}


def request_of(params: Mapping[str, Any]) -> tuple[DropletRequest, Spending]:
    """The options, checked."""
    check_seconds(params, "deadline")
    for name in ("size", "region", "image"):
        if not params[name]:
            raise InputError(f"{name}: an empty text names nothing; give a slug")
    for name in ("max_cost", "budget", "spent"):
        # No number is larger than one that is none, so it would allow everything.
        if not 0 <= params[name] < math.inf:
            raise InputError(f"{name}: {params[name]} is not an amount of US dollars; give a number from 0 on")
    wanted = DropletRequest(params["size"], params["region"], params["image"], params["deadline"])
    return wanted, Spending(params["max_cost"], params["budget"], params["spent"])


def main() -> None:
    """Entry point."""
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
