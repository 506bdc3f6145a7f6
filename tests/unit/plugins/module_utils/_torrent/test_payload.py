# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Files are those of a torrent, or one error names the file; what a selection leaves unproven is told to the byte."""

from __future__ import annotations

import hashlib
import os
import resource
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.metainfo import Metainfo
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.payload import MAX_EXTRA, verify
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.pieces import PayloadError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.torrent_file import read_info, read_torrent
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._torrent.samples import (
    FILES,
    TORRENTS,
    content,
    encode,
    metainfo,
    single,
    write_files,
)

KINDS = sorted(TORRENTS)


def index_of(found: Metainfo, name: str) -> int:
    return [file.name for file in found.files].index(name)


def bare(kind: str) -> Metainfo:
    """As peers send it: without the hashes of pieces of version 2."""
    found = metainfo(kind)
    return read_info(found.raw, found.magnet())


def sha256(size: int) -> str:
    return hashlib.sha256(content(size)).hexdigest()


@pytest.mark.parametrize("read", [metainfo, bare])
@pytest.mark.parametrize("kind", KINDS)
def test_the_files_of_which_libtorrent_made_the_torrent_are_proven(kind: str, read: Any, tmp_path: Path) -> None:
    write_files(tmp_path)
    seen: list[tuple[int, int]] = []
    done = verify(read(kind), str(tmp_path), progress=lambda *bytes_: seen.append(bytes_))
    assert {file.path: (file.size, file.sha256, file.unproven) for file in done.files} == {
        name: (size, sha256(size), ()) for name, size in FILES.items()
    }
    assert all(file.is_whole for file in done.files)
    assert (done.extra, done.size) == ((), sum(FILES.values()))
    assert seen == sorted(seen) and seen[-1] == (done.size, done.size)


@pytest.mark.parametrize("name", [name for name, size in FILES.items() if size])
@pytest.mark.parametrize("where", ["first", "last"])
@pytest.mark.parametrize("kind", KINDS)
def test_one_wrong_bit_is_an_error_that_names_the_file(kind: str, where: str, name: str, tmp_path: Path) -> None:
    write_files(tmp_path)
    changed = bytearray((tmp_path / name).read_bytes())
    changed[0 if where == "first" else -1] ^= 1
    (tmp_path / name).write_bytes(changed)
    with pytest.raises(PayloadError) as caught:
        verify(metainfo(kind), str(tmp_path))
    said = caught.value
    assert said.message.startswith(f"{tmp_path}: the content of '") and "is not what the torrent says" in said.message
    assert said.details()["error_code"] == "payload"
    if kind == "v1":
        assert name in said.message or "or one of" in said.message
        assert said.context["piece"] is not None
    else:
        assert said.context["path"] == name and f"'{name}'" in said.message
    if kind == "v2" and FILES[name] > 16384:
        assert said.context["piece"] == (0 if where == "first" else (FILES[name] - 1) // 16384)


def test_a_wrong_piece_names_the_files_that_it_may_be_in(tmp_path: Path) -> None:
    found = metainfo("v1")
    write_files(tmp_path)
    (tmp_path / "set/d/small").write_bytes(b"0123456789")
    with pytest.raises(
        PayloadError, match="'.*' or one of 1 files beside it is not what the torrent says .piece 6."
    ) as caught:
        verify(found, str(tmp_path))
    assert caught.value.context["piece"] == 6


def straddling(kind: str = "v1") -> Metainfo:
    """Files of 10, 30, 0, 5 and 20 bytes in pieces of 16: 0-10, 10-40, 40, 40-45, 45-65."""
    sizes = {"a": 10, "b": 30, "c": 0, "d": 5, "e": 20}
    data = content(65)
    pieces = b"".join(hashlib.sha1(data[at : at + 16]).digest() for at in range(0, 65, 16))
    files = [{"length": size, "path": [name]} for name, size in sizes.items()]
    return read_torrent(
        encode(single(info_length=None, info_files=files, info_pieces=pieces, **{"info_piece length": 16}))
    )


def write_straddling(directory: Path, names: str) -> None:
    (directory / "x").mkdir()
    for name, start, end in [("a", 0, 10), ("b", 10, 40), ("c", 40, 40), ("d", 40, 45), ("e", 45, 65)]:
        if name in names:
            (directory / "x" / name).write_bytes(content(65)[start:end])


@pytest.mark.parametrize(
    ("names", "unproven"),
    [
        ("abcde", {}),
        ("a", {"a": [(0, 10)]}),
        ("b", {"b": [(0, 6), (22, 30)]}),
        ("ab", {"b": [(22, 30)]}),
        ("c", {}),
        ("d", {"d": [(0, 5)]}),
        ("de", {"d": [(0, 5)], "e": [(0, 3)]}),
        ("e", {"e": [(0, 3)]}),
        ("bde", {"b": [(0, 6)]}),
        ("ae", {"a": [(0, 10)], "e": [(0, 3)]}),
        ("abe", {"b": [(22, 30)], "e": [(0, 3)]}),
    ],
)
def test_what_pieces_of_absent_files_leave_unproven_is_told(names: str, unproven: Any, tmp_path: Path) -> None:
    found = straddling()
    write_straddling(tmp_path, names)
    done = verify(found, str(tmp_path), selection=[index_of(found, f"x/{name}") for name in names])
    assert [file.path for file in done.files] == [f"x/{name}" for name in names]
    assert {file.path[2:]: list(file.unproven) for file in done.files if not file.is_whole} == unproven


@pytest.mark.parametrize("at", range(30))
def test_a_wrong_byte_of_a_selected_file_is_found_exactly_where_it_is_proven(at: int, tmp_path: Path) -> None:
    found = straddling()
    write_straddling(tmp_path, "b")
    changed = bytearray((tmp_path / "x" / "b").read_bytes())
    changed[at] ^= 1
    (tmp_path / "x" / "b").write_bytes(changed)
    if at < 6 or at >= 22:
        done = verify(found, str(tmp_path), selection=[1])
        assert done.files[0].sha256 == hashlib.sha256(changed).hexdigest()
        return
    with pytest.raises(PayloadError, match=f"'x/b' is not what the torrent says .piece {(at + 10) // 16}."):
        verify(found, str(tmp_path), selection=[1])


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["hybrid", "v2"])
def test_version_2_proves_each_file_alone(kind: str, name: str, tmp_path: Path) -> None:
    write_files(tmp_path)
    found = metainfo(kind)
    done = verify(found, str(tmp_path), selection=[index_of(found, name)])
    assert [(file.path, file.is_whole, file.sha256) for file in done.files] == [(name, True, sha256(FILES[name]))]
    assert set(FILES) - {name} >= {extra for extra in done.extra if not extra.endswith("/")}


