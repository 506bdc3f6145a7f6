#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: torrent_fetch
short_description: Bring the files of a finished download to the controller
version_added: 0.1.0
description:
  - Copies the files that M(mobile_ansible.venv.torrent_download) downloaded on the host of the task to the controller,
    and checks every file there against the hashes of the torrent.
  - The host does not have to be trusted. Names, sizes and hashes are those of the torrent, which is checked against the
    magnet link on the controller. No more bytes are accepted than the torrent contains. A file gets its name only after
    all its hashes were found to be right.
  - A transfer that was interrupted or that failed goes on where it ended, in the same task while bytes arrive, and
    otherwise when the task runs again. If all files are there and right, the host is not contacted.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - The C(sftp) program of OpenSSH on the controller, for connections by SSH
extends_documentation_fragment:
  - mobile_ansible.venv.attributes
attributes:
  action:
    description: It runs on the controller.
    support: full
  bypass_host_loop:
    description: It runs once for each host, unless the task has C(run_once).
    support: none
  check_mode:
    support: none
    details:
      - What the torrent contains can be known to the host only, so the task is skipped in check mode.
  diff_mode:
    support: none
options:
  src:
    description:
      - The directory of the download on the host, RV(mobile_ansible.venv.torrent_download#module:directory). The
        download must be complete.
      - Without it the host is not asked. The task tells whether all files are in O(dest), as an earlier run left them.
    type: str
  dest:
    description:
      - Directory on the controller for the files. It is created with mode 0700.
      - An existing directory must be empty, or be the O(dest) of an earlier run with the same torrent.
    type: path
    required: true
  magnet:
    description:
      - Path of the C(.torrent) file, or of a text file with the magnet link, on the controller, as for
        M(mobile_ansible.venv.magnet_info). It decides what the files must be.
    type: path
    required: true
  select:
    description:
      - List of patterns, as for the download. Only files whose path in the torrent matches one of them are fetched.
      - The default is all files, or those that the magnet link selects.
    type: list
    elements: str
    default: []
  timeout:
    description:
      - The number of seconds after which the transfer fails. V(0) is no limit.
    type: int
    default: 0
  stall_timeout:
    description:
      - The number of seconds after which a connection is taken for broken if nothing arrives.
    type: int
    default: 60
  run_directory:
    description:
      - Existing directory on the controller. While the task runs, the file C(progress.json) in it tells how far it is,
        in the format of all progress of this collection.
    type: path
notes:
  - Over SSH without C(become) and without a password the files come by C(sftp) with the options of the connection.
    Otherwise they come as the output of commands in pieces of 4 MiB, which is slower.
  - Until they are complete, files are in C(.torrent_download) in O(dest).
  - The callback P(mobile_ansible.venv.progress#callback) shows the progress.
seealso:
  - module: mobile_ansible.venv.torrent_download
  - module: mobile_ansible.venv.magnet_info
"""

EXAMPLES = r"""
- name: Bring the files of a download home
  mobile_ansible.venv.torrent_fetch:
    src: /srv/downloads/image
    dest: "{{ lookup('env', 'HOME') }}/downloads/image"
    magnet: link.magnet
"""

RETURN = r"""
complete:
  description: Whether all files are in the directory. V(false) is only possible without O(src), and has no RV(files).
  returned: success
  type: bool
  sample: true
directory:
  description: The directory on the controller with the files.
  returned: success
  type: str
  sample: /home/me/downloads/image
files:
  description: The selected files, each with its size in bytes and its SHA-256. All were checked on the controller.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The path in the directory.
      type: str
      sample: debian-12.9.0-amd64-netinst.iso
    size:
      description: The size in bytes.
      type: int
      sample: 662700032
    sha256:
      description: The SHA-256 in hexadecimal digits.
      type: str
      sample: 1257373c706d8c07e6917942736a865dfff557d21d76ea3040bb1039eb72a054
    unproven:
      description:
        - The ranges of bytes (first, last + 1) that no hash of the torrent proves, because their piece is shared with a
          file that was not selected. Only torrents of version 1 have them.
      type: list
      elements: list
      sample: []
size:
  description: The size of the selected files in bytes.
  returned: success
  type: int
  sample: 662700032
received:
  description: The number of bytes that came from the host in this run.
  returned: success
  type: int
  sample: 662700032
resumed:
  description: The number of bytes that were on the controller before.
  returned: success
  type: int
  sample: 0
seconds:
  description: The duration in seconds of the parts C(transfer) and C(verify).
  returned: success
  type: dict
  sample: {"transfer": 61.5, "verify": 2.0}
error_code:
  description:
    - A stable code of the kind of failure, such as V(transfer) (the connection broke, or the host sent something else),
      V(payload) (a wrong hash), V(magnet) (the host has another torrent), V(no_room), V(deadline) or V(locked).
  returned: failure
  type: str
  sample: transfer
"""
