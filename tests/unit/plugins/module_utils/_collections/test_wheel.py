# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The wheel of the ansible package: RECORD is the truth."""

from __future__ import annotations

import zipfile
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.directory import read_directory
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.wheel import Wheel
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import SourceError
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import (
    PLUGIN,
    SCRIPT,
    built,
    entries,
    sha256,
    sources,
    write_directory,
    write_wheel,
)

if TYPE_CHECKING:
    from pathlib import Path

ROOT = "ansible_collections/acme/tools"


def read(path: str, name: str = "acme.tools") -> dict[str, bytes]:
    with closing(Wheel(path)) as wheel:
        content = wheel.content(name)
        assert content.checksums.keys() == {file.path for file in content.files()}
        return {file.path: b"".join(file.chunks()) for file in content.files()}


def test_a_wheel_says_what_it_has(tmp_path: Path) -> None:
    collections = {"acme.tools": built(dependencies={"acme.base": "*"}), "acme.base": built(name="acme.base")}
    with closing(Wheel(write_wheel(tmp_path, collections))) as wheel:
        content = wheel.content("acme.tools")
        assert wheel.names() == ["acme.base", "acme.tools"]
        assert wheel.core_requirement() == "ansible-core~=2.19.5"
        assert (content.version, content.dependencies, content.requires_ansible) == (
            "1.0.0",
            {"acme.base": "*"},
            ">=2.15.0",
        )
        assert [file.path for file in content.files() if file.executable] == [SCRIPT]


def test_only_the_collection_asked_for_is_delivered(tmp_path: Path) -> None:
    files = built()
    assert read(write_wheel(tmp_path, {"acme.tools": files, "acme.toolset": built(name="acme.toolset")})) == files


def test_files_json_may_list_what_the_package_leaves_out(tmp_path: Path) -> None:
    files = built(listed=entries({**sources(), "tests/more.py": b"", "docs/more.md": b""}))
    assert read(write_wheel(tmp_path, {"acme.tools": files})) == files


def test_a_directory_as_unpacked_from_the_wheel_has_the_same_digest(tmp_path: Path) -> None:
    files = built(listed=entries({**sources(), "tests/more.py": b""}))
    with closing(Wheel(write_wheel(tmp_path, {"acme.tools": files}))) as wheel:
        digest = wheel.content("acme.tools").sha256
    assert read_directory(write_directory(tmp_path / "c", files)).sha256 == digest


@pytest.mark.parametrize(
    ("requires", "wanted"),
    [
        ("ansible-core~=2.19.5", "ansible-core~=2.19.5"),
        ("ansible-core (~=2.13.3)", "ansible-core~=2.13.3"),
        ("ansible-core >=2.19,<3 ; python_version > '3'", "ansible-core>=2.19,<3"),
        ("ansible-core", "ansible-core"),
    ],
)
def test_the_core_that_goes_with_it(tmp_path: Path, requires: str, wanted: str) -> None:
    with closing(Wheel(write_wheel(tmp_path, {}, requires=requires))) as wheel:
        assert wheel.core_requirement() == wanted


def test_without_a_core_it_is_no_release(tmp_path: Path) -> None:
    with closing(Wheel(write_wheel(tmp_path, {}, requires="ansible-base"))) as wheel:
        with pytest.raises(SourceError, match="does not require ansible-core"):
            wheel.core_requirement()


@pytest.mark.parametrize(
    "stated",
    [
        {f"{ROOT}/{PLUGIN}": ""},
        {f"{ROOT}/{PLUGIN}": "md5=abc"},
        {f"{ROOT}/{PLUGIN}": "sha256=abc"},
        {f"{ROOT}/{PLUGIN}": "sha3_256=" + "A" * 43},
        {f"{ROOT}/{PLUGIN}": "sha256=é"},
        {f"{ROOT}/{PLUGIN}": None},
        {f"{ROOT}/MANIFEST.json": "sha256=" + "A" * 43},
        {f"{ROOT}/meta/runtime.yml": "sha256=" + "A" * 43},
        {"ansible-12.3.0.dist-info/METADATA": None},
    ],
)
def test_a_record_that_lies_is_refused(tmp_path: Path, stated: dict[str, str | None]) -> None:
    path = write_wheel(tmp_path, {"acme.tools": built()}, stated=stated)
    with pytest.raises(SourceError, match="RECORD"):
        with closing(Wheel(path)) as wheel:
            wheel.content("acme.tools")
            wheel.core_requirement()


