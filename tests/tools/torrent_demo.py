# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""`make torrent-demo`: the whole torrent flow with a real swarm on this machine, and what arrived compared with it.

As root the tracker, the seeder and the downloading host are hosts of their own, each in a network namespace with its
own sshd. As another user all of them are this machine, over loopback.
"""

from __future__ import annotations

import filecmp
import os
import shlex
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import hosts
import swarm
from environments import SetUpError, environment
from host_network import HostsError
from places import BUILD, clean_environment, collection_tree
from wheelhouse import wheelhouse

_MIB = 1 << 20
_SIZES = {"film/part 1.bin": 12 * _MIB, "film/part 2.bin": 7 * _MIB, "notes.txt": 4711}
_DIRECTORY = BUILD / "torrent-demo"
_SHARED, _HOME = _DIRECTORY / "swarm" / "demo", _DIRECTORY / "home"
#: Slow enough to be seen.
_RATE = 4 * _MIB


def main() -> int:
    shutil.rmtree(_DIRECTORY, ignore_errors=True)  # it need not be there
    swarm.fill(_SHARED, _SIZES)
    try:
        with ExitStack() as stack:
            missing = hosts.missing()
            if missing is None:
                magnet, arguments = _in_namespaces(stack)
            else:
                print(f"Everything runs over loopback, because {missing}.", flush=True)
                magnet = stack.enter_context(swarm.peer(_SHARED, kind="hybrid", rate=_RATE)).magnet
                arguments = ["-e", "torrent_host=localhost", "-e", "torrent_port=0"]
            (_DIRECTORY / "link.magnet").write_text(f"{magnet}\n")
            code = _run(arguments)
    except (SetUpError, HostsError) as error:
        sys.exit(str(error))
    return code or _compare()


def _in_namespaces(stack: ExitStack) -> tuple[str, list[str]]:
    """A swarm of hosts, and one that downloads; the link, and the arguments that name that host."""
    network = hosts.Network(_DIRECTORY / "hosts", owner=os.getpid())
    stack.callback(network.close)
    tracker, seeder, downloader = (network.add(name) for name in ("tracker", "seeder", "downloader"))
    url = stack.enter_context(swarm.tracker(tracker.address, namespace=tracker.namespace))
    shared = swarm.peer(
        _SHARED, kind="hybrid", rate=_RATE, tracker=url, address=seeder.address, namespace=seeder.namespace
    )
    magnet = stack.enter_context(shared).magnet
    inventory = hosts.write_inventory(_DIRECTORY / "hosts.json", [downloader])
    wheels = ["-e", f"torrent_wheels={shlex.quote(str(wheelhouse()))}"]
    return magnet, ["-i", str(inventory), "-e", "torrent_host=downloader", *wheels]


def _run(arguments: list[str]) -> int:
    controller = environment("controller")
    environment("torrent")  # that of the seeder, whose set-up would stand between the lines
    env = clean_environment(
        ANSIBLE_COLLECTIONS_PATH=str(collection_tree()), ANSIBLE_CALLBACKS_ENABLED="mobile_ansible.venv.progress"
    )
    env["PATH"] = f"{controller.path / 'bin'}:{env['PATH']}"
    argv = [controller.program("ansible-playbook"), "mobile_ansible.venv.torrent", "-e", "torrent_provider=host"]
    argv += ["-e", "torrent_magnet_file=link.magnet", "-e", f"torrent_dest={shlex.quote(str(_HOME))}"]
    argv += ["-e", f"torrent_state_directory={shlex.quote(str(_DIRECTORY / 'state'))}", "-e", "torrent_dht=false"]
    argv += ["-e", f"torrent_store={shlex.quote(str(BUILD / 'store'))}", *arguments]
    return subprocess.run(argv, env=env, cwd=_DIRECTORY, check=False).returncode


def _compare() -> int:
    """Compare what arrived with what was shared, byte by byte, by another program than that which downloaded it."""
    names = sorted(_SIZES)
    same, different, missing = filecmp.cmpfiles(_SHARED, _HOME / "demo", names, shallow=False)
    sums = subprocess.run(
        ["sha256sum", "--", *(str(Path("demo", name)) for name in names)], cwd=_HOME, check=False, text=True,
        capture_output=True,
    )  # fmt: skip
    print(f"\n{len(same)} of {len(names)} files are the same as those of the seeder:\n{sums.stdout}", end="")
    return 0 if not different and not missing else 1


if __name__ == "__main__":
    sys.exit(main())
