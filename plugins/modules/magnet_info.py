#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: magnet_info
short_description: Read a magnet link or a .torrent file
version_added: 0.1.0
description:
  - Returns what a magnet link or a C(.torrent) file says, and refuses what is malformed, unsafe or not understood.
    Nothing is downloaded or contacted.
  - Torrents of version 1, version 2 and both (hybrid) are understood.
  - The link or file is data. Templates in it are not evaluated.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host
extends_documentation_fragment:
  - mobile_ansible.venv.attributes.read_only
options:
  src:
    description:
      - Path of a C(.torrent) file, or of a text file in UTF-8 with a magnet link on its only line. The content decides.
      - It must be a regular file of at most 16 MiB on the host of the task. A symbolic link is refused.
      - Either O(src) or O(magnet) is required.
    type: path
  magnet:
    description:
      - A magnet link. Prefer O(src) for a link of somebody else, because a playbook evaluates templates in its own
        values before this module gets them. The answer to a prompt is not evaluated if it has C(unsafe=true).
    type: str
notes:
  - Web seeds and other sources in a link or file (C(ws), C(as), C(xs), C(url-list), C(httpseeds)) are not used, because
    a client would fetch any address from them. Trackers for browsers (C(wss)) are not used either. RV(left_out) lists
    what was not used.
  - Trackers are used with C(http), C(https) and C(udp) only.
  - Names of files are refused, and not changed, if they are unsafe on a common system. These are absolute and relative
    paths, names that are reserved on Windows, names with control characters, and names that differ only in case.
"""

EXAMPLES = r"""
- name: Read a magnet link that somebody sent
  mobile_ansible.venv.magnet_info:
    src: /srv/incoming/link.magnet
  register: torrent

- name: Show its name, and the link with nothing but what was understood
  ansible.builtin.debug:
    msg: "{{ torrent.name }}: {{ torrent.magnet }}"

- name: Refuse a .torrent file that is too large to download
  mobile_ansible.venv.magnet_info:
    src: /srv/incoming/image.torrent
  register: image
  failed_when: image is failed or image.size > 10 * 1024 * 1024 * 1024
"""

RETURN = r"""
kind:
  description: V(magnet) or V(torrent).
  returned: success
  type: str
  sample: torrent
info_hash_v1:
  description: The info hash of version 1 in hexadecimal digits, null without one.
  returned: success
  type: str
  sample: 2c6b6858d61da9543d4231a71db4b1c9264b0685
info_hash_v2:
  description: The info hash of version 2 in hexadecimal digits, null without one.
  returned: success
  type: str
  sample: cb9a9eaeae0c86db4c1d7f9ca9b4c4ed5cf6a5c2ae9e4b2a6b2a6d7b2ff0f1a3
name:
  description: The name, for display only, null without one. Invisible characters in a link are escaped.
  returned: success
  type: str
  sample: debian-12.9.0-amd64-netinst.iso
trackers:
  description: The addresses of the trackers.
  returned: success
  type: list
  elements: str
  sample: ["udp://tracker.example:6969/announce"]
peers:
  description: The addresses of peers in a link.
  returned: success
  type: list
  elements: str
  sample: ["192.0.2.1:6881"]
selection:
  description:
    - The files that a link selects, as pairs of the first and the last index. Null if it selects all.
    - An index counts all files of the torrent, with its padding, from 0.
  returned: success
  type: list
  elements: list
  sample: [[0, 0], [4, 7]]
size:
  description: The size of all files in bytes, null for a link, which does not say it.
  returned: success
  type: int
  sample: 662700032
files:
  description: The files without padding, null for a link, which does not list them.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The path below the directory of the download.
      type: str
      sample: debian-12.9.0-amd64-netinst.iso
    size:
      description: The size in bytes.
      type: int
      sample: 662700032
    index:
      description: The index of the file in the torrent.
      type: int
      sample: 0
piece_length:
  description: The size of a piece in bytes, null for a link.
  returned: success
  type: int
  sample: 262144
private:
  description: Whether only the trackers of the torrent may be asked for peers, null for a link.
  returned: success
  type: bool
  sample: false
magnet:
  description: The canonical magnet link, written from the validated values alone.
  returned: success
  type: str
  sample: magnet:?xt=urn:btih:2c6b6858d61da9543d4231a71db4b1c9264b0685&dn=debian-12.9.0-amd64-netinst.iso
left_out:
  description: The keys whose values were not used.
  returned: success
  type: list
  elements: str
  sample: [ws]
error_code:
  description: A stable code of the kind of failure.
  returned: failure
  type: str
  sample: magnet
"""

from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._module import run_module
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.magnet import Magnet, parse_magnet
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.metainfo import Metainfo
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.source import read_source

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENT_SPEC = {
    "src": {"type": "path"},
    "magnet": {"type": "str"},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Read the link or the file; returns the result."""
    src, text = module.params["src"], module.params["magnet"]
    found = parse_magnet(text) if src is None else read_source(src)
    magnet = found.magnet() if isinstance(found, Metainfo) else found
    return {
        "changed": False,
        "kind": "magnet" if isinstance(found, Magnet) else "torrent",
        "info_hash_v1": found.info_hash_v1,
        "info_hash_v2": found.info_hash_v2,
        "name": found.name,
        "trackers": list(found.trackers),
        "peers": list(magnet.peers),
        "selection": None if magnet.selection is None else [list(pair) for pair in magnet.selection],
        "magnet": magnet.link(),
        "left_out": list(found.left_out),
        **_content(found if isinstance(found, Metainfo) else None),
    }


def _content(metainfo: Metainfo | None) -> dict[str, Any]:
    """What only a .torrent file says."""
    if metainfo is None:
        return dict.fromkeys(("size", "files", "piece_length", "private"))
    files = [
        {"path": file.name, "size": file.size, "index": index}
        for index, file in enumerate(metainfo.files)
        if not file.is_pad
    ]
    return {
        "size": metainfo.size,
        "files": files,
        "piece_length": metainfo.piece_length,
        "private": metainfo.is_private,
    }


def main() -> None:
    """Entry point."""
    run_module(
        run,
        ARGUMENT_SPEC,
        mutually_exclusive=[("src", "magnet")],
        required_one_of=[("src", "magnet")],
    )


if __name__ == "__main__":
    main()
