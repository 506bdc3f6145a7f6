# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""When a download ends, and why, by a clock and a client that do what a test says; system tests have real peers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent import download as downloads
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.client import ClientOptions, ClientState
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.download import Download, DownloadLimits
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.download_directory import DownloadDirectory
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.magnet import Magnet
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.metainfo import Metainfo

CONTENT = {"a.txt": b"first", "b.txt": b"second"}
PIECES = hashlib.sha1(b"firstsecond").digest()
INFO = (
    b"d5:filesld6:lengthi5e4:pathl5:a.txteed6:lengthi6e4:pathl5:b.txteee4:name4:demo12:piece lengthi16384e6:pieces20:"
    + PIECES
    + b"e"
)
MAGNET = Magnet(hashlib.sha1(INFO).hexdigest(), None)
DONE = ClientState(done=11, wanted=11, received=11, is_complete=True)


@dataclass
class Client:
    """Says each state once, the last one again and again; a second passes at each.

    Like the real one it has what it received in memory at first, and writes the files when it is asked to.
    """

    states: Sequence[ClientState]
    directory: str
    raw: bytes | None = INFO
    now: float = 0.0
    polls: int = 0
    asked: list[str] = field(default_factory=list)
    resumed: bytes | None = None
    left: list[bytes] = field(default_factory=list)
    received: list[Path] = field(default_factory=list)
    flushed: bool = False

    def ask_for_info(self) -> None:
        self.asked.append("info")

    def info(self) -> bytes | None:
        return self.raw

    def start(self, metainfo: Metainfo, selection: Collection[int], *, resume_data: bytes | None) -> None:
        paths = [metainfo.files[index].name for index in selection]
        self.asked += paths
        self.resumed = resume_data
        self.received = [Path(self.directory, path) for path in paths]

    def poll(self) -> ClientState:
        self.now += 1
        self.polls += 1
        state = self.states[min(self.polls, len(self.states)) - 1]
        left, self.left = self.left, []
        flushed, self.flushed = self.flushed, False
        return replace(state, resume_data=left, is_flushed=flushed)

    def request_flush(self) -> None:
        for file in self.received:
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(CONTENT[file.name])
        self.flushed = True

    def request_resume_data(self) -> None:
        self.asked.append("resume")
        self.left = [b"left"]


def run(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *states: ClientState,
    raw: bytes | None = INFO,
    patterns: Sequence[str] = (),
    **limits: float,
) -> tuple[Client, Any]:
    """The client, and how the download ended: its outcome or its error."""
    directory = DownloadDirectory(str(tmp_path / "dest"))
    client = Client(states, directory.path, raw)

    @contextmanager
    def torrent_client(*_source: Any, **_options: Any) -> Iterator[Client]:
        yield client

    monkeypatch.setattr(downloads, "torrent_client", torrent_client)
    given: dict[str, Any] = {"metadata_timeout": 5, "stall_timeout": 5, **limits}
    download = Download(
        MAGNET,
        directory,
        limits=DownloadLimits(**given),
        client=ClientOptions(),
        patterns=patterns,
        clock=lambda: client.now,
    )
    try:
        return client, download.run()
    except VenvError as error:
        return client, error


def moving(*done: int, **more: Any) -> list[ClientState]:
    return [ClientState(done=count, wanted=11, received=count, **more) for count in done]