@pytest.mark.parametrize("size", [1, 16383, 16384, 16385, 32768, 65536, 65537, 131072, 200_000])
def test_trees_of_all_shapes_are_those_of_the_standard(size: int, tmp_path: Path) -> None:
    """Beside libtorrent's sizes: the root from its definition, over all leaves at once."""
    data = content(size)
    level = [hashlib.sha256(data[at : at + 16384]).digest() for at in range(0, size, 16384)]
    while len(level) & (len(level) - 1):
        level.append(bytes(32))
    while len(level) > 1:
        level = [hashlib.sha256(level[at] + level[at + 1]).digest() for at in range(0, len(level), 2)]
    for piece_length in (16384, 65536, 1 << 20):
        leaf = {"": {"length": size, "pieces root": level[0]}}
        info = encode({"name": "x", "piece length": piece_length, "meta version": 2, "file tree": {"x": leaf}})
        found = read_info(info, metainfo_of(info))
        (tmp_path / "x").write_bytes(data)
        assert verify(found, str(tmp_path)).files[0].is_whole
        (tmp_path / "x").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        with pytest.raises(PayloadError, match="the content of 'x' is not what the torrent says"):
            verify(found, str(tmp_path))


def metainfo_of(info: bytes) -> Any:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.magnet import Magnet

    return Magnet(None, hashlib.sha256(info).hexdigest())


def _link(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


def _hole(path: Path) -> None:
    path.unlink()


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _linked_directory(path: Path) -> None:
    path.parent.rename(path.parent.with_name("moved"))
    path.parent.symlink_to("moved")


def _file_for_directory(path: Path) -> None:
    path.unlink()
    path.parent.rmdir()
    path.parent.write_bytes(b"")


def _longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


def _shorter(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_hole, "'set/d/small' is missing"),
        (_link, "'set/d/small' is a link, or below a link or a file"),
        (_linked_directory, "'set/d/small' is a link, or below a link or a file"),
        (_file_for_directory, "'set/d/small' is a link, or below a link or a file"),
        (_directory, "'set/d/small' is not a regular file"),
        (_fifo, "'set/d/small' is not a regular file"),
        (_longer, "'set/d/small' has 11 bytes, but the torrent says 10"),
        (_shorter, "'set/d/small' has 9 bytes, but the torrent says 10"),
    ],
)
def test_what_is_no_regular_file_of_the_right_size_is_an_error(
    change: Any, message: str, kind: str, tmp_path: Path
) -> None:
    write_files(tmp_path)
    change(tmp_path / "set" / "d" / "small")
    with pytest.raises(PayloadError) as caught:
        verify(metainfo(kind), str(tmp_path))
    assert caught.value.message.startswith(f"{tmp_path}: {message}") and "; " in caught.value.message
    assert caught.value.context["path"] == "set/d/small"


def test_a_directory_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "none", tmp_path / "file"):
        with pytest.raises(PayloadError, match="cannot be read: .*; give the directory of the download"):
            verify(metainfo("v1"), str(path))


def test_what_does_not_belong_there_is_listed_and_not_read(tmp_path: Path) -> None:
    write_files(tmp_path)
    (tmp_path / "set/more/deep").mkdir(parents=True)
    (tmp_path / "set/d/link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / ".parts")
    (tmp_path / "set/\x1b[2J").touch()
    Path(os.fsdecode(os.fsencode(tmp_path / "set") + b"/\xff")).touch()
    extra = verify(metainfo("v2"), str(tmp_path)).extra
    assert set(extra) == {".parts", "set/d/link", "set/more/", "set/\\x1b[2J", "set/\\udcff"}
    for number in range(MAX_EXTRA + 5):
        (tmp_path / f"{number}").touch()
    assert len(verify(metainfo("v2"), str(tmp_path)).extra) == MAX_EXTRA


def test_a_selection_of_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    write_files(tmp_path)
    for selection in ([99], [-1], [1]):
        with pytest.raises(PayloadError, match="the selection has indexes of files that the torrent does not have"):
            verify(metainfo("hybrid"), str(tmp_path), selection=selection)


def test_a_large_file_is_streamed(tmp_path: Path) -> None:
    """A sparse file of 256 MiB, in one piece of 512 MiB, does not need its size in memory."""
    size = 256 << 20
    total = hashlib.sha1()
    for _block in range(256):
        total.update(bytes(1 << 20))
    torrent = single(info_length=size, info_pieces=total.digest(), **{"info_piece length": 512 << 20})
    with (tmp_path / "x").open("wb") as stream:
        stream.truncate(size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seen: list[int] = []
    assert verify(read_torrent(encode(torrent)), str(tmp_path), progress=lambda done, _total: seen.append(done)).size
    assert len(seen) == 256 and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10
