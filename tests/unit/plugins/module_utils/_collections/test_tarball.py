# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Tarballs: whole ones are read, hostile and damaged ones refused."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import time
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.tarball import (
    manifest_of_tarball,
    read_tarball,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import SourceError
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import (
    PLUGIN,
    SCRIPT,
    built,
    entries,
    sha256,
    sources,
    tar_file,
    tar_link,
    write_gzip,
    write_tarball,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_tarball_says_who_it_is(tmp_path: Path) -> None:
    path = write_tarball(tmp_path / "any.tar.gz", built(dependencies={"acme.base": "*"}))
    content = read_tarball(path)
    manifest = manifest_of_tarball(path)
    assert (content.name, content.version, content.dependencies) == ("acme.tools", "1.0.0", {"acme.base": "*"})
    assert (manifest.name, manifest.version) == ("acme.tools", "1.0.0")
    assert content.requires_ansible == ">=2.15.0"


def test_every_file_is_announced_and_delivered(tmp_path: Path) -> None:
    files = built()
    content = read_tarball(write_tarball(tmp_path / "c.tar.gz", files))
    delivered = {file.path: b"".join(file.chunks()) for file in content.files()}
    assert delivered == files
    assert content.checksums == {path: sha256(data) for path, data in files.items()}
    assert [file.path for file in content.files() if file.executable] == [SCRIPT]


def test_paths_with_a_leading_dot_are_the_same(tmp_path: Path) -> None:
    plain = read_tarball(write_tarball(tmp_path / "a.tar.gz", built()))
    dotted = read_tarball(write_tarball(tmp_path / "b.tar.gz", {f"./{path}": data for path, data in built().items()}))
    assert dotted.sha256 == plain.sha256


def test_a_link_inside_is_the_file_that_it_points_to(tmp_path: Path) -> None:
    files = sources()
    link = "plugins/action/hello.py"
    listed = [*entries(files), *entries({link: files[PLUGIN]})[1:]]
    tarball = write_tarball(
        tmp_path / "c.tar.gz", built(files, listed=listed), extra=[tar_link(link, "../modules/hello.py")]
    )
    content = read_tarball(tarball)
    delivered = {file.path: b"".join(file.chunks()) for file in content.files()}
    assert delivered[link] == files[PLUGIN]
    assert content.checksums[link] == content.checksums[PLUGIN]


def test_a_link_to_a_directory_stands_for_its_files(tmp_path: Path) -> None:
    content = read_tarball(write_tarball(tmp_path / "c.tar.gz", built(), extra=[tar_link("plugins/mods", "modules")]))
    assert content.checksums["plugins/mods/hello.py"] == content.checksums[PLUGIN]


EVIL = b"evil\n"
INSIDE = "is outside of"
HOSTILE = {
    "path that climbs out": ([tar_file("../evil.py", EVIL)], INSIDE),
    "path that climbs out further in": ([tar_file("plugins/../../evil.py", EVIL)], INSIDE),
    "absolute path": ([tar_file("/tmp/evil.py", EVIL)], INSIDE),
    "control character": ([tar_file("plugins/evil\n.py", EVIL)], INSIDE),
    "bytes that are no text": ([tar_file("plugins/\udcff.py", EVIL)], INSIDE),
    "link out": ([tar_link("plugins/out", "../../../etc")], "leaves the collection"),
    "absolute link": ([tar_link("plugins/out", "/etc/passwd")], "leaves the collection"),
    "file through a link": (
        [tar_link("out", "plugins"), tar_file("out/evil.py", EVIL)],
        "as a file and as a directory",
    ),
    "file as a directory": ([tar_file(f"{PLUGIN}/evil.py", EVIL)], "as a file and as a directory"),
    "hard link": (
        [tar_link("plugins/hard.py", PLUGIN, kind=tarfile.LNKTYPE)],
        "neither a file, a directory nor a symlink",
    ),
    "named pipe": ([tar_link("plugins/pipe", "", kind=tarfile.FIFOTYPE)], "neither a file, a directory nor a symlink"),
    "device": ([tar_link("plugins/device", "", kind=tarfile.CHRTYPE)], "neither a file, a directory nor a symlink"),
    "file twice": ([tar_file(PLUGIN, EVIL)], "twice"),
    "unlisted plugin": ([tar_file("plugins/modules/evil.py", EVIL)], "not listed in FILES.json"),
    "unlisted test": ([tar_file("tests/evil.py", EVIL)], "not listed in FILES.json"),
}


@pytest.mark.parametrize(("extra", "message"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_members_are_refused(tmp_path: Path, extra: list[tuple[tarfile.TarInfo, bytes]], message: str) -> None:
    tarball = write_tarball(tmp_path / "c.tar.gz", built(), extra=extra)
    with pytest.raises(SourceError, match=message):
        read_tarball(tarball)
    assert [path.name for path in tmp_path.iterdir()] == ["c.tar.gz"]


LYING = {
    "another plugin": built(listed=entries({**sources(), PLUGIN: EVIL})),
    "a file too few": built(listed=entries({**sources(), "plugins/modules/gone.py": EVIL})),
    "FILES.json replaced": {**built(), "FILES.json": built(listed=entries({}))["FILES.json"]},
    "no FILES.json": {path: data for path, data in built().items() if path != "FILES.json"},
    "no MANIFEST.json": {path: data for path, data in built().items() if path != "MANIFEST.json"},
    "nothing": {},
}


@pytest.mark.catalogue(40)
@pytest.mark.parametrize("files", LYING.values(), ids=LYING.keys())
def test_lies_are_found(tmp_path: Path, files: dict[str, bytes]) -> None:
    with pytest.raises(SourceError):
        read_tarball(write_tarball(tmp_path / "c.tar.gz", files))


def test_a_tarball_without_manifest_has_no_name(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="was not built by ansible-galaxy collection build"):
        manifest_of_tarball(write_tarball(tmp_path / "c.tar.gz", {"README.md": b""}))


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_a_truncated_tarball_is_refused(tmp_path: Path, kept: float) -> None:
    noise = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(256)) * 20
    path = tmp_path / "c.tar.gz"
    write_tarball(path, built({**sources(), "plugins/noise": noise}))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(SourceError, match="is not a complete gzipped tar file|cannot be read|was not built by"):
        read_tarball(str(path))


@pytest.mark.parametrize("data", [b"hello", b"\x1f\x8b", b"PK\x03\x04"])
def test_what_is_no_tarball_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "c.tar.gz").write_bytes(data)
    with pytest.raises(SourceError):
        read_tarball(str(tmp_path / "c.tar.gz"))


def test_a_missing_tarball_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="c.tar.gz cannot be read: No such file"):
        read_tarball(str(tmp_path / "c.tar.gz"))


def huge_member() -> bytes:
    """A tar whose first member claims 1 TiB."""
    member = tarfile.TarInfo("plugins/huge")
    member.size = 1 << 40
    return member.tobuf(tarfile.GNU_FORMAT)


def huge_header() -> bytes:
    """A tar whose first header claims to go on for 100 MiB, and does for a while."""
    member = tarfile.TarInfo("././@PaxHeader")
    member.type = tarfile.XHDTYPE
    member.size = 100 << 20
    return member.tobuf(tarfile.USTAR_FORMAT) + b"9" * (1 << 20)


def many_members() -> bytes:
    return b"".join(tarfile.TarInfo(f"f{number}").tobuf(tarfile.USTAR_FORMAT) for number in range(40_100))


@pytest.mark.parametrize("bomb", [huge_member, huge_header, many_members])
def test_bombs_end_soon(tmp_path: Path, bomb: Callable[[], bytes]) -> None:
    tarball = write_gzip(tmp_path / "c.tar.gz", bomb())
    start = time.process_time()
    with pytest.raises(SourceError, match="unpacks to"):
        read_tarball(tarball)
    assert time.process_time() - start < 5


def test_zeros_without_end_are_no_tarball(tmp_path: Path) -> None:
    path = tmp_path / "c.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        for _number in range(64):
            stream.write(bytes(1 << 20))
    with pytest.raises(SourceError):
        read_tarball(str(path))
