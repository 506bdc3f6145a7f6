# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Real hosts without containers or virtual machines: a network namespace, a root file system and an sshd each.

The root file system is an overlay over this machine's: what a host writes goes to its own directory. Its /root, /tmp
and the checkout are empty, so that nothing of the controller can be used by mistake. Hosts reach the controller and
each other, and nothing else. All processes of a host live in a PID namespace and end with it.

Run as a program: ``hosts.py create DIR --count 2 --share DIR=/srv/wheels`` and ``hosts.py destroy DIR``.
"""

from __future__ import annotations

import argparse
import fcntl
import ipaddress
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import debian
from places import ROOT

# Reserved for benchmarks (RFC 2544), so no real network is in the way.
_NETWORKS = list(ipaddress.IPv4Network("198.18.0.0/15").subnets(new_prefix=24))
#: How the names of bridges begin.
_LABEL = "venvtest"
_PROGRAMS = {"ip": "iproute2", "unshare": "util-linux", "sshd": "openssh-server", "ssh-keygen": "openssh-client"}
_SSHD_CONFIG = """\
HostKey {directory}/host_key
AuthorizedKeysFile {directory}/authorized_keys
PidFile none
StrictModes no
PasswordAuthentication no
UsePAM no
PrintMotd no
MaxStartups 100
MaxSessions 100
Subsystem sftp internal-sftp
"""
# $1: the host's directory, $2: the checkout, then pairs of a directory and where the host sees it, read-only.
_BOOT = """\
set -eu
directory=$1 checkout=$2; shift 2
mount --make-rprivate /
root=$directory/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$directory/upper,workdir=$directory/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
for place in /run /tmp /root "$checkout"; do
    if [ -d "$root$place" ]; then
        mkdir -p "$directory/empty$place"
        mount --bind "$directory/empty$place" "$root$place"
    fi
