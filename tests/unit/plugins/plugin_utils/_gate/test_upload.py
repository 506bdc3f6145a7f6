# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a phone sends becomes files of a run, or is refused."""

from __future__ import annotations

import io
import os
import struct
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.answers import GateError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.own_code import own_code
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.spool import GateRun
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.upload import UnpackedProject, receive, unpack

PLAY = b"- hosts: all\n"


def sent(run: GateRun, content: bytes, playbook: str | None = None) -> UnpackedProject:
    return unpack(receive(io.BytesIO(content), run, limit_mib=1), run, playbook=playbook)


@pytest.fixture
def run(tmp_path: Path) -> GateRun:
    return GateRun("0" * 16, str(tmp_path))


def packed(entries: Sequence[tarfile.TarInfo | tuple[str, bytes]], mode: str = "w:gz") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]  # the mode is a variable
        for one in entries:
            if isinstance(one, tarfile.TarInfo):
                archive.addfile(one)
            else:
                entry = tarfile.TarInfo(one[0])
                entry.size = len(one[1])
                archive.addfile(entry, io.BytesIO(one[1]))
    return stream.getvalue()


def test_a_playbook_alone(run: GateRun) -> None:
    assert sent(run, PLAY) == UnpackedProject("playbook.yml", ["playbook.yml"], [])
    assert Path(run.project, "playbook.yml").read_bytes() == PLAY


def test_a_link_in_an_archive_is_told_and_not_made(run: GateRun) -> None:
    link = tarfile.TarInfo("secret")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    project = sent(run, packed([("site.yml", PLAY), link]))
    assert project.left_out == ["secret (a link to /etc/passwd)"]
    assert not os.path.lexists(os.path.join(run.project, "secret"))


def test_a_link_in_a_zip_too(run: GateRun) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("site.yml", PLAY)
        link = zipfile.ZipInfo("secret")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert sent(run, stream.getvalue()).left_out == ["secret (a link to /etc/passwd)"]


def test_the_directory_of_a_repository_is_the_project(run: GateRun) -> None:
    project = sent(run, packed([("{{ x }}/site.yml", PLAY), ("{{ x }}/roles/a/tasks/main.yml", b"")], "w"))
    assert project.playbook == "site.yml"
    assert project.files == ["roles/a/tasks/main.yml", "site.yml"]


@pytest.mark.parametrize("named", ["it/plays/web.yml", "plays/web.yml"])
def test_a_playbook_can_be_named_as_it_is_in_the_archive(run: GateRun, named: str) -> None:
    """With the directory that has all of it, or without."""
    assert sent(run, packed([("it/plays/web.yml", PLAY), ("it/x.yml", PLAY)]), named).playbook == "plays/web.yml"


def test_the_directory_that_has_all_is_preferred_without_its_name(run: GateRun) -> None:
    files = [("it/it/site.yml", PLAY), ("it/site.yml", PLAY)]
    assert sent(run, packed(files), "it/site.yml").playbook == "it/site.yml"


@pytest.mark.parametrize(
    "extras",
    [
        ["__MACOSX/it/._site.yml", "__MACOSX/._it"],
        ["._it", "it/._site.yml", "it/group_vars/._all.yml"],
        [".DS_Store", "it/.DS_Store"],
    ],
)
def test_what_macos_adds_is_no_part_of_the_project(run: GateRun, extras: list[str]) -> None:
    files = [("it/site.yml", PLAY), *((name, b"\0\5\26\7") for name in extras)]
    project = sent(run, packed(files))
    assert (project.playbook, project.files) == ("site.yml", ["site.yml"])
    assert sorted(project.left_out) == [f"{name} (macOS adds it)" for name in sorted(extras)]
    assert "__MACOSX" not in os.listdir(run.project)


def zip_made_by(system: int, names: Sequence[str]) -> bytes:
    """With names as they are, in UTF-8 that no flag tells of."""
    stream = io.BytesIO()
    written = {f"{number:_>{len(name.encode())}}": name for number, name in enumerate(names)}
    with zipfile.ZipFile(stream, "w") as archive:
        for name in written:
            member = zipfile.ZipInfo(name)
            member.create_system = system
            archive.writestr(member, PLAY)
    content = stream.getvalue()
    for placeholder, name in written.items():
        content = content.replace(placeholder.encode(), name.encode())
    return content


def test_names_of_a_zip_are_those_that_its_author_sees(run: GateRun) -> None:
    project = sent(run, zip_made_by(3, ["site.yml", "größe.yml", "a\\b"]))
    assert project.files == sorted(["site.yml", "größe.yml", "a\\b"])


def test_a_backslash_of_windows_separates_directories(run: GateRun) -> None:
    assert sent(run, zip_made_by(0, ["it\\site.yml", "it\\tasks\\a.yml"])).files == ["site.yml", "tasks/a.yml"]


