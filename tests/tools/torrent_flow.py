# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The whole torrent flow, as a person types it: against a double of the API with real droplets, or on a host."""

from __future__ import annotations

import filecmp
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import swarm
from api_client import TOKEN
from controller import Controller, Run, heed_signals
from digitalocean_double import DigitalOceanDouble
from hosts import Host, Network
from polling import wait_until
from wheelhouse import wheelhouse

#: No two files have the same size, by which the peer knows them.
SIZES: Mapping[str, int] = MappingProxyType(
    {"disc 1/a.bin": 3_000_001, "disc 1/b.bin": 1_500_000, "empty": 0, "read me.txt": 10}
)
NAME = "payload"


@dataclass(frozen=True)
class Flow:
    """``directory`` is the current directory of the person, with the link; ``double`` is None without a cloud."""

    controller: Controller
    directory: Path
    magnet: str
    double: DigitalOceanDouble | None = None
    inventory: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    store: Path | None = None
    #: In the environment; empty for none.
    token: str = TOKEN

    @property
    def dest(self) -> Path:
        """Where the files come."""
        return self.directory / "home files"

    @property
    def state(self) -> Path:
        """Where runs keep their records."""
        return self.directory / "it's a 100% state"

    def argv(self, **options: Any) -> list[str]:
        """What the person types; each option as text."""
        (self.directory / "link.magnet").write_text(f"{self.magnet}\n")
        given = {
            "torrent_magnet_file": "link.magnet",
            "torrent_dest": str(self.dest),
            "torrent_state_directory": str(self.state),
            "torrent_store": str(self.store or self.directory / "store"),
            "torrent_find_links": str(wheelhouse()),
            "torrent_wheels": str(wheelhouse()),
            "torrent_offline": "true",
            "torrent_dht": "false",
            "torrent_metadata_timeout": "30",
            "torrent_stall_timeout": "10",
            **(self._of_cloud() if self.double is not None else {"torrent_provider": "host"}),
            **self.options,
            **options,
        }
        argv = ["ansible-playbook", "mobile_ansible.venv.torrent"]
        argv += ["-i", str(self.inventory)] if self.inventory is not None else []
        return argv + [
            part for name, value in given.items() if value is not None for part in ("-e", _typed(name, value))
        ]

    def run(self, *arguments: str, timeout: float = 300, env: Mapping[str, str] | None = None, **options: Any) -> Run:
        """Run it to its end."""
        argv = [*self.argv(**options), *arguments]
        return self.controller.run(*argv, cwd=self.directory, env=self._environment(env), timeout=timeout)

    @contextmanager
    def started(self, *arguments: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
        """The same in a session of its own, killed at the end."""
        argv = [*self.argv(**options), *arguments]
        argv[0] = self.controller.venv.program(argv[0])
        process = subprocess.Popen(
            argv, cwd=self.directory, env=self.controller.environment(**self._environment()), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=heed_signals,
        )  # fmt: skip
        try:
            yield process
        finally:
            kill_group(process)

    def receipt(self) -> dict[str, Any]:
        """The receipt of the newest run."""
        newest = max(self.state.glob("runs/*/receipt.json"), key=lambda path: path.stat().st_mtime_ns)
        receipt: dict[str, Any] = json.loads(newest.read_text())
        return receipt

    def guards(self) -> list[int]:
        """The guards that run for this person."""
        found = []
        for path in self.state.glob("runs/*/guard.json"):
            with suppress(OSError, ValueError):
                pid = json.loads(path.read_text())["pid"]
                if "guard_program" in Path(f"/proc/{pid}/cmdline").read_text():
                    found.append(pid)
        return found

    def kill_guards(self) -> None:
        """End those that would go on asking an API that is gone."""
        for pid in self.guards():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def assert_home(self, sizes: Mapping[str, int] = SIZES) -> None:
        """The files are there with the bytes that were shared, and no others."""
        names = sorted(sizes)
        found = sorted(
            str(path.relative_to(self.dest / NAME)) for path in (self.dest / NAME).rglob("*") if path.is_file()
        )
        assert found == names
        shared = self.directory.parent / "shared" / NAME
        assert filecmp.cmpfiles(shared, self.dest / NAME, names, shallow=False) == (names, [], [])

    def _of_cloud(self) -> dict[str, Any]:
        assert self.double is not None
        return {"torrent_provider": "digitalocean", "torrent_api_url": self.double.baseurl}

    def _environment(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        return {**({"DO_API_TOKEN": self.token} if self.double is not None and self.token else {}), **(env or {})}


def wait_until_empty(double: DigitalOceanDouble, *, seconds: float = 60) -> None:
    """Wait until nothing is left in the account, whoever destroys it."""
    wait_until(lambda: double.state().names() == [], seconds=seconds)


def kill_group(process: subprocess.Popen[Any]) -> None:
    """Kill a session with all its processes at once."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@dataclass(frozen=True)
class Shared:
    """A swarm: its link, and the host and the process of its only seeder."""

    magnet: str
    seeder: Host
    process: subprocess.Popen[str]


@contextmanager
def shared(directory: Path, network: Network, *, sizes: Mapping[str, int] = SIZES, **how: Any) -> Iterator[Shared]:
    """A swarm that shares files, a tracker and a seeder, each on a host of its own."""
    swarm.fill(directory / "shared" / NAME, sizes)
    with ExitStack() as stack:
        tracker, seeder = network.add("tracker"), network.add("seeder")
        url = stack.enter_context(swarm.tracker(tracker.address, namespace=tracker.namespace))
        inside: dict[str, Any] = {"address": seeder.address, "namespace": seeder.namespace, "tracker": url, **how}
        peer = stack.enter_context(swarm.peer(directory / "shared" / NAME, **inside))
        yield Shared(peer.magnet, seeder, peer.process)


def _typed(name: str, value: Any) -> str:
    return f"{name}={json.dumps(value)}" if isinstance(value, str) and " " in value else f"{name}={value}"
