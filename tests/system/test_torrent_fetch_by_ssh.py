# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""torrent_fetch from real hosts by ssh: connections that break, and how many bytes the host sent, seen from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from fetching import (
    STATE,
    Fetching,
    assert_failed,
    assert_home,
    cut_sessions,
    sent,
    unplugged,
)
from finished_download import FinishedDownload, finished_download
from hosts import Host
from polling import wait_until

MIB = 1 << 20
SEEN = "/srv/the [d]ownloads' $x"
LARGE = 24 * MIB
SIZES = {"large.bin": LARGE, "one.bin": 3 * MIB + 1, "empty": 0, "a 'b' [c] ünï": 10}
ALL = sum(SIZES.values())
#: Kilobits in a second, so that there is time to break something.
SLOW = {"ansible_sftp_extra_args": "-l 40000"}
_SUDO = """\
#!/bin/sh
while :; do case $1 in -u|-p) shift 2;; -*) shift;; *) break;; esac; done
echo used > /srv/sudo
exec "$@"
"""
#: What a host may send besides the bytes of files: the protocol itself, and logins.
BESIDE = 2 * MIB


@pytest.fixture(name="served", scope="module")
def fixture_served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(name="host", scope="module")
def fixture_host(make_hosts: Callable[..., list[Host]], served: Path) -> Host:
    """It sees what is in ``served``, at once. No connection is kept: tests count what they send, and kill them."""
    return replace(make_hosts(1, share={str(served): SEEN})[0], is_kept=False)


@pytest.fixture(name="download")
def fixture_download(served: Path, tmp_path: Path) -> FinishedDownload:
    return finished_download(served / tmp_path.name, SIZES)


@pytest.fixture(name="fetching")
def fixture_fetching(controller: Controller, tmp_path: Path, host: Host) -> Fetching:
    return Fetching(controller, tmp_path, host, seen=SEEN)


@pytest.fixture(name="slow")
def fixture_slow(controller: Controller, tmp_path: Path, host: Host) -> Fetching:
    return Fetching(controller, tmp_path, host, SLOW, seen=SEEN)


def test_the_files_come_by_sftp(fetching: Fetching, download: FinishedDownload, host: Host) -> None:
    before = sent(host)
    result = fetching.fetch(download)
    assert "error_code" not in result, result
    assert (result["received"], result["resumed"]) == (ALL, 0)
    assert ALL <= sent(host) - before < ALL + BESIDE
    assert_home(fetching, download)
    with unplugged(host):  # nobody is asked
        again = fetching.fetch(download)
    assert (again.get("changed"), again.get("resumed")) == (False, ALL), again


def test_with_a_shared_connection(fetching: Fetching, download: FinishedDownload, host: Host) -> None:
    """Ansible's own default."""
    shared = {
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={host.known_hosts}",
        "ansible_control_path_dir": tempfile.mkdtemp(prefix="cp-"),
    }
    there = Fetching(fetching.controller, fetching.directory, host, shared, seen=SEEN)
    result = there.fetch(download)
    assert "error_code" not in result, result
    assert_home(there, download)


@pytest.mark.parametrize(
    "variables",
    [
        {"ansible_become": True, "ansible_become_user": "daemon"},
        {"ansible_ssh_transfer_method": "piped"},
        {"ansible_sftp_executable": "/bin/false"},
        {"ansible_sftp_executable": "/nowhere/sftp"},
    ],
    ids=["become", "another method", "sftp fails", "no sftp"],
)
def test_the_files_come_by_pieces_otherwise(
    fetching: Fetching, download: FinishedDownload, variables: dict[str, Any], host: Host
) -> None:
    if "ansible_become" in variables:
        made = host.run(f"cat > /usr/local/bin/sudo <<'E'\n{_SUDO}E\nchmod 755 /usr/local/bin/sudo")
        assert made.returncode == 0, made
    other = Fetching(fetching.controller, fetching.directory, host, variables, seen=SEEN)
    result = other.fetch(download)
    assert "error_code" not in result, result
    assert (result["received"], result["resumed"]) == (ALL, 0)
    assert_home(other, download)
    assert (host.run("cat /srv/sudo").stdout == "used\n") == ("ansible_become" in variables)
    host.run("rm -f /srv/sudo")


