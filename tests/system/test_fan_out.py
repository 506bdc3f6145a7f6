# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""One run over many hosts: nobody suffers for another, and nothing to do costs little more than ping."""

from __future__ import annotations

import json
import re
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from controller import Controller, Run
from hosts import Host, stop

#: A file system of its own on the host with the full disk, a plain directory on the others.
DISK = "/srv/disk"
STORE = f"{DISK}/store"
PROJECTS = ("/srv/reports", "/srv/reports_news")
NO_ROOM = f"No space left for {STORE}; free some space, for example with the module shared_venv_prune"
LOOK = "import netaddr, six, sys; print(sys.prefix, netaddr.__version__)"


@dataclass(frozen=True)
class Fleet:
    """Three hosts, the last two of which have a fault."""

    good: Host
    gone: Host
    full: Host
    inventory: Path


@pytest.fixture(scope="module", name="fleet")
def fixture_fleet(
    make_hosts: Callable[..., list[Host]], wheelhouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> Fleet:
    """Each with the projects of the same names; one is stopped once they are there."""
    good, gone, full = make_hosts(3, share={str(wheelhouse): "/srv/wheelhouse"})
    for host in (good, gone, full):
        must(host, f"mkdir -p {DISK} {' '.join(PROJECTS)}")
        for project, need in zip(PROJECTS, ("netaddr", "six"), strict=True):
            must(host, f"echo {need} > {project}/requirements.txt")
    must(full, f"mount -t tmpfs -o size=8m,mode=0755 tmpfs {DISK}")
    stop(gone)
    inventory = tmp_path_factory.mktemp("inventory") / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": {host.name: host.inventory() for host in (good, gone, full)}}}))
    return Fleet(good, gone, full, inventory)


def must(host: Host, command: str) -> str:
    """What a command on a host printed; it must succeed."""
    done = host.run(command)
    assert done.returncode == 0, f"{host.name}: {command}: {done.stderr}"
    return done.stdout


def share(controller: Controller, fleet: Fleet, **variables: Any) -> Run:
    """The playbook as a user runs it, with packages from a directory on each host."""
    options = {
        "shared_venv_parent": PROJECTS[0],
        "shared_venv_projects": [{"path": path} for path in PROJECTS],
        "shared_venv_store": STORE,
        "shared_venv_find_links": ["/srv/wheelhouse"],
        "shared_venv_offline": True,
        **variables,
    }
    return controller.playbook("mobile_ansible.venv.share", "--inventory", fleet.inventory, variables=options)


def recap(run: Run, host: Host) -> dict[str, int]:
    """The numbers of a host in the recap."""
    (line,) = re.findall(rf"^{host.name} +: (.*)$", run.stdout, re.MULTILINE)
    return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", line)}


def assert_said_why(run: Run, fleet: Fleet) -> None:
    """Each faulty host has one message of its own, none of them a traceback, and the good one has none."""
    assert recap(run, fleet.good)["failed"] == recap(run, fleet.good)["unreachable"] == 0, run.output
    assert (recap(run, fleet.gone)["unreachable"], recap(run, fleet.full)["failed"]) == (1, 1), run.output
    fatal = re.findall(r"^fatal: \[(\w+)\]: (.*)$", run.stdout, re.MULTILINE)
    told = dict(fatal)
    assert sorted(told) == sorted([fleet.gone.name, fleet.full.name]) and len(fatal) == 2
    assert "Connection refused" in told[fleet.gone.name]
    assert NO_ROOM in told[fleet.full.name]
    assert "Traceback" not in run.output


def assert_right(host: Host) -> None:
    """Every project has the venv, which works and is what was asked for, as seen by ssh."""
    for project in PROJECTS:
        prefix, netaddr = must(host, f"cd {project} && . venv/bin/activate && python -c '{LOOK}'").split()
        assert prefix.startswith(f"{STORE}/.generations/")
        assert netaddr == must(host, "ls /srv/wheelhouse | sed -n 's/^netaddr-\\([0-9.]*\\)-.*/\\1/p'").strip()
    assert must(host, f"readlink {PROJECTS[1]}/venv") == "../reports/venv\n"
    must(host, f"{PROJECTS[0]}/venv/bin/python -m pip check")


def half_made(host: Host) -> list[str]:
    """Names, generations without their marker, staged files and links of projects that should not be there."""
    tops = f"find {STORE} -mindepth 1 -maxdepth 1 -not -name '.*'"
    staged = f"find {STORE} -not -path '*/.cache/*' \\( -name '*.new' -o -path '*/.tools/.*' \\)"
    leftovers = f"for each in {STORE}/.generations/*/; do test -e $each/venv.json -o ! -d $each || echo $each; done"
    links = f"find {' '.join(PROJECTS)} -name 'venv*'"
    return must(host, f"{tops}; {staged}; {leftovers}; {links}").splitlines()


def test_each_host_gets_on_or_says_why(fleet: Fleet, controller: Controller) -> None:
    """First the disk has no room for anything; with room the next run repairs that host and no other."""
    run = share(controller, fleet)
    assert_said_why(run, fleet)
    assert_right(fleet.good)
    assert half_made(fleet.full) == []

    must(fleet.full, f"mount -o remount,size=400m {DISK}")
    run = share(controller, fleet)
    assert (recap(run, fleet.good)["changed"], recap(run, fleet.full)["failed"]) == (0, 0), run.output
    assert recap(run, fleet.gone)["unreachable"] == 1
    assert_right(fleet.full)


def test_a_disk_that_fills_up_later_leaves_the_old_venv_serving(fleet: Fleet, controller: Controller) -> None:
    """The good host has the new package; the full one still works with what it had, until there is room."""
    must(fleet.full, f"mount -o remount,size=400m {DISK}")
    share(controller, fleet)
    before = must(fleet.full, f"readlink -f {PROJECTS[0]}/venv")
    # All but 64 KiB: less than any venv needs.
    free = f"$(( $(df --output=avail -k {DISK} | tail -1) - 64 ))"
    must(fleet.full, f"head -c {free}K /dev/zero > {DISK}/filler")
    more = {"shared_venv_packages": ["jmespath"]}
    run = share(controller, fleet, **more)
    assert_said_why(run, fleet)
    assert must(fleet.good, f"{PROJECTS[1]}/venv/bin/python -c 'import jmespath'") == ""
    assert must(fleet.full, f"readlink -f {PROJECTS[0]}/venv") == before
    assert_right(fleet.full)
    assert must(fleet.full, f"ls {STORE}/.generations").split() == [Path(before.strip()).name]

    must(fleet.full, f"rm {DISK}/filler")
    run = share(controller, fleet, **more)
    assert recap(run, fleet.full)["failed"] == 0, run.output
    must(fleet.full, f"{PROJECTS[1]}/venv/bin/python -c 'import jmespath'")
    assert_right(fleet.full)


def cpu_seconds(controller: Controller, playbook: Path, inventory: Path) -> float:
    """What a run takes with all that it starts; the hosts are this machine, over and over."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = controller.playbook(playbook, "--inventory", inventory, "--forks", "4")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert run.returncode == 0 and "changed=1" not in run.stdout, run.output
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


#: A task with an environment of its own is for the module, as it is on other hosts.
BY_MODULE = {"environment": {"SOMETHING": "for the module"}}


@pytest.mark.parametrize(
    ("keywords", "limit"), [(BY_MODULE, 1.6), ({}, 1.0)], ids=["with the module", "without the module"]
)
def test_nothing_to_do_on_many_hosts_costs_little_more_than_ping(
    controller: Controller, wheelhouse: Path, tmp_path: Path, keywords: dict[str, Any], limit: float
) -> None:
    """One after the other, so that a slower machine changes both; three times, for one that is busy in between."""
    options = {
        "name": "site",
        "store": str(tmp_path / "store"),
        "packages": ["six"],
        "find_links": [str(wheelhouse)],
        "offline": True,
    }
    hosts = {
        f"host{n}": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable} for n in range(16)
    }
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
    playbooks = {}
    for name, task in {
        "ping": {"ansible.builtin.ping": {}},
        "venv": {"mobile_ansible.venv.shared_venv": options, **keywords},
    }.items():
        playbooks[name] = tmp_path / f"{name}.yml"
        playbooks[name].write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
    assert controller.playbook(playbooks["venv"], "--inventory", inventory, "--limit", "host0").returncode == 0
    ratios: list[float] = []
    while not ratios or (min(ratios) >= limit and len(ratios) < 3):
        ping = cpu_seconds(controller, playbooks["ping"], inventory)
        ratios.append(cpu_seconds(controller, playbooks["venv"], inventory) / ping)
    assert min(ratios) < limit, f"as many times the CPU seconds of ping: {ratios}"
