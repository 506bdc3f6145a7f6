# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The real sftp, with a server that is a program of this machine: any path, and no more bytes than there should be."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.sftp import (
    Part,
    TooMuchError,
    can_use_sftp,
    take_by_sftp,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._transfer import TransferError

_SERVERS = ("/usr/lib/openssh/sftp-server", "/usr/libexec/sftp-server", "/usr/libexec/openssh/sftp-server")
SERVER = next((path for path in _SERVERS if os.path.exists(path)), None)
needs_sftp = pytest.mark.skipif(not shutil.which("sftp") or SERVER is None, reason="OpenSSH is not here")
NAMES = [
    "plain",
    "a b",
    "st*r",
    "q?",
    "br[a]ck",
    "quo'te",
    'dq"x',
    "back\\slash",
    "\\*",
    "#x",
    "-d",
    "ünï",
    "$x",
    "{a,b}",
]


class Connection:
    """What is asked of Ansible's ssh connection; the host is this machine."""

    transport = "ssh"
    become = None
    _play_context = SimpleNamespace(password="", remote_addr="here")

    def __init__(self, **options: Any) -> None:
        self._options = {"ssh_transfer_method": "smart", "sftp_executable": "sftp", **options}

    def get_option(self, name: str) -> Any:
        return self._options.get(name)

    def _build_command(self, program: str, _subsystem: str, *_host: bytes) -> list[bytes]:
        return [program.encode(), b"-b", b"-", b"-D", str(SERVER).encode()]


def part(tmp_path: Path, name: str, content: bytes, *, here: int, size: int | None = None) -> Part:
    remote, local = tmp_path / "host" / name, tmp_path / "here" / name
    for path in (remote, local):
        path.parent.mkdir(exist_ok=True, parents=True)
    remote.write_bytes(content)
    local.write_bytes(content[:here])
    return Part(str(remote), str(local), len(content) if size is None else size)


def nothing(_done: int) -> None:
    pass


@needs_sftp
def test_files_are_completed_whatever_their_names_are(tmp_path: Path) -> None:
    parts = [part(tmp_path, name, f"content of {name}".encode(), here=4) for name in NAMES]
    told: list[int] = []
    take_by_sftp(Connection(), parts, check=told.append)
    assert [Path(one.local).read_bytes() for one in parts] == [Path(one.remote).read_bytes() for one in parts]
    assert told == sorted(told)


@needs_sftp
@pytest.mark.parametrize("size", [1, 3 << 20])
def test_more_than_there_should_be_is_not_taken(tmp_path: Path, size: int) -> None:
    """Within the slack that ssh needs for files of its own."""
    large = part(tmp_path, "large", os.urandom(30 << 20), here=0, size=size)
    with pytest.raises(TooMuchError):
        take_by_sftp(Connection(), [large], check=nothing)
    assert large.arrived() <= max(size, 1 << 20) + 1


@needs_sftp
@pytest.mark.parametrize("change", ["missing", "shorter", "a directory", "a fifo"])
def test_what_is_no_such_file(tmp_path: Path, change: str) -> None:
    one = part(tmp_path, "one", bytes(1000), here=10)
    os.unlink(one.remote)
    if change == "shorter":
        Path(one.remote).write_bytes(bytes(500))
    elif change == "a directory":
        os.mkdir(one.remote)
    elif change == "a fifo":
        os.mkfifo(one.remote)
    with pytest.raises(TransferError, match="."):
        take_by_sftp(Connection(), [one], check=nothing)
    assert one.arrived() <= 500


@needs_sftp
def test_it_ends_when_it_should(tmp_path: Path) -> None:
    """And so does the program, with its children."""
    one = part(tmp_path, "one", bytes(10), here=0)
    slow = tmp_path / "sftp"
    slow.write_text(f"#!/bin/sh\nsleep 3600 &\necho $! > {tmp_path}/pid\nwait\n")
    slow.chmod(0o700)

    def check(_done: int) -> None:
        if (tmp_path / "pid").exists():
            raise TransferError("enough")

    with pytest.raises(TransferError, match="enough"):
        take_by_sftp(Connection(sftp_executable=str(slow)), [one], check=check)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.parametrize(
    ("change", "path", "can"),
    [
        ({}, "/srv/x", True),
        ({}, "/srv/x\ny", False),
        ({"transport": "local"}, "/srv/x", False),
        ({"become": "sudo"}, "/srv/x", False),
        ({"password": "secret"}, "/srv/x", False),
        ({"pkcs11_provider": "/lib/x.so"}, "/srv/x", False),
        ({"ssh_transfer_method": "piped"}, "/srv/x", False),
        ({"ssh_transfer_method": "sftp"}, "/srv/x", True),
    ],
    ids=str,
)
def test_when_it_can_be_used(change: dict[str, Any], path: str, can: bool) -> None:
    connection: Any = Connection(**change)
    for name in ("transport", "become"):
        if name in change:
            setattr(connection, name, change[name])
    assert can_use_sftp(connection, path) == can