def test_a_connection_that_is_cut_goes_on(slow: Fetching, download: FinishedDownload, host: Host) -> None:
    """What was here is not sent again, in the same run."""
    before = sent(host)
    with slow.started(download) as run:
        wait_until(lambda: slow.staged() > 5 * MIB)
        assert cut_sessions(host)
        assert run.wait(120) == 0
    result = slow.returned()
    assert "error_code" not in result, result
    assert sent(host) - before < ALL + BESIDE + 4 * MIB
    assert_home(slow, download)


def test_a_cable_that_is_out_for_a_while(slow: Fetching, download: FinishedDownload, host: Host) -> None:
    before = sent(host)
    with slow.started(download, stall_timeout=3) as run:
        wait_until(lambda: slow.staged() > 5 * MIB)
        with unplugged(host):
            threading.Event().wait(6)
        assert run.wait(120) == 0
    result = slow.returned()
    assert "error_code" not in result, result
    assert sent(host) - before < ALL + BESIDE + 6 * MIB
    assert_home(slow, download)


def test_a_host_that_stays_away_has_one_error_and_what_arrived_stays(
    slow: Fetching, download: FinishedDownload, host: Host
) -> None:
    with slow.started(download, stall_timeout=2) as run:
        wait_until(lambda: slow.staged() > 5 * MIB)
        with unplugged(host):
            assert run.wait(180) == 0
    assert_failed(slow.returned(), "transfer", "stay", "run this again")
    kept, before = slow.staged(), sent(host)
    assert kept > 4 * MIB
    result = slow.fetch(download)
    assert (result["resumed"], result["received"]) == (kept, ALL - kept), result
    assert sent(host) - before < ALL - kept + BESIDE
    assert_home(slow, download)


def test_a_controller_that_was_killed_goes_on(slow: Fetching, download: FinishedDownload, host: Host) -> None:
    """Nothing goes on without it, and what had arrived is not sent again."""
    with slow.started(download) as run:
        wait_until(lambda: slow.staged() > 5 * MIB)
        os.kill(run.pid, signal.SIGKILL)
    wait_until(lambda: not host.run("pgrep -f '[s]ftp-server|internal-sftp'").stdout)
    before, kept = sent(host), slow.staged()
    assert kept < LARGE
    result = slow.fetch(download)
    assert "error_code" not in result, result
    assert (result["resumed"], result["received"]) == (kept, ALL - kept)
    assert sent(host) - before < ALL - kept + BESIDE
    assert_home(slow, download)


def test_by_pieces_it_goes_on_as_well(fetching: Fetching, download: FinishedDownload, host: Host) -> None:
    pieces = {"ansible_ssh_transfer_method": "piped"}
    other = Fetching(fetching.controller, fetching.directory, host, pieces, seen=SEEN)
    with other.started(download) as run:
        wait_until(lambda: other.staged() >= 8 * MIB)
        os.kill(run.pid, signal.SIGKILL)
    wait_until(lambda: not locked(other))
    kept = other.staged() // (4 * MIB) * (4 * MIB)
    result = other.fetch(download)
    assert "error_code" not in result, result
    assert result["received"] <= ALL - kept
    assert_home(other, download)


def locked(fetching: Fetching) -> bool:
    argv = ["flock", "--nonblock", str(fetching.dest / STATE / "lock"), "true"]
    return subprocess.run(argv, check=False).returncode != 0


