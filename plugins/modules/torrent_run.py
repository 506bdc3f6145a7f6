#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: torrent_run
short_description: Keep the record of a torrent run on the controller
version_added: 0.1.0
description:
  - Begins a run, notes each of its steps, and ends it with a receipt. The role P(mobile_ansible.venv.torrent#role) uses
    it, and M(mobile_ansible.venv.torrent_info) reads the records.
  - A link is read and checked as by M(mobile_ansible.venv.magnet_info). The run keeps the checked link, and for a
    droplet two new SSH key pairs. The private keys are removed when the run ends.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
extends_documentation_fragment:
  - mobile_ansible.venv.attributes
attributes:
  action:
    description: It runs on the controller.
    support: full
  check_mode:
    details:
      - Reads the link and checks that no other run downloads the torrent.
  diff_mode:
    support: none
options:
  state:
    description:
      - V(begun) begins a run, V(step) begins its next step, and V(ended) ends it.
    type: str
    choices: [begun, step, ended]
    required: true
  magnet_file:
    description:
      - Path of a text file with a magnet link, or of a C(.torrent) file. A relative path starts at the current
        directory.
    type: path
  magnet:
    description:
      - The magnet link, if there is no O(magnet_file). It must not come from a variable of the user, which Ansible
        treats as a template.
    type: str
  provider:
    description:
      - Where the files are downloaded. Required for O(state=begun).
    type: str
    choices: [digitalocean, host]
  dest:
    description:
      - Directory on the controller for the files. The default is the info hash of the torrent in C(~/torrents).
    type: path
  host:
    description:
      - The host that downloads, for O(provider=host) or once it is known.
    type: str
  host_dest:
    description:
      - Directory on the downloading host. It is only checked here, as the options of
        M(mobile_ansible.venv.torrent_download) are, so that nothing is created for values that cannot be meant.
    type: str
  select:
    description:
      - Only checked, against the files of a C(.torrent) file.
    type: list
    elements: str
    default: []
  max_size:
    description:
      - Only checked, against the files of a C(.torrent) file.
    type: bytes
    default: 20GB
  metadata_timeout:
    description:
      - Only checked.
    type: int
    default: 120
  stall_timeout:
    description:
      - Only checked.
    type: int
    default: 120
  boot_timeout:
    description:
      - Only checked.
    type: int
    default: 300
  upload_limit:
    description:
      - Only checked.
    type: bytes
    default: 0
  download_limit:
    description:
      - Only checked.
    type: bytes
    default: 0
  port:
    description:
      - Only checked. A droplet requires one, because its firewall opens it.
    type: int
    default: 6881
  wheels:
    description:
      - Directory of wheels on the controller, only checked.
    type: path
  state_directory:
    description:
      - Directory on the controller for the records of runs. Required for O(state=begun).
    type: path
  deadline:
    description:
      - The number of seconds for the whole run.
    type: int
    default: 3600
  directory:
    description:
      - The directory of the run, which O(state=begun) returned. Required for the other states.
    type: path
  step:
    description:
      - The name of the step that begins.
    type: str
  hourly:
    description:
      - The price of the droplet in US dollars per hour.
    type: float
  created:
    description:
      - When the droplet was created, in seconds since 1970.
    type: float
  destroyed:
    description:
      - When the droplet was destroyed, in seconds since 1970.
    type: float
  cost:
    description:
      - The cost of the run in US dollars.
    type: float
  error:
    description:
      - Why the run failed. Without it the run has succeeded.
    type: str
  error_code:
    description:
      - The code of the failure, for the receipt.
    type: str
  downloaded:
    description:
      - The result of M(mobile_ansible.venv.torrent_download), for the receipt.
    type: dict
    default: {}
  fetched:
    description:
      - The result of M(mobile_ansible.venv.torrent_fetch), for the receipt.
    type: dict
    default: {}
seealso:
  - module: mobile_ansible.venv.torrent_info
"""

EXAMPLES = r"""
- name: Begin
  mobile_ansible.venv.torrent_run:
    state: begun
    provider: host
    host: nas
    magnet_file: link.magnet
    state_directory: ~/.local/state/mobile-ansible-venv/torrent
  register: run

- name: Note that the download begins
  mobile_ansible.venv.torrent_run:
    state: step
    directory: "{{ run.directory }}"
    step: download
"""

RETURN = r"""
run:
  description: The id of the run.
  returned: O(state=begun)
  type: str
  sample: 3f1c5ad86cf1
mark:
  description: The name of everything that the run creates in an account.
  returned: O(state=begun)
  type: str
  sample: mobile-ansible-torrent-3f1c5ad86cf1-1790000000
info_hash:
  description: The info hash of the torrent, that of version 1 if it has two.
  returned: O(state=begun)
  type: str
  sample: 2c6b6858d61da9543d4231a71db4b1c9264b0685
dest:
  description: The directory for the files.
  returned: O(state=begun)
  type: str
  sample: /home/me/torrents/2c6b6858d61da9543d4231a71db4b1c9264b0685
directory:
  description: The directory of the run.
  returned: O(state=begun), not in check mode
  type: str
  sample: /home/me/.local/state/mobile-ansible-venv/torrent/runs/3f1c5ad86cf1
link:
  description: The file with the checked link or torrent.
  returned: O(state=begun), not in check mode
  type: str
  sample: /home/me/.local/state/mobile-ansible-venv/torrent/runs/3f1c5ad86cf1/link
lock:
  description: The file whose lock a run of this torrent holds.
  returned: O(state=begun)
  type: str
  sample: /home/me/.local/state/mobile-ansible-venv/torrent/locks/2c6b6858d61da9543d4231a71db4b1c9264b0685
public_key:
  description: The public key to log in to the droplet, null for O(provider=host).
  returned: O(state=begun), not in check mode
  type: str
  sample: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ...
expires:
  description: The deadline of the run, in seconds since 1970.
  returned: O(state=begun)
  type: int
  sample: 1790003600
unfinished:
  description: The ids of earlier runs of this torrent that were killed, and may have left a droplet.
  returned: O(state=begun)
  type: list
  elements: str
  sample: []
spent:
  description: The cost of all runs of this month in US dollars. A run that was killed counts up to its deadline.
  returned: O(state=begun)
  type: float
  sample: 0.02
receipt:
  description: The receipt of the run, which is also in its directory.
  returned: O(state=ended)
  type: dict
  contains:
    run:
      description: The id of the run.
      type: str
      sample: 3f1c5ad86cf1
    state:
      description: V(succeeded) or V(failed).
      type: str
      sample: succeeded
    error:
      description: Why it failed, or null.
      type: str
      sample: null
    error_code:
      description: The code of the failure, or null.
      type: str
      sample: null
    files:
      description: The files, each with its path, its size in bytes and its SHA-256.
      type: list
      elements: dict
      sample: []
    directory:
      description: The directory with the files.
      type: str
      sample: /home/me/torrents/image
    size:
      description: The size of the files in bytes.
      type: int
      sample: 662700032
    downloaded:
      description: The number of bytes that peers sent.
      type: int
      sample: 662700032
    transferred:
      description: The number of bytes that were brought home.
      type: int
      sample: 662700032
    steps:
      description: The steps, each with its name and its duration in seconds.
      type: list
      elements: dict
      sample: [{"name": "download", "seconds": 61.5}]
    seconds:
      description: The duration of all steps in seconds.
      type: float
      sample: 140.2
    hourly:
      description: The price of the droplet in US dollars per hour, or null.
      type: float
      sample: 0.00893
    cost:
      description: The cost of the droplet in US dollars.
      type: float
      sample: 0.01
paths:
  description: The files with the receipt, C(json) and C(text).
  returned: O(state=ended)
  type: dict
  sample:
    json: /home/me/.local/state/mobile-ansible-venv/torrent/runs/3f1c5ad86cf1/receipt.json
    text: /home/me/.local/state/mobile-ansible-venv/torrent/runs/3f1c5ad86cf1/receipt.txt
error_code:
  description: A stable code of the kind of failure, such as V(magnet), V(running) or V(input).
  returned: failure
  type: str
  sample: running
"""
