# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Archives made by an attacker: nothing is written outside or without limit, nothing but files and directories."""

from __future__ import annotations

import gzip
import io
import os
import random
import stat
import struct
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.extract import (
    ArchiveError,
    Extracted,
    ExtractionLimits,
    extract,
    open_directory,
)

LIMITS = ExtractionLimits(size=1 << 20, files=100, depth=8)


def member(name: str, kind: bytes = tarfile.REGTYPE, content: bytes = b"", **fields: Any) -> bytes:
    """A member as tarfile writes it, with any field as the attacker wants it."""
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    header = info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
    return header + content + bytes(-len(content) % 512)


def link(name: str, target: str) -> bytes:
    return member(name, tarfile.SYMTYPE, linkname=target)


def patched(header: bytes, offset: int, value: bytes) -> bytes:
    """A header with other bytes at an offset, and the checksum that goes with them."""
    changed = bytearray(header[:512])
    changed[offset : offset + len(value)] = value
    changed[148:156] = b" " * 8
    changed[148:156] = f"{sum(changed):06o}\0 ".encode()
    return bytes(changed) + header[512:]


def pax(records: dict[str, str], following: bytes) -> bytes:
    """A member with headers of its own before it."""
    body = b""
    for key, value in records.items():
        record = f" {key}={value}\n".encode()
        size = len(record)
        while len(str(size)) + len(record) != size:
            size = len(str(size)) + len(record)
        body += str(size).encode() + record
    return member("pax", tarfile.XHDTYPE, body) + following


def packed(*members: bytes, end: bytes = bytes(1024)) -> bytes:
    return gzip.compress(b"".join(members) + end)


class Target:
    """An empty directory, with everything around it watched."""

    def __init__(self, root: Path) -> None:
        self.path = root / "some" / "where" / "in"
        self.path.mkdir(parents=True)
        self.root = root
        self.before = self.around()

    def around(self) -> dict[str, int]:
        found = {str(path): path.lstat().st_mtime_ns for path in self.root.rglob("*") if not path.is_dir()}
        return {path: time for path, time in found.items() if not path.startswith(f"{self.path}/")}

    def extract(self, archive: bytes, limits: ExtractionLimits = LIMITS) -> Extracted:
        descriptor = open_directory(str(self.path))
        try:
            return extract(io.BytesIO(archive), descriptor, limits=limits)
        finally:
            os.close(descriptor)

    def found(self) -> dict[str, str]:
        """What was written, and that it is only files and directories."""
        entries = {str(path.relative_to(self.path)): path for path in self.path.rglob("*")}
        kinds = {name: stat.S_IFMT(path.lstat().st_mode) for name, path in entries.items()}
        assert set(kinds.values()) <= {stat.S_IFREG, stat.S_IFDIR}
        return {name: path.read_text() for name, path in entries.items() if kinds[name] == stat.S_IFREG}


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    made = Target(tmp_path)
    yield made
    assert made.around() == made.before


def test_files_and_directories(target: Target) -> None:
    done = target.extract(
        packed(member("d", tarfile.DIRTYPE), member("d/a", content=b"A"), member("./e//f", content=b"F"))
    )
    assert target.found() == {"d/a": "A", "e/f": "F"}
    assert (done.files, done.left_out, done.size) == (["d/a", "e/f"], [], 2)


@pytest.mark.parametrize(
    "links",
    [
        [("out", "/etc")],
        [("out", "../..")],
        [("a/b/c/d/z", "../../../.."), ("out", "a/b/c/d/z/../../../../..")],
        [("x", "."), ("out", "x/x/x/../../..")],
        [("out", "loop"), ("loop", "out")],
        [("out", "/proc/self/cwd")],
        [("out", "")],
    ],
)
def test_links_are_left_out_and_nothing_goes_through_them(target: Target, links: list[tuple[str, str]]) -> None:
    deep = ExtractionLimits(size=1 << 20, files=100, depth=20)
    done = target.extract(packed(*(link(*item) for item in links), member("out/planted", content=b"P")), deep)
    assert target.found() == {"out/planted": "P"}
    assert len(done.left_out) == len(links)
    assert f"out (a link to {dict(links)['out']})" in done.left_out


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (tarfile.LNKTYPE, "a link to /etc/passwd"),
        (tarfile.FIFOTYPE, "neither a file nor a directory"),
        (tarfile.CHRTYPE, "neither a file nor a directory"),
        (tarfile.BLKTYPE, "neither a file nor a directory"),
    ],
)
def test_what_is_neither_file_nor_directory_is_left_out(target: Target, kind: bytes, said: str) -> None:
    done = target.extract(packed(member("x", kind, linkname="/etc/passwd"), member("y", content=b"Y")))
    assert (target.found(), done.left_out) == ({"y": "Y"}, [f"x ({said})"])


