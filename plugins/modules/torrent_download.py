#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: torrent_download
short_description: Download the files of a torrent, within limits
version_added: 0.1.0
description:
  - Downloads the files of a magnet link or a C(.torrent) file, and checks every file against the hashes of the torrent.
  - The torrent is known and checked before a file is written. Unsafe names, too large files and a disk without enough
    free space are refused before the download.
  - A download that was interrupted or that failed goes on where it ended when the task runs again.
  - Nothing is shared after the download. While it runs, pieces are uploaded to other peers, as every client does.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host
  - libtorrent 2 for the Python that runs the module, for example in a venv of M(mobile_ansible.venv.shared_venv)
extends_documentation_fragment:
  - mobile_ansible.venv.attributes
attributes:
  check_mode:
    support: none
    details:
      - What a magnet link contains is only known by asking peers, so the task is skipped in check mode.
  diff_mode:
    support: none
options:
  src:
    description:
      - Path of a C(.torrent) file, or of a text file with a magnet link, on the host, as for
        M(mobile_ansible.venv.magnet_info).
    type: path
    required: true
  dest:
    description:
      - Directory for the files of the torrent. It is created with mode 0700.
      - An existing directory must be empty, or be the O(dest) of an earlier run with the same torrent.
    type: path
    required: true
  select:
    description:
      - List of patterns. Only files whose path in the torrent matches one of them are downloaded, such as V(*.iso) or
        V(name/docs/*). V(*) matches C(/) too.
      - The default is all files, or those that the magnet link selects.
    type: list
    elements: str
    default: []
  max_size:
    description:
      - The maximum size of the selected files, such as V(4GB). V(0) is no maximum.
    type: bytes
    default: 20GB
  metadata_timeout:
    description:
      - The number of seconds in which a peer must send what a magnet link contains.
    type: int
    default: 120
  stall_timeout:
    description:
      - The number of seconds after which the download fails if nothing new arrives.
    type: int
    default: 120
  timeout:
    description:
      - The number of seconds after which the download fails. V(0) is no limit.
    type: int
    default: 0
  port:
    description:
      - The port for connections of peers. V(0) is any free port.
    type: int
    default: 6881
  dht:
    description:
      - Whether to find peers by the distributed hash table as well. It is not used for private torrents.
    type: bool
    default: true
  upload_limit:
    description:
      - The maximum number of bytes per second that are uploaded to peers, such as V(1MB). V(0) is no maximum.
    type: bytes
    default: 0
  download_limit:
    description:
      - The maximum number of bytes per second that are downloaded, such as V(10MB). V(0) is no maximum.
    type: bytes
    default: 0
  progress_id:
    description:
      - An id of 16 digits V(0) to V(9) and letters V(a) to V(f) in the progress file, for who reads it.
    type: str
  run_directory:
    description:
      - Existing directory on the controller. While the task runs, the file C(progress.json) in it tells how far the
        download is, in the format of all progress of this collection. It is not used for an asynchronous task.
    type: path
notes:
  - The file C(.torrent_download/progress.json) in O(dest) tells how far the download is, in the format of all progress
    of this collection. The callback P(mobile_ansible.venv.progress#callback) shows it.
  - The path, mode and owner of the files in the torrent are not used. Files belong to the user of the task.
  - Web seeds are not used.
seealso:
  - module: mobile_ansible.venv.magnet_info
  - module: mobile_ansible.venv.shared_venv
  - module: mobile_ansible.venv.torrent_fetch
"""

EXAMPLES = r"""
- name: Build a venv for the download
  mobile_ansible.venv.shared_venv:
    name: torrent
    packages:
      - libtorrent==2.1.1
  register: client

- name: Download the files of a magnet link
  mobile_ansible.venv.torrent_download:
    src: /srv/incoming/link.magnet
    dest: /srv/downloads/image
    max_size: 4GB
    stall_timeout: 300
  vars:
    ansible_python_interpreter: "{{ client.path }}/bin/python"
"""

RETURN = r"""
info_hash_v1:
  description: The info hash of version 1 in hexadecimal digits, null without one.
  returned: success
  type: str
  sample: 2c6b6858d61da9543d4231a71db4b1c9264b0685
info_hash_v2:
  description: The info hash of version 2 in hexadecimal digits, null without one.
  returned: success
  type: str
  sample: null
name:
  description: The name of the torrent, for display only.
  returned: success
  type: str
  sample: debian-12.9.0-amd64-netinst.iso
directory:
  description: The directory with the files.
  returned: success
  type: str
  sample: /srv/downloads/image
info:
  description: The file with the info dictionary, with which others can check the files against the magnet link.
  returned: success
  type: str
  sample: /srv/downloads/image/.torrent_download/info
files:
  description: The selected files, each with its size in bytes and its SHA-256. All were checked.
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
  description: The number of bytes that peers sent in this run.
  returned: success
  type: int
  sample: 662700032
wrong_pieces:
  description: The number of received pieces with a wrong hash. They were discarded.
  returned: success
  type: int
  sample: 0
seconds:
  description: The duration in seconds of the parts C(metadata), C(download) and C(verify).
  returned: success
  type: dict
  sample: {"metadata": 1.2, "download": 61.5, "verify": 2.0}
error_code:
  description:
    - A stable code of the kind of failure, such as V(no_metadata) (a magnet link that nobody shares), V(stalled),
      V(deadline), V(too_large), V(no_room), V(payload) (a wrong hash) or V(magnet) (a link or torrent that is refused).
  returned: failure
  type: str
  sample: stalled
"""

import signal
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._module import run_module
from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import check_ident
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.client import ClientOptions, check_installed
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.download import Download, DownloadLimits
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.download_directory import DownloadDirectory
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.source import read_source

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "src": {"type": "path", "required": True},
    "dest": {"type": "path", "required": True},
    "select": {"type": "list", "elements": "str", "default": []},
    "max_size": {"type": "bytes", "default": "20GB"},
    "metadata_timeout": {"type": "int", "default": 120},
    "stall_timeout": {"type": "int", "default": 120},
    "timeout": {"type": "int", "default": 0},
    "port": {"type": "int", "default": 6881},
    "dht": {"type": "bool", "default": True},
    "upload_limit": {"type": "bytes", "default": 0},
    "download_limit": {"type": "bytes", "default": 0},
    "progress_id": {"type": "str"},
    "run_directory": {"type": "path"},  # of the action plugin
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Download, and return what is there."""
    params = module.params
    check_installed()
    if params["progress_id"] is not None:
        check_ident(params["progress_id"])
    limits = DownloadLimits.of(params)
    client = ClientOptions.of(params)
    directory = DownloadDirectory.named(params["dest"])
    source = read_source(params["src"])
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    download = Download(source, directory, limits=limits, client=client, patterns=params["select"])
    try:
        outcome = download.run(progress_id=params["progress_id"])
    except KeyboardInterrupt:
        module.fail_json(msg="The download was ended by a signal; run this again to go on", error_code="interrupted")
    metainfo = outcome.metainfo
    return {
        "changed": outcome.changed,
        "info_hash_v1": metainfo.info_hash_v1,
        "info_hash_v2": metainfo.info_hash_v2,
        "name": metainfo.name,
        "directory": directory.path,
        "info": directory.info,
        "files": [{**asdict(one), "unproven": [list(pair) for pair in one.unproven]} for one in outcome.payload.files],
        "size": outcome.payload.size,
        "received": outcome.received,
        "wrong_pieces": outcome.wrong_pieces,
        "seconds": {part: round(seconds, 3) for part, seconds in outcome.seconds.items()},
    }


def main() -> None:
    """Entry point."""
    run_module(run, ARGUMENT_SPEC, supports_check_mode=False)


if __name__ == "__main__":
    main()
