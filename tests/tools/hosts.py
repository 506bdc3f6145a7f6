# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Real hosts without containers or virtual machines: a network namespace, a root file system and an sshd each.

The root file system is an overlay over this machine's: what a host writes goes to its own directory. Its /root, /tmp,
/dev/shm and the checkout are empty, so that nothing of the controller can be used by mistake. Hosts reach the
controller and each other, and nothing else. All processes of a host live in a PID namespace and end with it.

Run as a program: ``hosts.py create DIR --count 2 --share DIR=/srv/wheels`` and ``hosts.py destroy DIR``.
"""

from __future__ import annotations

import argparse
import ipaddress
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import control_groups
import debian
from host_network import (
    HostsError,
    add_namespace,
    claim_network,
    control_directory,
    kill_all,
    pids,
    remove_namespace,
    remove_network,
)
from host_setup import BOOT, BOOT_SYSTEMD, SYSTEMD, Setup, keygen, write_host
from places import ROOT

_PROGRAMS = {"ip": "iproute2", "unshare": "util-linux", "sshd": "openssh-server", "ssh-keygen": "openssh-client"}


@dataclass(frozen=True)
class Host:
    """A host that answers on ssh: log in as root with the key file ``key``, its host key is in ``known_hosts``.

    Connections are kept for a minute, as Ansible does by default, unless ``is_kept`` is false.
    """

    name: str
    address: str
    key: str
    known_hosts: str
    namespace: str
    is_kept: bool = True

    def inventory(self) -> dict[str, str]:
        """The host's variables for an Ansible inventory."""
        return {
            "ansible_host": self.address,
            "ansible_user": "root",
            "ansible_ssh_private_key_file": self.key,
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={self.known_hosts} -o ControlPath={self._control}",
            "ansible_python_interpreter": "/usr/bin/python3",
        }

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a shell command there as root, by ssh."""
        settings = {
            "UserKnownHostsFile": self.known_hosts,
            "ControlMaster": "auto",
            "ControlPersist": "60s",
            "ControlPath": self._control,
        }
        options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
        argv = ["ssh", "-i", self.key, *options, f"root@{self.address}", command]
        return subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    @property
    def _control(self) -> str:
        """The default, in the home directory of a test, would be too long for a socket."""
        return f"{control_directory(self.namespace)}/%r@%h:%p" if self.is_kept else "none"


def missing() -> str | None:
    """Why no hosts can be made on this machine; None when they can. What Debian packages hold is installed for root."""
    if sys.platform != "linux":
        return "network namespaces exist on Linux only"
    if os.geteuid() != 0:
        return "network namespaces and mounts need root"
    absent = sorted({package for program, package in _PROGRAMS.items() if not shutil.which(program, path=debian.PATH)})
    if absent and not debian.install(absent):
        return f"{', '.join(absent)} cannot be installed"
    trial = ["unshare", "--net", "--mount", "--pid", "--fork", "mount", "--make-rprivate", "/"]
    answer = subprocess.run(trial, capture_output=True, text=True, check=False)
    return None if answer.returncode == 0 else f"namespaces are not allowed here: {answer.stderr.strip()}"


def missing_systemd() -> str | None:
    """Why no host can boot systemd here; None when one can."""
    return missing() or (None if os.access(SYSTEMD, os.X_OK) else f"there is no {SYSTEMD}")


class Network:
    """A bridge, and the hosts that hang on it; all it has is in a directory. They reach this machine and each other.

    ``owner`` is a process with whose end hosts are of no use: the next who opens a network destroys them, if the owner
    was killed before it could. What an earlier run left in the directory is destroyed first.
    """

    def __init__(self, directory: Path, *, owner: int | None = None) -> None:
        destroy(directory)
        directory.mkdir(parents=True)
        self.directory = directory
        self.key = directory / "key"
        keygen(self.key)
        self.label, self._network = claim_network(owner)
        (directory / "bridge").write_text(self.label)
        #: The address of this machine there.
        self.address = str(next(self._network.hosts()))
        self._numbers = itertools.count(1)
        self._processes: dict[str, int] = {}
        self._setups: dict[str, Setup] = {}
        self._groups: dict[str, tuple[Path, ...]] = {}

    def add(self, name: str, setup: Setup | None = None) -> Host:
        """Start a host, and wait until it answers on ssh."""
        host = self.prepare(name, setup or Setup())
        self.start(host)
        self.wait(host)
        return host

    def prepare(self, name: str, setup: Setup) -> Host:
        """Make the namespace and the files of a host that does not run yet."""
        number = next(self._numbers)
        own, namespace = self.directory / name, f"{self.label}-{number}"
        write_host(own, setup, key=self.key)
        address = ipaddress.IPv4Interface((self._network[number + 1], self._network.prefixlen))
        add_namespace(self.label, namespace, str(address))
        public = (own / "host_key.pub").read_text().split()
        known_hosts = own / "known_hosts"
        known_hosts.write_text(f"{address.ip} {public[0]} {public[1]}\n")
        self._setups[name] = setup
        return Host(name, str(address.ip), str(self.key), str(known_hosts), namespace)

    def start(self, host: Host) -> None:
        """Start a host that is prepared or stopped; its sshd answers a moment later."""
        setup, own = self._setups[host.name], self.directory / host.name
        environment = {
            "DIRECTORY": str(own),
            "CHECKOUT": str(ROOT),
            "NAME": setup.hostname or host.name,
            "DISK": setup.disk,
        }
        environment |= {"SSHD": "yes" if setup.sshd else "", "PATH": debian.PATH}
        environment |= {"SYSTEMD": BOOT_SYSTEMD if setup.systemd else ""}
        self._groups[host.name] = control_groups.make(0) if setup.systemd else ()
        pairs = [part for pair in setup.share.items() for part in pair]
        argv = ["ip", "netns", "exec", host.namespace, "unshare", "--mount", "--pid", "--fork", "--kill-child"]
        argv += ["--uts", "--ipc", *(["--cgroup"] if setup.systemd else []), "sh", "-c", BOOT, "boot", *pairs]
        argv = ["sh", "-c", f'{control_groups.joining(self._groups[host.name])} exec "$@"', "sh", *argv]
        pid = _spawn(argv, environment, log=own / "sshd.log")
        # Who removes a namespace ends the processes that are in it: this one must be.
        while pid not in pids(host.namespace):
            if os.waitpid(pid, os.WNOHANG) != (0, 0):
                raise HostsError(f"{host.name} did not start: {(own / 'sshd.log').read_text().strip()}")
            time.sleep(0.01)
        self._processes[host.name] = pid

    def wait(self, host: Host) -> None:
        """Wait until a host answers on ssh."""
        _wait_for_ssh(host, log=self.directory / host.name / "sshd.log")

    def inside(self, host: Host, command: str) -> subprocess.CompletedProcess[str]:
        """Run a shell command there as root without ssh; what is stopped runs nothing."""
        first = next(pid for pid in pids(host.namespace) if _is_first(pid))
        argv = ["nsenter", "--target", str(first), "--all", "--root", "--wd", "/bin/sh", "-c", command]
        env = {"PATH": debian.PATH, "HOME": "/root"}
        return subprocess.run(argv, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    def stop(self, host: Host) -> None:
        """End all that runs on a host; its address stays, and refuses connections."""
        running = bool(pids(host.namespace))
        stop(host)
        code = self._wait_for_end(host.name)
        if not running and 0 < code < 128:
            log = self.directory / host.name / "sshd.log"
            raise HostsError(f"{host.name} had ended with {code}: {log.read_text().strip()}")

    def _wait_for_end(self, name: str) -> int:
        """Wait for the process of a host; how it ended, below 0 where it was killed. Nothing where none runs."""
        pid = self._processes.pop(name, None)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) if pid else 0
        control_groups.remove(self._groups.pop(name, ()))
        return code

    def remove(self, host: Host) -> None:
        """End a host and remove all it had."""
        try:
            self.stop(host)
        finally:
            remove_namespace(host.namespace)
            shutil.rmtree(self.directory / host.name)

    def close(self) -> None:
        """End all hosts and remove the bridge and the directory."""
        destroy(self.directory)
        for name in list(self._processes):
            self._wait_for_end(name)


def create(
    directory: Path, *, count: int, share: Mapping[str, str] | None = None, owner: int | None = None
) -> list[Host]:
    """Start ``count`` hosts on a network of their own in ``directory``; see :class:`Network` and :class:`Setup`."""
    network = Network(directory, owner=owner)
    setup = Setup(share=share or {})
    try:
        hosts = [network.prepare(f"host{number}", setup) for number in range(1, count + 1)]
        for host in hosts:
            network.start(host)
        for host in hosts:
            network.wait(host)
    except BaseException:
        destroy(directory)
        raise
    write_inventory(directory / "inventory.json", hosts)
    return hosts


def write_inventory(path: Path, hosts: Sequence[Host]) -> Path:
    """Write an inventory with these hosts."""
    path.write_text(json.dumps({"all": {"hosts": {host.name: host.inventory() for host in hosts}}}, indent=2))
    return path


def stop(host: Host) -> None:
    """End a host's sshd and all else that runs there; its address stays, and refuses connections."""
    kill_all(host.namespace)