def test_a_hard_link_to_a_file_outside_is_not_written_to(target: Target) -> None:
    outside = target.root / "outside"
    outside.write_text("mine")
    target.before = target.around()
    target.extract(packed(member("x", tarfile.LNKTYPE, linkname=str(outside)), member("x", content=b"theirs")))
    assert (target.found(), outside.read_text()) == ({"x": "theirs"}, "mine")


@pytest.mark.parametrize("name", ["/abs", "../up", "a/../../up", "..", "a/..", "//x"])
def test_names_that_lead_out(target: Target, name: str) -> None:
    with pytest.raises(ArchiveError, match="outside of its directory"):
        target.extract(packed(member("first", content=b"1"), pax({"path": name}, member("x", content=b"X"))))


@pytest.mark.parametrize("name", [".", "./", "", "./.", "/"])
def test_the_directory_itself_is_no_file(target: Target, name: str) -> None:
    done = target.extract(packed(pax({"path": name}, member("x", content=b"X")), member("y", content=b"Y")))
    assert (target.found(), done.left_out) == ({"y": "Y"}, ["'.' (not a valid file name)"])


@pytest.mark.parametrize("name", ["bell\a", "esc\x1b[2J", "line\nbreak", "del\x7f", "csi\x9b", "back\u202eward"])
def test_names_that_a_terminal_would_obey(target: Target, name: str) -> None:
    done = target.extract(packed(pax({"path": name}, member("x", content=b"X")), member("y", content=b"Y")))
    assert target.found() == {"y": "Y"}
    assert len(done.left_out) == 1
    assert not any(character in done.left_out[0] for character in "\a\x1b\n\x7f\x9b\u202e")


def test_a_name_with_nul(target: Target) -> None:
    with pytest.raises(ArchiveError, match="outside of its directory"):
        target.extract(packed(pax({"path": "a\0b"}, member("x", content=b"X"))))


def test_a_name_that_is_no_utf_8(target: Target) -> None:
    raw = patched(member("x", content=b"X"), 0, b"\xff\xfe")
    done = target.extract(packed(raw, member("y", content=b"Y")))
    assert (target.found(), done.left_out) == ({"y": "Y"}, [r"'\\udcff\\udcfe' (its name is not printable)"])


@pytest.mark.parametrize(
    "members",
    [
        [member("x", content=b"1"), member("x", content=b"2")],
        [member("x", content=b"1"), member("./x", content=b"2")],
        [member("x", content=b"1"), member("x/y", content=b"2")],
        [member("x", content=b"1"), member("x", tarfile.DIRTYPE)],
        [member("x", tarfile.DIRTYPE), member("x", content=b"1")],
    ],
)
def test_the_same_name_twice(target: Target, members: list[bytes]) -> None:
    with pytest.raises(ArchiveError, match="twice"):
        target.extract(packed(*members))


def test_a_directory_that_is_swapped_for_a_link(target: Target) -> None:
    members = [member("d", tarfile.DIRTYPE), link("d", "/tmp"), member("d/x", content=b"X")]
    assert target.extract(packed(*members)).left_out == ["d (a link to /tmp)"]
    assert target.found() == {"d/x": "X"}


def test_a_link_that_is_there_already_is_not_followed(target: Target) -> None:
    (target.root / "elsewhere").mkdir()
    (target.path / "d").symlink_to(target.root / "elsewhere")
    (target.path / "f").symlink_to(target.root / "elsewhere" / "f")
    for name in ("d/x", "f"):
        with pytest.raises(ArchiveError):
            target.extract(packed(member(name, content=b"X")))
    assert os.listdir(target.root / "elsewhere") == []


def gnu_sparse() -> bytes:
    """157 bytes that unpack to 8 GiB where holes are not counted."""
    header = member("x", tarfile.GNUTYPE_SPARSE)
    header = patched(header, 257, b"ustar  \0")
    return patched(header, 483, b"%011o\0" % ((1 << 33) - 1))


@pytest.mark.parametrize(
    "members",
    [
        gnu_sparse(),
        pax({"GNU.sparse.size": str(1 << 40), "GNU.sparse.map": "0,0"}, member("x")),
        pax({"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "x",
             "GNU.sparse.realsize": str(1 << 40)}, member("x", content=b"0\n".ljust(512, b"\0"))),
    ],
)  # fmt: skip
def test_sparse_files_are_left_out(target: Target, members: bytes) -> None:
    done = target.extract(packed(members, member("y", content=b"Y")))
    assert (target.found(), done.left_out) == ({"y": "Y"}, ["x (a sparse file)"])


