# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The whole torrent flow on droplets that are real hosts, with a real swarm: what arrives, and that nothing is left."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import digitalocean_double
import host_network
import pytest
from api_client import TOKEN
from controller import Controller
from digitalocean_double import DigitalOceanDouble
from fetching import unplugged
from hosts import Network
from polling import wait_until
from torrent_flow import SIZES, Flow, shared, wait_until_empty

MIB = 1 << 20
#: Nobody shares it.
DEAD = f"magnet:?xt=urn:btih:{'5a' * 20}"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store with the venv that creates droplets; the first run of this module builds it."""
    return tmp_path_factory.mktemp("deployment") / "store"


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    if reason := digitalocean_double.missing():
        pytest.skip(reason)
    opened = Network(tmp_path / "hosts", owner=os.getpid())
    yield opened
    opened.close()


@pytest.fixture
def double(network: Network) -> Iterator[DigitalOceanDouble]:
    with DigitalOceanDouble(token=TOKEN, network=network) as made:
        yield made
        assert made.violations == []


@pytest.fixture
def flow(controller: Controller, double: DigitalOceanDouble, deployment: Path, tmp_path: Path) -> Iterator[Flow]:
    """Whoever uses it says which link."""
    (directory := tmp_path / "cwd").mkdir()
    made = Flow(controller, directory, "", double, store=deployment)
    yield made
    made.kill_guards()


def files_with(word: str, *directories: Path) -> list[Path]:
    """Which files have a word, in whatever encoding of bytes."""
    paths = [path for directory in directories for path in directory.rglob("*") if path.is_file()]
    return [path for path in paths if word.encode() in path.read_bytes()]


@pytest.mark.parametrize("kind", ["v1", "v2"])
@pytest.mark.catalogue(50)
def test_from_a_link_to_files_with_nothing_left(
    flow: Flow, double: DigitalOceanDouble, network: Network, tmp_path: Path, kind: str
) -> None:
    """The token is in no file and in no line (T35), and whoever has all files already asks nobody."""
    with shared(tmp_path, network, kind=kind) as swarm:
        flow = replace(flow, magnet=swarm.magnet)
        run = flow.run("-vvv")
    assert run.returncode == 0, run.output
    flow.assert_home()
    assert (double.state().names(), double.creations) == ([], 1)
    receipt = flow.receipt()
    assert (receipt["state"], receipt["cost"], receipt["size"]) == ("succeeded", 0.01, sum(SIZES.values()))
    assert [step["name"] for step in receipt["steps"]] == ["create", "prepare", "download", "bring home", "destroy"]
    assert TOKEN not in run.output
    assert files_with(TOKEN, flow.directory, flow.controller.home) == []
    assert files_with("PRIVATE KEY", flow.directory, flow.controller.home) == []
    asked = len(double.requests)
    again = flow.run()
    assert again.returncode == 0, again.output
    assert (len(double.requests), flow.receipt()["transferred"]) == (asked, 0)
    flow.assert_home()


@pytest.mark.catalogue(52, 48)
def test_while_it_runs(flow: Flow, double: DigitalOceanDouble, network: Network, tmp_path: Path) -> None:
    """Only two ports are open; others can look how far it is, and cannot have a second droplet for the same torrent;
    a run with another torrent removes what is its own (T32); the token can be seen nowhere (T35)."""
    with shared(tmp_path, network, rate=70_000) as swarm:
        flow = replace(flow, magnet=swarm.magnet)
        with flow.started(torrent_stall_timeout="900") as process:
            wait_until(lambda: step(flow) == "download", 120)
            (droplet,) = double.state().droplets
            address = next(one["ip_address"] for one in droplet["networks"]["v4"] if one["type"] == "public")
            assert open_ports(address, [*range(1, 1025), 6881, 8080, 9091]) <= {22, 6881}
            assert visible(TOKEN) == []
            there = network.inside(double.host(droplet["id"]), f"grep -rls {TOKEN} /etc /home /root /tmp /var/lib")
            assert (there.stdout, there.returncode) == ("", 1)
            wait_until(lambda: told(flow)["percent"] or 0, 60)
            one = told(flow)
            assert (one["state"], one["step"], one["cost"]) == ("running", "download", 0.01)
            # However long the others take, the download takes longer.
            swarm.process.send_signal(signal.SIGSTOP)
            same = flow.run()
            assert (same.returncode, "downloads this torrent" in same.output) == (2, True), same.output
            other = replace(flow, magnet=DEAD)
            dead = other.run(torrent_dest=str(tmp_path / "other"), torrent_metadata_timeout="3")
            assert "nobody seems to share it" in dead.output
            assert [one["id"] for one in double.state().droplets] == [droplet["id"]]
            swarm.process.send_signal(signal.SIGCONT)
            output, _none = process.communicate(timeout=200)
        assert process.returncode == 0, output
    flow.assert_home()
    assert (double.state().names(), double.creations) == ([], 2)


def step(flow: Flow) -> str:
    """The step of the newest run that is recorded."""
    records = sorted(flow.state.glob("runs/*/run.json"), key=lambda path: path.stat().st_ctime_ns)
    steps = json.loads(records[-1].read_text())["steps"] if records else []
    return str(steps[-1]["name"]) if steps else ""


def told(flow: Flow) -> dict[str, Any]:
    """What another terminal is told of the newest run."""
    task = json.dumps({"directory": str(flow.state)})
    done = flow.controller.run("ansible", "localhost", "-m", "mobile_ansible.venv.torrent_info", "-a", task, "-o")
    assert done.returncode == 0, done.output
    runs: list[dict[str, Any]] = json.loads(done.stdout.partition("=>")[2])["runs"]
    return runs[-1]


def open_ports(address: str, ports: list[int]) -> set[int]:
    """A filter drops what is not allowed, so each of the others takes a second."""

    def is_open(port: int) -> bool:
        with suppress(OSError), socket.create_connection((address, port), timeout=1):
            return True
        return False

    with ThreadPoolExecutor(200) as threads:
        return {port for port, found in zip(ports, threads.map(is_open, ports), strict=True) if found}


def visible(word: str) -> list[str]:
    """The processes whose arguments have a word."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if word.encode() in path.read_bytes():
                found.append(str(path))
    return found