def destroy(directory: Path) -> None:
    """End the hosts of ``directory`` and remove all they had; nothing happens when there are none."""
    bridge = directory / "bridge"
    if bridge.exists():
        remove_network(bridge.read_text())
    shutil.rmtree(directory, ignore_errors=True)  # it need not be there


def _is_first(pid: int) -> bool:
    """Whether a process is the first of its PID namespace; one that has ended is not."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return bool(re.search(r"^NSpid:.*\t1$", status, re.MULTILINE))


def _spawn(argv: list[str], environment: Mapping[str, str], *, log: Path) -> int:
    """Start a program in a session of its own that outlives this one."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawnp(argv[0], argv, environment, file_actions=actions, setsid=True)


def _wait_for_ssh(host: Host, *, log: Path, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((host.address, 22), timeout=1) as connection:
                if connection.recv(4) == b"SSH-":
                    return
        except OSError:
            time.sleep(0.05)
    raise HostsError(f"{host.name} does not answer on ssh: {log.read_text().strip()}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("create", "destroy"))
    parser.add_argument("directory", type=Path)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--share", action="append", default=[], metavar="DIRECTORY=PLACE")
    arguments = parser.parse_args()
    directory = arguments.directory.resolve()
    if arguments.command == "destroy":
        destroy(directory)
        return 0
    try:
        create(directory, count=arguments.count, share=dict(pair.split("=", 1) for pair in arguments.share))
    except HostsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
