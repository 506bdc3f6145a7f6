# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a torrent of version 1, version 2 or both (hybrid) says of its files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .._printable import printable
from .magnet import Magnet
from .refusal import MagnetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class TorrentFile:
    """A file; ``path`` are its parts below the directory of the download, the name of the torrent included.

    ``is_pad`` marks padding, which is zeros and never written. ``pieces_root`` is its hash in version 2, None for an
    empty file and in version 1.
    """

    path: tuple[str, ...]
    size: int
    is_pad: bool = False
    pieces_root: bytes | None = None

    @property
    def name(self) -> str:
        return "/".join(self.path)


@dataclass(frozen=True)
class Metainfo:
    """A checked torrent; an index of a file is its place in ``files``, which has the padding of version 1 too.

    ``pieces`` are the SHA-1 hashes of version 1, empty without it; ``layers`` the hashes of pieces of version 2 by the
    root of their file, as far as they are known. ``raw`` are the bytes of the info dictionary.
    """

    info_hash_v1: str | None
    info_hash_v2: str | None
    name: str
    files: tuple[TorrentFile, ...]
    piece_length: int
    pieces: bytes
    is_private: bool
    raw: bytes = field(repr=False)
    layers: Mapping[bytes, tuple[bytes, ...]] = field(default_factory=dict, repr=False)
    trackers: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files, without padding."""
        return sum(file.size for file in self.files if not file.is_pad)

    def magnet(self) -> Magnet:
        """The magnet of this torrent."""
        return Magnet(self.info_hash_v1, self.info_hash_v2, name=printable(self.name), trackers=self.trackers)

    def torrent(self) -> bytes:
        """The canonical .torrent file: the info dictionary as it was, and nothing else but what was checked."""
        tiers = b"".join(b"l%be" % _text(tracker.encode()) for tracker in self.trackers)
        announced = b"13:announce-listl%be" % tiers if tiers else b""
        layers = b"".join(_text(root) + _text(b"".join(self.layers[root])) for root in sorted(self.layers))
        return b"d%b4:info%b%be" % (announced, self.raw, b"12:piece layersd%be" % layers if layers else b"")

    def selected(self, magnet: Magnet, *, source: str = "magnet") -> tuple[int, ...]:
        """The indexes of the files that ``magnet`` selects, padding aside; one that is not there is an error."""
        last = magnet.selection[-1][1] if magnet.selection else 0
        if last >= len(self.files):
            raise MagnetError(
                f"{source}: it selects the file with the index {last}, but the torrent has only the indexes 0 to "
                f"{len(self.files) - 1}; correct the selection (so=)"
            )
        wanted = [index for index, file in enumerate(self.files) if magnet.selects(index) and not file.is_pad]
        if not wanted:
            raise MagnetError(f"{source}: it selects no file, only padding; correct the selection (so=)")
        return tuple(wanted)

    def selected_size(self, indexes: Iterable[int]) -> int:
        """Bytes of the files with these indexes."""
        return sum(self.files[index].size for index in indexes)

    def check_matches(self, magnet: Magnet, *, source: str = "magnet") -> None:
        """Raise :class:`MagnetError` unless this has each of the hashes that ``magnet`` names."""
        for version, wanted, found in (
            (1, magnet.info_hash_v1, self.info_hash_v1),
            (2, magnet.info_hash_v2, self.info_hash_v2),
        ):
            if wanted is not None and wanted != found:
                raise MagnetError(
                    f"{source}: the torrent has the info hash {found or 'none'} of version {version}, not {wanted} as "
                    "the magnet link says; what was received is not what was asked for; use another link"
                )


def _text(value: bytes) -> bytes:
    return b"%d:%b" % (len(value), value)