@pytest.mark.parametrize("name", ["..\\evil.yml", "it\\..\\..\\evil.yml", "\\evil.yml"])
def test_a_backslash_of_windows_leads_nowhere(run: GateRun, name: str) -> None:
    with pytest.raises(GateError, match="outside of its directory"):
        sent(run, zip_made_by(0, ["site.yml", name]))


@pytest.mark.parametrize(
    ("files", "named", "said"),
    [
        (["a.yml", "b.yml"], None, "the archive has a.yml, b.yml"),
        (["{{x}}.yml"], None, "no .yml file"),
        (["site.yml"], "other.yml", "has no other.yml"),
    ],
)
def test_which_playbook_is_meant_must_be_clear(run: GateRun, files: list[str], named: str | None, said: str) -> None:
    with pytest.raises(GateError, match=said.replace("{", "[{]")):
        sent(run, packed([(name, PLAY) for name in files] + [("x", b"")]), named)


def test_what_is_too_large_is_not_read_to_its_end(run: GateRun) -> None:
    class Endless(io.RawIOBase):
        total = 0

        def read(self, size: int = -1) -> bytes:
            self.total += size
            return b"#" * size

    endless = Endless()
    with pytest.raises(GateError, match="larger than 1 MiB"):
        receive(endless, run, limit_mib=1)  # type: ignore[arg-type]  # it is only read
    assert endless.total < 2 << 20


def test_another_content_than_was_sent_is_refused(run: GateRun) -> None:
    received = receive(io.BytesIO(PLAY), run, limit_mib=1)
    received.check(None)
    received.check(received.sha256)
    with pytest.raises(GateError, match="is not what was sent"):
        received.check("0" * 64)


def zip_with_a_long_directory() -> bytes:
    """Few members, each with a comment, which is in the directory of members only."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("site.yml", PLAY)
        for number in range(100):
            member = zipfile.ZipInfo(f"f{number}")
            member.comment = b"x" * 60_000
            archive.writestr(member, b"")
    return stream.getvalue()


def as_zip64(archive: bytes, *, claimed: int) -> bytes:
    """The same with a further end record, which has the length of the directory; the first one says ``claimed``."""
    content, end = archive[:-22], bytearray(archive[-22:])
    count, length, start = struct.unpack_from("<HLL", end, 10)
    further = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, length, start)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(content), 1)
    struct.pack_into("<L", end, 12, claimed)
    return content + further + locator + bytes(end)


@pytest.mark.parametrize("pack", [lambda packed: packed, lambda packed: as_zip64(packed, claimed=100)])
def test_a_zip_with_a_long_directory_is_refused(run: GateRun, pack: Callable[[bytes], bytes]) -> None:
    """Whichever of its end records says how long it is."""
    received = receive(io.BytesIO(pack(zip_with_a_long_directory())), run, limit_mib=20)
    with pytest.raises(GateError, match="more than 5000"):
        unpack(received, run, playbook=None)


def test_a_small_zip64_is_taken(run: GateRun) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("site.yml", PLAY)
    assert sent(run, as_zip64(stream.getvalue(), claimed=0xFFFFFFFF)).files == ["site.yml"]


def test_a_zip_whose_directory_is_not_there_is_refused(run: GateRun) -> None:
    end = b"PK\5\6" + bytes(8) + (0xFFFFFFFF).to_bytes(4, "little") + bytes(4) + bytes(2)
    with pytest.raises(GateError, match="damaged"):
        sent(run, b"PK\3\4" + bytes(100) + end)


def test_an_encrypted_zip_is_refused(run: GateRun) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("site.yml", PLAY)
    content = bytearray(stream.getvalue())
    for start in (b"PK\3\4", b"PK\1\2"):
        content[content.index(start) + (6 if start == b"PK\3\4" else 8)] |= 1
    with pytest.raises(GateError, match="encrypted"):
        sent(run, bytes(content))


def test_code_of_a_project_is_found_by_place_mode_and_first_bytes(tmp_path: Path) -> None:
    files = {
        "site.yml": "", "library/mine": "x", "roles/a/filter_plugins/f.py": "", "roles/a/files/f.py": "",
        "ansible.cfg": "",
        "run": "#!/bin/sh", "roles/a/library/README.md": "", "collections/x/plugins/modules/m.ps1": "",
        "roles/a/library/binary.bin": "\x7fELF", "library/win/x.exe": "MZ", "library/mine.yml": "",
        "module_utils/a.psm1": "", "module_utils/b.cs": "", "filter_plugins/f.txt": "", "files/library.bin": "\x7fELF",
        "collections/x/plugins/modules/program.x86": "\x7fELF", "collections/x/roles/r/files/data.bin": "",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "marked").touch(mode=0o755)
    assert own_code(str(tmp_path), [*files, "marked"]) == [
        "ansible.cfg",
        "collections/x/plugins/modules/m.ps1",
        "collections/x/plugins/modules/program.x86",
        "library/mine",
        "library/win/x.exe",
        "marked",
        "module_utils/a.psm1",
        "module_utils/b.cs",
        "roles/a/filter_plugins/f.py",
        "roles/a/library/binary.bin",
        "run",
    ]
