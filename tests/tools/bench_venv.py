# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""`make bench-venv`: four real projects share one venv, against a venv for each by the ways that people use.

The projects are source packages from the index, fetched and unpacked into build/bench. Every way installs the same
requirements, which requirements_union reads from the projects' own files, with warm caches of its own. Time and CPU
seconds are those of all processes that a way starts; disk is what all its venvs take, a file with several names once.
Then what a build of many distributions costs by itself: see bench_build.py.
RUNS in the environment is the number of runs of which the median is shown, 3 unless given.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench_build import BuildBench
from cost import Cost, call, disk, median, remove, timed
from environments import SetUpError, environment, uv
from places import BUILD, clean_environment, collection_tree

PACKAGES = ("flask-alembic==3.1.1", "flask-migrate==4.1.0", "flask-sqlalchemy==3.1.1", "flask-wtf==1.2.2")
BENCH = BUILD / "bench"
PROJECTS = BENCH / "projects"
STORE = BENCH / "store"
_REPEATED = 20


@dataclass(frozen=True)
class Way:
    """``run`` makes all venvs, which lie in ``directories``; ``clear`` takes them away before each run."""

    name: str
    run: Callable[[], None]
    clear: Callable[[], None]
    directories: tuple[Path, ...]


def main() -> None:
    runs = int(os.environ.get("RUNS", "3"))
    BENCH.mkdir(parents=True, exist_ok=True)
    try:
        projects = fetch()
        bench = Bench(projects)
        rows = [(way.name, measure(way, runs)) for way in bench.ways()]
        bench.shared()
        second = median([timed(bench.shared) for _run in range(runs)])
        rows.append(("the second mobile_ansible.venv.share", replace(second, disk=rows[0][1].disk)))
        again = [(name, median([bench.repeated(name, tasks) for _run in range(runs)])) for name, tasks in bench.tasks()]
        builds = BuildBench(bench.timed_play, BENCH / "store-build").rows(runs)
    except SetUpError as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.cmd[0]} failed with {error.returncode}:\n{error.output}")
    print(report(bench.advice, rows, again, builds, runs=runs))


