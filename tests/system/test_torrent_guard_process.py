# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A guard destroys all of its run when the process that it watches ends, whatever the API does, and nothing before."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import ansible
import pytest
from api_client import ONE, TOKEN, Client
from digitalocean_double import BAD_GATEWAY, DigitalOceanDouble
from places import ROOT
from polling import wait_until

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.run_mark import RunMark
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import process_start
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent import guard_program
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.guard import GuardOrder
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.guard_files import read_record
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.guard_process import arm, disarm

#: Later than the end of the longest run of the tests: this file is read at its start.
LATER = int(time.time()) + 24 * 3600
RUN, OTHER = "a" * 12, "b" * 12
#: So that a test need not wait for minutes.
QUICK = {"quiet": 1.0, "look": 0.3, "attempt": 5.0, "pause": 0.2, "longest_pause": 0.5, "give_up": 60.0}
LISTS = r"/v2/(droplets|firewalls|account/keys|tags)"


@pytest.fixture(name="double")
def fixture_double() -> Iterator[DigitalOceanDouble]:
    with DigitalOceanDouble(token=TOKEN, droplet_limit=100) as made:
        yield made
        assert made.violations == []


class Guarded:
    """A process that is watched in the place of ansible-playbook, and the guards of its runs."""

    def __init__(self, double: DigitalOceanDouble, directory: Path) -> None:
        self.double = double
        self.directory = directory
        self.watched = subprocess.Popen(["sleep", "600"])
        self.pids: list[int] = []

    def run(self, name: str = RUN) -> Path:
        """The directory of a run."""
        path = self.directory / name
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def arm(self, name: str = RUN, *, expires: int = LATER, token: str = TOKEN, **limits: float) -> int:
        order = GuardOrder(
            run=name,
            expires=expires,
            directory=str(self.run(name)),
            lock=str(self.directory / "lock"),
            api_url=self.double.baseurl,
            token=token,
            process=self.watched.pid,
            process_started=process_start(self.watched.pid),
            limits={**QUICK, **limits},
        )
        pid = arm(order)["pid"]
        self.pids.append(pid)
        return pid

    def create(self, name: str = RUN, *, expires: int = LATER) -> None:
        """A droplet of a run."""
        mark = str(RunMark(name, expires))
        Client(self.double).create(name=mark, tags=[mark])

    def end(self) -> None:
        """Kill what is watched; nobody waits for it, so that it stays a zombie."""
        self.watched.kill()

    def state(self, name: str = RUN) -> str:
        return read_record(str(self.run(name)))["state"]

    def left(self) -> list[str]:
        """The droplets of the account."""
        return [one["name"] for one in self.double.state().droplets]

    def close(self) -> None:
        for pid in self.pids:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self.watched.kill()
        self.watched.wait()


@pytest.fixture(name="guarded")
def fixture_guarded(double: DigitalOceanDouble, tmp_path: Path) -> Iterator[Guarded]:
    guarded = Guarded(double, tmp_path)
    yield guarded
    guarded.close()


def has_ended(pid: int) -> bool:
    """Also if nobody has waited for it."""
    return process_start(pid) is None


def test_all_of_the_run_is_destroyed_when_the_process_ends(guarded: Guarded) -> None:
    double = guarded.double
    double.add_droplets(3)
    for name in ("key", "user_data", "key.pub", "run.json"):
        (guarded.run() / name).write_text("x")
    pid = guarded.arm()
    guarded.create()
    guarded.create(OTHER)
    assert guarded.state() == "armed"
    assert len(guarded.left()) == 5
    guarded.end()
    wait_until(lambda: has_ended(pid))
    assert sorted(guarded.left()) == sorted(["other1", "other2", "other3", str(RunMark(OTHER, LATER))])
    record = read_record(str(guarded.run()))
    assert (record["state"], record["reason"], record["cost"]) == ("reaped", "ansible-playbook ended", 0.01)
    assert [one["kind"] for one in record["destroyed"]] == ["droplet", "tag"]
    names = {path.name for path in guarded.run().iterdir()}
    assert names == {"guard.json", "guard.log", "key.pub", "run.json"}
    assert "destroyed: droplet" in (guarded.run() / "guard.log").read_text()


def test_nothing_happens_before(guarded: Guarded) -> None:
    guarded.create()
    guarded.arm()
    before = len(guarded.double.requests)
    time.sleep(1)
    assert len(guarded.double.requests) == before
    assert len(guarded.left()) == 1


def test_a_guard_that_is_disarmed_destroys_nothing(guarded: Guarded) -> None:
    pid = guarded.arm()
    guarded.create()
    assert disarm(str(guarded.run()), seconds=10)[0]
    assert has_ended(pid)
    assert guarded.state() == "disarmed"
    guarded.end()
    time.sleep(0.6)
    assert len(guarded.left()) == 1
    assert disarm(str(guarded.run()), seconds=10)[0] is False
    guarded.watched.wait()
    guarded.watched = subprocess.Popen(["sleep", "600"])
    guarded.arm()  # the lock is free, and the sign of before does not count


