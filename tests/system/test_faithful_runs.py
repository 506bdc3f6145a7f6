# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A run is the one that the user would have had: same stats, same failed and changed tasks.

What a user types for ansible-playbook is typed for the command and for the playbook run, here and elsewhere. The plain
run is recorded by a callback that others wrote; see tests/tools/faithful_cases.py.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from environments import Environment
from faithful_cases import (
    CASES,
    Case,
    Recorded,
    all_cases,
    as_result,
    plain,
    read_case,
    recorded,
    recorded_by_jsonl,
    recording,
)
from hosts import Host
from outer import Outer
from places import ROOT

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.outcome import read_events


@pytest.fixture(scope="module")
def plain_runs() -> dict[str, tuple[int, Recorded]]:
    """What the plain run of a case came to, which is the same in all ways."""
    return {}


@pytest.fixture(scope="module")
def base_prefix(whole_ansible: Environment) -> str:
    """Where the interpreter of the whole venv is installed."""
    argv = [whole_ansible.program("python"), "-c", "import sys; print(sys.base_prefix)"]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def two_hosts(
    make_hosts: Callable[..., list[Host]], whole_ansible: Environment, base_prefix: str, wheelhouse: Path
) -> list[Host]:
    """Two hosts that have the whole `ansible` package, and wheels, at the paths that they have here."""
    shared = {str(whole_ansible.path), str(wheelhouse)}
    shared |= {base_prefix} if not base_prefix.startswith("/usr") else set()
    return make_hosts(2, share={place: place for place in shared})


@pytest.fixture
def places(request: pytest.FixtureRequest, name: str, tmp_path: Path) -> dict[str, str]:
    """What a case may name: a host over SSH, if it needs one."""
    needs = read_case(name).get("needs", [])
    if "root" in needs and os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    if "host" not in needs:
        return {}
    target: Host = request.getfixturevalue("two_hosts")[1]
    key = tmp_path / "secrets" / "key"
    key.parent.mkdir()
    shutil.copy(target.key, key)
    return {"KEY": str(key), "ADDRESS": target.address, "KNOWN_HOST": Path(target.known_hosts).read_text().strip()}


#: Options that cases type which no task says.
_TYPED_OTHERWISE = {"check", "diff", "extra_vars_files", "forks", "inventory", "limit"}


def _typed() -> list[tuple[str, str]]:
    """Each case with the command and elsewhere. Those that have files to be found, or say something, run here too,
    unless a task of the module runs them here and other cases type the same."""
    runs = []
    for name in all_cases():
        told = read_case(name)
        if "collections" not in told.get("needs", []):
            files = [path for path in (CASES / name).rglob("*") if path.is_file() and path.name != "case.yml"]
            is_told = {"argv", "leaves", "absent", "environment"} & set(told)
            is_run_here = "options" in told and set(told["options"]) <= _TYPED_OTHERWISE
            is_here = (len(files) > 2 or is_told) and not is_run_here
            runs += [(name, way) for way in ("command", "elsewhere", *(["here"] if is_here else []))]
    return runs


def _tasks() -> list[str]:
    """The cases of which a task of the module says something in its own options, or needs more than ansible-core."""
    cases = {name: read_case(name) for name in all_cases()}
    return [name for name, told in cases.items() if "options" in told or "collections" in told.get("needs", [])]


def test_there_are_enough_cases() -> None:
    assert len(all_cases()) >= 40


