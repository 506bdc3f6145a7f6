# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Records of a store: what has another type than announced is not believed."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, TypedDict, Union

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store import json as records

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


FileValue = Union[tuple[str, int], str]


class Record(TypedDict):
    """As the marker of a generation is one."""

    name: str
    files: dict[str, FileValue]
    note: records.OptionalText


GOOD: dict[str, Any] = {"name": "x", "files": {"a": ["hash", 3], "b": "target"}, "note": None}


@pytest.mark.parametrize(
    ("change", "conforms"),
    [
        ({}, True),
        ({"more": [1]}, True),
        ({"note": "said"}, True),
        ({"name": None}, False),
        ({"name": "a\0b"}, False),
        ({"name": "\ud800"}, False),
        ({"note": 1}, False),
        ({"files": []}, False),
        ({"files": {"a": ["hash", "3"]}}, False),
        ({"files": {"a": ["hash", 3, 4]}}, False),
        ({"files": {"a\0": "target"}}, False),
    ],
    ids=str,
)
def test_a_record_is_of_its_type_or_refused(tmp_path: Path, change: dict[str, Any], conforms: bool) -> None:
    path = tmp_path / "record.json"
    path.write_text(json.dumps({**GOOD, **change}))
    if conforms:
        assert records.read_json(str(path), Record) == {**GOOD, **change}
    else:
        with pytest.raises(ValueError, match="record.json does not have the expected content"):
            records.read_json(str(path), Record)


@pytest.mark.parametrize("key", sorted(GOOD))
def test_no_key_can_be_missing(tmp_path: Path, key: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(json.dumps({name: value for name, value in GOOD.items() if name != key}))
    with pytest.raises(ValueError, match="expected content"):
        records.read_json(str(path), Record)


def write_large(path: str) -> None:
    with open(path, "wb") as stream:
        stream.truncate(records.MAX_BYTES + 1)


def write_nested(path: str) -> None:
    with open(path, "w", encoding="utf-8") as stream:
        stream.write("[" * 100_000)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (os.mkfifo, ValueError, "is not a regular file"),
        (os.mkdir, ValueError, "is not a regular file"),
        (lambda path: os.symlink("/etc/hostname", path), OSError, "levels of symbolic links"),
        (lambda _path: None, FileNotFoundError, "record.json"),
        (write_large, ValueError, "is larger than 256 MiB"),
        (write_nested, ValueError, "nested too deeply"),
    ],
    ids=["pipe", "directory", "link", "nothing", "large", "nested"],
)
def test_what_is_no_file_of_json_is_not_read(
    tmp_path: Path, make: Callable[[str], None], error: type[Exception], message: str
) -> None:
    path = str(tmp_path / "record.json")
    make(path)
    with pytest.raises(error, match=message):
        records.read_json(path, Any)
