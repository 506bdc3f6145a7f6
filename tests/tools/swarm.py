# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A real BitTorrent swarm on this machine."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from environments import environment

_PEER = Path(__file__).with_name("swarm_peer.py")


@dataclass(frozen=True)
class Peer:
    """A peer that shares the files below ``directory``."""

    magnet: str
    torrent: Path
    directory: Path
    process: subprocess.Popen[str]


def fill(directory: Path, sizes: Mapping[str, int]) -> Path:
    """Write files of these sizes, which no compression makes smaller."""
    generator = random.Random(len(sizes))
    for name, size in sizes.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(generator.randbytes(size))
    return directory


@contextmanager
def peer(
    directory: Path,
    *,
    kind: str = "v1",
    address: str = "127.0.0.1",
    damaged: str = "",
    partial: tuple[str, ...] = (),
    rate: int = 0,
) -> Iterator[Peer]:
    """Share ``directory`` as a torrent of this kind.

    ``damaged`` is a file that is sent with other bytes; ``partial`` are files that the peer does not have; ``rate`` is
    how many bytes it sends in a second, at most.
    """
    options = {
        "directory": str(directory), "kind": kind, "address": address, "damaged": damaged, "partial": partial,
        "rate": rate,
    }  # fmt: skip
    argv = [environment("torrent").program("python"), str(_PEER), json.dumps(options)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            yield Peer(said["magnet"], Path(said["torrent"]), directory, process)
        finally:
            process.kill()
