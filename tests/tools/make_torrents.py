# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Torrents as libtorrent makes and reads them, for a Python that has it; prints JSON.

``make_torrents.py make DIRECTORY NAME PIECE_LENGTH``: for each kind (v1, hybrid, v2) the .torrent file in base64, and
what libtorrent reads in it. ``make_torrents.py read TORRENT LINK``: what it reads in a .torrent file and in a link.
``make_torrents.py names FILE``: for each name in a JSON list, what it makes of it by itself, and if told to keep it.
"""

from __future__ import annotations

import base64
import json
import sys
import warnings
from pathlib import Path
from typing import Any

TRACKERS = ["http://192.0.2.1:6969/announce", "udp://tracker.example:6969/announce"]


def make(directory: Path, name: str, piece_length: int, kind: str) -> dict[str, Any]:
    # It is in an environment of its own, where no types are checked.
    import libtorrent as lt  # type: ignore[import-not-found,unused-ignore]

    flags = {"v1": lt.create_torrent.v1_only, "v2": lt.create_torrent.v2_only, "hybrid": 0}[kind]
    storage = lt.file_storage()
    lt.add_files(storage, str(directory / name))
    torrent = lt.create_torrent(storage, piece_length, flags=flags)
    for tracker in TRACKERS:
        torrent.add_tracker(tracker)
    lt.set_piece_hashes(torrent, str(directory))
    generated = torrent.generate()
    generated.pop(b"creation date", None)
    raw = lt.bencode(generated)
    return {"torrent": base64.b64encode(raw).decode("ascii"), **read(raw)}


def read(raw: bytes) -> dict[str, Any]:
    """What libtorrent reads in a .torrent file."""
    import libtorrent as lt

    info = lt.torrent_info(lt.bdecode(raw))
    files, hashes = info.files(), info.info_hashes()
    pad = lt.file_storage.flag_pad_file
    real = [index for index in range(files.num_files()) if not files.file_flags(index) & pad]
    return {
        "v1": str(hashes.v1) if hashes.has_v1() else None,
        "v2": str(hashes.v2) if hashes.has_v2() else None,
        "files": sorted([files.file_path(index), files.file_size(index)] for index in real),
        "trackers": [tracker.url for tracker in info.trackers()],
    }


def read_link(link: str) -> dict[str, Any]:
    """What libtorrent reads in a magnet link."""
    import libtorrent as lt

    found = lt.parse_magnet_uri(link)
    hashes = found.info_hashes
    return {
        "v1": str(hashes.v1) if hashes.has_v1() else None,
        "v2": str(hashes.v2) if hashes.has_v2() else None,
        "name": found.name,
        "trackers": list(found.trackers),
    }


def take_name(name: str) -> list[str]:
    """The name of a file as libtorrent takes it from a torrent, and after the file was renamed to it."""
    import libtorrent as lt

    entry = {b"length": 1, b"path": [name.encode()]}
    info = {b"name": b"t", b"piece length": 16384, b"pieces": bytes(20), b"files": [entry]}
    torrent = lt.torrent_info({b"info": info})
    taken = torrent.files().file_path(0)
    torrent.rename_file(0, f"t/{name}")
    return [taken[2:], torrent.files().file_path(0)[2:]]


def main() -> None:
    warnings.simplefilter("ignore", DeprecationWarning)
    if sys.argv[1] == "make":
        directory, name, piece_length = Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
        done: Any = {kind: make(directory, name, piece_length, kind) for kind in ("v1", "hybrid", "v2")}
    elif sys.argv[1] == "names":
        done = [take_name(name) for name in json.loads(Path(sys.argv[2]).read_text())]
    else:
        done = [read(Path(sys.argv[2]).read_bytes()), read_link(sys.argv[3])]
    print(json.dumps(done))


if __name__ == "__main__":
    main()
