# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""torrent_download with real peers: what arrives is what was shared, and each end has its own error."""

from __future__ import annotations

import filecmp
import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from controller import Controller, Run
from environments import environment
from swarm import fill, peer

#: The last ones have names that libtorrent would change: one is long, and one has an invisible joiner.
SIZES = {
    "one.bin": 3_000_001,
    "more/two.bin": 1_500_000,
    "more/empty": 0,
    "read me.txt": 10,
    f"{'x' * 246}.dat": 7,
    "join\u200ced.dat": 9,
}
QUICK = {"metadata_timeout": 30, "stall_timeout": 8, "dht": False, "port": 0}
MIB = 1 << 20


@dataclass(frozen=True)
class Download:
    """The module as a task of a playbook, with a venv that has libtorrent."""

    controller: Controller
    directory: Path

    @property
    def dest(self) -> Path:
        return self.directory / "downloads"

    def argv(self, magnet: str | bytes, **options: Any) -> list[str]:
        source = self.directory / "source"
        source.write_bytes(magnet if isinstance(magnet, bytes) else f"{magnet}\n".encode())
        given = {"src": str(source), "dest": str(self.dest), **QUICK, **options}
        kept = {"content": "{{ result | to_json }}", "dest": str(self.directory / "result.json")}
        tasks = [
            {"mobile_ansible.venv.torrent_download": given, "register": "result", "failed_when": False},
            {"ansible.builtin.copy": kept},
        ]
        playbook = self.directory / "download.yml"
        playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
        python = environment("torrent").program("python")
        return ["ansible-playbook", str(playbook), "-e", f"ansible_python_interpreter={python}"]

    def run(self, magnet: str | bytes, **options: Any) -> dict[str, Any]:
        """What the task returned."""
        done: Run = self.controller.run(*self.argv(magnet, **options))
        assert done.returncode == 0, done.output
        assert "Traceback" not in done.output, done.output
        result: dict[str, Any] = json.loads((self.directory / "result.json").read_text())
        return result


@pytest.fixture(name="download")
def fixture_download(controller: Controller, tmp_path: Path) -> Download:
    return Download(controller, tmp_path)


@pytest.fixture(name="shared")
def fixture_shared(tmp_path: Path) -> Path:
    """A directory ``demo`` to share, and a copy of it for the comparison."""
    fill(tmp_path / "expected" / "demo", SIZES)
    return fill(tmp_path / "peer" / "demo", SIZES)


def assert_same(download: Download, names: list[str]) -> None:
    """The files are there with the bytes that were shared, and no others."""
    expected, found = download.directory / "expected", download.dest
    files = sorted(str(path.relative_to(found)) for path in found.rglob("*") if path.is_file())
    assert [name for name in files if not name.startswith(".torrent_download/")] == sorted(names)
    assert filecmp.cmpfiles(expected, found, names, shallow=False) == (names, [], [])


ALL = sorted(f"demo/{name}" for name in SIZES)


@pytest.mark.parametrize("kind", ["v1", "v2", "hybrid"])
def test_all_files_arrive_and_are_proven(download: Download, shared: Path, kind: str) -> None:
    with peer(shared, kind=kind) as one:
        result = download.run(one.magnet)
        assert "error_code" not in result, result
        assert (result["changed"], result["size"]) == (True, sum(SIZES.values()))
        assert_same(download, ALL)
        sums = {file["path"]: file["sha256"] for file in result["files"]}
        assert sums == {name: hashlib.sha256((download.dest / name).read_bytes()).hexdigest() for name in ALL}
        assert all(file["unproven"] == [] for file in result["files"])
        again = download.run(one.magnet)
    assert (again["changed"], again["received"], again["files"]) == (False, 0, result["files"])
    progress = json.loads((download.dest / ".torrent_download" / "progress.json").read_text())
    assert (progress["state"], progress["percent"]) == ("succeeded", 100)


@pytest.mark.parametrize("kind", ["v1", "v2", "hybrid"])
def test_only_selected_files_arrive(download: Download, shared: Path, kind: str) -> None:
    with peer(shared, kind=kind) as one:
        result = download.run(one.magnet, select=["*/more/*", "*.txt"])
    assert "error_code" not in result, result
    assert_same(download, ["demo/more/empty", "demo/more/two.bin", "demo/read me.txt"])
    assert result["size"] == SIZES["more/two.bin"] + SIZES["read me.txt"]