@dataclass(frozen=True)
class Typed:
    """How a user types a case, with one store for the venv that all cases need, and its wheels."""

    wheelhouse: Path
    store: Path

    def command(self, case: Case, controller: Controller, whole: Environment) -> tuple[int, str, Recorded]:
        """As the command, in the directory of the case."""
        own = ["--venv-store", str(self.store), "--venv-source", "community_package"]
        own += ["--venv-find-links", str(self.wheelhouse), "--venv-offline"]
        program = ROOT / "bin" / "ansible-playbook-venv"
        argv = [controller.venv.program("python"), str(program), *own, *case.argv, case.playbook]
        callback = recording(whole)
        # The variable takes the place of what the ansible.cfg of a case says.
        callback["ANSIBLE_CALLBACK_PLUGINS"] += f":{case.directory}/plugins/callback"
        environment = {**controller.environment(**case.environment), **callback}
        ended = subprocess.run(
            argv, cwd=case.directory, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        return ended.returncode, ended.stderr, recorded_by_jsonl(ended.stdout, case)

    def run(
        self, case: Case, controller: Controller, directory: Path, host: Host | None
    ) -> tuple[int, str, dict[str, Any]]:
        """With the playbook run, here or on ``host``, which is in another inventory than the hosts of the case."""
        results = directory / "results"
        own: dict[str, Any] = {
            "run_playbook_path": case.playbook,
            "run_playbook_packages": ["packaging"],
            "run_playbook_find_links": [str(self.wheelhouse)],
            "run_playbook_offline": True,
            "run_playbook_collections_source": "community_package",
            "run_playbook_store": "/srv/typed" if host else str(self.store),
            "run_playbook_results": str(results),
            "run_playbook_environment_names": list(case.environment),
        }
        argv = list(case.argv)
        if host:
            inventory = directory / "runner.json"
            inventory.write_text(json.dumps({"all": {"hosts": {"runner": host.inventory()}}}))
            argv += ["--inventory", str(inventory)]
            own |= {"run_playbook_hosts": "runner", "run_playbook_inventory": list(case.inventory)}
        ended = controller.playbook(
            "mobile_ansible.venv.run", *argv, variables=own, cwd=case.directory, env=case.environment
        )
        told = as_result(read_events(str(results / "events.jsonl")))
        return ended.returncode, ended.output, told


@pytest.fixture(scope="module")
def typed(wheelhouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Typed:
    """See there."""
    return Typed(wheelhouse, tmp_path_factory.mktemp("typed") / "store")


@pytest.fixture
def expected(
    name: str,
    places: dict[str, str],
    controller: Controller,
    whole_ansible: Environment,
    plain_runs: dict[str, tuple[int, Recorded]],
    tmp_path: Path,
) -> tuple[int, Recorded]:
    """What the plain run of the case ``name`` comes to."""
    if name not in plain_runs:
        case = Case.copied(name, tmp_path / "plain" / name, **places)
        plain_runs[name] = plain(case, whole_ansible, controller.home)
        assert plain_runs[name][0] == case.rc
    return plain_runs[name]


@pytest.mark.parametrize(("name", "way"), _typed())
def test_what_is_typed_means_the_same(
    request: pytest.FixtureRequest,
    name: str,
    way: str,
    places: dict[str, str],
    expected: tuple[int, Recorded],
    controller: Controller,
    whole_ansible: Environment,
    typed: Typed,
    tmp_path: Path,
) -> None:
    case = Case.copied(name, tmp_path / "ours" / name, **places)
    if way == "command":
        rc, output, found = typed.command(case, controller, whole_ansible)
        assert (rc, found) == expected, output
    else:
        host = request.getfixturevalue("two_hosts")[0] if way == "elsewhere" else None
        rc, output, told = typed.run(case, controller, tmp_path, host)
        assert recorded(told) == expected[1], output
        assert bool(rc) == bool(expected[0]), output
        assert told["custom_stats"] == case.custom
        _check_flags(told)
        if case.hides:
            # Not the log: it is Ansible's own output, and core 2.19 itself shows the message of a `fail` with no_log.
            assert case.hides not in (tmp_path / "results" / "events.jsonl").read_text()
    if way == "elsewhere":
        # What was shipped is gone with the task, and the project here was not touched, but by the Ansible that reads
        # its ansible.cfg here.
        left = {path for path in _listing(case.directory) if path.split("/")[0] not in case.outer_leaves}
        assert left == _listing(CASES / name) - {"case.yml"}
    else:
        assert all((case.directory / left).exists() for left in case.leaves)
        assert not any((case.directory / absent).exists() for absent in case.absent)


@pytest.mark.parametrize("name", _tasks())
def test_a_task_of_the_module_says_the_same(
    name: str,
    places: dict[str, str],
    expected: tuple[int, Recorded],
    controller: Controller,
    whole_ansible: Environment,
    tmp_path: Path,
) -> None:
    case = Case.copied(name, tmp_path / "ours" / name, **places)
    outer = Outer(controller, whole_ansible, tmp_path)
    result = outer.run({"playbook": case.playbook, **case.options}, stands_in=case.directory, env=case.environment)
    assert (result["rc"], recorded(result)) == expected, result["outer_output"]
    assert bool(result.get("failed")) == bool(expected[0]), result.get("msg")
    if case.hides:
        assert case.hides not in json.dumps(result)


def _check_flags(result: dict[str, Any]) -> None:
    """What we call rescued or ignored is what Ansible counted so; a host that was away is counted in other ways."""
    for host, counts in result["stats"].items():
        tasks = [task for task in result["failed_tasks"] if task["host"] == host]
        if any(task["unreachable"] for task in tasks):
            continue
        rescued, ignored = ([task for task in tasks if task[flag]] for flag in ("rescued", "ignored"))
        fatal = [task for task in tasks if not task["rescued"] and not task["ignored"]]
        counted = (counts["rescued"], counts["ignored"], counts["failures"])
        assert (len(rescued), len(ignored), len(fatal)) == counted, host


def _listing(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if "__pycache__" not in path.parts}
