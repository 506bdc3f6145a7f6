# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""However a real ansible-playbook ends, nothing of its run is left in the account, and nobody has to do anything."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pexpect
import pytest
from api_client import TOKEN, Client
from controller import Controller, Run, heed_signals
from digitalocean_double import DigitalOceanDouble
from environments import Environment
from places import BUILD
from polling import wait_until

from ansible_collections.mobile_ansible.venv.plugins.module_utils import _supervisor
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.run_mark import RunMark
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook import supervisor
from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import process_start

#: Later than the end of the longest run of the tests: this file is read at its start.
LATER = int(time.time()) + 24 * 3600
RUN, OTHER = "a" * 12, "b" * 12


@pytest.fixture(name="double")
def fixture_double() -> Iterator[DigitalOceanDouble]:
    with DigitalOceanDouble(token=TOKEN) as made:
        made.add_droplets(1)
        yield made
        assert made.violations == []


class Runs:
    """Playbooks that guard a run, and what is left of it."""

    def __init__(self, controller: Controller, double: DigitalOceanDouble, directory: Path) -> None:
        self.controller = controller
        self.double = double
        self.directory = directory
        self.started = directory / "started"
        (directory / "runs").mkdir(mode=0o700)

    def place(self, run: str = RUN) -> Path:
        """The directory of a run."""
        path = self.directory / "runs" / run
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def guard(self, state: str = "armed", *, run: str = RUN, **changed: Any) -> dict[str, Any]:
        """A task."""
        options: dict[str, Any] = {"state": state, "run": run, "directory": str(self.place(run))}
        options["api_url"] = self.double.baseurl
        if state == "armed":
            options |= {"expires": LATER, "lock": str(self.directory / "lock")}
        return {"mobile_ansible.venv.torrent_guard": {**options, **changed}}

    def wait(self) -> dict[str, Any]:
        """A task that goes on until somebody ends it."""
        return {"ansible.builtin.shell": f"touch {self.started}; sleep 300"}

    def keep(self, name: str = "result") -> dict[str, Any]:
        """A task that writes the result of one before it."""
        dest = str(self.directory / f"{name}.json")
        return {"ansible.builtin.copy": {"content": "{{ result | to_json }}", "dest": dest}, "check_mode": False}

    def result(self) -> dict[str, Any]:
        return dict(json.loads((self.directory / "result.json").read_text()))

    def playbook(self, *tasks: Mapping[str, Any], hosts: str = "localhost", name: str = "site.yml") -> Path:
        path = self.directory / name
        path.write_text(json.dumps([{"hosts": hosts, "gather_facts": False, "tasks": list(tasks)}]))
        return path

    def run(self, playbook: Path, *arguments: str, token: str = TOKEN, code: int = 0) -> Run:
        env = {"DO_API_TOKEN": token} if token else {}
        done = self.controller.playbook(playbook, *arguments, env=env)
        assert done.returncode == code, done.output
        return done

    def start(self, playbook: Path, *, venv: Environment | None = None) -> subprocess.Popen[bytes]:
        """In a session of its own, with its output in a file; returns when its last task runs."""
        argv = [(venv or self.controller.venv).program("ansible-playbook"), str(playbook), "-vvv"]
        with (self.directory / "output").open("wb") as output:
            process = subprocess.Popen(
                argv,
                cwd=self.directory,
                env=self.controller.environment(DO_API_TOKEN=TOKEN),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=heed_signals,
            )
        wait_until(lambda: self.started.exists() or process.poll() is not None)
        assert process.poll() is None, (self.directory / "output").read_text()
        return process

    def create(self, run: str = RUN, *, expires: int = LATER) -> None:
        """A droplet of the run."""
        mark = str(RunMark(run, expires))
        Client(self.double).create(name=mark, tags=[mark])

    def left(self) -> list[str]:
        return sorted(self.double.state().names())

    def record(self, run: str = RUN) -> dict[str, Any]:
        return dict(json.loads((self.place(run) / "guard.json").read_text()))

    def close(self) -> None:
        for path in self.directory.glob("runs/*/guard.json"):
            with suppress(OSError):
                os.kill(json.loads(path.read_text())["pid"], signal.SIGKILL)


NOTHING = ["droplet other1"]


@pytest.fixture(name="runs")
def fixture_runs(controller: Controller, double: DigitalOceanDouble, tmp_path: Path) -> Iterator[Runs]:
    runs = Runs(controller, double, tmp_path)
    yield runs
    runs.close()


def kill_session(process: subprocess.Popen[bytes]) -> None:
    """All that a session has, the workers with their own sessions too: but not what left it for good."""
    for pid in [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]:
        with suppress(OSError, ProcessLookupError):
            if process.pid in (os.getsid(pid), os.getpgid(pid)) or parent(pid) == process.pid:
                os.kill(pid, signal.SIGKILL)


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def kill_group(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)


