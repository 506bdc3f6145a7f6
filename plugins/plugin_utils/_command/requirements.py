# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the playbooks require: what a profile lists, or an analysis, which is kept as long as its input is the same.

A kept analysis says what was found at each path that was looked at, also where nothing was. It counts when a look at
each of them finds the same again, and when the analysis itself and the ansible-core that it knows are the same.
"""

from __future__ import annotations

import importlib.util
import os
import stat
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, ToolMissingError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.durable import write_json
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.json import read_json
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import ANALYSES
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.tree import json_sha256

from .._deps.project.stamp import Stamp, stamp_of
from .arguments import VenvOptions
from .project import PlaybookProject

_ANALYSIS = Path(__file__).parents[1] / "_deps"
_RACE_NS = 2 * 10**9
_COMMUNITY_PACKAGE = "community_package"


@dataclass(frozen=True)
class Requirements:
    """A profile, and the report of the analysis that it comes from, None for a profile of the user."""

    profile: Mapping[str, Any]
    report: Mapping[str, Any] | None = None


def read_profile(path: str) -> Requirements:
    """The profile in a file; raises :class:`InputError`."""
    import yaml

    try:
        with open(os.path.expanduser(path), encoding="utf-8") as stream:
            profile = yaml.safe_load(stream)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InputError(f"--venv-profile: {path} cannot be read: {error}") from error
    if not isinstance(profile, dict):
        raise InputError(f"--venv-profile: {path} is not an execution-environment definition")
    return Requirements(profile)


class _Kept(TypedDict):
    looked: dict[str, Any]
    report: dict[str, Any]


class Analyses:
    """The analyses that are kept in a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def required_by(self, project: PlaybookProject, options: VenvOptions) -> Requirements:
        """What the playbooks require; raises :class:`ResolutionError` where names stay unresolved."""
        question = _question(project, options)
        kept = self._kept(question)
        if kept is None:
            kept = self._analysed(question, options)
        return Requirements(kept["profile"], kept)

    def _path(self, question: Mapping[str, Any]) -> str:
        return os.path.join(self._store.directory(ANALYSES), f"{json_sha256(question)}.json")

    def _kept(self, question: Mapping[str, Any]) -> dict[str, Any] | None:
        if not self._store.is_own():
            return None
        try:
            kept = read_json(self._path(question), _Kept)
        except (OSError, ValueError):
            return None
        report: dict[str, Any] = kept["report"]
        return report if are_current(kept["looked"]) else None

    def _analysed(self, question: Mapping[str, Any], options: VenvOptions) -> dict[str, Any]:
        from .._project_analysis import analyse_project

        started = time.time_ns()
        self._store.prepare()
        answer = analyse_project(
            {
                "path": question["root"],
                "playbooks": question["playbooks"],
                "collections_source": options.source,
                "store": options.store,
                "index_url": options.index_url,
                "find_links": options.find_links,
                "offline": options.offline,
                "allow_unresolved": options.allow_unresolved,
            }
        )
        # What lies in the store was verified, and has the hash of its content in its path.
        known = (os.path.realpath(self._store.path) + os.sep, question["core"] + os.sep)
        looked = {path: one for path, one in answer.looked.items() if not path.startswith(known)}
        if options.source == _COMMUNITY_PACKAGE and are_settled(looked, since_ns=started):
            write_json(self._path(question), {"looked": looked, "report": answer.report}, indent=None)
        return answer.report


def _question(project: PlaybookProject, options: VenvOptions) -> dict[str, Any]:
    """All that decides the answer of an analysis, but for what is read in the project."""
    spec = importlib.util.find_spec("ansible")
    if spec is None or spec.origin is None:
        raise ToolMissingError(f"{sys.executable} has no ansible-core: install the command with the Python that has it")
    core = os.path.dirname(spec.origin)
    return {
        "root": project.root,
        "playbooks": list(project.playbooks),
        "source": options.source,
        "allowed": sorted(options.allow_unresolved),
        "core": core,
        "core_release": os.stat(os.path.join(core, "release.py")).st_mtime_ns,
        "analysis": sorted((str(path), path.stat().st_mtime_ns) for path in _ANALYSIS.rglob("*.py")),
    }


def are_current(looked: Mapping[str, Stamp]) -> bool:
    """Whether a look at each of the paths would find the same."""
    return all(_now(path, known) == known for path, known in looked.items())


def are_settled(looked: Mapping[str, Stamp], *, since_ns: int) -> bool:
    """Whether a later change would show: clocks are coarse, and a file that has just changed can change unseen."""
    return all(known is None or len(known) == 1 or max(known[3:]) < since_ns - _RACE_NS for known in looked.values())


def _now(path: str, known: Stamp) -> Stamp:
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return None
    return [stat.S_IFMT(status.st_mode)] if known is not None and len(known) == 1 else stamp_of(status)
