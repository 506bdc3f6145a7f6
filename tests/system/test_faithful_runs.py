# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A run by venv_playbook is the run that the user would have had: same stats, same failed and changed tasks.

The plain run is recorded by a callback that others wrote (ansible.posix.jsonl), not by case. Each directory in
faithful/ is a case; its case.yml says what a user would type (``argv``) and how a task says the same (``options``).
"""

from __future__ import annotations

import json
import os
import shutil
import string
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from controller import Controller
from environments import Environment
from hosts import Host
from outer import Outer

CASES = Path(__file__).with_name("faithful")
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Case:
    """One case, in a copy of its directory; ``rc`` is what a plain run ends with, ``hides`` is what no_log hides."""

    directory: Path
    about: str
    project: str = "."
    playbook: str = "site.yml"
    argv: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    rc: int = 0
    custom: Mapping[str, Any] = field(default_factory=dict)
    hides: str | None = None
    leaves: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    @classmethod
    def copied(cls, name: str, to: Path, **places: str) -> Case:
        """Read the case ``name`` in a fresh copy; ``$NAMES`` in its case.yml stand for ``places``."""
        shutil.copytree(CASES / name, to, symlinks=True)
        text = string.Template((to / "case.yml").read_text()).safe_substitute(places)
        (to / "case.yml").unlink()
        return cls(directory=to, **yaml.safe_load(text))


@dataclass(frozen=True)
class Recorded:
    """What a run did. Tasks are told by host and place (FILE:LINE in the project)."""

    stats: dict[str, dict[str, int]]
    failed: list[tuple[str, str]]
    changed: list[tuple[str, str]]


def plain(case: Case, whole: Environment, home: Path) -> tuple[int, Recorded]:
    """The case as a user runs it: in its directory, with the whole `ansible` package, nothing else set."""
    env = {
        "HOME": str(home), "LANG": "C.UTF-8", "PATH": f"{whole.path / 'bin'}:{_SYSTEM_PATH}",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.jsonl", **case.environment,
    }  # fmt: skip
    argv = [whole.program("ansible-playbook"), *case.argv, case.playbook]
    ended = subprocess.run(
        argv, cwd=case.directory, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    events = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith('{"_event"')]
    failed, changed = [], []
    stats: dict[str, dict[str, int]] = {}
    for event in events:
        stats = event.get("stats", stats)
        for host, result in event.get("hosts", {}).items():
            place = (host, _relative(event["task"]["path"], case.directory / case.project))
            if event["_event"] in ("v2_runner_on_failed", "v2_runner_on_unreachable"):
                failed.append(place)
            if result.get("changed"):
                changed.append(place)
    assert stats, ended.stdout + ended.stderr
    return ended.returncode, Recorded(stats, sorted(failed), sorted(changed))


def _relative(place: str, directory: Path) -> str:
    return place.removeprefix(f"{os.path.realpath(directory)}/")


def recorded(result: dict[str, Any]) -> Recorded:
    """What the module tells, in the same shape."""
    return Recorded(
        result["stats"],
        sorted((task["host"], task["path"]) for task in result["failed_tasks"]),
        sorted((task["host"], task["path"]) for task in result["changed_tasks"]),
    )


@pytest.fixture(scope="module")
def plain_runs() -> dict[str, tuple[int, Recorded]]:
    """What the plain run of a case came to, which is the same for the runs here and shipped."""
    return {}


@pytest.fixture(scope="module")
def base_prefix(whole_ansible: Environment) -> str:
    """Where the interpreter of the whole venv is installed."""
    argv = [whole_ansible.program("python"), "-c", "import sys; print(sys.base_prefix)"]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def two_hosts(make_hosts: Callable[..., list[Host]], whole_ansible: Environment, base_prefix: str) -> list[Host]:
    """Two hosts that have the whole `ansible` package at the path that it has here."""
    shared = {str(whole_ansible.path)} | ({base_prefix} if not base_prefix.startswith("/usr") else set())
    return make_hosts(2, share={place: place for place in shared})


@pytest.fixture
def places(request: pytest.FixtureRequest, name: str, tmp_path: Path) -> dict[str, str]:
    """What a case may name: a host over SSH, if it needs one."""
    needs = yaml.safe_load((CASES / name / "case.yml").read_text()).get("needs", [])
    if "root" in needs and os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    if "host" not in needs:
        return {}
    target: Host = request.getfixturevalue("two_hosts")[1]
    key = tmp_path / "secrets" / "key"
    key.parent.mkdir()
    shutil.copy(target.key, key)
    return {"KEY": str(key), "ADDRESS": target.address, "KNOWN_HOST": Path(target.known_hosts).read_text().strip()}


def _all_cases() -> list[str]:
    return sorted(path.name for path in CASES.iterdir() if path.is_dir())


def test_there_are_enough_cases() -> None:
    runs = [where for _name, where in _runs()]
    assert (runs.count("shipped") >= 30, runs.count("here") >= 15) == (True, True)


def _runs() -> list[tuple[str, str]]:
    """Each case and where it runs. All are shipped; those that have files to be found run here too.

    So do those that leave something, or must not: what was shipped is gone before anybody can look.
    """
    runs = []
    for name in _all_cases():
        files = [path for path in (CASES / name).rglob("*") if path.is_file() and path.name != "case.yml"]
        told = yaml.safe_load((CASES / name / "case.yml").read_text())
        if len(files) > 2 or {"leaves", "absent", "environment"} & set(told):
            runs.append((name, "here"))
        runs.append((name, "shipped"))
    return runs


@pytest.mark.parametrize(("name", "where"), _runs())
def test_a_run_is_what_the_user_would_have_had(
    request: pytest.FixtureRequest,
    name: str,
    where: str,
    places: dict[str, str],
    controller: Controller,
    whole_ansible: Environment,
    plain_runs: dict[str, tuple[int, Recorded]],
    tmp_path: Path,
) -> None:
    if name not in plain_runs:
        plain_case = Case.copied(name, tmp_path / "plain" / name, **places)
        plain_runs[name] = plain(plain_case, whole_ansible, controller.home)
    rc, expected = plain_runs[name]
    host = request.getfixturevalue("two_hosts")[0] if where == "shipped" else None
    case = Case.copied(name, tmp_path / "ours" / name, **places)
    assert rc == case.rc
    outer = Outer(controller, whole_ansible, tmp_path, host)
    result = outer.run({"playbook": case.playbook, **case.options}, stands_in=case.directory, env=case.environment)
    assert recorded(result) == expected, result["outer_output"]
    assert result["rc"] == rc
    assert bool(result.get("failed")) == (rc != 0), result.get("msg")
    assert result["custom_stats"] == case.custom
    _check_flags(result)
    if case.hides:
        # Not the log: it is Ansible's own output, and core 2.19 itself shows the message of a `fail` with no_log.
        assert case.hides not in json.dumps(result) + Path(result["events"]).read_text()
    if where == "here":
        assert all((case.directory / left).exists() for left in case.leaves)
        assert not any((case.directory / absent).exists() for absent in case.absent)
    else:
        # What was shipped is gone with the task, and the project here was not touched.
        assert _listing(case.directory) == _listing(CASES / name) - {"case.yml"}


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
