# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Files come from hosts piece by piece, and never more than is allowed."""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils import _transfer
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._transfer import TransferError, fetch

MIB = 1 << 20


def shell(command: str) -> Mapping[str, Any]:
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    return {"stdout": f"motd\r\n{done.stdout}bye", "stderr": done.stderr, "rc": done.returncode}


@pytest.mark.parametrize("size", [0, 1, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 9 * MIB])
def test_a_file_comes_whole(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a file's $(name)"
    path.write_bytes(os.urandom(size))
    sink = io.BytesIO()
    told: list[int] = []
    fetch(str(path), sink, limit=size, execute=shell, told=told.append)
    assert told == sorted(told) and told[-1] == size
    assert sink.getvalue() == path.read_bytes()


@pytest.mark.parametrize("size", [4 * MIB, 5 * MIB, 9 * MIB])
def test_what_is_there_is_not_sent_again(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(os.urandom(size))
    sink = io.BytesIO()
    asked: list[str] = []

    def counted(command: str) -> Mapping[str, Any]:
        asked.append(command)
        return shell(command)

    fetch(str(path), sink, limit=size, execute=counted, start=4 * MIB)
    assert sink.getvalue() == path.read_bytes()[4 * MIB :]
    assert not any("skip=0 " in command for command in asked)


def test_a_file_above_the_limit(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(9 * MIB))
    sink = io.BytesIO()
    with pytest.raises(TransferError, match="more than the 5 MiB"):
        fetch(str(tmp_path / "file"), sink, limit=5 * MIB, execute=shell)
    assert len(sink.getvalue()) <= 5 * MIB


def test_a_host_that_never_ends() -> None:
    asked: list[str] = []

    def endless(command: str) -> Mapping[str, Any]:
        asked.append(command)
        begin, end = re.findall(r"echo (\S+)", command)
        return {"stdout": f"{begin}\n{base64.b64encode(bytes(4 * MIB)).decode()}\n{end}\n", "stderr": "", "rc": 0}

    sink = io.BytesIO()
    with pytest.raises(TransferError, match="more than the 20 MiB"):
        fetch("/x", sink, limit=20 * MIB, execute=endless)
    assert (len(asked), len(sink.getvalue())) == (6, 20 * MIB)


@pytest.mark.parametrize("said", ["", "BEGIN", "END", "BEGIN\nä\nEND", "BEGIN\nQ\nEND", f"BEGIN\n{'Q' * 6 * MIB}\nEND"])
def test_a_host_that_says_something_else(said: str) -> None:
    def other(command: str) -> Mapping[str, Any]:
        begin, end = re.findall(r"echo (\S+)", command)
        return {"stdout": said.replace("BEGIN", begin).replace("END", end), "stderr": "\x1b[2J" + "x" * 9999, "rc": 0}

    with pytest.raises(TransferError) as caught:
        fetch("/x", io.BytesIO(), limit=MIB, execute=other)
    assert "\x1b" not in caught.value.message
    assert len(caught.value.message) < 1000


@pytest.mark.parametrize("kind", ["missing", "directory", "pipe"])
def test_what_is_no_file(tmp_path: Path, kind: str) -> None:
    if kind == "directory":
        (tmp_path / "x").mkdir()
    elif kind == "pipe":
        os.mkfifo(tmp_path / "x")
    with pytest.raises(TransferError, match="did not send the file"):
        fetch(str(tmp_path / "x"), io.BytesIO(), limit=MIB, execute=shell)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux counts this memory")
def test_an_answer_without_end_is_one_error() -> None:
    """In a process of its own: one that had more memory before has it still."""
    program = f"""
import os, resource, runpy
runpy.run_path({str(Path(_transfer.__file__).with_name("_mount.py"))!r})["mount_collection"]()
from {_transfer.__name__} import TransferError, bounded_memory
before, heap, said = resource.getrlimit(resource.RLIMIT_DATA), [], ""
try:
    with bounded_memory():
        while True:
            heap.append(os.urandom({16 * MIB}))
except TransferError as error:
    said = error.message
print(len(heap), resource.getrlimit(resource.RLIMIT_DATA) == before, said)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    count, is_lifted, said = ended.stdout.split(" ", 2)
    assert 8 <= int(count) <= 24
    assert is_lifted == "True" and "returned more than 256 MiB" in said
