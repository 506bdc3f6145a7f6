# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What this collection reads in torrents is what libtorrent reads, and the other way round; files are proven alike."""

from __future__ import annotations

import base64
import json
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import make_torrents
import pytest
from environments import environment

from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.magnet import parse_magnet
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.paths import check_part
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.payload import verify
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.pieces import PayloadError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.refusal import RefusedError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.torrent_file import read_torrent

Libtorrent = Callable[..., Any]


@pytest.fixture(name="libtorrent", scope="module")
def fixture_libtorrent() -> Libtorrent:
    """Runs make_torrents.py with its arguments; returns what that prints."""
    python = environment("torrent").program("python")

    def run(*arguments: str | Path) -> Any:
        argv = [python, make_torrents.__file__, *map(str, arguments)]
        return json.loads(subprocess.run(argv, capture_output=True, check=True).stdout)

    return run


def write_random(rng: random.Random, directory: Path) -> tuple[str, int]:
    """Files with sizes at all edges; returns the name of the torrent and the length of its pieces."""
    piece_length = rng.choice([16384, 32768, 131072])
    edges = [0, 1, 16383, 16384, 16385, piece_length - 1, piece_length, piece_length + 1, 5 * piece_length + 7]
    name = rng.choice(["x", "Grüße", "a b"])
    if rng.random() < 0.3:
        (directory / name).write_bytes(rng.randbytes(rng.choice(edges[1:])))
        return name, piece_length
    names = [name, "one", "d/two", "d/e/three", "日本", "{{ four }}", "zero"]
    for number, one in enumerate(rng.sample(names, rng.randrange(1, len(names)))):
        (directory / name / one).parent.mkdir(parents=True, exist_ok=True)
        (directory / name / one).write_bytes(rng.randbytes(rng.choice(edges[1:] if number == 0 else edges)))
    return name, piece_length


@pytest.mark.parametrize("seed", range(12))
def test_random_torrents_of_libtorrent(libtorrent: Libtorrent, seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    data = tmp_path / "data"
    data.mkdir()
    name, piece_length = write_random(rng, data)
    on_disk = sorted([str(path.relative_to(data)), path.stat().st_size] for path in data.rglob("*") if path.is_file())
    for kind, made in libtorrent("make", data, name, piece_length).items():
        found = read_torrent(base64.b64decode(made["torrent"]))
        assert (found.info_hash_v1, found.info_hash_v2, list(found.trackers)) == (
            made["v1"],
            made["v2"],
            made["trackers"],
        )
        files = sorted([file.name, file.size] for file in found.files if not file.is_pad)
        if kind == "v2" and on_disk == [[f"{name}/{name}", found.size]]:
            # Version 2 has one form for a file and for a directory with a file of its name; both read it as the file.
            assert files == made["files"] == [[name, found.size]]
            continue
        assert files == on_disk == made["files"]
        (tmp_path / "canonical").write_bytes(found.torrent())
        link = found.magnet().link()
        torrent_again, link_again = libtorrent("read", tmp_path / "canonical", link)
        assert torrent_again == {key: made[key] for key in torrent_again}
        assert link_again == {"v1": made["v1"], "v2": made["v2"], "name": name, "trackers": made["trackers"]}
        found.check_matches(parse_magnet(link))
        done = verify(found, str(data))
        assert all(file.is_whole for file in done.files) and done.size == found.size and not done.extra


@pytest.mark.parametrize("seed", range(12))
def test_a_changed_byte_is_found(libtorrent: Libtorrent, seed: int, tmp_path: Path) -> None:
    rng = random.Random(1000 + seed)
    name, piece_length = write_random(rng, tmp_path)
    torrents = libtorrent("make", tmp_path, name, piece_length)
    changed = rng.choice([path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size])
    content = bytearray(changed.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    changed.write_bytes(content)
    for made in torrents.values():
        found = read_torrent(base64.b64decode(made["torrent"]))
        if [file.name for file in found.files] == [name] and (tmp_path / name).is_dir():
            continue
        with pytest.raises(PayloadError, match="is not what the torrent says"):
            verify(found, str(tmp_path))


def is_accepted(name: str) -> bool:
    try:
        return check_part(name.encode()) == name
    except RefusedError:
        return False


def test_libtorrent_keeps_each_name_that_is_accepted(libtorrent: Libtorrent, tmp_path: Path) -> None:
    """It shortens names of more than 240 bytes and drops joiners, unless it is told the name of the file."""
    rng = random.Random(5)
    codes = [*range(0x20, 0x7F), *range(0xA0, 0x250), 0x300, 0x61C, 0x2026, 0x3000, 0xE000, 0xFDD0, 0xFFFD, 0x1F600]
    names = ["x" * 240, "x" * 255, "\u00e9" * 127, "a\u200db", "a\u200cb", "~", "-rf", "...x", "x..y", " x", "%2e%2e"]
    names += ["".join(map(chr, rng.choices(codes, k=rng.randrange(1, 8)))) for _number in range(3000)]
    accepted = list(filter(is_accepted, names))
    (tmp_path / "names").write_text(json.dumps(accepted))
    found = libtorrent("names", tmp_path / "names")
    changed = {name for name, (taken, _told) in zip(accepted, found, strict=True) if taken != name}
    assert changed == {"x" * 255, "\u00e9" * 127, "a\u200db", "a\u200cb"}
    assert [told for _taken, told in found] == accepted
