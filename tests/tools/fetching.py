# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""torrent_fetch as a task of a playbook, and what tests look at from outside."""

from __future__ import annotations

import filecmp
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import host_network
from controller import Controller, Run, heed_signals
from finished_download import FinishedDownload
from hosts import Host

STATE = ".torrent_download"
_LOCAL = {"ansible_connection": "local"}


@dataclass(frozen=True)
class Fetching:
    """The task, for a host or (without one) over a local connection, in a directory of the test."""

    controller: Controller
    directory: Path
    host: Host | None = None
    #: More variables of the host.
    variables: dict[str, Any] = field(default_factory=dict)
    #: Where the host sees the directory in which downloads lie, if that is elsewhere.
    seen: str = ""

    @property
    def dest(self) -> Path:
        return self.directory / "arrived"

    def argv(self, magnet: str | bytes, source: Path | str, **options: Any) -> list[str]:
        link = self.directory / "link"
        link.write_bytes(magnet if isinstance(magnet, bytes) else f"{magnet}\n".encode())
        given = {"src": str(source), "dest": str(self.dest), "magnet": str(link), **options}
        kept = {"content": "{{ result | to_json }}", "dest": str(self.directory / "result.json"), "mode": "0600"}
        tasks = [
            {
                "mobile_ansible.venv.torrent_fetch": given,
                "register": "result",
                "ignore_errors": True,
                "delegate_to": "a",
            },
            {"ansible.builtin.copy": kept, "connection": "local"},
        ]
        variables = {**(self.host.inventory() if self.host else _LOCAL), **self.variables}
        inventory = self.directory / "hosts.json"
        inventory.write_text(json.dumps({"all": {"hosts": {"a": variables}}}))
        playbook = self.directory / "fetch.yml"
        playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
        return ["ansible-playbook", "-i", str(inventory), str(playbook)]

    def run(self, magnet: str | bytes, source: Path | str, **options: Any) -> dict[str, Any]:
        """What the task returned."""
        with suppress(FileNotFoundError):
            self.result.unlink()
        done: Run = self.controller.run(*self.argv(magnet, source, **options))
        assert done.returncode == 0, done.output
        assert "Traceback" not in done.output, done.output
        return self.returned()

    @property
    def result(self) -> Path:
        return self.directory / "result.json"

    def returned(self) -> dict[str, Any]:
        result: dict[str, Any] = json.loads(self.result.read_text())
        return result

    def fetch(self, download: FinishedDownload, **options: Any) -> dict[str, Any]:
        """The same for a download, by its link."""
        return self.run(download.link, self.source(download), **options)

    def source(self, download: FinishedDownload) -> str:
        """Where the host has a download."""
        return f"{self.seen}/{download.directory.name}" if self.seen else str(download.directory)

    @contextmanager
    def started(self, download: FinishedDownload, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
        """The playbook while it runs; how it ended is for who asks."""
        program, *arguments = self.argv(download.link, self.source(download), **options)
        argv, env = [self.controller.venv.program(program), *arguments], self.controller.environment()
        null = subprocess.DEVNULL
        with subprocess.Popen(
            argv, env=env, cwd=self.directory, stdin=null, stdout=null, stderr=null, preexec_fn=heed_signals
        ) as run:
            try:
                yield run
            finally:
                run.kill()

    def staged(self) -> int:
        """The bytes of files that are not complete."""
        return sum(path.stat().st_size for path in (self.dest / STATE / "staging" / "files").glob("*"))


def assert_failed(result: dict[str, Any], code: str, *words: str) -> None:
    assert (result.get("error_code"), [word for word in words if word not in result["msg"]]) == (code, []), result


def assert_home(fetching: Fetching, download: FinishedDownload, names: list[str] | None = None) -> None:
    """These files are at home with the bytes of the download, and nothing else but what is ours."""
    names = download.names if names is None else names
    found = sorted(str(path.relative_to(fetching.dest)) for path in fetching.dest.rglob("*") if not path.is_dir())
    assert [name for name in found if not name.startswith(STATE)] == sorted(names)
    assert filecmp.cmpfiles(download.directory, fetching.dest, names, shallow=False) == (sorted(names), [], [])
    assert not (fetching.dest / STATE / "staging").exists()


def sent(host: Host) -> int:
    """The bytes that a host has sent, as the other end of its cable counted them."""
    return int(Path("/sys/class/net", host.namespace, "statistics", "rx_bytes").read_text())


def cut_sessions(host: Host) -> int:
    """Kill what serves connections by ssh, as when a host restarts it; how many there were."""
    count = 0
    for pid in host_network.pids(host.namespace):
        with suppress(OSError):
            if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"sshd: root"):
                os.kill(pid, signal.SIGKILL)
                count += 1
    return count


@contextmanager
def unplugged(host: Host) -> Iterator[None]:
    """The host while its cable is out: nobody is told."""
    host_network.ip("link", "set", host.namespace, "down")
    try:
        yield
    finally:
        host_network.ip("link", "set", host.namespace, "up")