@pytest.mark.parametrize(
    ("collections", "unlisted", "message"),
    [
        ({"acme.tools": built()}, {f"{ROOT}/plugins/evil.py": b""}, "differ from its RECORD"),
        ({"acme.tools": {**built(), "../../evil.py": b""}}, {}, "is outside of"),
        ({"acme.tools": {**built(), "/evil.py": b""}}, {}, "is outside of"),
        ({"acme.tools": sources()}, {}, "has no MANIFEST.json"),
        ({"acme.tools": built(name="acme.other")}, {}, "has the name acme.other"),
        ({"acme.tools": built(information={"version": None})}, {}, "is not a semantic version"),
    ],
)
def test_hostile_wheels_are_refused(
    tmp_path: Path, collections: dict[str, dict[str, bytes]], unlisted: dict[str, bytes], message: str
) -> None:
    with closing(Wheel(write_wheel(tmp_path, collections, unlisted=unlisted))) as wheel:
        with pytest.raises(SourceError, match=message):
            wheel.content("acme.tools")


def test_a_file_twice_is_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = write_wheel(tmp_path, {"acme.tools": {**built(), "a": b"1"}}, unlisted={})
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(f"{ROOT}/a", b"2")
    with pytest.raises(SourceError, match="twice"):
        Wheel(path)


def test_a_file_without_a_name_is_refused(tmp_path: Path) -> None:
    path = write_wheel(tmp_path, {"acme.tools": built()}, unlisted={"": b"1"})
    with pytest.raises(SourceError, match="w?hl contains a file without a name; nothing was unpacked"):
        Wheel(path)


def test_a_message_does_not_hold_the_whole_of_a_long_name(tmp_path: Path) -> None:
    names = {f"{ROOT}/{number}{'x' * 9000}": b"" for number in range(5)}
    with closing(Wheel(write_wheel(tmp_path, {"acme.tools": built()}, unlisted=names))) as wheel:
        with pytest.raises(SourceError, match="differ from its RECORD") as caught:
            wheel.content("acme.tools")
    assert len(caught.value.message) < 1500


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_wheel_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "w.whl"
    path.write_bytes(data)
    with pytest.raises(SourceError, match="w.whl (is not a complete wheel|has 0 RECORD files)"):
        Wheel(str(path))


@pytest.mark.parametrize("data", [b"\xff,,\n", b"a\0,,\n", b'"a', b"a\n"])
def test_a_record_that_is_no_csv_is_refused(tmp_path: Path, data: bytes) -> None:
    with zipfile.ZipFile(tmp_path / "w.whl", "w") as archive:
        archive.writestr("ansible-12.3.0.dist-info/RECORD", data)
    with pytest.raises(SourceError, match="w.whl: its RECORD cannot be read"):
        Wheel(str(tmp_path / "w.whl"))


def test_damaged_content_of_any_compression_is_one_error(tmp_path: Path) -> None:
    pytest.importorskip("lzma")
    with zipfile.ZipFile(tmp_path / "w.whl", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("ansible-12.3.0.dist-info/RECORD", b"a,,\n" * 1000)
    content = bytearray((tmp_path / "w.whl").read_bytes())
    content[70:90] = b"\xff" * 20
    (tmp_path / "w.whl").write_bytes(content)
    with pytest.raises(SourceError, match="RECORD cannot be read from"):
        Wheel(str(tmp_path / "w.whl"))


def test_a_missing_wheel_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read: No such file"):
        Wheel(str(tmp_path / "w.whl"))


def test_a_flipped_bit_is_found_while_reading(tmp_path: Path) -> None:
    plugin = b"".join(sha256(bytes([number])).encode() for number in range(99))
    path = write_wheel(tmp_path, {"acme.tools": built({**sources(), PLUGIN: plugin})})
    with open(path, "r+b") as stream:
        data = stream.read()
        stream.seek(data.index(f"{ROOT}/{PLUGIN}".encode()) + 500)
        stream.write(bytes(4))
    with pytest.raises(SourceError, match="cannot be read from its source"):
        read(path)


def test_all_messages_name_the_wheel(tmp_path: Path) -> None:
    wrong: dict[str, Any] = {"acme.tools": sources()}
    path = write_wheel(tmp_path, wrong)
    with closing(Wheel(path)) as wheel, pytest.raises(SourceError) as caught:
        wheel.content("acme.tools")
    assert path in caught.value.message
