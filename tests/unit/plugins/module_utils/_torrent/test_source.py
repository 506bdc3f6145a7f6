# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A file is a magnet link or a .torrent file by its content, is read within limits, and never waited for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.magnet import MAX_LINK, Magnet
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.metainfo import Metainfo
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.refusal import MagnetError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.source import read_source
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._torrent.samples import TORRENTS

LINK = b"magnet:?xt=urn:btih:" + b"0a" * 20


@pytest.mark.parametrize(
    "text",
    [LINK, LINK + b"\n", LINK + b"\r\n", b"\xef\xbb\xbf" + LINK + b"\r\n", b"\n\t " + LINK + b" \n\n", LINK.upper()],
)
def test_a_link_may_have_space_around_it(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.torrent").write_bytes(text.replace(b"URN:BTIH", b"urn:btih").replace(b"XT", b"xt"))
    found = read_source(str(tmp_path / "a.torrent"))
    assert isinstance(found, Magnet) and found.info_hash_v1 == "0a" * 20


@pytest.mark.parametrize("kind", sorted(TORRENTS))
def test_a_torrent_is_told_by_its_content(kind: str, tmp_path: Path) -> None:
    (tmp_path / "link.magnet").write_bytes(TORRENTS[kind])
    assert isinstance(read_source(str(tmp_path / "link.magnet")), Metainfo)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "is neither a .torrent file nor a text file in UTF-8 with a magnet link"),
        (b"\n", "is neither a .torrent file"),
        (b"hello", "is neither a .torrent file"),
        (b"\x00" * 100, "is neither a .torrent file"),
        (b"# a comment\n" + LINK, "is neither a .torrent file"),
        (b"<a href='" + LINK + b"'>", "is neither a .torrent file"),
        (b"\xff\xfe" + LINK.decode().encode("utf-16-le"), "is neither a .torrent file nor a text file in UTF-8"),
        (b"\xef\xbb\xbf\xef\xbb\xbf" + LINK, "is neither a .torrent file"),
        (b"\x0c" + LINK, "is neither a .torrent file"),
        (LINK + b"\n" + LINK, ": it contains a line break"),
        (LINK + b"\0", ": it contains a line break or another control character"),
        (LINK + b"&dn=\xff", "is neither a .torrent file nor a text file in UTF-8"),
        (LINK + b"&kt=" + b"x" * MAX_LINK, f": it is longer than {MAX_LINK} characters"),
        (LINK + b" " * (17 << 20), "is larger than 16 MiB, the maximum"),
        (b"d4:info", ": it is not valid bencoding"),
        (b"d" * (17 << 20), "is larger than 16 MiB, the maximum"),
        (b"\xef\xbb\xbf" + TORRENTS["v1"], "is neither a .torrent file"),
    ],
    ids=range(17),
)  # fmt: skip
def test_anything_else_is_refused(text: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(text)
    with pytest.raises(MagnetError) as caught:
        read_source(str(path))
    assert caught.value.message.startswith(f"src: {path}") and message in caught.value.message
    assert "; " in caught.value.message and len(caught.value.message) < 600


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def _loop(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_fifo, "is not a regular file; give the path of a .torrent file"),
        (Path.mkdir, "is not a regular file; give the path of a .torrent file"),
        (_link, "is a link, which is not followed; give the path of the file itself"),
        (_loop, "is a link, which is not followed"),
        (lambda path: None, "does not exist on the host of the task; correct the path"),
        (lambda path: path.with_name("x").touch(), "does not exist on the host of the task"),
    ],
)
def test_what_is_no_regular_file_is_refused_at_once(make: Any, message: str, tmp_path: Path) -> None:
    make(tmp_path / "source")
    with pytest.raises(MagnetError) as caught:
        read_source(str(tmp_path / "source"))
    assert caught.value.message == f"src: {tmp_path}/source {message}" or message in caught.value.message


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/dev/zero", "is not a regular file"),
        ("/dev/null", "is not a regular file"),
        ("/etc/hostname/x", "cannot be read: Not a directory"),
        ("/x" * 5000, "cannot be read: File name too long"),
        ("/tmp/\0x", "cannot be a path"),
        ("", "does not exist"),
    ],
)
def test_odd_paths_are_one_error(path: str, message: str) -> None:
    with pytest.raises(MagnetError, match=message) as caught:
        read_source(path, option="torrent_file")
    assert caught.value.message.startswith("torrent_file: ") and len(caught.value.message) < 1200