def test_a_torrent_file(download: Download, shared: Path) -> None:
    """Its peers come from the link of another run here, because it names no tracker."""
    with peer(shared) as one:
        assert download.run(one.magnet)["changed"]
    result = download.run(one.torrent.read_bytes())
    assert (result["changed"], result["received"]) == (False, 0)


def assert_failed(result: dict[str, Any], code: str, *words: str) -> None:
    assert (result.get("error_code"), [word for word in words if word not in result["msg"]]) == (code, []), result


def test_a_link_that_nobody_shares(download: Download) -> None:
    result = download.run(f"magnet:?xt=urn:btih:{'0' * 39}1&x.pe=127.0.0.1:9", metadata_timeout=3)
    assert_failed(result, "no_metadata", "metadata_timeout")


def test_a_swarm_without_all_pieces_stalls_and_goes_on_later(download: Download, shared: Path) -> None:
    with peer(shared, partial=("one.bin",)) as one:
        result = download.run(one.magnet)
        assert_failed(result, "stalled", "stall_timeout")
    fill(shared, SIZES)
    with peer(shared) as one:
        result = download.run(one.magnet)
    assert "error_code" not in result, result
    assert 0 < result["received"] < sum(SIZES.values())
    assert_same(download, ALL)


@pytest.mark.parametrize("kind", ["v1", "v2"])
def test_wrong_bytes_are_never_taken(download: Download, shared: Path, kind: str) -> None:
    with peer(shared, kind=kind, damaged="one.bin") as one:
        result = download.run(one.magnet)
    assert_failed(result, "payload", "wrong hash")
    assert not (download.dest / "demo" / "one.bin").exists() or not filecmp.cmp(
        download.dest / "demo" / "one.bin", shared / "one.bin", shallow=False
    )


def test_too_large_is_refused_before_a_file_is_written(download: Download, shared: Path) -> None:
    with peer(shared) as one:
        assert_failed(download.run(one.magnet, max_size="2MB"), "too_large", "max_size")
    assert os.listdir(download.dest) == [".torrent_download"]