done
chmod 1777 "$root/tmp"; chmod 0700 "$root/root"
mkdir -p "$root/run/sshd" "$root/etc/venv-test-host"
cp "$directory"/sshd_config "$directory"/host_key "$directory"/authorized_keys "$root/etc/venv-test-host"
while [ $# -gt 0 ]; do
    mkdir -p "$root$2"
    mount --bind -o ro "$1" "$root$2"
    shift 2
done
exec chroot "$root" /usr/sbin/sshd -D -e -f /etc/venv-test-host/sshd_config
"""


class HostsError(Exception):
    """Hosts cannot be made here; the message says why."""


@dataclass(frozen=True)
class Host:
    """A host that answers on ssh: log in as root with the key file ``key``, its host key is in ``known_hosts``."""

    name: str
    address: str
    key: str
    known_hosts: str
    namespace: str

    def inventory(self) -> dict[str, str]:
        """The host's variables for an Ansible inventory."""
        return {
            "ansible_host": self.address,
            "ansible_user": "root",
            "ansible_ssh_private_key_file": self.key,
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={self.known_hosts} -o ControlPath=none",
            "ansible_python_interpreter": "/usr/bin/python3",
        }

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a shell command there as root, by ssh."""
        argv = ["ssh", "-i", self.key, "-o", f"UserKnownHostsFile={self.known_hosts}", f"root@{self.address}", command]
        return subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


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


def create(
    directory: Path, *, count: int, share: Mapping[str, str] | None = None, owner: int | None = None
) -> list[Host]:
    """Start ``count`` hosts that keep everything in ``directory``; what an earlier run left there is destroyed first.

    ``share`` maps directories of this machine to where all hosts see them, read-only. ``owner`` is a process with whose
    end they are of no use: the next who creates hosts destroys them, if the owner was killed before it could.
    """
    destroy(directory)
    directory.mkdir(parents=True)
    _keygen(directory / "key")
    with _one_at_a_time():
        for ownerless in _ownerless_networks():
            _remove_network(ownerless)
        label, network = _claim_network(owner)
    (directory / "bridge").write_text(label)
    addresses = network.hosts()
    _ip("link", "set", label, "up")
    _ip("address", "add", f"{next(addresses)}/{network.prefixlen}", "dev", label)
    hosts: list[Host] = []
    try:
        for number in range(1, count + 1):
            address = f"{next(addresses)}/{network.prefixlen}"
            hosts.append(_start(directory, label=label, number=number, address=address, share=share or {}))
        for host in hosts:
            _wait_for_ssh(host, log=directory / host.name / "sshd.log")
    except BaseException:
        destroy(directory)
        raise
    inventory = {"all": {"hosts": {host.name: host.inventory() for host in hosts}}}
    (directory / "inventory.json").write_text(json.dumps(inventory, indent=2))
    return hosts


def stop(host: Host) -> None:
    """End a host's sshd and all else that runs there; its address stays, and refuses connections."""
    _kill_all(host.namespace)


def destroy(directory: Path) -> None:
    """End the hosts of ``directory`` and remove all they had; nothing happens when there are none."""
    bridge = directory / "bridge"
    if bridge.exists():
        _remove_network(bridge.read_text())
    shutil.rmtree(directory, ignore_errors=True)  # it need not be there


def _remove_network(label: str) -> None:
    """End the hosts on a bridge, and remove their namespaces and links."""
    namespaces = _namespaces(label)
    for namespace in namespaces:
        _kill_all(namespace)
    # A veth would go with its namespace too, but only when the kernel gets to it.
    for link in _links(label):
        _ip("link", "delete", link)
    for namespace in namespaces:
        _ip("netns", "delete", namespace)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two runs that remove the same network could remove what a third has made in its place."""
    with open(Path(tempfile.gettempdir(), f"{_LABEL}.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start(directory: Path, *, label: str, number: int, address: str, share: Mapping[str, str]) -> Host:
    name, namespace = f"host{number}", f"{label}-{number}"
    own = directory / name
    for part in ("upper", "work", "root"):
        (own / part).mkdir(parents=True)
    _keygen(own / "host_key")
    shutil.copy(directory / "key.pub", own / "authorized_keys")
    (own / "sshd_config").write_text(_SSHD_CONFIG.format(directory="/etc/venv-test-host"))
    _ip("netns", "add", namespace)
    _ip("link", "add", namespace, "type", "veth", "peer", "name", "eth0", "netns", namespace)
    _ip("link", "set", namespace, "master", label, "up")
    for link in ("lo", "eth0"):
        _ip("-n", namespace, "link", "set", link, "up")
    _ip("-n", namespace, "address", "add", address, "dev", "eth0")
    pairs = [part for pair in share.items() for part in pair]
    argv = ["ip", "netns", "exec", namespace, "unshare", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc"]
    _spawn([*argv, "sh", "-c", _BOOT, "boot", str(own), str(ROOT), *pairs], log=own / "sshd.log")
    plain = address.partition("/")[0]
    public = (own / "host_key.pub").read_text().split()
    known_hosts = own / "known_hosts"
    known_hosts.write_text(f"{plain} {public[0]} {public[1]}\n")
    return Host(name, plain, str(directory / "key"), str(known_hosts), namespace)


def _spawn(argv: list[str], *, log: Path) -> None:
    """Start a program in a session of its own that outlives this one."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    os.posix_spawnp(argv[0], argv, {"PATH": debian.PATH}, file_actions=actions, setsid=True)


def _claim_network(owner: int | None) -> tuple[str, ipaddress.IPv4Network]:
    """Make a bridge; its name claims the network of the same number, so that two runs at once do not meet."""
    for number, network in enumerate(_NETWORKS):
        label = f"{_LABEL}{number}"
        argv = ["ip", "link", "add", label, "type", "bridge"]
        made = subprocess.run(argv, capture_output=True, text=True, check=False)
        if made.returncode == 0:
            if owner:
                _ip("link", "set", label, "alias", str(owner))
            return label, network
        if "File exists" not in made.stderr:
            raise HostsError(f"A bridge cannot be made: {made.stderr.strip()}")
    raise HostsError(f"Every network for test hosts is taken: `ip link` shows bridges called {_LABEL}….")


def _ownerless_networks() -> list[str]:
    """The bridges whose owner has ended."""
    found = []
    for alias in Path("/sys/class/net").glob(f"{_LABEL}*/ifalias"):
        with suppress(OSError):  # Another run has just removed it.
            owner = alias.read_text().strip()
            if owner and not Path("/proc", owner).exists():
                found.append(alias.parent.name)
    return found


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


def _kill_all(namespace: str) -> None:
    """End all that runs in a network namespace, and wait until it has."""
    listing = ["ip", "netns", "pids", namespace]
    while pids := subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split():
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.01)


def _links(label: str) -> list[str]:
    """The links of one set of hosts: the bridge first, then what hangs on it."""
    names = [path.name for path in Path("/sys/class/net").iterdir()]
    return sorted(name for name in names if name == label or name.startswith(f"{label}-"))


def _namespaces(label: str) -> list[str]:
    listing = subprocess.run(["ip", "-json", "netns", "list"], capture_output=True, text=True, check=True).stdout
    names = [entry["name"] for entry in json.loads(listing or "[]")]
    return [name for name in names if name.startswith(f"{label}-")]


def _keygen(path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)], check=True)


def _ip(*argv: str) -> None:
    subprocess.run(["ip", *argv], check=True)


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
