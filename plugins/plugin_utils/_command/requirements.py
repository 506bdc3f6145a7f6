# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the playbooks require: what a profile lists, or an analysis, which is cached as long as its input is the same.

A cached analysis says what was found at each path that was looked at, also where nothing was. It counts when a look at
each of them finds the same again, and when the code of this collection and the ansible-core that it knows are the same.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import COLLECTIONS
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store

from .._deps.project.stamp import Stamp, stamp_of
from .answers import AnswerCache
from .arguments import VenvOptions
from .bar import CommandBar, shown_fetch
from .core import CoreRelease, check_configuration
from .project import PlaybookProject

_CODE = Path(__file__).parents[2]
_RACE_NS = 2 * 10**9
_LISTS = ("evidence", "unresolved", "dynamic", "target_packages")


@dataclass(frozen=True)
class Requirements:
    """A profile, and the evidence for it: none for a profile of the user.

    ``evidence``, ``unresolved``, ``dynamic`` and ``target_packages`` are those of the analyses, each entry with its
    ``project``. ``optional_packages`` are lines of the profile.
    """

    profile: Mapping[str, Any]
    evidence: Sequence[Mapping[str, Any]] = ()
    unresolved: Sequence[Mapping[str, Any]] = ()
    dynamic: Sequence[Mapping[str, Any]] = ()
    target_packages: Sequence[Mapping[str, Any]] = ()
    optional_packages: Sequence[str] = ()


def read_profile(path: str) -> Requirements:
    """The profile in a file; raises :class:`InputError`."""
    import yaml

    try:
        with open(path, encoding="utf-8") as stream:
            profile = yaml.safe_load(stream)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise InputError(f"--venv-profile: {path} cannot be read: {error}") from error
    if not isinstance(profile, dict):
        raise InputError(f"--venv-profile: {path} is not an execution-environment definition")
    return Requirements(profile)


class _Answer(TypedDict):
    looked: dict[str, Any]
    report: dict[str, Any]


class Analyses:
    """The analyses that this run needs, from the cache or made anew; ``inventory``: see ``known_inventory``.

    ``made`` tells how many were made anew.
    """

    def __init__(self, store: Store, *, core: CoreRelease, bar: CommandBar, inventory: Sequence[str] = ()) -> None:
        self._store = store
        self._cache = AnswerCache(store)
        self._core = core
        self._bar = bar
        self._inventory = list(inventory)
        self.made = 0

    def required_by(self, projects: Iterable[PlaybookProject], options: VenvOptions) -> Requirements:
        """What the playbooks require; raises :class:`ResolutionError` where names stay unresolved."""
        return combined({project.root: self._report(project, options) for project in projects})

    def _report(self, project: PlaybookProject, options: VenvOptions) -> dict[str, Any]:
        question = self._question(project, options)
        known = self._cache.read(question, _Answer)
        if known is not None and are_current(known["looked"]):
            report: dict[str, Any] = known["report"]
            return report
        return self._analysed(project, options, question)

    def _question(self, project: PlaybookProject, options: VenvOptions) -> dict[str, Any]:
        """All that decides the answer of an analysis, but for what is read in the project."""
        return {
            "root": project.root,
            "playbooks": list(project.playbooks),
            "source": options.source,
            "allowed": sorted(options.allow_unresolved),
            "inventory": self._inventory,
            "target_packages": options.target_packages,
            "core": self._core.as_json(),
            "code": sorted((str(path), path.stat().st_mtime_ns) for path in _CODE.rglob("*.py")),
        }

    def _analysed(self, project: PlaybookProject, options: VenvOptions, question: dict[str, Any]) -> dict[str, Any]:
        from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.sources import COMMUNITY_PACKAGE

        check_configuration()
        from .._project_analysis import analyse_project

        self.made += 1
        started = time.time_ns()
        asked = {
            "path": project.root,
            "playbooks": list(project.playbooks),
            "collections_source": options.source,
            "store": options.store,
            "index_url": options.index_url,
            "find_links": options.find_links,
            "offline": options.offline,
            "allow_unresolved": options.allow_unresolved,
            "inventory": self._inventory,
            "target_packages": options.target_packages,
        }
        with shown_fetch(self._bar, "Fetch the collections") as told:
            answer = analyse_project(asked, told=told)
        # A cached collection was verified, and has the hash of its content in its path.
        known = (os.path.realpath(self._store.directory(COLLECTIONS)) + os.sep, self._core.directory + os.sep)
        looked = {path: one for path, one in answer.looked.items() if not path.startswith(known)}
        # The content of a release is always the same, that of a directory is not.
        if options.source.startswith(COMMUNITY_PACKAGE) and are_settled(looked, since_ns=started):
            self._cache.write(question, {"looked": looked, "report": answer.report})
        return answer.report


def combined(reports: Mapping[str, Mapping[str, Any]]) -> Requirements:
    """The results of several analyses, by their projects, as one; they have the same source."""
    parts = [report["profile"]["dependencies"] for report in reports.values()]
    collections = {one["name"]: one for part in parts for one in part["galaxy"]["collections"]}
    dependencies = {
        **parts[0],
        "python": sorted({line for part in parts for line in part["python"]}),
        "galaxy": {"collections": [collections[name] for name in sorted(collections)]},
    }
    found = {
        name: [{**one, "project": root} for root, report in reports.items() for one in report.get(name, ())]
        for name in _LISTS
    }
    optional = {root: {*report.get("optional_packages", ())} for root, report in reports.items()}
    # What is optional for one playbook can be required by another.
    required = {line for root, part in zip(reports, parts, strict=True) for line in {*part["python"]} - optional[root]}
    return Requirements(
        {"version": 3, "dependencies": dependencies},
        **found,
        optional_packages=sorted(set().union(*optional.values()) - required),
    )


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
