# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What comes from a host that does what a test says: only what is proven gets a name; system tests have real hosts."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.download_directory import DownloadDirectory
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.magnet import Magnet
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.fetch import (
    Fetch,
    FetchOutcome,
    FetchProgress,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.sftp import Part, TooMuchError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._transfer import TransferError

CONTENT = [b"a" * 20_000, b"", b"c" * 30_000, b"d" * 10_000]
NAMES = ["a.txt", "empty", "c.txt", "d.txt"]
LENGTH = 16384
_ALL = b"".join(CONTENT)
_PIECES = b"".join(hashlib.sha1(_ALL[at : at + LENGTH]).digest() for at in range(0, len(_ALL), LENGTH))
_FILES = b"".join(
    b"d6:lengthi%de4:pathl%d:%bee" % (len(content), len(name), name.encode())
    for content, name in zip(CONTENT, NAMES, strict=True)
)
INFO = b"d5:filesl%be4:name4:demo12:piece lengthi%de6:pieces%d:%be" % (_FILES, LENGTH, len(_PIECES), _PIECES)
MAGNET = Magnet(hashlib.sha1(INFO).hexdigest(), None)


@dataclass
class FakeHost:
    """Sends ``content`` by index; each call of ``change`` can change it before something is sent."""

    content: dict[int, bytes] = field(default_factory=lambda: dict(enumerate(CONTENT)))
    info: bytes = INFO
    asked: list[Any] = field(default_factory=list)
    change: Callable[[FakeHost], None] = lambda host: None

    def read(self, path: str, *, limit: int) -> bytes:
        self.asked.append(path)
        return self.info

    def bring(self, parts: Sequence[Part], directory: str) -> None:
        self.change(self)
        self.asked.append([os.path.basename(part.remote) for part in parts])
        for part in parts:
            assert part.remote.startswith(f"{directory}/.torrent_download/files/")
            with open(part.local, "ab") as stream:
                stream.write(self.content[int(os.path.basename(part.remote))][part.arrived() :])
            if part.arrived() > part.size:
                raise TooMuchError("too much")
            if part.arrived() < part.size:
                raise TransferError("too little")


def run(tmp_path: Path, host: FakeHost, *patterns: str) -> FetchOutcome:
    told: list[Mapping[str, Any]] = []
    fetch = Fetch(
        MAGNET,
        DownloadDirectory(str(tmp_path / "dest")),
        host=host,
        source="/srv/demo",
        patterns=patterns,
        progress=FetchProgress(told.append),
    )
    outcome = fetch.run()
    assert all(0 <= one["percent"] <= 100 and one["done"] <= one["total"] for one in told)
    return outcome


def at_home(tmp_path: Path) -> dict[str, bytes]:
    """The files with final names."""
    dest = tmp_path / "dest"
    found = {str(path.relative_to(dest)): path for path in dest.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith(".torrent_download")}


EXPECTED = {f"demo/{name}": content for name, content in zip(NAMES, CONTENT, strict=True)}


def test_all_comes_once(tmp_path: Path) -> None:
    host = FakeHost()
    outcome = run(tmp_path, host)
    assert (outcome.changed, outcome.received, outcome.resumed) == (True, 60_000, 0)
    assert at_home(tmp_path) == EXPECTED
    assert host.asked == ["/srv/demo/.torrent_download/info", ["0", "2", "3"]]
    again = run(tmp_path, host)
    assert (again.changed, again.payload.files, len(host.asked)) == (False, outcome.payload.files, 2)


def test_what_was_wrong_on_the_way_is_brought_once_more(tmp_path: Path) -> None:
    host = FakeHost({**dict(enumerate(CONTENT)), 0: b"b" * 20_000})

    def repaired(changed: FakeHost) -> None:
        if len(changed.asked) > 1:
            changed.content[0] = CONTENT[0]

    host.change = repaired
    outcome = run(tmp_path, host)
    assert host.asked[1:] == [["0", "2", "3"], ["0"]]
    assert (outcome.received, at_home(tmp_path)) == (80_000, EXPECTED)


@pytest.mark.parametrize(("index", "again"), [(0, ["0"]), (2, ["0", "2"]), (3, ["2", "3"])])
def test_what_is_wrong_twice_gets_no_name(tmp_path: Path, index: int, again: list[str]) -> None:
    """A piece of version 1 can have the ends of two files; all that can be wrong are brought again, and no others."""
    host = FakeHost({**dict(enumerate(CONTENT)), index: b"x" + CONTENT[index][1:]})
    with pytest.raises(VenvError, match="torrent_download") as raised:
        run(tmp_path, host)
    assert (raised.value.code, at_home(tmp_path), host.asked[-1]) == ("payload", {}, again)
    host.content = dict(enumerate(CONTENT))
    outcome = run(tmp_path, host)
    assert (host.asked[-1], at_home(tmp_path)) == (again, EXPECTED)
    assert outcome.resumed + outcome.received == 60_000


def test_a_file_that_is_too_large_is_not_kept(tmp_path: Path) -> None:
    host = FakeHost({**dict(enumerate(CONTENT)), 2: CONTENT[2] * 2})
    with pytest.raises(TooMuchError):
        run(tmp_path, host)
    host.content = dict(enumerate(CONTENT))
    assert run(tmp_path, host).resumed == 20_000
    assert at_home(tmp_path) == EXPECTED


def test_what_had_arrived_stays(tmp_path: Path) -> None:
    host = FakeHost({**dict(enumerate(CONTENT)), 2: CONTENT[2][:12_345]})
    with pytest.raises(TransferError):
        run(tmp_path, host)
    assert at_home(tmp_path) == {}
    host.content = dict(enumerate(CONTENT))
    outcome = run(tmp_path, host)
    assert (outcome.resumed, outcome.received) == (32_345, 27_655)
    assert at_home(tmp_path) == EXPECTED


def test_what_lies_under_a_number_and_is_none_of_ours(tmp_path: Path) -> None:
    """A link is not followed, and a file that is too large does not stay."""
    host = FakeHost({0: b"", 1: b"", 2: b"", 3: b""})
    with pytest.raises(TransferError):
        run(tmp_path, host)
    numbered, canary = tmp_path / "dest" / ".torrent_download" / "staging" / "files", tmp_path / "canary"
    canary.write_bytes(b"mine")
    for name in ("0", "2"):
        (numbered / name).unlink()
    (numbered / "0").symlink_to(canary)
    (numbered / "2").write_bytes(bytes(40_000))
    host.content = dict(enumerate(CONTENT))
    assert run(tmp_path, host).received == 60_000
    assert (canary.read_bytes(), at_home(tmp_path)) == (b"mine", EXPECTED)


def test_more_files_later(tmp_path: Path) -> None:
    host = FakeHost()
    run(tmp_path, host, "*/c.txt")
    assert sorted(at_home(tmp_path)) == ["demo/c.txt"]
    outcome = run(tmp_path, host)
    assert (host.asked[-1], outcome.resumed, at_home(tmp_path)) == (["0", "3"], 30_000, EXPECTED)


def test_what_is_at_home_stays_there_when_the_host_fails(tmp_path: Path) -> None:
    host = FakeHost()
    run(tmp_path, host)
    damaged = tmp_path / "dest" / "demo" / "d.txt"
    damaged.write_bytes(b"x" * 10_000)
    host.content[3] = b""
    with pytest.raises(TransferError):
        run(tmp_path, host)
    assert at_home(tmp_path) == {**EXPECTED, "demo/d.txt": b"x" * 10_000}
    host.content = dict(enumerate(CONTENT))
    run(tmp_path, host)
    assert at_home(tmp_path) == EXPECTED


def test_another_torrent(tmp_path: Path) -> None:
    with pytest.raises(VenvError) as raised:
        run(tmp_path, FakeHost(info=INFO.replace(b"demo", b"evil")))
    assert (raised.value.code, at_home(tmp_path)) == ("magnet", {})