def test_what_is_there_at_the_end_is_proven(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    client, outcome = run(monkeypatch, tmp_path, *moving(0, 4), DONE)
    assert [file.path for file in outcome.payload.files] == ["demo/a.txt", "demo/b.txt"]
    assert (outcome.changed, client.asked) == (True, ["info", "demo/a.txt", "demo/b.txt", "resume"])
    told = json.loads((tmp_path / "dest" / ".torrent_download" / "progress.json").read_text())
    assert (told["state"], told["total"]) == ("succeeded", 11)


def test_what_is_complete_has_its_files_under_numbers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Also where something else has such a name; they lead to the files wherever the directory is moved."""
    numbered = tmp_path / "dest" / ".torrent_download" / "files"
    run(monkeypatch, tmp_path, DONE, patterns=["*/b.txt"])
    assert [path.name for path in numbered.iterdir()] == ["1"]
    (numbered / "0").write_text("left")
    run(monkeypatch, tmp_path, DONE)
    (tmp_path / "dest").rename(tmp_path / "moved")
    links = sorted((tmp_path / "moved" / ".torrent_download" / "files").iterdir())
    assert [path.read_bytes() for path in links] == [b"first", b"second"]
    assert all(path.is_symlink() for path in links)


def test_for_what_is_complete_nobody_is_contacted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _client, first = run(monkeypatch, tmp_path, DONE)
    client, outcome = run(monkeypatch, tmp_path, DONE, raw=None)
    assert (client.asked, outcome.changed, outcome.payload) == ([], False, first.payload)


@pytest.mark.parametrize("content", [b"secund", b"sec", None])
def test_what_is_damaged_is_downloaded_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    run(monkeypatch, tmp_path, DONE)
    file = tmp_path / "dest" / "demo" / "b.txt"
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    client, outcome = run(monkeypatch, tmp_path, DONE)
    assert ("demo/b.txt" in client.asked, outcome.changed, file.read_bytes()) == (True, True, b"second")
    # Where the sizes are right, what the client has left says that all is there.
    assert (client.resumed is None) == (content == b"secund")


def test_what_the_client_says_is_not_believed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(CONTENT, "b.txt", b"secund")
    _client, error = run(monkeypatch, tmp_path, DONE)
    assert error.code == "payload"


@pytest.mark.parametrize(
    ("states", "limits", "code", "seconds"),
    [
        (moving(0), {}, "stalled", 6),
        (moving(0, 1, 2, 3, 3, 3, 3, 3, 3, 3, 3), {}, "stalled", 9),
        (moving(3, 3, 2, 3, 1, 3), {}, "stalled", 6),
        (moving(0, wrong_pieces=2), {}, "payload", 6),
        (moving(*range(11)), {"deadline": 4}, "deadline", 4),
        (moving(*[0] * 30, is_checking=True), {"deadline": 20}, "deadline", 20),
    ],
    ids=["nothing", "nothing more", "nothing new", "only wrong ones", "too slow", "checks what is there"],
)
def test_what_does_not_get_on_ends(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    states: list[ClientState],
    limits: dict[str, Any],
    code: str,
    seconds: int,
) -> None:
    """And what another run needs is kept."""
    client, error = run(monkeypatch, tmp_path, *states, **limits)
    assert (error.code, client.asked[-1]) == (code, "resume"), error.message
    assert client.now == pytest.approx(seconds + 1, abs=1)
    assert (tmp_path / "dest" / ".torrent_download" / "resume").read_bytes() == b"left"


def test_a_link_that_nobody_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    client, error = run(monkeypatch, tmp_path, ClientState(), raw=None)
    assert (error.code, client.now, client.asked) == ("no_metadata", 5, ["info"])


def test_peers_that_send_another_torrent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    client, error = run(monkeypatch, tmp_path, DONE, raw=INFO.replace(b"demo", b"evil"))
    assert (error.code, client.asked) == ("magnet", ["info"])


@pytest.mark.parametrize(
    ("patterns", "selected"),
    [(["*/a.txt"], ["demo/a.txt"]), (["*.txt"], ["demo/a.txt", "demo/b.txt"]), (["demo/[b-z]*"], ["demo/b.txt"])],
)
def test_patterns_select_by_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, patterns: list[str], selected: list[str]
) -> None:
    client, outcome = run(monkeypatch, tmp_path, DONE, patterns=patterns)
    assert [path for path in client.asked if "/" in path] == selected
    assert [file.path for file in outcome.payload.files] == selected


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [({"max_size": 10}, "too_large", "max_size"), ({"patterns": ["*.iso"]}, "bad_input", "select: *.iso")],
)
def test_nothing_is_started_that_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: dict[str, Any], code: str, word: str
) -> None:
    client, error = run(monkeypatch, tmp_path, DONE, **options)
    assert (error.code, client.asked) == (code, ["info"])
    assert word in error.message


@pytest.mark.parametrize(
    ("option", "value"), [("stall_timeout", 0), ("metadata_timeout", 0), ("timeout", -1), ("max_size", -1)]
)
def test_limits_that_cannot_be_meant(option: str, value: int) -> None:
    params = {"metadata_timeout": 1, "stall_timeout": 1, "timeout": 0, "max_size": 0}
    assert DownloadLimits.of(params) == DownloadLimits(1, 1)
    with pytest.raises(VenvError, match=f"^{option}: {value} must be at least"):
        DownloadLimits.of({**params, option: value})
