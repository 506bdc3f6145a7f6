# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""torrent_fetch on this machine: what gets a name at home is proven, and what is wrong has its own error."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from environments import environment
from fetching import STATE, Fetching, assert_failed, assert_home
from finished_download import FinishedDownload, finished_download
from swarm import fill, peer

MIB = 1 << 20
ODD = ["a b", "ünïcode 日本", "[a-z]", "quo'te", "$(touch x); #", "{{ x }}", "-rf", "~root", "`y`"]
SIZES = {
    "one.bin": 9 * MIB + 1,
    "more/two.bin": 1_500_000,
    "more/empty": 0,
    "read me.txt": 10,
    **{f"odd/{name}": 70_000 + number for number, name in enumerate(ODD)},
}


@pytest.fixture(name="fetching")
def fixture_fetching(controller: Controller, tmp_path: Path) -> Fetching:
    return Fetching(controller, tmp_path)


@pytest.fixture(name="served")
def fixture_served(tmp_path: Path) -> Path:
    return tmp_path / "served"


@pytest.fixture(name="download")
def fixture_download(served: Path) -> FinishedDownload:
    return finished_download(served / "several", SIZES)


def damage(path: Path) -> None:
    """Turn one bit."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def change_info(download: FinishedDownload, content: bytes) -> None:
    (download.directory / STATE / "info").write_bytes(content)


@pytest.mark.parametrize("kind", ["v1", "v2", "hybrid"])
def test_all_files_come_home_and_the_second_run_asks_nobody(fetching: Fetching, served: Path, kind: str) -> None:
    download = finished_download(served / "several", SIZES, kind=kind)
    result = fetching.fetch(download)
    assert "error_code" not in result, result
    size = sum(SIZES.values())
    assert (result["changed"], result["size"], result["received"], result["resumed"]) == (True, size, size, 0)
    assert_home(fetching, download)
    sums = {file["path"]: file["sha256"] for file in result["files"]}
    assert sums == {name: hashlib.sha256((fetching.dest / name).read_bytes()).hexdigest() for name in download.names}
    assert fetching.dest.stat().st_mode & 0o777 == 0o700
    download.directory.rename(served / "gone")
    again = fetching.fetch(download)
    assert (again["changed"], again["received"], again["resumed"]) == (False, 0, size), again
    assert again["files"] == result["files"]


def test_a_torrent_of_one_file(fetching: Fetching, served: Path) -> None:
    download = finished_download(served / "single", {"demo": 5 * MIB})
    assert fetching.fetch(download)["received"] == 5 * MIB
    assert_home(fetching, download, ["demo"])


def test_a_torrent_file_needs_nothing_but_the_files(fetching: Fetching, download: FinishedDownload) -> None:
    (download.directory / STATE / "info").unlink()
    result = fetching.run(download.torrent, download.directory)
    assert "error_code" not in result, result
    assert_home(fetching, download)


@pytest.mark.parametrize("kind", ["v1", "hybrid"])
def test_only_selected_files_come(fetching: Fetching, served: Path, kind: str) -> None:
    download = finished_download(served / "several", SIZES, kind=kind)
    result = fetching.fetch(download, select=["*/more/*", "*.txt"])
    assert "error_code" not in result, result
    assert_home(fetching, download, ["demo/more/empty", "demo/more/two.bin", "demo/read me.txt"])
    unproven = {file["path"] for file in result["files"] if file["unproven"]}
    assert unproven <= ({"demo/more/two.bin", "demo/read me.txt"} if kind == "v1" else set())
    result = fetching.fetch(download)
    assert result["resumed"] == SIZES["more/two.bin"] + SIZES["read me.txt"]
    assert_home(fetching, download)


@pytest.mark.parametrize("kind", ["v1", "v2"])
def test_a_wrong_bit_gets_no_final_name(fetching: Fetching, served: Path, kind: str) -> None:
    """And what is right stays, so that a repaired host sends only the other file."""
    download = finished_download(served / "several", SIZES, kind=kind)
    damage(download.directory / "demo" / "one.bin")
    result = fetching.fetch(download)
    assert_failed(result, "payload", "demo/one.bin", "torrent_download")
    assert os.listdir(fetching.dest) == [STATE]
    damage(download.directory / "demo" / "one.bin")
    result = fetching.fetch(download)
    assert "error_code" not in result, result
    assert SIZES["one.bin"] <= result["received"] < sum(SIZES.values()) - SIZES["more/two.bin"]
    assert_home(fetching, download)


@pytest.mark.parametrize("kind", ["v1", "v2"])
@pytest.mark.parametrize("change", ["damaged", "removed", "shorter", "a link"])
def test_what_is_wrong_at_home_is_replaced(fetching: Fetching, served: Path, change: str, kind: str) -> None:
    download = finished_download(served / "several", SIZES, kind=kind)
    assert fetching.fetch(download)["changed"]
    file, canary = fetching.dest / "demo" / "one.bin", fetching.directory / "canary"
    if change == "damaged":
        damage(file)
    elif change == "shorter":
        os.truncate(file, MIB)
    else:
        file.unlink()
    if change == "a link":
        canary.write_bytes(bytes(SIZES["one.bin"]))
        file.symlink_to(canary)
    result = fetching.fetch(download)
    assert result["changed"] and result["received"] < SIZES["one.bin"] + 2 * 65536 + 10 + 70_000 * len(ODD), result
    assert_home(fetching, download)
    assert change != "a link" or canary.read_bytes() == bytes(SIZES["one.bin"])


def test_a_link_on_the_way_to_a_name_is_not_followed(fetching: Fetching, download: FinishedDownload) -> None:
    assert fetching.fetch(download, select=["*.txt"])["changed"]
    outside = fetching.directory / "outside"
    outside.mkdir()
    (fetching.dest / "demo" / "more").symlink_to(outside)
    assert_failed(fetching.fetch(download), "bad_input", "demo/more", "remove it")
    assert os.listdir(outside) == []


def test_a_directory_of_the_user_is_not_used(fetching: Fetching, download: FinishedDownload) -> None:
    fill(fetching.dest, {"demo/one.bin": 5})
    assert_failed(fetching.fetch(download), "bad_input", "choose a new or an empty directory")
    assert (fetching.dest / "demo" / "one.bin").stat().st_size == 5


def test_another_torrent_of_the_host_is_refused(fetching: Fetching, download: FinishedDownload, served: Path) -> None:
    other = finished_download(served / "other", {"evil.bin": 100})
    assert_failed(fetching.run(download.link, other.directory), "magnet", "not what was asked for")
    assert os.listdir(fetching.dest) == [STATE]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "magnet"), (b"d4:name4:evile", "magnet"), (bytes(17 * MIB), "transfer"), (None, "transfer")],
    ids=["empty", "another", "too large", "none"],
)
def test_a_host_without_the_right_info(
    fetching: Fetching, download: FinishedDownload, content: bytes | None, code: str
) -> None:
    if content is None:
        (download.directory / STATE / "info").unlink()
    else:
        change_info(download, content)
    assert_failed(fetching.fetch(download), code)
    assert os.listdir(fetching.dest) == [STATE]


def test_a_fifo_on_the_host_does_not_hang_it(fetching: Fetching, download: FinishedDownload) -> None:
    target = download.directory / "demo" / "one.bin"
    target.unlink()
    os.mkfifo(target)
    assert_failed(fetching.fetch(download), "transfer", "cannot be brought from the host", "torrent_download")


@pytest.mark.parametrize("size", [SIZES["one.bin"] + 1, 60 * MIB])
def test_more_than_the_torrent_says_is_not_taken(fetching: Fetching, download: FinishedDownload, size: int) -> None:
    os.truncate(download.directory / "demo" / "one.bin", size)
    assert_failed(fetching.fetch(download), "transfer", "more than")
    largest = max(path.stat().st_size for path in fetching.dest.rglob("*") if path.is_file())
    assert largest <= SIZES["one.bin"]


def test_a_disk_without_room_is_refused_before_anything_comes(fetching: Fetching, download: FinishedDownload) -> None:
    if os.geteuid() != 0:
        pytest.skip("a disk of its own needs root")
    fetching.dest.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=66m,mode=0700", "tmpfs", fetching.dest], check=True)
    try:
        assert_failed(fetching.fetch(download), "no_room", str(fetching.dest), "MiB free")
        assert fetching.staged() == 0
    finally:
        subprocess.run(["umount", fetching.dest], check=True)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"src": "relative"}, "src: 'relative' is not an absolute path"),
        ({"dest": "relative"}, "dest: 'relative' is a relative path"),
        ({"timeout": -1}, "timeout: -1"),
        ({"stall_timeout": 0}, "stall_timeout: 0"),
        ({"select": ["*.iso"]}, "select: *.iso matches none"),
        ({"run_directory": "/nowhere/at/all"}, "run_directory: /nowhere/at/all"),
    ],
    ids=str,
)
def test_options_that_cannot_be_meant(
    fetching: Fetching, download: FinishedDownload, options: dict[str, Any], word: str
) -> None:
    assert_failed(fetching.run(download.link, download.directory, **options), "bad_input", word)


def test_the_time_limit(fetching: Fetching, download: FinishedDownload) -> None:
    """A command that hangs is interrupted, too."""
    hanging = {"ansible_shell_executable": str(fetching.directory / "sh")}
    script = '#!/bin/sh\ncase "$*" in *skip=1*) exec sleep 20;; esac\nexec /bin/sh "$@"\n'
    (fetching.directory / "sh").write_text(script)
    (fetching.directory / "sh").chmod(0o700)
    slow = Fetching(fetching.controller, fetching.directory, variables=hanging)
    assert_failed(slow.fetch(download, timeout=4), "deadline", "timeout")
    result = fetching.fetch(download)
    assert result["resumed"] >= 4 * MIB, result
    assert_home(fetching, download)


def test_it_is_skipped_in_check_mode(fetching: Fetching, download: FinishedDownload) -> None:
    done = fetching.controller.run(*fetching.argv(download.link, download.directory), "--check")
    assert "skipping: [localhost" in done.stdout, done.output
    assert not fetching.dest.exists()


def test_the_directory_of_a_run_has_its_progress(fetching: Fetching, download: FinishedDownload) -> None:
    run = fetching.directory / "run"
    run.mkdir(mode=0o700)
    assert fetching.fetch(download, run_directory=str(run))["changed"]
    progress = json.loads((run / "progress.json").read_text())
    assert (progress["state"], progress["percent"], progress["step"]) == ("succeeded", 100, "Check the files")
    assert progress["total"] == sum(SIZES.values())
    shutil.rmtree(download.directory)
    (fetching.dest / "demo" / "one.bin").unlink()
    assert_failed(fetching.fetch(download, run_directory=str(run), stall_timeout=1), "transfer")
    assert json.loads((run / "progress.json").read_text())["state"] == "failed"


def test_what_torrent_download_left_is_brought_home(fetching: Fetching) -> None:
    """The real module, with a real peer; it writes its progress into the directory of the run as well."""
    run, host = fetching.directory / "run", fetching.directory / "host"
    run.mkdir(mode=0o700)
    names = {"one.bin": 3_000_001, "more/two.bin": 10, "more/empty": 0, "ünï [x]": 5}
    with peer(fill(fetching.directory / "peer" / "demo", names), rate=1_500_000) as one:
        link = fetching.directory / "source"
        link.write_text(one.magnet)
        given = {"src": str(link), "dest": str(host), "dht": False, "port": 0, "run_directory": str(run)}
        python = environment("torrent").program("python")
        playbook = fetching.directory / "download.yml"
        task = {"mobile_ansible.venv.torrent_download": given}
        playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))
        done = fetching.controller.run("ansible-playbook", str(playbook), "-e", f"ansible_python_interpreter={python}")
        assert done.returncode == 0, done.output
        progress = json.loads((run / "progress.json").read_text())
        assert progress["state"] == "succeeded" and progress["step"] in ("Download", "Check the files"), progress
        result = fetching.run(one.magnet, host)
    assert "error_code" not in result, result
    for name, size in names.items():
        assert (fetching.dest / "demo" / name).read_bytes() == (one.directory / name).read_bytes()
        assert (fetching.dest / "demo" / name).stat().st_size == size
