# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A peer of a real swarm, for tests: makes a torrent of a directory and shares it until its standard input ends.

Run by a Python that has libtorrent, with its options as JSON; it prints what it shares as one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import libtorrent

_KINDS = {"v1": libtorrent.create_torrent.v1_only, "v2": libtorrent.create_torrent.v2_only, "hybrid": 0}
_PIECE = 1 << 16


def main() -> None:
    options: dict[str, Any] = json.loads(sys.argv[1])
    directory = Path(options["directory"])
    torrent = _torrent(directory, options["kind"], options["tracker"])
    if options["damaged"]:
        # It says that it has all pieces, and those that are sent have another hash.
        path = directory / options["damaged"]
        path.write_bytes(bytes(byte ^ 1 for byte in path.read_bytes()))
    address = options["address"]
    session = libtorrent.session({
        "listen_interfaces": f"{address}:0",
        "alert_mask": 0,
        "enable_dht": False,
        "enable_lsd": False,
        "enable_natpmp": False,
        "enable_upnp": False,
        "upload_rate_limit": options["rate"],
        # A peer that checks what it sends would notice.
        "disable_hash_checks": bool(options["damaged"]),
        "unchoke_slots_limit": 20,
        "allow_multiple_connections_per_ip": True,
    })  # fmt: skip
    if options["rate"]:
        # Peers of the same network are not limited otherwise.
        everybody = libtorrent.ip_filter()
        everybody.add_rule("0.0.0.0", "255.255.255.255", 1 << session.global_peer_class_id)
        session.set_peer_class_filter(everybody)
    parameters = libtorrent.load_torrent_buffer(torrent)
    parameters.save_path = str(directory.parent)
    parameters.renamed_files = _names(parameters.ti.layout(), directory)
    flags = libtorrent.torrent_flags
    parameters.flags &= ~(flags.auto_managed | flags.paused)
    if not options["partial"]:
        parameters.flags |= flags.seed_mode
    else:
        # It checks what is there, and shares only that.
        for name in options["partial"]:
            (directory / name).unlink()
        parameters.flags |= flags.upload_mode
    handle = session.add_torrent(parameters)
    while handle.status().state in (
        libtorrent.torrent_status.checking_files,
        libtorrent.torrent_status.checking_resume_data,
    ):
        time.sleep(0.05)
    info = libtorrent.load_torrent_buffer(torrent).ti
    peer = f"{address}:{session.listen_port()}"
    found = f"tr={quote(options['tracker'], safe='')}" if options["tracker"] else f"x.pe={peer}"
    link = f"{libtorrent.make_magnet_uri(info)}&{found}"
    (directory.parent / "shared.torrent").write_bytes(torrent)
    print(json.dumps({"magnet": link, "peer": peer, "torrent": str(directory.parent / "shared.torrent")}), flush=True)
    sys.stdin.read()


def _names(files: Any, directory: Path) -> dict[int, str]:
    """The names as they are: the client shortens long ones and drops invisible characters."""
    padding = libtorrent.file_flags_t.flag_pad_file
    places = [place for place in range(files.num_files()) if not files.file_flags(place) & padding]
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    by_size = {path.stat().st_size: str(path.relative_to(directory.parent)) for path in paths}
    return {place: by_size[files.file_size(place)] for place in places}


def _torrent(directory: Path, kind: str, tracker: str) -> bytes:
    made = libtorrent.create_torrent(libtorrent.list_files(str(directory)), _PIECE, _KINDS[kind])
    if tracker:
        made.add_tracker(tracker)
    libtorrent.set_piece_hashes(made, str(directory.parent))
    return bytes(libtorrent.bencode(made.generate()))


if __name__ == "__main__":
    main()
