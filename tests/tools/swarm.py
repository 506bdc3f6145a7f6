# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A real BitTorrent swarm on this machine.

Run as a program: ``swarm.py DIR ADDRESS`` fills ``DIR/payload`` and shares it until that is removed; the link is in
``DIR/link.magnet``.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from environments import environment

_PEER = Path(__file__).with_name("swarm_peer.py")
_TRACKER = Path(__file__).with_name("tracker.py")
_SIZES = {"disc 1/a.bin": 1_500_000, "disc 1/b.bin": 700_001, "empty": 0, "read me.txt": 10}


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
def tracker(address: str = "127.0.0.1", *, namespace: str = "") -> Iterator[str]:
    """Run a tracker; its URL."""
    argv = [*_inside(namespace), sys.executable, str(_TRACKER), address]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def _inside(namespace: str) -> list[str]:
    return ["ip", "netns", "exec", namespace] if namespace else []


@contextmanager
def peer(
    directory: Path,
    *,
    kind: str = "v1",
    address: str = "127.0.0.1",
    damaged: str = "",
    partial: tuple[str, ...] = (),
    rate: int = 0,
    tracker: str = "",
    namespace: str = "",
) -> Iterator[Peer]:
    """Share ``directory`` as a torrent of this kind.

    ``damaged`` is a file that is sent with other bytes; ``partial`` are files that the peer does not have; ``rate`` is
    how many bytes it sends in a second, at most. The link names the ``tracker``, or the peer itself without one.
    ``namespace`` is the network namespace of the peer.
    """
    options = {
        "directory": str(directory), "kind": kind, "address": address, "damaged": damaged, "partial": partial,
        "rate": rate, "tracker": tracker,
    }  # fmt: skip
    argv = [*_inside(namespace), environment("torrent").program("python"), str(_PEER), json.dumps(options)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            yield Peer(said["magnet"], Path(said["torrent"]), directory, process)
        finally:
            process.kill()


def main(directory: Path, address: str) -> None:
    payload = fill(directory / "payload", _SIZES)
    with peer(payload, kind="hybrid", address=address) as one:
        (directory / "link.magnet").write_text(f"{one.magnet}\n")
        while payload.exists():
            time.sleep(0.2)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
