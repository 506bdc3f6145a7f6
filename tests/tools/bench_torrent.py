# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""`make bench-torrent`: the torrent flow with 200 MiB on a droplet of the API double, and how long each step takes.

It needs root, for the hosts. RUNS says how often; the first run builds the venv that creates droplets, too.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import digitalocean_double
from api_client import TOKEN
from controller import Controller
from digitalocean_double import DigitalOceanDouble
from environments import environment
from hosts import Network
from torrent_flow import Flow, shared

_MIB = 1 << 20
_SIZES = {"a.bin": 90 * _MIB, "b/c.bin": 60 * _MIB, "b/d.bin": 49 * _MIB, "e.txt": _MIB}


def main() -> None:
    if reason := digitalocean_double.missing():
        sys.exit(reason)
    seconds: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as path:
        directory = Path(path)
        for name in ("home", "cwd"):
            (directory / name).mkdir()
        network = Network(directory / "hosts", owner=os.getpid())
        try:
            with (
                DigitalOceanDouble(token=TOKEN, network=network) as double,
                shared(directory, network, sizes=_SIZES) as swarm,
            ):
                flow = Flow(
                    Controller(environment("controller"), directory / "home"), directory / "cwd", swarm.magnet, double
                )
                for _number in range(int(os.environ.get("RUNS") or 3) + 1):
                    shutil.rmtree(flow.dest, ignore_errors=True)  # it need not be there
                    run = flow.run()
                    if run.returncode:
                        sys.exit(run.output)
                    flow.assert_home(_SIZES)
                    receipt = flow.receipt()
                    steps = {step["name"]: step["seconds"] for step in receipt["steps"]}
                    print(f"{receipt['seconds']} s, ${receipt['cost']:.2f}: {steps}", flush=True)
                    for name, value in {**steps, "all": receipt["seconds"]}.items():
                        seconds[name].append(value)
        finally:
            network.close()
    for name, values in seconds.items():
        print(f"{name:12} {statistics.median(values[1:]):6.1f} s in the median, without the first run")


if __name__ == "__main__":
    main()