def test_two_at_once_are_refused(slow: Fetching, download: FinishedDownload) -> None:
    with slow.started(download) as first:
        wait_until(lambda: slow.staged() > MIB)
        second = Fetching(slow.controller, slow.directory / "second", slow.host, seen=SEEN)
        second.directory.mkdir()
        assert_failed(second.fetch(download, dest=str(slow.dest)), "locked", "torrent_fetch")
        assert first.wait(120) == 0
    assert_home(slow, download)


@pytest.mark.parametrize("name", ["large.bin", "one.bin"])
def test_more_than_the_torrent_says_is_not_taken(fetching: Fetching, download: FinishedDownload, name: str) -> None:
    """A host that sends without end: the file grows with what is asked of it."""
    os.truncate(download.directory / "demo" / name, 1 << 33)
    assert_failed(fetching.fetch(download), "transfer", "more than the torrent says")
    used = sum(path.stat().st_blocks * 512 for path in fetching.dest.rglob("*") if path.is_file())
    assert used <= ALL + MIB


def test_the_hosts_special_files_and_links_reach_nothing_here(
    fetching: Fetching, download: FinishedDownload, tmp_path: Path
) -> None:
    """A link of the host leads to a file of the host, which has not the right hashes."""
    canary = tmp_path / "canary"
    canary.write_bytes(os.urandom(LARGE))
    file = download.directory / "demo" / "large.bin"
    file.unlink()
    file.symlink_to("/dev/zero")
    assert fetching.fetch(download)["error_code"] in ("transfer", "payload")
    file.unlink()
    file.symlink_to(canary)
    assert fetching.fetch(download)["error_code"] in ("transfer", "payload")
    assert os.listdir(fetching.dest) == [STATE]


def test_a_bit_that_is_turned_on_the_way_gets_no_final_name(slow: Fetching, download: FinishedDownload) -> None:
    """It is brought once more."""
    with slow.started(download) as run:
        wait_until(lambda: slow.staged() > 5 * MIB)
        large = max((slow.dest / STATE / "staging" / "files").glob("*"), key=lambda path: path.stat().st_size)
        with large.open("r+b") as stream:
            stream.seek(1000)
            stream.write(b"wrong")
        assert run.wait(120) == 0
    result = slow.returned()
    assert "error_code" not in result, result
    assert result["received"] > ALL
    assert_home(slow, download)


def test_while_it_runs_it_tells_how_far_it_is(slow: Fetching, download: FinishedDownload) -> None:
    """To the callback, and in the directory of the run also without it."""
    run_directory, seen = slow.directory / "run", slow.directory / "seen"
    run_directory.mkdir(mode=0o700)
    told: list[dict[str, Any]] = []

    def more() -> bool:
        told.append(json.loads((run_directory / "progress.json").read_text()))
        return bool(told[-1]["percent"] > 50 and told[-1].get("rate", 0) > 0)

    with slow.started(download, run_directory=str(run_directory)) as run:
        wait_until(more)
        assert run.wait(120) == 0
    percents = [one["percent"] for one in told]
    assert percents == sorted(percents) and told[-1]["total"] == ALL
    other = Fetching(slow.controller, slow.directory / "other", slow.host, SLOW, seen=SEEN)
    other.directory.mkdir()
    env = {
        "ANSIBLE_CALLBACKS_ENABLED": "mobile_ansible.venv.progress",
        "MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY": str(seen),
    }
    done = other.controller.run(*other.argv(download.link, other.source(download)), env=env)
    assert done.returncode == 0, done.output
    events = [json.loads(line) for line in (seen / "events.jsonl").read_text().splitlines()]
    steps = [event for event in events if event.get("detail") == "Bring the files home"]
    assert steps and max(event["rate"] for event in steps if "rate" in event) > 0, events


def test_a_host_that_is_not_there(fetching: Fetching, download: FinishedDownload) -> None:
    host = fetching.host
    assert host is not None
    with unplugged(host):
        quick = Fetching(fetching.controller, fetching.directory, host, {"ansible_ssh_timeout": 2}, seen=SEEN)
        assert_failed(quick.fetch(download), "transfer", "cannot be read on the host")