@pytest.mark.catalogue(46)
def test_a_droplet_that_shows_up_late(guarded: Guarded) -> None:
    """T5 and T6: the creation is carried out after the account was seen without it."""
    pid = guarded.arm(quiet=3.0)
    guarded.end()
    wait_until(lambda: guarded.state() == "destroying")
    time.sleep(1)
    guarded.create()
    wait_until(lambda: guarded.left() == [])
    wait_until(lambda: has_ended(pid))
    assert [one["kind"] for one in read_record(str(guarded.run()))["destroyed"]] == ["droplet", "tag"]


@pytest.mark.parametrize(
    "fault",
    [
        {"method": "GET", "path": LISTS, "status": 429, "headers": {"retry-after": "1"}, "count": 3},
        {"method": "DELETE", "path": ONE, "status": 429, "headers": {"retry-after": "1"}},
        {"method": "GET", "path": LISTS, "status": 500, "count": 8},
        {"method": "DELETE", "path": ONE, "status": 422, "count": 2},
        {"method": "DELETE", "path": ONE, "status": 500, "count": 4},
        {"method": "DELETE", "path": ONE, "status": 404, "count": 2},
        {"method": ".*", "path": ".*", "status": 502, "body": BAD_GATEWAY, "count": 3},
        {"method": ".*", "path": ".*", "reset": True, "count": 3},
        {"method": "GET", "path": LISTS, "status": 401, "count": 2},
        {"method": "GET", "path": LISTS, "status": 200, "body": BAD_GATEWAY, "count": 2},
    ],
    ids=[
        "list 429",
        "delete 429",
        "list 500",
        "pending",
        "delete 500",
        "delete 404",
        "bad gateway",
        "cut",
        "401",
        "captive portal",
    ],  # fmt: skip
)
@pytest.mark.catalogue(49)
def test_what_passes_is_waited_for(guarded: Guarded, fault: dict[str, Any]) -> None:
    """T7, T8, T13, T16, T18."""
    guarded.arm()
    guarded.create()
    injected = guarded.double.fault(**fault)
    guarded.end()
    wait_until(lambda: guarded.state() == "reaped")
    assert (guarded.left(), injected.hits) == ([], fault.get("count", 1))


def test_a_deletion_that_is_listed_for_a_while(guarded: Guarded) -> None:
    """T17."""
    guarded.double.fate(lingers=4)
    guarded.arm()
    guarded.create()
    guarded.end()
    wait_until(lambda: guarded.state() == "reaped")
    assert guarded.left() == []


@pytest.mark.catalogue(49)
def test_a_droplet_that_cannot_be_destroyed(guarded: Guarded) -> None:
    """T18: the failure is said, with the id and the price."""
    guarded.arm(give_up=2.0, attempt=1.0)
    guarded.create()
    guarded.double.fault("DELETE", ".*", status=500, count=None)
    guarded.end()
    wait_until(lambda: guarded.state() == "failed")
    record = read_record(str(guarded.run()))
    assert f"droplet {guarded.double.state().droplets[0]['id']}" in record["reason"]
    assert "an hour" in record["reason"]


def test_the_time_of_a_run_is_over(guarded: Guarded) -> None:
    """It destroys while the playbook goes on, stays, and destroys what that creates afterwards."""
    soon = int(time.time()) + 2
    pid = guarded.arm(expires=soon)
    guarded.create(expires=soon)
    wait_until(lambda: guarded.state() == "reaped")
    assert guarded.left() == []
    assert read_record(str(guarded.run()))["reason"] == "the time of the run is over"
    assert not has_ended(pid) and guarded.watched.poll() is None
    guarded.create(expires=soon)
    guarded.end()
    wait_until(lambda: has_ended(pid))
    assert guarded.left() == []


def test_a_guard_that_destroyed_says_so_when_it_is_disarmed(guarded: Guarded) -> None:
    soon = int(time.time()) + 2
    guarded.arm(expires=soon, quiet=60.0)
    guarded.create(expires=soon)
    wait_until(lambda: guarded.left() == [])
    was_there, record = disarm(str(guarded.run()), seconds=20)
    assert (was_there, record["state"], record["cost"]) == (True, "reaped", 0.01)


def test_a_guard_that_is_told_to_end_destroys_first(guarded: Guarded) -> None:
    pid = guarded.arm()
    guarded.create()
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        os.kill(pid, number)
    time.sleep(0.5)
    assert not has_ended(pid) and len(guarded.left()) == 1
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: has_ended(pid))
    assert guarded.left() == []
    assert guarded.state() == "reaped"


@pytest.mark.catalogue(48)
def test_two_runs_with_one_lock(guarded: Guarded) -> None:
    """T32."""
    guarded.arm()
    with pytest.raises(VenvError) as caught:
        guarded.arm(OTHER)
    assert caught.value.code == "locked"
    assert f"torrent run {RUN}" in caught.value.message
    assert guarded.state() == "armed"
    guarded.create()
    guarded.create(OTHER)
    guarded.end()
    wait_until(lambda: guarded.state() == "reaped")
    assert guarded.left() == [str(RunMark(OTHER, LATER))]