def test_a_disk_without_room_is_refused_before_a_file_is_written(download: Download, shared: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("a disk of its own needs root")
    download.dest.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=66m,mode=0700", "tmpfs", download.dest], check=True)
    try:
        with peer(shared) as one:
            assert_failed(download.run(one.magnet), "no_room", str(download.dest), "MiB free")
        assert os.listdir(download.dest) == [".torrent_download"]
    finally:
        subprocess.run(["umount", download.dest], check=True)


def test_another_torrent_in_the_same_directory_is_refused(download: Download, shared: Path) -> None:
    with peer(shared) as one:
        assert download.run(one.magnet)["changed"]
    other = download.run(f"magnet:?xt=urn:btih:{'0' * 39}1")
    assert_failed(other, "bad_input", "another torrent")
    assert_same(download, ALL)


def test_a_directory_of_the_user_is_not_used(download: Download, shared: Path) -> None:
    fill(download.dest, {"mine.txt": 5})
    with peer(shared) as one:
        assert_failed(download.run(one.magnet), "bad_input", "choose a new or an empty directory")
    assert sorted(os.listdir(download.dest))[-1] == "mine.txt"


def test_the_deadline_ends_it(download: Download, shared: Path) -> None:
    with peer(shared, rate=100_000) as one:
        assert_failed(download.run(one.magnet, timeout=5), "deadline", "timeout")


def test_names_that_lead_out_are_refused(download: Download) -> None:
    """As a .torrent file that anybody can write; nothing is written anywhere."""
    info = b"d5:filesld6:lengthi5e4:pathl2:..4:evileee4:name4:demo12:piece lengthi65536e6:pieces20:" + b"x" * 20 + b"e"
    assert_failed(download.run(b"d4:info" + info + b"e"), "magnet")
    assert not download.dest.exists() and not (download.directory / "evil").exists()


def test_a_link_is_no_template(download: Download) -> None:
    canary = download.directory / "canary"
    link = f"magnet:?xt=urn:btih:{'0' * 39}1&dn={{{{lookup('pipe','touch%20{canary}')}}}}"
    assert_failed(download.run(link, metadata_timeout=2), "no_metadata")
    assert not canary.exists()


def test_a_download_that_was_killed_goes_on(download: Download, shared: Path) -> None:
    """What had arrived by the last time that it was noted is not sent again."""
    with peer(shared, rate=300_000) as one, started(download, one.magnet) as run:
        state = download.dest / ".torrent_download"
        wait_for(state / "resume")
        os.kill(json.loads((state / "progress.json").read_text())["pid"], signal.SIGKILL)
        run.wait(60)
    with peer(shared) as one:
        result = download.run(one.magnet)
    assert "error_code" not in result, result
    assert 0 < result["received"] < sum(SIZES.values()) - MIB // 2
    assert_same(download, ALL)


def test_while_it_runs_it_tells_how_far_it_is(download: Download, shared: Path) -> None:
    """With the rate and the peers, in the files for apps; they are gone when the task is over."""
    seen = download.directory / "seen"
    env = {"ANSIBLE_CALLBACKS_ENABLED": "mobile_ansible.venv.progress"}
    with peer(shared, rate=600_000) as one:
        argv = download.argv(one.magnet)
        done = download.controller.run(*argv, env={**env, "MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY": str(seen)})
    assert done.returncode == 0, done.output
    events = [json.loads(line) for line in (seen / "events.jsonl").read_text().splitlines()]
    told = [event for event in events if event["event"] == "progress" and event.get("detail") == "Download"]
    assert told and max(event["rate"] for event in told) > 0 and {event["peers"] for event in told} <= {0, 1}, events
    percents = [event["task_percent"] for event in told]
    assert percents == sorted(percents) and percents[-1] > 10
    status = json.loads((seen / "status.json").read_text())
    assert status["state"] == "succeeded" and not {"rate", "peers"} & status.keys()


def test_a_file_that_was_damaged_is_downloaded_again(download: Download, shared: Path) -> None:
    """Also with the size that it had, which a client does not notice by itself."""
    with peer(shared) as one:
        assert download.run(one.magnet)["changed"]
        damaged = download.dest / "demo" / "one.bin"
        damaged.write_bytes(damaged.read_bytes()[:-9] + b"x" * 9)
        result = download.run(one.magnet)
    assert "error_code" not in result, result
    assert result["changed"] and 0 < result["received"] < MIB
    assert_same(download, ALL)


def test_two_at_once_do_not_share_a_directory(download: Download, shared: Path) -> None:
    with peer(shared, rate=300_000) as one, started(download, one.magnet) as first:
        wait_for(download.dest / ".torrent_download" / "info")
        second = Download(download.controller, download.directory / "second")
        second.directory.mkdir()
        assert_failed(second.run(one.magnet, dest=str(download.dest)), "locked", "torrent_download")
        assert first.wait(120) == 0
    assert_same(download, ALL)


@contextmanager
def started(download: Download, magnet: str) -> Iterator[subprocess.Popen[bytes]]:
    """The playbook while it runs."""
    program, *arguments = download.argv(magnet)
    argv, env = [download.controller.venv.program(program), *arguments], download.controller.environment()
    null = subprocess.DEVNULL
    with subprocess.Popen(argv, env=env, cwd=download.directory, stdin=null, stdout=null, stderr=null) as run:
        yield run


def wait_for(path: Path) -> None:
    for _tenth in range(600):
        if path.exists():
            return
        time.sleep(0.1)
    raise AssertionError(f"{path} did not come")


def test_without_libtorrent_it_says_what_to_do(download: Download, shared: Path) -> None:
    argv = download.argv(f"magnet:?xt=urn:btih:{'0' * 39}1")
    done = download.controller.run(*argv[:-1], "ansible_python_interpreter=/usr/bin/python3")
    assert done.returncode == 0, done.output
    result = json.loads((download.directory / "result.json").read_text())
    assert_failed(result, "tool_missing", "/usr/bin/python3", "shared_venv", "ansible_python_interpreter")
