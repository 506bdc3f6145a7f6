# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Read a .torrent file, or the info dictionary that peers sent for a magnet link."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .address import check_tracker, is_for_browsers
from .bencode import decode
from .info import Dictionary, optional, read_dictionary
from .magnet import MAX_TRACKERS, bounded
from .merkle import BLOCK, HASH_SIZE, padding_above, root_of
from .refusal import RefusedError, quoted, refusals_of

if TYPE_CHECKING:
    from .magnet import Magnet
    from .metainfo import Metainfo

MAX_TORRENT = 16 << 20
_ADVICE = "get the .torrent file again, or from another source"
_ADVICE_PEERS = "use another link; peers that follow the link can only send this"
#: Other sources, which would make a client fetch any address, and nodes to connect to.
_LEFT_OUT = {b"url-list", b"httpseeds", b"nodes"}


def read_torrent(data: bytes, *, source: str = "torrent") -> Metainfo:
    """What the .torrent file ``data`` says; ``source`` is what errors call it. Raises :class:`MagnetError`."""
    with refusals_of(source, advice=_ADVICE):
        _check_size(data)
        decoded = decode(data)
        if not isinstance(decoded.value, dict) or decoded.info is None:
            raise RefusedError("it is not a dictionary with the key 'info'")
        metainfo = read_dictionary(decoded.info, decoded.value[b"info"])
        announced = _announced(decoded.value)
        trackers = [tracker for tracker in announced if not is_for_browsers(tracker)]
        left_out = sorted(key.decode() for key in _LEFT_OUT & decoded.value.keys())
        left_out += ["announce"] if len(trackers) < len(announced) else []
        return replace(
            metainfo,
            trackers=bounded(map(check_tracker, trackers), MAX_TRACKERS, what="trackers"),
            layers=_layers(metainfo, decoded.value),
            left_out=tuple(left_out),
        )


def read_info(raw: bytes, magnet: Magnet, *, source: str = "torrent") -> Metainfo:
    """What the info dictionary ``raw`` says, which must be the one that ``magnet`` asks for; trackers are the magnet's.

    Raises :class:`MagnetError`.
    """
    with refusals_of(source, advice=_ADVICE_PEERS):
        _check_size(raw)
        metainfo = read_dictionary(raw, decode(raw).value)
    metainfo.check_matches(magnet, source=source)
    return replace(metainfo, trackers=magnet.trackers)


def _check_size(data: bytes) -> None:
    if len(data) > MAX_TORRENT:
        raise RefusedError(f"it is larger than {MAX_TORRENT >> 20} MiB, the maximum for a .torrent file")


def _announced(top: Dictionary) -> list[str]:
    """The addresses of trackers; an empty one says nothing."""
    found = [optional(top, b"announce", bytes) or b""]
    for tier in optional(top, b"announce-list", list) or []:
        if not isinstance(tier, list):
            raise RefusedError("its key 'announce-list' is not a list of lists")
        for tracker in tier:
            if not isinstance(tracker, bytes):
                raise RefusedError("its key 'announce-list' has a tracker that is not a text")
            found.append(tracker)
    try:
        return [tracker.decode("utf-8") for tracker in found if tracker]
    except UnicodeDecodeError:
        raise RefusedError("the address of a tracker is not valid UTF-8") from None


def _layers(metainfo: Metainfo, top: Dictionary) -> dict[bytes, tuple[bytes, ...]]:
    """The hashes of pieces of each file that has several, if they lead to its root."""
    if metainfo.info_hash_v2 is None:
        return {}
    given, layers = optional(top, b"piece layers", dict) or {}, {}
    padding = padding_above(metainfo.piece_length // BLOCK)
    for file in metainfo.files:
        root = file.pieces_root
        if root is None or root in layers or file.size <= metainfo.piece_length:
            continue
        layer, count = given.get(root), -(-file.size // metainfo.piece_length)
        if not isinstance(layer, bytes) or len(layer) != count * HASH_SIZE:
            raise RefusedError(f"its key 'piece layers' does not have the {count} hashes of {quoted(file.name)}")
        hashes = [layer[at : at + HASH_SIZE] for at in range(0, len(layer), HASH_SIZE)]
        if root_of(hashes, padding=padding) != root:
            raise RefusedError(f"its key 'piece layers' has other hashes than those of {quoted(file.name)}")
        layers[root] = tuple(hashes)
    if given.keys() - layers.keys():
        raise RefusedError("its key 'piece layers' has hashes that belong to none of its files")
    return layers
