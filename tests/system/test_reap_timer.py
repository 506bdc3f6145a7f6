# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The timer that reaps: a real cron and a real systemd run what was installed, from paths that both would change."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import debian
import pytest
from api_client import ONE, TOKEN, Client
from controller import Controller
from digitalocean_double import DigitalOceanDouble
from polling import found_at_last
from timer_machine import UID, TimerMachine, missing

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.run_mark import RunMark

OVERDUE = RunMark("0" * 12, int(time.time()) - 60)
UNIT = "mobile-ansible-venv-reap"
#: What a shell, cron, systemd or Ansible's command line would replace or split at.
HOME, TOKEN_FILE = "a home 100% %h", 'it\'s "the" token=100% %h;#'

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can have cron and systemd to itself")


@pytest.fixture(name="double")
def fixture_double() -> Iterator[DigitalOceanDouble]:
    """With a droplet that is overdue, and one of somebody else."""
    with DigitalOceanDouble(token=TOKEN) as made:
        made.add_droplets(1)
        Client(made).create(name=str(OVERDUE))
        yield made
        assert made.violations == []


@pytest.fixture(name="home")
def fixture_home() -> Iterator[Path]:
    """A home directory that another user can reach, with a file that holds the token."""
    with tempfile.TemporaryDirectory(prefix="home of ") as made:
        Path(made).chmod(0o755)
        home = Path(made) / HOME
        home.mkdir(mode=0o700)
        (home / TOKEN_FILE).write_text(f"{TOKEN}\n")
        (home / TOKEN_FILE).chmod(0o600)
        yield home


def _machine(home: Path, uid: int, *, python: str = "") -> Iterator[TimerMachine]:
    reason = missing([])
    if reason is not None:
        pytest.skip(reason)
    for path in (home, home / TOKEN_FILE):
        os.chown(path, uid, uid)
    made = TimerMachine.make(home, uid=uid, shown=Path(python).resolve().parents[1] if python else None)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(name="as_root")
def fixture_as_root(home: Path) -> Iterator[TimerMachine]:
    """Root's crontab, and no systemd."""
    yield from _machine(home, 0)


@pytest.fixture(name="as_user")
def fixture_as_user(home: Path, controller: Controller) -> Iterator[TimerMachine]:
    """Of another user, who can reach the interpreter."""
    yield from _machine(home, UID, python=controller.venv.program("python"))


@pytest.fixture(name="cron")
def fixture_cron() -> str:
    """The daemon."""
    found = debian.program("cron")
    if found is None:
        pytest.skip("cron cannot be installed")
    return found