def fetch() -> list[Path]:
    """The unpacked source packages, fetched once."""
    sources = BENCH / "sources"
    if not all(list(sources.glob(f"{one.replace('==', '-').replace('-', '?')}*")) for one in PACKAGES):
        argv = [environment("installer").program("pip"), "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        call([*argv, "--dest", str(sources), *PACKAGES], env=clean_environment())
    shutil.rmtree(PROJECTS, ignore_errors=True)  # it need not be there
    for archive in sorted(sources.glob("*.tar.gz")):
        with tarfile.open(archive) as opened:
            opened.extractall(PROJECTS, filter="data")
    return sorted(PROJECTS.iterdir())


class Bench:
    """The ways, for the projects in the directories ``projects``."""

    def __init__(self, projects: list[Path]) -> None:
        self._projects = projects
        self._python = sys.executable
        controller = environment("controller")
        self._ansible = controller.program("ansible-playbook")
        self._env = clean_environment(
            ANSIBLE_COLLECTIONS_PATH=str(collection_tree()),
            ANSIBLE_LOCALHOST_WARNING="False",
            HOME=str(BENCH / "home"),
            PATH=f"{Path(uv()).parent}:{os.environ['PATH']}",
            PIP_DISABLE_PIP_VERSION_CHECK="1",
            PIP_CACHE_DIR=str(BENCH / "cache-pip"),
            UV_CACHE_DIR=str(BENCH / "cache-uv"),
            UV_SYSTEM_CERTS="1",
        )
        (BENCH / "home").mkdir(exist_ok=True)
        union = self._union()
        self.advice = union["advice"]
        self._python = union["python"]["executable"]
        self._requirements = {project: requirements(union, project) for project in projects}

    def ways(self) -> list[Way]:
        """Each way to a venv for all projects, or for each."""
        return [
            Way("one shared venv, mobile_ansible.venv.share", self.shared, self._unshare, (STORE / ".generations",)),
            self._each("four venvs, python -m venv and pip", self._pip),
            self._each("four venvs, uv venv and uv pip install", self._uv),
            self._each("  the same, with files copied and compiled", self._uv_as_we_do),
            # The last one, because its tasks are repeated when there is nothing to do.
            self._each("four venvs, ansible.builtin.pip", self._pip_tasks),
        ]

    def shared(self) -> None:
        """The one command."""
        self._play("mobile_ansible.venv.share", **self._variables())

    def tasks(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """Tasks that have nothing to do, and the floor that they are compared with."""
        venv = str(STORE / "bench")
        projects = [str(project) for project in self._projects]
        request = {"name": "bench", "store": str(STORE), "projects": projects, "packages": ["pip"]}
        return [
            ("ansible.builtin.stat", [{"ansible.builtin.stat": {"path": venv}}]),
            ("mobile_ansible.venv.shared_venv", [{"mobile_ansible.venv.shared_venv": request}]),
            ("ansible.builtin.pip, once for each of four", self._pip_task_list()),
        ]

    def repeated(self, name: str, tasks: list[dict[str, Any]]) -> Cost:
        """What ``tasks`` cost once, from many in one play, without what an empty play costs."""
        times = _REPEATED if len(tasks) == 1 else 2
        empty = self.timed_play([])
        full = self.timed_play(tasks * times)
        return Cost((full.wall - empty.wall) / times, (full.cpu - empty.cpu) / times)

    def timed_play(self, tasks: list[dict[str, Any]], *, changes: bool = False) -> Cost:
        """What a play with ``tasks`` costs, none of which changes anything unless ``changes``."""
        play = str(self._write_play(tasks))
        said: list[str] = []
        cost = timed(lambda: said.append(self._play(play)))
        if tasks and ("changed=0" in said[0]) == changes:
            raise SetUpError(f"There was {'nothing' if changes else 'something'} to do:\n{said[0]}")
        return cost

    def _write_play(self, tasks: list[dict[str, Any]]) -> Path:
        path = BENCH / "play.yml"
        play = {"name": "Bench", "hosts": "localhost", "gather_facts": False, "tasks": tasks}
        path.write_text(json.dumps([play]))
        return path

    def _play(self, playbook: str, **variables: Any) -> str:
        # Discovery could find another interpreter than the one that all other ways use.
        variables = {"ansible_python_interpreter": "{{ ansible_playbook_python }}", **variables}
        return call([self._ansible, playbook, "--extra-vars", json.dumps(variables)], env=self._env)

    def _variables(self) -> dict[str, Any]:
        """The variables file of a user."""
        return {
            "shared_venv_name": "bench",
            "shared_venv_store": str(STORE),
            "shared_venv_projects": [{"path": str(project)} for project in self._projects],
        }

    def _union(self) -> dict[str, Any]:
        answer = BENCH / "union.json"
        union = {"projects": [str(project) for project in self._projects], "store": str(BENCH / "store-union")}
        tasks: list[dict[str, Any]] = [
            {"mobile_ansible.venv.requirements_union": union, "register": "union"},
            {"ansible.builtin.copy": {"content": "{{ union | to_json }}", "dest": str(answer), "mode": "0644"}},
        ]
        self._play(str(self._write_play(tasks)))
        read: dict[str, Any] = json.loads(answer.read_text())
        return read

    def _unshare(self) -> None:
        """The venv and its answer go; uv's cache and uv stay, as pip's cache does."""
        for project in self._projects:
            (project / "venv").unlink(missing_ok=True)
        for part in ("bench", ".previous", ".requests", ".generations", ".leases", ".roots", ".locks"):
            remove(STORE / part)

    def _each(self, name: str, make: Callable[[], None]) -> Way:
        directories = tuple(self._own(project) for project in self._projects)

        def clear() -> None:
            for directory in directories:
                remove(directory)

        return Way(name, make, clear, directories)

    def _own(self, project: Path) -> Path:
        return BENCH / "own" / project.name

    def _pip(self) -> None:
        for project in self._projects:
            call([self._python, "-m", "venv", str(self._own(project))], env=self._env)
            pip = [str(self._own(project) / "bin" / "python"), "-m", "pip", "install", "--quiet"]
            call([*pip, *self._requirements[project]], env=self._env)

    def _uv_as_we_do(self) -> None:
        """No file that two venvs share, and bytecode, as in a shared venv and in those of pip."""
        self._uv("--link-mode", "copy", "--compile-bytecode")

    def _uv(self, *options: str) -> None:
        for project in self._projects:
            call([uv(), "venv", "--quiet", "--python", self._python, str(self._own(project))], env=self._env)
            python = str(self._own(project) / "bin" / "python")
            call(
                [uv(), "pip", "install", "--quiet", *options, "--python", python, *self._requirements[project]],
                env=self._env,
            )

    def _pip_tasks(self) -> None:
        self._play(str(self._write_play(self._pip_task_list())))

    def _pip_task_list(self) -> list[dict[str, Any]]:
        command = f"{self._python} -m venv"
        return [
            {
                "ansible.builtin.pip": {
                    "name": self._requirements[project],
                    "virtualenv": str(self._own(project)),
                    "virtualenv_command": command,
                }
            }
            for project in self._projects
        ]


def requirements(union: dict[str, Any], project: Path) -> list[str]:
    """What one project asks for, from the provenance of the union."""
    found = (one for listed in union["provenance"].values() for one in listed)
    return sorted({one["requirement"] for one in found if one["project"] == project.name})


def measure(way: Way, runs: int) -> Cost:
    """The median of ``runs``, after one that warms the caches."""
    costs = []
    for run in range(runs + 1):
        print(f"{way.name}: {'warming the caches' if run == 0 else f'run {run} of {runs}'} …", file=sys.stderr)
        way.clear()
        cost = timed(way.run)
        if run:
            costs.append(Cost(cost.wall, cost.cpu, disk(way.directories)))
    return median(costs)


def report(
    advice: dict[str, Any],
    rows: list[tuple[str, Cost]],
    again: list[tuple[str, Cost]],
    builds: list[tuple[str, Cost]],
    *,
    runs: int,
) -> str:
    """The tables."""
    lines = [f"{', '.join(PACKAGES)}", *(f"  {reason}" for reason in advice["reasons"]), ""]
    lines.append(f"{'made anew, caches warm, median of ' + str(runs):<48}{'wall s':>9}{'CPU s':>9}{'disk MiB':>10}")
    lines += [f"{name:<48}{cost.wall:9.1f}{cost.cpu:9.1f}{cost.disk / 2**20:10.1f}" for name, cost in rows]
    lines += ["", f"{'nothing to do, per task, without starting Ansible':<50}{'wall s':>7}{'CPU s':>9}"]
    lines += [f"{name:<48}{cost.wall:9.2f}{cost.cpu:9.2f}" for name, cost in again]
    lines += ["", f"{'one venv of 33 distributions, without Ansible':<50}{'wall s':>7}{'CPU s':>9}"]
    lines += [f"{name:<48}{cost.wall:9.2f}{cost.cpu:9.2f}" for name, cost in builds]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