@pytest.mark.parametrize(
    "archive",
    [
        packed(member("big", content=bytes(LIMITS.size + 1))),
        packed(*(member(str(number), content=bytes(LIMITS.size // 4)) for number in range(5))),
        packed(patched(member("lies"), 124, b"%011o\0" % (1 << 32))),
        packed(pax({"size": str(1 << 50)}, member("lies"))),
        packed(patched(member("lies"), 124, b"\x80" + (1 << 60).to_bytes(11, "big"))),
        packed(member("f", tarfile.FIFOTYPE), end=bytes(1 << 24)),
        packed(*(link(str(number), "x") for number in range(5)), end=bytes(1 << 26)),
    ],
    ids=["one", "many", "header", "pax", "base-256", "padding", "padding after links"],
)
def test_no_more_than_the_limit_is_written(target: Target, archive: bytes) -> None:
    with pytest.raises(ArchiveError, match="more than 1 MiB|cut off|unpacks to more than"):
        target.extract(archive)
    assert sum(path.stat().st_size for path in target.path.rglob("*")) <= LIMITS.size


def test_what_is_exactly_at_the_limits(target: Target) -> None:
    names = [f"{'d/' * LIMITS.depth}{number}" for number in range(LIMITS.files - 1)]
    target.extract(packed(member("big", content=bytes(LIMITS.size)), *(member(name) for name in names)))
    assert len(target.found()) == LIMITS.files


def test_a_negative_size(target: Target) -> None:
    negative = patched(member("x"), 124, b"\xff" * 12)
    with pytest.raises(ArchiveError):
        target.extract(packed(negative, member("y")))


def test_a_negative_size_of_a_link_leads_nowhere(target: Target) -> None:
    negative = patched(member("x", b"Z"), 124, (-2048).to_bytes(12, "big", signed=True))
    with pytest.raises(ArchiveError):
        target.extract(packed(member("first", content=bytes(2048)), negative, member("y")))


@pytest.mark.parametrize("count", [LIMITS.files + 1, 5000])
def test_too_many_members(target: Target, count: int) -> None:
    with pytest.raises(ArchiveError, match="more than 100 files"):
        target.extract(packed(*(member(str(number), tarfile.DIRTYPE) for number in range(count))))
    assert len(os.listdir(target.path)) <= LIMITS.files


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("d/" * (LIMITS.depth + 1) + "x", "more than 8 nested directories"),
        ("d/" * 10_000 + "x", "a path of 20001 bytes"),
        ("ü" * 2000, "a path of 4000 bytes"),
        ("n" * 256, "longer than 255 bytes"),
        ("ü" * 128, "longer than 255 bytes"),
        ("n" * 10_000, "a path of 10000 bytes"),
        ("n/" * 100_000, "a header that is too long"),
    ],
)
def test_names_without_measure(target: Target, name: str, said: str) -> None:
    with pytest.raises(ArchiveError, match=said):
        target.extract(packed(pax({"path": name}, member("x"))))
    assert os.listdir(target.path) == []


DAMAGED = [
    b"",
    b"no archive at all",
    gzip.compress(b""),
    gzip.compress(b"no tar at all"),
    gzip.compress(random.Random(1).randbytes(4096)),
    packed(member("x", content=b"X"))[:-9],
    packed(member("x", content=b"X"))[:-4] + b"ABCD",
    packed(member("x", content=b"X"), end=b""),
    packed(member("x", content=b"X"), end=b"X" * 1024),
    packed(member("x", content=bytes(700))[:-600], end=b""),
    packed(member("x", content=b"X")) + b"trailing",
    packed(patched(member("x"), 124, b"99999999999\0")),
    packed(member("x", content=b"X"), member("y").replace(b"y", b"z", 1)),
    packed(b"".join(member("p", tarfile.XHDTYPE, b"") for _turn in range(3000))),
    packed(pax({"mtime": "nan" * 99, "size": "x"}, member("x")), end=b""),
    struct.pack("<BBBBIBB", 31, 139, 8, 0, 0, 0, 3),
]


@pytest.mark.parametrize("archive", DAMAGED, ids=[f"archive {number}" for number in range(len(DAMAGED))])
def test_what_is_damaged_is_one_error(target: Target, archive: bytes) -> None:
    with pytest.raises(ArchiveError, match="archive"):
        target.extract(archive)


def test_a_bomb_of_headers_ends_soon(target: Target) -> None:
    flood = member("g", tarfile.XGLTYPE, b"".join(b"11 k%04d=v\n" % number for number in range(9000)))
    with pytest.raises(ArchiveError, match="too many global headers"):
        target.extract(packed(flood, *(member(str(number)) for number in range(50))))


@pytest.mark.parametrize("mtime", ["nan", "inf", "-1", "1e300", str(1 << 70)])
def test_a_time_that_never_was(target: Target, mtime: str) -> None:
    target.extract(packed(pax({"mtime": mtime}, member("x", content=b"X"))))
    assert target.found() == {"x": "X"}


@pytest.mark.parametrize(
    ("mode", "kept"), [(0o7777, 0o700), (0o4755, 0o700), (0o666, 0o600), (0, 0o600), (0o011, 0o600)]
)
def test_rights_are_the_owners(target: Target, mode: int, kept: int) -> None:
    target.extract(packed(member("f", mode=mode), member("d", tarfile.DIRTYPE, mode=mode), member("e/f", mode=mode)))
    modes = {path.name: stat.S_IMODE(path.lstat().st_mode) for path in target.path.iterdir()}
    assert modes == {"f": kept, "d": 0o700, "e": 0o700}
