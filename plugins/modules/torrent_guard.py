#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: torrent_guard
short_description: Guard a torrent run, so that nothing of it is left if ansible-playbook ends early
version_added: 0.1.0
description:
  - Starts a process on the controller, the guard, that is independent of the terminal and of C(ansible-playbook). If
    C(ansible-playbook) ends in any way before the guard is disarmed, the guard destroys all that the run created in the
    DigitalOcean account. It does the same at the time O(expires), even while C(ansible-playbook) still runs, and if
    somebody ends it with the signal TERM.
  - The guard looks again for some minutes after the account is empty, because a creation whose answer was lost can be
    carried out late. It tries for a day if the API fails.
  - The task succeeds only if the guard is ready. A run must not create anything before.
  - Two runs with the same O(lock) exclude each other. The task fails if another guard has it.
  - The guard gets the token through a pipe. The token is not in its arguments, its environment, or a file.
  - In O(directory) the guard writes C(guard.json), what it is and did, and C(guard.log). When it has destroyed
    everything, it removes the files C(key) and C(user_data) there.
  - Nothing survives the end of the controller itself. M(mobile_ansible.venv.torrent_reap), run regularly on any
    machine, destroys what is overdue then.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - The token must be allowed to read and delete droplets, firewalls, SSH keys and tags.
extends_documentation_fragment:
  - mobile_ansible.venv.attributes
  - mobile_ansible.venv.digitalocean
attributes:
  action:
    description: It runs on the controller.
    support: full
  check_mode:
    details:
      - No guard is started or ended.
  diff_mode:
    support: none
options:
  state:
    description:
      - V(armed) starts a guard. V(disarmed) ends it; use it only after M(mobile_ansible.venv.torrent_reap) has
        destroyed all of the run. If the answer to a creation was lost, do not use it, so that the guard looks again for
        some minutes after the end of C(ansible-playbook).
    type: str
    choices: [armed, disarmed]
    default: armed
  run:
    description:
      - The id of the run.
    type: str
    required: true
  directory:
    description:
      - The directory of the run on the controller. It must exist, with mode 0700.
    type: path
    required: true
  expires:
    description:
      - The time at which all of the run is destroyed, in seconds since 1970. Required if O(state=armed).
    type: int
  lock:
    description:
      - The path of a lock file on the controller, which the guard holds until it ends. Required if O(state=armed).
    type: path
  timeout:
    description:
      - The number of seconds in which the guard must be ready, or must have ended.
    type: int
    default: 60
seealso:
  - module: mobile_ansible.venv.torrent_reap
"""

EXAMPLES = r"""
- name: Guard the run before it creates anything
  mobile_ansible.venv.torrent_guard:
    run: 3f1c5ad86cf1
    directory: "{{ state }}/runs/3f1c5ad86cf1"
    lock: "{{ state }}/locks/{{ info_hash }}"
    expires: "{{ now(utc=true, fmt='%s') | int + 10800 }}"
    api_token_file: ~/.config/do-token

- name: Destroy all of the run
  mobile_ansible.venv.torrent_reap:
    run: 3f1c5ad86cf1
    api_token_file: ~/.config/do-token

- name: End the guard
  mobile_ansible.venv.torrent_guard:
    state: disarmed
    run: 3f1c5ad86cf1
    directory: "{{ state }}/runs/3f1c5ad86cf1"
"""

RETURN = r"""
state:
  description:
    - V(armed), or V(disarmed) if the guard ended without destroying anything.
    - V(reaped) if it has destroyed all of the run, V(destroying) while it does so, V(failed) if it gave up, and V(died)
      if somebody killed it.
  returned: success
  type: str
  sample: armed
reason:
  description: Why the guard destroyed something, or could not. Empty if it did not have to.
  returned: success, but not for V(armed) in check mode
  type: str
  sample: the time of the run is over
pid:
  description: The process id of the guard.
  returned: success, but not for V(armed) in check mode
  type: int
  sample: 4711
destroyed:
  description: What the guard destroyed.
  returned: success
  type: list
  elements: dict
  contains:
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
      description: The cost of a droplet in US dollars until it was destroyed, V(0) for other resources.
      type: float
      sample: 0.01
cost:
  description: The cost in US dollars of all droplets that the guard destroyed.
  returned: success
  type: float
  sample: 0.01
error_code:
  description:
    - A stable code of the kind of failure, such as V(locked) (another run has the lock), V(guard) (it is not ready, or
      does not end), V(token), V(api) or V(bad_input).
  returned: failure
  type: str
  sample: locked
"""