@pytest.mark.parametrize(
    ("token", "fault", "code"),
    [
        ("dop_v1_wrong", {}, "token"),
        (TOKEN, {"path": "/v2/account/keys", "status": 403}, "token"),
        (TOKEN, {"path": ".*", "status": 429, "headers": {"retry-after": "900"}}, "api"),
    ],
)
def test_a_run_whose_account_cannot_be_asked_is_not_guarded(
    guarded: Guarded, token: str, fault: dict[str, Any], code: str
) -> None:
    """T1 and T2."""
    if fault:
        guarded.double.fault("GET", **fault)
    with pytest.raises(VenvError) as caught:
        guarded.arm(token=token)
    assert caught.value.code == code
    assert caught.value.message.startswith("The run is not guarded, so it must create nothing: ")
    assert token not in str(caught.value.details())
    with pytest.raises(VenvError):
        disarm(str(guarded.run()), seconds=5)
    guarded.double.clear_faults()
    guarded.arm()  # the lock is free


def test_a_guard_that_does_not_become_ready(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(VenvError) as caught:
        guarded.arm()
    assert (caught.value.code, "said nothing in time" in caught.value.message) == ("guard", True)
    monkeypatch.setattr(sys, "executable", str(guarded.directory / "missing"))
    with pytest.raises(VenvError) as caught:
        guarded.arm()
    assert "cannot be started" in caught.value.message


def test_a_process_that_has_ended_already(guarded: Guarded) -> None:
    """Another process can have its pid by then."""
    order_start = process_start(guarded.watched.pid)
    guarded.end()
    guarded.watched.wait()
    assert order_start is not None
    guarded.create()
    guarded.arm()
    wait_until(lambda: guarded.state() == "reaped")
    assert guarded.left() == []


def test_a_directory_that_is_removed_disarms_nobody(guarded: Guarded) -> None:
    pid = guarded.arm()
    guarded.create()
    subprocess.run(["rm", "-rf", guarded.run()], check=True)
    guarded.end()
    wait_until(lambda: has_ended(pid))
    assert guarded.left() == []


def test_the_code_is_removed_while_it_waits(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade replaces the collection and Ansible: nothing of them is loaded when it counts."""
    code = guarded.directory / "code"
    shutil.copytree(ROOT / "plugins", code / "collection" / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
    installed = Path(ansible.__file__).parent
    shutil.copytree(installed, code / "core" / "ansible", ignore=shutil.ignore_patterns("modules", "galaxy", "cli"))
    program = Path(guard_program.__file__).resolve().relative_to(ROOT)
    monkeypatch.setattr(guard_program, "__file__", str(code / "collection" / program))
    without = [path for path in sys.path if not (Path(path) / "ansible").is_dir()]
    monkeypatch.setattr(sys, "path", [str(code / "core"), *without])
    pid = guarded.arm()
    assert str(code) in Path(f"/proc/{pid}/cmdline").read_text()
    shutil.rmtree(code)
    guarded.create()
    double = guarded.double
    double.fault("GET", LISTS, status=401)
    double.fault("GET", LISTS, status=502, body=BAD_GATEWAY)
    double.fault("GET", LISTS, status=429, headers={"retry-after": "1"})
    double.fault("GET", LISTS, reset=True)
    double.fault("DELETE", ONE, status=500, count=8)
    guarded.end()
    wait_until(lambda: guarded.state() == "reaped")
    assert guarded.left() == []
    assert "Error while destroying" not in (guarded.run() / "guard.log").read_text()


@pytest.mark.catalogue(50)
def test_nothing_secret_can_be_seen_of_it(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    """T35."""
    monkeypatch.setenv("DO_API_TOKEN", TOKEN)
    inherited = os.open(guarded.directory, os.O_RDONLY)
    os.set_inheritable(inherited, True)
    pid = guarded.arm()
    os.close(inherited)
    proc = Path(f"/proc/{pid}")
    seen = b"".join((proc / name).read_bytes() for name in ("cmdline", "environ", "comm"))
    assert TOKEN.encode() not in seen
    held = {os.readlink(link) for link in (proc / "fd").iterdir()}
    held = {name for name in held if not name.startswith("anon_inode:")}
    assert held == {"/dev/null", str(guarded.directory / "lock"), str(guarded.run() / "guard.log")}
    assert (os.getsid(pid) != os.getsid(0), os.readlink(proc / "cwd")) == (True, "/")
    guarded.create()
    guarded.double.fault("GET", LISTS, status=401)
    guarded.end()
    wait_until(lambda: guarded.state() == "reaped")
    for path in guarded.run().iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
        assert TOKEN not in path.read_text()


def test_the_record_is_json_that_says_who_it_is(guarded: Guarded) -> None:
    pid = guarded.arm()
    record = json.loads((guarded.run() / "guard.json").read_text())
    assert (record["pid"], record["pid_started"]) == (pid, process_start(pid))
    assert (record["run"], record["expires"], record["watched"]) == (RUN, LATER, guarded.watched.pid)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: guarded.state() == "died")