def send(number: signal.Signals) -> Callable[[subprocess.Popen[bytes]], None]:
    return lambda process: process.send_signal(number)


@pytest.mark.parametrize(
    "end",
    [
        send(signal.SIGKILL),
        kill_group,
        kill_session,
        send(signal.SIGINT),
        send(signal.SIGTERM),
        send(signal.SIGHUP),
        send(signal.SIGQUIT),
    ],
    ids=["KILL", "KILL of its group", "KILL of its session", "INT", "TERM", "HUP", "QUIT"],
)
@pytest.mark.catalogue(47)
def test_a_playbook_that_is_ended(runs: Runs, end: Callable[[subprocess.Popen[bytes]], None]) -> None:
    """T30."""
    with runs.start(runs.playbook(runs.guard(), runs.wait())) as process:
        runs.create()
        assert runs.record()["watched"] == process.pid
        assert process_start(runs.record()["pid"]) is not None
        end(process)
        process.wait()
    wait_until(lambda: runs.left() == NOTHING)
    assert runs.record()["reason"] == "ansible-playbook ended"


def test_the_newest_core(runs: Runs) -> None:
    """The parent of a worker is the process that the user started."""
    venv = Environment(BUILD / "venvs" / "core-2.21")
    if not Path(venv.program("ansible-playbook")).is_file():
        pytest.skip("the newest ansible-core is not set up")
    with runs.start(runs.playbook(runs.guard(), runs.wait()), venv=venv) as process:
        runs.create()
        assert runs.record()["watched"] == process.pid
        process.kill()
    wait_until(lambda: runs.left() == NOTHING)


@pytest.mark.catalogue(47)
def test_a_terminal_that_is_closed(runs: Runs) -> None:
    program = runs.controller.venv.program("ansible-playbook")
    environment = runs.controller.environment(DO_API_TOKEN=TOKEN)
    playbook = runs.playbook(runs.guard(), runs.wait())
    terminal = pexpect.spawn(program, [str(playbook)], env=environment, preexec_fn=heed_signals)
    wait_until(runs.started.exists)
    runs.create()
    terminal.close(force=True)
    wait_until(lambda: runs.left() == NOTHING)
    assert process_start(runs.record()["pid"]) is not None


@pytest.mark.parametrize(
    ("last", "code"),
    [
        ([{"ansible.builtin.meta": "end_play"}], 0),
        ([{"ansible.builtin.meta": "end_host"}], 0),
        ([{"ansible.builtin.fail": {"msg": "no"}}], 2),
        ([{"ansible.builtin.ping": None, "vars": {"ansible_connection": "ssh", "ansible_port": 1}}], 4),
        ([], 0),
    ],
    ids=["end_play", "end_host", "failed", "unreachable", "forgotten"],
)
def test_a_playbook_that_does_not_disarm(runs: Runs, last: list[dict[str, Any]], code: int) -> None:
    """T31."""
    runs.create()
    disarm = [] if not last or code == 2 else [runs.guard("disarmed")]
    runs.run(runs.playbook({"block": [runs.guard(), *last], "always": disarm}), code=code)
    wait_until(lambda: runs.left() == NOTHING)


def test_a_run_that_ends_well(runs: Runs) -> None:
    reap = {"mobile_ansible.venv.torrent_reap": {"run": RUN, "api_url": runs.double.baseurl}}
    runs.create()
    tasks = [runs.guard(), reap, {**runs.guard("disarmed"), "register": "result"}, runs.keep()]
    runs.run(runs.playbook(*tasks))
    result = runs.result()
    assert (result["changed"], result["state"], result["destroyed"]) == (True, "disarmed", [])
    assert process_start(result["pid"]) is None
    assert runs.left() == NOTHING
    runs.run(runs.playbook({**runs.guard("disarmed"), "register": "result"}, runs.keep()))
    assert runs.result()["changed"] is False


def test_the_time_is_over_while_the_playbook_goes_on(runs: Runs) -> None:
    soon = int(time.time()) + 12
    go_on = runs.directory / "go on"
    wait = {"ansible.builtin.shell": f"touch '{runs.started}'; until [ -e '{go_on}' ]; do sleep 0.1; done"}
    tasks = [runs.guard(expires=soon), wait, {**runs.guard("disarmed"), "register": "result"}, runs.keep()]
    with runs.start(runs.playbook(*tasks)) as process:
        runs.create(expires=soon)
        wait_until(lambda: runs.left() == NOTHING)
        assert process.poll() is None
        go_on.touch()
        assert process.wait() == 0, (runs.directory / "output").read_text()
    result = runs.result()
    assert (result["changed"], result["state"], result["cost"]) == (True, "reaped", 0.01)
    assert [one["kind"] for one in result["destroyed"]] == ["droplet", "tag"]


