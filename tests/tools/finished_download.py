# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The directory of a download that is complete, as torrent_download leaves it, without a swarm."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import make_torrents
from environments import environment
from swarm import fill

from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.download_directory import DownloadDirectory
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.metainfo import Metainfo
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.torrent_file import read_torrent

NAME = "demo"


@dataclass(frozen=True)
class FinishedDownload:
    """``directory`` is that of the download, ``torrent`` the content of the .torrent file."""

    directory: Path
    torrent: bytes
    metainfo: Metainfo

    @property
    def link(self) -> str:
        """A magnet link without anybody to ask."""
        v1, v2 = self.metainfo.info_hash_v1, self.metainfo.info_hash_v2
        topics = [f"xt=urn:btih:{v1}"] if v1 else []
        topics += [f"xt=urn:btmh:1220{v2}"] if v2 else []
        return f"magnet:?{'&'.join(topics)}"

    @property
    def names(self) -> list[str]:
        return sorted(file.name for file in self.metainfo.files if not file.is_pad)


def finished_download(directory: Path, sizes: Mapping[str, int], *, kind: str = "v1") -> FinishedDownload:
    """Make the files with these sizes, and what torrent_download leaves beside them, in ``directory``.

    A size for the name of the torrent itself makes it a torrent of one file.
    """
    directory.mkdir(parents=True, mode=0o700)
    fill(directory if NAME in sizes else directory / NAME, sizes)
    argv = [environment("torrent").program("python"), make_torrents.__file__, "make", str(directory), NAME, "65536"]
    made = json.loads(subprocess.run(argv, capture_output=True, check=True).stdout)[kind]
    torrent = base64.b64decode(made["torrent"])
    metainfo = read_torrent(torrent)
    own = directory.with_name(f"{directory.name}.own")
    directory.rename(own)
    # It takes a new or an empty directory only.
    home = DownloadDirectory(str(directory))
    with home.opened(metainfo.magnet()):
        (own / NAME).rename(directory / NAME)
        home.keep_info(metainfo)
        home.number_files(metainfo, metainfo.selected(metainfo.magnet()))
    own.rmdir()
    return FinishedDownload(directory, torrent, metainfo)
