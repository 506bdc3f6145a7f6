# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a phone sends becomes files of a run, or is refused."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Sequence
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


def test_a_zip_whose_directory_claims_too_much_is_refused_before_it_is_read(run: GateRun) -> None:
    end = b"PK\5\6" + bytes(8) + (0xFFFFFFFF).to_bytes(4, "little") + bytes(4) + bytes(2)
    with pytest.raises(GateError, match="more than 5000"):
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
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "marked").touch(mode=0o755)
    assert own_code(str(tmp_path), [*files, "marked"]) == [
        "ansible.cfg",
        "collections/x/plugins/modules/m.ps1",
        "library/mine",
        "marked",
        "roles/a/filter_plugins/f.py",
        "run",
    ]