@pytest.mark.catalogue(48)
def test_two_runs_of_one_magnet(runs: Runs) -> None:
    """T32: the second is refused, and the first goes on."""
    with runs.start(runs.playbook(runs.guard(), runs.wait())) as process:
        runs.create()
        second = runs.playbook(runs.guard(run=OTHER), name="second.yml")
        done = runs.run(second, code=2)
        assert f"the torrent run {RUN}" in done.output
        assert "it must create nothing" in done.output
        assert len(runs.double.state().droplets) == 2
        process.kill()
    wait_until(lambda: runs.left() == NOTHING)


def test_a_run_whose_supervisor_would_end_its_guard(runs: Runs) -> None:
    """What runs playbooks in venvs ends all that they leave."""
    for program in (supervisor, _supervisor):  # as a run has them
        shutil.copy(str(program.__file__), runs.directory)
    argv = [sys.executable, str(runs.directory / "supervisor.py"), "0", "-1", str(runs.directory / "log")]
    argv += [runs.controller.venv.program("ansible-playbook"), str(runs.playbook(runs.guard()))]
    environment = runs.controller.environment(DO_API_TOKEN=TOKEN)
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["rc"] == 2, done
    assert "is ended with the run" in " ".join((runs.directory / "log").read_text().split())


def test_check_mode_starts_and_ends_nothing(runs: Runs) -> None:
    runs.run(runs.playbook({**runs.guard(), "register": "result"}, runs.keep()), "--check")
    assert (runs.result()["changed"], list(runs.place().iterdir())) == (True, [])
    with runs.start(runs.playbook(runs.guard(), runs.wait())) as process:
        runs.run(runs.playbook({**runs.guard("disarmed"), "register": "result"}, runs.keep(), name="b.yml"), "--check")
        assert runs.result()["changed"] is True
        assert process_start(runs.record()["pid"]) is not None
        process.kill()


@pytest.mark.parametrize(
    ("changed", "token", "code", "word"),
    [
        ({"run": "../x"}, TOKEN, "bad_input", "run: '../x'"),
        ({"expires": 1700000000}, TOKEN, "bad_input", "expires: 1700000000"),
        ({"expires": 99999999999}, TOKEN, "bad_input", "expires: 99999999999"),
        ({"directory": "missing"}, TOKEN, "bad_input", "mode 0700"),
        ({"directory": "/tmp"}, TOKEN, "store", "/tmp"),
        ({"lock": "{{ omit }}"}, TOKEN, "bad_input", "lock"),
        ({"lock": "/missing/lock"}, TOKEN, "guard", "/missing/lock"),
        ({"timeout": 0}, TOKEN, "bad_input", "timeout: 0"),
        ({}, "", "bad_input", "DO_API_TOKEN"),
        ({}, "dop_v1_wrong", "token", "401"),
    ],
)
def test_what_cannot_be_guarded(runs: Runs, changed: dict[str, Any], token: str, code: str, word: str) -> None:
    (task,) = runs.guard().values()
    task |= changed
    tasks = [{"mobile_ansible.venv.torrent_guard": task, "register": "result", "failed_when": False}, runs.keep()]
    runs.run(runs.playbook(*tasks), token=token)
    result = runs.result()
    assert (result["error_code"], word in result["msg"]) == (code, True), result
    assert not (runs.place() / "guard.json").exists()


@pytest.mark.catalogue(50)
def test_the_token_is_seen_nowhere(runs: Runs) -> None:
    """T35 and 50: whichever way the task has it."""
    file = runs.directory / "token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    with runs.start(runs.playbook(runs.guard(api_token_file=str(file)), runs.wait())) as process:
        runs.create()
        guard = Path(f"/proc/{runs.record()['pid']}")
        assert TOKEN.encode() not in (guard / "environ").read_bytes()
        assert b"PATH=" in (guard / "environ").read_bytes()
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                assert TOKEN.encode() not in path.read_bytes()
        process.kill()
    wait_until(lambda: runs.left() == NOTHING)
    seen = [*runs.place().iterdir(), runs.directory / "output", runs.directory / "lock"]
    assert [path for path in seen if TOKEN in path.read_text()] == []
    task = runs.guard(run=OTHER, api_token="{{ given }}", lock=str(runs.directory / "other"))
    playbook = runs.playbook(task, runs.guard("disarmed", run=OTHER))
    (runs.directory / "vars.json").write_text(json.dumps({"given": TOKEN}))
    done = runs.run(playbook, "-vvvv", "--diff", "-e", f"@{runs.directory}/vars.json", token="")
    assert TOKEN not in done.output
