# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Torrents that libtorrent 2.1.1 made of ``FILES`` (tests/tools/make_torrents.py), and what makes others.

Pieces have 16 KiB. tests/system/test_torrents_of_libtorrent.py compares with a libtorrent that is there.
"""

from __future__ import annotations

import base64
import copy
import hashlib
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.bencode import decode
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.metainfo import Metainfo
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.refusal import MagnetError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.torrent_file import read_torrent

#: What the torrents describe: path and size; the bytes are those of :func:`content`.
FILES = {"set/big.bin": 70_000, "set/d/small": 10, "set/empty": 0, "set/exact.bin": 32_768}
TRACKERS = ("http://192.0.2.1:6969/announce", "udp://tracker.example:6969/announce")
#: The info hashes of version 1 and 2, as libtorrent says them.
HASHES = {
    "v1": ("2c0490355d6f8c5f6c9edf046eb7db2ffcdc35dd", None),
    "hybrid": (
        "b6151d764dbc28662a727527ea370bb40fc4a1b3",
        "11b3d1bab72efad6d31fdc20061e5218e61e9b0229a08837ff09ab61db349771",
    ),
    "v2": (None, "f0972d8c914202828debf51fec7a6ab7785b4dd6c1fc299aa013f24cdd4da909"),
}
_ENCODED = {
    "v1": (
        "ZDg6YW5ub3VuY2UzMDpodHRwOi8vMTkyLjAuMi4xOjY5NjkvYW5ub3VuY2UxMzphbm5vdW5jZS1saXN0bGwzMDpodHRwOi8vMTky"
        "LjAuMi4xOjY5NjkvYW5ub3VuY2UzNTp1ZHA6Ly90cmFja2VyLmV4YW1wbGU6Njk2OS9hbm5vdW5jZWVlNDppbmZvZDU6ZmlsZXNs"
        "ZDY6bGVuZ3RoaTBlNDpwYXRobDU6ZW1wdHllZWQ2Omxlbmd0aGkzMjc2OGU0OnBhdGhsOTpleGFjdC5iaW5lZWQ2Omxlbmd0aGk3"
        "MDAwMGU0OnBhdGhsNzpiaWcuYmluZWVkNjpsZW5ndGhpMTBlNDpwYXRobDE6ZDU6c21hbGxlZWU0Om5hbWUzOnNldDEyOnBpZWNl"
        "IGxlbmd0aGkxNjM4NGU2OnBpZWNlczE0MDqiA/akc2bLAQcg+Eyr846lIA9i8fN4oVJyG3zcLNzsZaT6JohGKOizogP2pHNmywEH"
        "IPhMq/OOpSAPYvHzeKFScht83Czc7GWk+iaIRijos4V81hJ/OJiPb3s9AFFlmQ+ixZeggeVA6P/LvRz13Jfn3t1j9/iqhg0sB5rC"
        "O9h7Lm3yQGsRO6UgfGBdQmVl"
    ),
    "hybrid": (
        "ZDg6YW5ub3VuY2UzMDpodHRwOi8vMTkyLjAuMi4xOjY5NjkvYW5ub3VuY2UxMzphbm5vdW5jZS1saXN0bGwzMDpodHRwOi8vMTky"
        "LjAuMi4xOjY5NjkvYW5ub3VuY2UzNTp1ZHA6Ly90cmFja2VyLmV4YW1wbGU6Njk2OS9hbm5vdW5jZWVlNDppbmZvZDk6ZmlsZSB0"
        "cmVlZDc6YmlnLmJpbmQwOmQ2Omxlbmd0aGk3MDAwMGUxMTpwaWVjZXMgcm9vdDMyOn3lSa07ImxZghEaW5TtfZMdMpKdRbOy7csV"
        "QE9k5EQDZWUxOmRkNTpzbWFsbGQwOmQ2Omxlbmd0aGkxMGUxMTpwaWVjZXMgcm9vdDMyOrnDWjEfu06Svr/dCr3YuZycTvSs4vnt"
        "sL9B2UN4fxDXZWVlNTplbXB0eWQwOmQ2Omxlbmd0aGkwZWVlOTpleGFjdC5iaW5kMDpkNjpsZW5ndGhpMzI3NjhlMTE6cGllY2Vz"
        "IHJvb3QzMjpi1fJ66+4B/oEUClXh8GuWFXfLkviaMUfXk/LBlgETU2VlZTU6ZmlsZXNsZDY6bGVuZ3RoaTcwMDAwZTQ6cGF0aGw3"
        "OmJpZy5iaW5lZWQ0OmF0dHIxOnA2Omxlbmd0aGkxMTkyMGU0OnBhdGhsNDoucGFkNToxMTkyMGVlZDY6bGVuZ3RoaTEwZTQ6cGF0"
        "aGwxOmQ1OnNtYWxsZWVkNDphdHRyMTpwNjpsZW5ndGhpMTYzNzRlNDpwYXRobDQ6LnBhZDU6MTYzNzRlZWQ2Omxlbmd0aGkwZTQ6"
        "cGF0aGw1OmVtcHR5ZWVkNjpsZW5ndGhpMzI3NjhlNDpwYXRobDk6ZXhhY3QuYmluZWVlMTI6bWV0YSB2ZXJzaW9uaTJlNDpuYW1l"
        "MzpzZXQxMjpwaWVjZSBsZW5ndGhpMTYzODRlNjpwaWVjZXMxNjA6ogP2pHNmywEHIPhMq/OOpSAPYvHzeKFScht83Czc7GWk+iaI"
        "Rijos4V81hJ/OJiPb3s9AFFlmQ+ixZeggeVA6P/LvRz13Jfn3t1j9/iqhg2Z0wc7RqR5ZSzVkHy3ZQSS0m3rWw2PiLJp/q63dsGi"
        "X/3Hh+D+HkNXogP2pHNmywEHIPhMq/OOpSAPYvHzeKFScht83Czc7GWk+iaIRijos2UxMjpwaWVjZSBsYXllcnNkMzI6YtXyeuvu"
        "Af6BFApV4fBrlhV3y5L4mjFH15PywZYBE1M2NDrDjoihk4lqKJsNIqHG6JZYyxzFvnWbi2yMZyM3ckL+e3F0xO9q5lkFbx6QuxI8"
        "jUY2j4SsPlPHSyEN8Ub6Xq6rMzI6feVJrTsibFmCERpblO19kx0ykp1Fs7LtyxVAT2TkRAMxNjA6w46IoZOJaiibDSKhxuiWWMsc"
        "xb51m4tsjGcjN3JC/ntxdMTvauZZBW8ekLsSPI1GNo+ErD5Tx0shDfFG+l6uq8b3OxGZdzvUl1plRzIUDWNBHIAroZ03XhSy5gbg"
        "Y6teeg6XkxdObG5sGRyCkMX0r17q8aMsoImsMV2c32oaMdQp6xuJxUEx0yfdKWYsJ1eimuwBAb/TSgE6/M5zg47IdGVl"
    ),
    "v2": (
        "ZDg6YW5ub3VuY2UzMDpodHRwOi8vMTkyLjAuMi4xOjY5NjkvYW5ub3VuY2UxMzphbm5vdW5jZS1saXN0bGwzMDpodHRwOi8vMTky"
        "LjAuMi4xOjY5NjkvYW5ub3VuY2UzNTp1ZHA6Ly90cmFja2VyLmV4YW1wbGU6Njk2OS9hbm5vdW5jZWVlNDppbmZvZDk6ZmlsZSB0"
        "cmVlZDc6YmlnLmJpbmQwOmQ2Omxlbmd0aGk3MDAwMGUxMTpwaWVjZXMgcm9vdDMyOn3lSa07ImxZghEaW5TtfZMdMpKdRbOy7csV"
        "QE9k5EQDZWUxOmRkNTpzbWFsbGQwOmQ2Omxlbmd0aGkxMGUxMTpwaWVjZXMgcm9vdDMyOrnDWjEfu06Svr/dCr3YuZycTvSs4vnt"
        "sL9B2UN4fxDXZWVlNTplbXB0eWQwOmQ2Omxlbmd0aGkwZWVlOTpleGFjdC5iaW5kMDpkNjpsZW5ndGhpMzI3NjhlMTE6cGllY2Vz"
        "IHJvb3QzMjpi1fJ66+4B/oEUClXh8GuWFXfLkviaMUfXk/LBlgETU2VlZTEyOm1ldGEgdmVyc2lvbmkyZTQ6bmFtZTM6c2V0MTI6"
        "cGllY2UgbGVuZ3RoaTE2Mzg0ZWUxMjpwaWVjZSBsYXllcnNkMzI6YtXyeuvuAf6BFApV4fBrlhV3y5L4mjFH15PywZYBE1M2NDrD"
        "joihk4lqKJsNIqHG6JZYyxzFvnWbi2yMZyM3ckL+e3F0xO9q5lkFbx6QuxI8jUY2j4SsPlPHSyEN8Ub6Xq6rMzI6feVJrTsibFmC"
        "ERpblO19kx0ykp1Fs7LtyxVAT2TkRAMxNjA6w46IoZOJaiibDSKhxuiWWMscxb51m4tsjGcjN3JC/ntxdMTvauZZBW8ekLsSPI1G"
        "No+ErD5Tx0shDfFG+l6uq8b3OxGZdzvUl1plRzIUDWNBHIAroZ03XhSy5gbgY6teeg6XkxdObG5sGRyCkMX0r17q8aMsoImsMV2c"
        "32oaMdQp6xuJxUEx0yfdKWYsJ1eimuwBAb/TSgE6/M5zg47IdGVl"
    ),
}
PIECE = 16384
TORRENTS = {kind: base64.b64decode(text) for kind, text in _ENCODED.items()}


def metainfo(kind: str) -> Metainfo:
    return read_torrent(TORRENTS[kind])


def content(size: int) -> bytes:
    """Bytes that are the same everywhere and do not repeat."""
    blocks = (hashlib.sha256(number.to_bytes(8, "big")).digest() for number in range(size // 32 + 1))
    return b"".join(blocks)[:size]


def write_files(directory: Path) -> None:
    """Write ``FILES``."""
    for name, size in FILES.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(size))


def encode(value: Any) -> bytes:
    """The canonical bencoding; keys and texts may be str."""
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode("utf-8")
    if isinstance(value, bytes):
        return b"%d:%b" % (len(value), value)
    if isinstance(value, dict):
        items = {key.encode("utf-8") if isinstance(key, str) else key: item for key, item in value.items()}
        return b"d%be" % b"".join(encode(key) + encode(items[key]) for key in sorted(items))
    return b"l%be" % b"".join(map(encode, value))


def decoded(kind: str) -> Any:
    return copy.deepcopy(decode(TORRENTS[kind]).value)


def single(**changes: Any) -> dict[str, Any]:
    """A torrent of version 1 with one file; keys that are None are left out, ``info_`` goes into its info."""
    info: dict[str, Any] = {"name": "x", "length": 5, "piece length": PIECE, "pieces": bytes(20)}
    top: dict[str, Any] = {"info": info}
    for key, value in changes.items():
        where, name = (info, key[5:]) if key.startswith("info_") else (top, key)
        where[name.replace("_", " ")] = value
    for where in (info, top):
        for name in [name for name, value in where.items() if value is None]:
            del where[name]
    return top


def several(*files: dict[str, Any], piece: int = PIECE, **more: Any) -> dict[str, Any]:
    size = sum(file.get("length", 0) for file in files)
    return single(
        info_length=None,
        info_files=list(files),
        info_piece_length=piece,
        info_pieces=bytes(20) * -(-size // piece),
        **more,
    )


def paths(*names: Any) -> dict[str, Any]:
    """A torrent of version 1 with files at these paths, each a list of parts."""
    return several(*({"length": 1, "path": name} for name in names))


def tree(files: Any, **info: Any) -> dict[str, Any]:
    """A torrent of version 2."""
    return {"info": {"name": "x", "piece length": PIECE, "meta version": 2, "file tree": files, **info}}


def leaf(size: int = 5, **more: Any) -> dict[str, Any]:
    return {"": {"length": size, "pieces root": bytes(32), **more}}


def refused(torrent: Any, message: str) -> None:
    data = torrent if isinstance(torrent, bytes) else encode(torrent)
    with pytest.raises(MagnetError) as caught:
        read_torrent(data, source="src: /x/a.torrent")
    said = caught.value.message
    assert said.startswith("src: /x/a.torrent: ") and message in said and "; " in said, said
    assert len(said) < 400 and said.isprintable()