FATES: dict[str, tuple[dict[str, Any], str]] = {
    "T19 another host key": ({"own_host_key": True}, "Host key verification failed"),
    "T20 sshd never up": ({"sshd": False}, "no SSH server answers"),
}


@pytest.mark.catalogue(51)
@pytest.mark.parametrize("case", FATES)
def test_a_droplet_that_cannot_be_reached(flow: Flow, double: DigitalOceanDouble, case: str) -> None:
    fate, said = FATES[case]
    double.fate(**fate)
    run = replace(flow, magnet=DEAD).run(torrent_boot_timeout="20")
    assert (run.returncode, said in run.output) == (2, True), run.output
    assert double.state().names() == []


DOWNLOADS: dict[str, tuple[dict[str, Any], str]] = {
    "T21 nobody shares it": ({"torrent_metadata_timeout": "2"}, "no_metadata"),
    "T27 too large": ({"torrent_max_size": "1MB"}, "too_large"),
}


@pytest.mark.parametrize("case", DOWNLOADS)
def test_a_download_that_is_not_possible(
    flow: Flow, double: DigitalOceanDouble, network: Network, tmp_path: Path, case: str
) -> None:
    options, code = DOWNLOADS[case]
    with shared(tmp_path, network) as swarm:
        magnet = DEAD if code == "no_metadata" else swarm.magnet
        run = replace(flow, magnet=magnet).run(**options)
    assert run.returncode == 2, run.output
    assert flow.receipt()["error_code"] == code
    assert double.state().names() == []
    assert not [path for path in flow.dest.rglob("*.bin") if path.is_file()]


def test_a_disk_that_is_too_small_is_found_before_the_download(
    controller: Controller, network: Network, deployment: Path, tmp_path: Path
) -> None:
    """T23."""
    (directory := tmp_path / "cwd").mkdir()
    with (
        DigitalOceanDouble(token=TOKEN, network=network, disk="256m") as double,
        shared(tmp_path, network, sizes={"one.bin": 150 * MIB, "two.bin": 149 * MIB}) as swarm,
    ):
        flow = Flow(controller, directory, swarm.magnet, double, store=deployment)
        run = flow.run()
        assert run.returncode == 2, run.output
        assert (flow.receipt()["error_code"], flow.receipt()["downloaded"]) == ("no_room", 0)
        assert double.state().names() == []


def test_a_swarm_that_stalls(flow: Flow, double: DigitalOceanDouble, network: Network, tmp_path: Path) -> None:
    """T22. The droplet is not kept for a swarm that may never go on."""
    with shared(tmp_path, network, rate=100_000) as swarm:
        flow = replace(flow, magnet=swarm.magnet)
        with flow.started(torrent_stall_timeout="4") as process:
            wait_until(lambda: step(flow) == "download" and bool(told(flow)["percent"]), 120)
            with unplugged(swarm.seeder):
                output, _none = process.communicate(timeout=120)
    assert process.returncode == 2, output
    assert flow.receipt()["error_code"] == "stalled"
    assert double.state().names() == []


