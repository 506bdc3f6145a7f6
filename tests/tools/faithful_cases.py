# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The cases of faithful runs, and what a plain run of one comes to.

Each directory in tests/system/faithful is a case; its case.yml says what is typed (``argv``) and how a task of
venv_playbook says the same (``options``). The plain run is recorded by a callback that others wrote
(ansible.posix.jsonl).
"""

from __future__ import annotations

import json
import os
import shutil
import string
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml
from environments import Environment
from places import ROOT

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.outcome import RunOutcome

CASES = ROOT / "tests" / "system" / "faithful"
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Case:
    """One case, in a copy of its directory; ``rc`` is what a plain run ends with, ``hides`` is what no_log hides.

    ``inventory`` is said apart where the playbook runs on a host that is none of its own.
    """

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
    inventory: tuple[str, ...] = ()
    outer_leaves: tuple[str, ...] = ()

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

    def of(self, host: str) -> Recorded:
        """What it did to one host."""
        failed, changed = ([place for place in places if place[0] == host] for places in (self.failed, self.changed))
        return Recorded({host: self.stats[host]}, failed, changed)


def plain(case: Case, whole: Environment, home: Path, *more: str) -> tuple[int, Recorded]:
    """The case as a user runs it: in its directory, with the whole `ansible` package, nothing else set but ``more``."""
    env = {
        "HOME": str(home), "LANG": "C.UTF-8", "PATH": f"{whole.path / 'bin'}:{_SYSTEM_PATH}",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.jsonl", **case.environment,
    }  # fmt: skip
    argv = [whole.program("ansible-playbook"), *case.argv, *more, case.playbook]
    ended = subprocess.run(
        argv, cwd=case.directory, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    found = recorded_by_jsonl(ended.stdout, case)
    assert found.stats, ended.stdout + ended.stderr
    return ended.returncode, found


def recording(whole: Environment) -> dict[str, str]:
    """The callback, by its directory: not every venv has its collection."""
    (directory,) = whole.path.glob("lib/python3*/site-packages/ansible_collections/ansible/posix/plugins/callback")
    return {"ANSIBLE_CALLBACK_PLUGINS": str(directory), "ANSIBLE_STDOUT_CALLBACK": "jsonl"}


def recorded_by_jsonl(output: str, case: Case) -> Recorded:
    """What the callback wrote."""
    events = [json.loads(line) for line in output.splitlines() if line.startswith('{"_event"')]
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
    return Recorded(stats, sorted(failed), sorted(changed))


def _relative(place: str, directory: Path) -> str:
    return place.removeprefix(f"{os.path.realpath(directory)}/")


def as_result(outcome: RunOutcome) -> dict[str, Any]:
    """The events of a run, as the result of the module has them."""
    return {
        "stats": outcome.stats,
        "custom_stats": outcome.custom,
        "failed_tasks": [asdict(task) for task in outcome.failed],
        "changed_tasks": [asdict(task) for task in outcome.changed],
    }


def recorded(result: dict[str, Any]) -> Recorded:
    """What the module tells, in the same shape."""
    return Recorded(
        result["stats"],
        sorted((task["host"], task["path"]) for task in result["failed_tasks"]),
        sorted((task["host"], task["path"]) for task in result["changed_tasks"]),
    )


def read_case(name: str) -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load((CASES / name / "case.yml").read_text())
    return said


def all_cases() -> list[str]:
    return sorted(path.name for path in CASES.iterdir() if path.is_dir())
