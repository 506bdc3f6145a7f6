# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a directory of wheels on the controller tells and hands out."""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._wheels import WheelDirectory

METADATA = """Metadata-Version: 2.1
Name: x
Version: 1.0
Summary: not sent
Requires-Dist: six (>=1.0) ;
  python_version > "3"
Requires-Python: >=3.9

A long description
Requires-Dist: evil
"""


def wheel(directory: Path, name: str = "x-1.0-py3-none-any.whl", metadata: str = METADATA) -> Path:
    with zipfile.ZipFile(directory / name, "w") as archive:
        archive.writestr("x/__init__.py", "content")
        archive.writestr("x-1.0.dist-info/METADATA", metadata)
    return directory / name


def index(directory: Path) -> dict[str, str]:
    WheelDirectory(str(directory)).write_index(directory / "index.json.gz")
    with gzip.open(directory / "index.json.gz", "rt") as stream:
        found: dict[str, str] = json.load(stream)
    return found


def test_the_index_holds_what_a_resolution_reads_and_no_more(tmp_path: Path) -> None:
    wheel(tmp_path)
    (tmp_path / "six-1.0.tar.gz").write_text("a source package")
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "y-1.0-py3-none-any.whl").mkdir()
    assert index(tmp_path) == {
        "x-1.0-py3-none-any.whl": "Metadata-Version: 2.1\nName: x\nVersion: 1.0\nRequires-Dist: six (>=1.0) ; "
        'python_version > "3"\nRequires-Python: >=3.9\n'
    }


def test_an_archive_holds_the_wheels_that_are_needed(tmp_path: Path) -> None:
    content = wheel(tmp_path).read_bytes()
    wheel(tmp_path, "z-1.0-py3-none-any.whl")
    directory = WheelDirectory(str(tmp_path))
    directory.write_archive(["x-1.0-py3-none-any.whl"], tmp_path / "wheels.tar")
    with tarfile.open(tmp_path / "wheels.tar") as archive:
        (member,) = archive.getmembers()
        stream = archive.extractfile(member)
        assert stream is not None and (member.name, stream.read()) == ("x-1.0-py3-none-any.whl", content)
    assert directory.sha256("x-1.0-py3-none-any.whl") == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "other-1.0-py3-none-any.whl", "notes.txt", ""])
def test_a_host_gets_nothing_but_wheels_of_the_directory(tmp_path: Path, name: str) -> None:
    wheel(tmp_path)
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(InputError, match="^wheels: the host requests "):
        WheelDirectory(str(tmp_path)).sha256(name)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is not a complete wheel"),
        (b"PK\x03\x04 cut off", "is not a complete wheel"),
        (None, "is not a complete wheel"),
    ],
    ids=["empty", "cut off", "without metadata"],
)
def test_a_wheel_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, expected: str) -> None:
    path = tmp_path / "broken-1.0-py3-none-any.whl"
    if content is None:
        zipfile.ZipFile(path, "w").close()
    else:
        path.write_bytes(content)
    with pytest.raises(InputError, match=f"^wheels: {path} {expected}"):
        index(tmp_path)


def test_metadata_without_end_is_refused(tmp_path: Path) -> None:
    wheel(tmp_path, metadata=METADATA + "x" * (2 << 20))
    with pytest.raises(InputError, match="has metadata of more than 1 MiB"):
        index(tmp_path)


@pytest.mark.parametrize("path", ["nowhere", "file", "empty"])
def test_what_is_no_directory_of_wheels_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=f"^wheels: .*{tmp_path}/{path}"):
        WheelDirectory(str(tmp_path / path))
