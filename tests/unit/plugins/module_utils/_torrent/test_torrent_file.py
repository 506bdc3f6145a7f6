# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What libtorrent makes is read as libtorrent reads it, and what is no torrent ends in one error."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.bencode import decode
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.magnet import Magnet, parse_magnet
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.refusal import MagnetError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.torrent_file import (
    read_info,
    read_torrent,
)
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._torrent.samples import (
    FILES,
    HASHES,
    PIECE,
    TORRENTS,
    TRACKERS,
    decoded,
    encode,
    metainfo,
)

KINDS = sorted(TORRENTS)


@pytest.mark.parametrize("kind", KINDS)
def test_what_libtorrent_made_is_read_as_it_reads_it(kind: str) -> None:
    found = metainfo(kind)
    assert (found.info_hash_v1, found.info_hash_v2) == HASHES[kind]
    assert {file.name: file.size for file in found.files if not file.is_pad} == FILES
    assert (found.name, found.piece_length, found.is_private, found.trackers) == ("set", PIECE, False, TRACKERS)
    assert found.size == sum(FILES.values())
    assert sum(file.is_pad for file in found.files) == (2 if kind == "hybrid" else 0)
    layered = {file.name for file in found.files if file.pieces_root in found.layers}
    assert layered == (set() if kind == "v1" else {"set/big.bin", "set/exact.bin"})


@pytest.mark.parametrize("kind", KINDS)
def test_the_canonical_torrent_and_magnet_are_the_same_torrent(kind: str) -> None:
    top = decoded(kind)
    top.update({b"url-list": b"http://169.254.169.254/", b"nodes": [[b"h", 1]], b"comment": b"\xff", b"zzz": {}})
    found = read_torrent(encode(top))
    assert found.left_out == ("nodes", "url-list")
    written = read_torrent(found.torrent())
    assert (written.raw, written.layers, written.trackers) == (found.raw, found.layers, found.trackers)
    assert set(decode(found.torrent()).value) <= {b"announce-list", b"info", b"piece layers"}  # type: ignore[arg-type]
    assert read_torrent(written.torrent()) == written
    magnet = parse_magnet(found.magnet().link())
    assert (magnet.info_hash_v1, magnet.info_hash_v2) == HASHES[kind]
    assert (magnet.name, magnet.trackers) == ("set", TRACKERS)


@pytest.mark.parametrize("kind", KINDS)
def test_what_peers_send_must_be_what_the_magnet_asks_for(kind: str) -> None:
    found = metainfo(kind)
    magnet = found.magnet()
    received = read_info(found.raw, magnet)
    assert (received.files, received.raw, received.layers) == (found.files, found.raw, {})
    assert received.trackers == TRACKERS
    changed = bytearray(found.raw)
    changed[changed.index(b"4:name3:set") + 8] = ord("S")
    with pytest.raises(MagnetError, match="src: x: the torrent has the info hash .* not .* as the magnet link says"):
        read_info(bytes(changed), magnet, source="src: x")


@pytest.mark.parametrize(
    ("kind", "named", "is_right"),
    [
        ("hybrid", ("v1", None), True),
        ("hybrid", (None, "v2"), True),
        ("hybrid", ("v1", "v2"), True),
        ("hybrid", ("v1", "other"), False),
        ("hybrid", ("other", "v2"), False),
        ("v1", ("v1", "v2"), False),
        ("v2", ("v1", "v2"), False),
        ("v1", (None, "v2"), False),
        ("v2", ("v1", None), False),
    ],
)
def test_each_hash_that_a_magnet_names_must_be_there(kind: str, named: tuple[Any, Any], is_right: bool) -> None:
    found = metainfo(kind)
    hashes = {"v1": found.info_hash_v1 or "0" * 40, "v2": found.info_hash_v2 or "0" * 64, "other": "1" * 40, None: None}
    magnet = Magnet(hashes[named[0]], hashes[named[1]])
    if is_right:
        found.check_matches(magnet)
        return
    with pytest.raises(MagnetError, match="what was received is not what was asked for"):
        found.check_matches(magnet)


def test_a_selection_is_of_files_that_are_there() -> None:
    found, link = metainfo("hybrid"), "magnet:?xt=urn:btih:" + "0" * 40
    assert [index for index, file in enumerate(found.files) if file.is_pad] == [1, 3]
    assert found.selected(parse_magnet(link)) == (0, 2, 4, 5)
    assert found.selected(parse_magnet(f"{link}&so=0-2")) == (0, 2)
    assert found.selected_size((0, 2)) == 70_010
    with pytest.raises(MagnetError, match="selects the file with the index 6, but .* the indexes 0 to 5"):
        found.selected(parse_magnet(f"{link}&so=6"))
    with pytest.raises(MagnetError, match="selects no file, only padding"):
        found.selected(parse_magnet(f"{link}&so=1"))


def test_changed_torrents_end_in_a_torrent_or_an_error() -> None:
    rng = random.Random(1)
    odd = [0, -1, 1 << 62, b"", b"x", b"..", b"a/b", b"\xff", [], {}, [[]], {b"": {}}, [b"x"], bytes(32), bytes(640)]
    read = 0
    for _round in range(3000):
        top = decoded(rng.choice(KINDS))
        for _change in range(rng.choice([1, 1, 2, 4])):
            node = top
            while True:
                keys = list(node) if isinstance(node, dict) else list(range(len(node)))
                if not keys:
                    break
                key = rng.choice(keys)
                if isinstance(node[key], (dict, list)) and rng.random() < 0.8:
                    node = node[key]
                    continue
                if rng.random() < 0.2:
                    del node[key]
                else:
                    node[key] = copy.deepcopy(rng.choice(odd))
                break
        try:
            found = read_torrent(encode(top))
        except MagnetError as error:
            assert len(error.message) < 400
        else:
            read += 1
            assert read_torrent(found.torrent()).raw == found.raw
            parse_magnet(found.magnet().link())
    assert read > 10


def test_changed_bytes_end_in_a_torrent_or_an_error() -> None:
    rng = random.Random(2)
    for _round in range(3000):
        data = bytearray(rng.choice(list(TORRENTS.values())))
        for _change in range(rng.choice([1, 2, 10])):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            read_torrent(bytes(data))
        except MagnetError as error:
            assert len(error.message) < 400