def timer(
    machine: TimerMachine, controller: Controller, double: DigitalOceanDouble, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Install or remove it, as the user types it in the directory of the token."""
    given = {"torrent_api_token_file": TOKEN_FILE, "torrent_api_url": double.baseurl, **variables}
    extra = json.dumps({name: value for name, value in given.items() if value})
    argv = [controller.venv.program("ansible-playbook"), "mobile_ansible.venv.reap_timer", "-e", extra, *arguments]
    env = {**controller.environment(), "HOME": str(machine.home)}
    done = machine.run(*argv, env=env, cwd=machine.home)
    assert TOKEN not in done.stdout + done.stderr
    return done


def changed(done: subprocess.CompletedProcess[str]) -> bool:
    assert done.returncode == 0, done.stdout + done.stderr
    return "changed=0" not in done.stdout


def names_at_last(double: DigitalOceanDouble, *, seconds: float = 1) -> list[str]:
    """The droplets when those of runs are destroyed, or after the time."""
    return found_at_last(lambda: [one["name"] for one in double.state().droplets], ["other1"], seconds=seconds)


def test_cron_reaps_until_it_is_removed(
    as_root: TimerMachine, controller: Controller, double: DigitalOceanDouble, cron: str
) -> None:
    how = {"torrent_timer": "cron", "torrent_timer_minutes": "1"}
    as_root.run("sh", "-c", "echo '5 4 * * * /bin/true # mine' | crontab -")
    assert changed(timer(as_root, controller, double, "--check", **how))
    assert "reap" not in as_root.run("crontab", "-l").stdout
    assert changed(timer(as_root, controller, double, **how))
    assert not changed(timer(as_root, controller, double, **how))
    installed = as_root.run("crontab", "-l").stdout
    assert installed.count("mobile_ansible.venv.reap --extra-vars") == 1
    assert TOKEN not in installed
    as_root.start(cron, "-f")
    assert names_at_last(double, seconds=150) == ["other1"], installed
    absent = {**how, "torrent_timer_state": "absent", "torrent_api_token_file": ""}
    assert changed(timer(as_root, controller, double, **absent))
    assert not changed(timer(as_root, controller, double, **absent))
    assert as_root.run("crontab", "-l").stdout.strip().endswith("# mine")


def test_systemd_reaps_until_it_is_removed(
    as_user: TimerMachine, controller: Controller, double: DigitalOceanDouble
) -> None:
    if as_user.run(controller.venv.program("python"), "-P", "-c", "import ansible").returncode:
        pytest.skip("another user cannot reach the environments of the tests")
    reason = as_user.start_systemd()
    if reason is not None:
        pytest.skip(reason)
    units = as_user.home / ".config" / "systemd" / "user"
    assert changed(timer(as_user, controller, double, "--check"))
    assert not units.exists()
    done = timer(as_user, controller, double)
    assert changed(done)
    assert "A systemd timer destroys what is overdue every 15 minutes." in done.stdout
    assert "loginctl enable-linger" in done.stdout
    assert not changed(timer(as_user, controller, double))
    assert TOKEN not in (units / f"{UNIT}.service").read_text()
    checked = as_user.run("systemd-analyze", "--user", "verify", units / f"{UNIT}.service", units / f"{UNIT}.timer")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert UNIT in as_user.run("systemctl", "--user", "list-timers").stdout
    assert as_user.run("systemctl", "--user", "is-enabled", f"{UNIT}.timer").stdout == "enabled\n"
    started = as_user.run("systemctl", "--user", "start", f"{UNIT}.service")
    assert (started.returncode, started.stderr) == (0, "")
    assert names_at_last(double) == ["other1"]
    Client(double).create(name=str(OVERDUE))
    double.fault("DELETE", ONE, status=403)
    assert as_user.run("systemctl", "--user", "start", f"{UNIT}.service").returncode != 0
    assert as_user.run("systemctl", "--user", "is-failed", f"{UNIT}.service").stdout == "failed\n"
    absent = {"torrent_timer_state": "absent", "torrent_api_token_file": ""}
    assert changed(timer(as_user, controller, double, **absent))
    assert not changed(timer(as_user, controller, double, **absent))
    assert [path for path in units.rglob("*") if not path.is_dir()] == []
    assert UNIT not in as_user.run("systemctl", "--user", "list-timers", "--all").stdout


@pytest.mark.parametrize(
    ("variables", "word"),
    [
        ({}, "torrent_timer: no systemd answers for this user"),
        ({"torrent_timer_minutes": "0"}, "torrent_timer_minutes: 0 is not possible; set it to 1 to 59"),
        ({"torrent_timer_minutes": "60"}, "torrent_timer_minutes: 60 is not possible; set it to 1 to 59"),
        ({"torrent_api_token_file": ""}, "torrent_api_token_file: a timer has no environment with a token"),
        ({"torrent_api_token_file": "none"}, "torrent_api_token_file: "),
        ({"torrent_api_token_file": "open"}, "mode 0644"),
        ({"torrent_api_token_file": "wrong"}, "401"),
        ({"torrent_timer": "launchd"}, "systemd"),
    ],
)
def test_what_would_protect_nobody_is_refused(
    as_root: TimerMachine, controller: Controller, double: DigitalOceanDouble, variables: dict[str, str], word: str
) -> None:
    (as_root.home / "open").write_text(TOKEN)
    (as_root.home / "open").chmod(0o644)
    (as_root.home / "wrong").write_text("dop_v1_wrong")
    (as_root.home / "wrong").chmod(0o600)
    timers = ("cron", "systemd") if variables and "torrent_timer" not in variables else ("",)
    for kind in timers:
        done = timer(as_root, controller, double, **{**variables, **({"torrent_timer": kind} if kind else {})})
        assert (done.returncode, word in done.stdout + done.stderr) == (2, True), done.stdout + done.stderr
    assert as_root.run("crontab", "-l").stdout == ""
    assert not as_root.run("ls", f"/etc/systemd/system/{UNIT}.timer").stdout


def test_without_cron_the_error_says_so(
    as_root: TimerMachine, controller: Controller, double: DigitalOceanDouble, cron: str
) -> None:
    for program in ("crontab", Path(cron).name):
        as_root.run("sh", "-c", f"mount --bind /dev/null $(command -v {program})")
    done = timer(as_root, controller, double, torrent_timer="cron")
    output = done.stdout + done.stderr
    assert (done.returncode, "torrent_timer: the crontab cannot be changed: " in output) == (2, True), output
    assert 'executable "crontab"' in output or "crontab" in output.partition("cannot be changed: ")[2]