def test_a_client_that_is_killed(flow: Flow, double: DigitalOceanDouble, network: Network, tmp_path: Path) -> None:
    """T24."""
    with shared(tmp_path, network, rate=100_000) as swarm:
        flow = replace(flow, magnet=swarm.magnet)
        with flow.started() as process:
            wait_until(lambda: step(flow) == "download" and bool(told(flow)["percent"]), 120)
            (droplet,) = double.state().droplets
            killed = network.inside(double.host(droplet["id"]), "pkill -9 -f [A]nsiballZ_torrent_download")
            output, _none = process.communicate(timeout=120)
    assert (killed.returncode, process.returncode) == (0, 2), output
    assert "The torrent run failed" in output
    assert double.state().names() == []


def test_a_droplet_whose_link_is_cut(flow: Flow, double: DigitalOceanDouble, network: Network, tmp_path: Path) -> None:
    """T31. Ansible gives an unreachable host up without a word; here it is an error, and the droplet is destroyed."""
    with shared(tmp_path, network, rate=100_000) as swarm:
        flow = replace(flow, magnet=swarm.magnet)
        with flow.started() as process:
            wait_until(lambda: step(flow) == "download" and bool(told(flow)["percent"]), 120)
            (droplet,) = double.state().droplets
            host_network.ip("link", "set", double.host(droplet["id"]).namespace, "down")
            output, _none = process.communicate(timeout=150)
    assert (process.returncode, "cannot be reached" in output) == (2, True), output
    assert double.state().names() == []


def test_a_link_with_a_template_stays_a_text(flow: Flow, double: DigitalOceanDouble, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    link = f"magnet:?xt=urn:btih:{'5a' * 20}&dn={{{{ lookup('pipe','touch {canary}') }}}}"
    run = replace(flow, magnet=link).run("--check", "-vvv")
    assert not canary.exists()
    assert run.returncode in (0, 2), run.output
    assert double.creations == 0


@pytest.mark.catalogue(47)
@pytest.mark.parametrize("moments", [4, pytest.param(10, marks=pytest.mark.destructive)])
def test_killed_at_random_moments(
    flow: Flow, double: DigitalOceanDouble, network: Network, tmp_path: Path, moments: int
) -> None:
    """T30. Whenever ansible-playbook is killed, its guard destroys what it made, and what was at home is kept."""
    chance = random.Random(20261126 + moments)
    killed: list[Flow] = []
    with shared(tmp_path, network, rate=500_000) as swarm:
        for moment in range(moments):
            # Each in a place of its own: a guard looks again for some minutes, and keeps others from its torrent.
            (directory := tmp_path / f"cwd{moment}").mkdir()
            killed.append(replace(flow, magnet=swarm.magnet, directory=directory))
            with killed[-1].started() as process:
                time.sleep(chance.uniform(1, 25))
                arrived = content_of(killed[-1].dest)
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                wait_until_empty(double)
                time.sleep(3)  # what is on its way
                wait_until_empty(double)
                now = content_of(killed[-1].dest)
                assert {path: now.get(path) for path in arrived} == arrived
        # What the last one was about to make can come late; its guard looks again.
        wait_until(lambda: "Torrent runs left nothing" in reaped(flow, double), 240)
        for one in killed:
            one.kill_guards()
        again = killed[-1]
        run = again.run()
    assert run.returncode == 0, run.output
    again.assert_home()
    assert double.state().names() == []


def reaped(flow: Flow, double: DigitalOceanDouble) -> str:
    """What the playbook that destroys what is overdue says; here nothing is."""
    ended = flow.controller.run(
        "ansible-playbook", "mobile_ansible.venv.reap", "-e", f"torrent_api_url={double.baseurl}",
        env={"DO_API_TOKEN": TOKEN},
    )  # fmt: skip
    assert ended.returncode == 0, ended.output
    return ended.output


def content_of(directory: Path) -> dict[Path, bytes]:
    """What is at home under its name."""
    paths = [path for path in (directory / "payload").rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in paths}


def test_a_machine_that_lost_its_power(
    flow: Flow, double: DigitalOceanDouble, network: Network, tmp_path: Path
) -> None:
    """Everything is killed, the guard too. The next run of this torrent destroys what is left before it begins."""
    with shared(tmp_path, network, rate=300_000) as swarm:
        flow = replace(flow, magnet=swarm.magnet)
        with flow.started() as process:
            wait_until(lambda: step(flow) == "download", 120)
            assert flow.guards() != []
            flow.kill_guards()
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert len(double.state().droplets) == 1
        run = flow.run()
        assert run.returncode == 0, run.output
    flow.assert_home()
    assert (double.state().names(), double.creations) == ([], 2)
