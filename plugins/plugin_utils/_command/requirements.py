# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the playbooks require, found out by an analysis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from .._cached_analysis import ProjectAnalysis
from .._core import CoreRelease
from .._deps.project.user_settings import UserSetting
from .._progress import fetch_step
from .arguments import VenvOptions
from .progress_bar import CommandBar, shown_fetch
from .project import PlaybookProject

_LISTS = ("evidence", "unresolved", "dynamic", "target_packages", "left_out")


@dataclass(frozen=True)
class Requirements:
    """A profile, and the evidence for it: none for a profile of the user.

    ``evidence``, ``unresolved``, ``dynamic``, ``target_packages`` and ``left_out`` are those of the analyses, each
    entry with its ``project``. ``optional_packages`` are lines of the profile. ``differences`` are ``problems`` and
    ``unmet`` of what the projects declare. ``system_packages`` are those of an analysis, each with its collection,
    whether it is required on this host (``here``), and the ``hosts`` of modules, as they are written; a profile has its
    own itself.
    """

    profile: Mapping[str, Any]
    evidence: Sequence[Mapping[str, Any]] = ()
    unresolved: Sequence[Mapping[str, Any]] = ()
    dynamic: Sequence[Mapping[str, Any]] = ()
    target_packages: Sequence[Mapping[str, Any]] = ()
    left_out: Sequence[Mapping[str, Any]] = ()
    optional_packages: Sequence[str] = ()
    differences: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    system_packages: Sequence[Mapping[str, Any]] = ()


class Analyses:
    """The analyses that this run needs, from the cache or made anew; ``inventory``: see ``known_inventory``.

    ``settings`` are those of the user, whose environment is that of the run.
    ``made`` tells how many were made anew.
    """

    def __init__(
        self,
        *,
        core: CoreRelease,
        progress_bar: CommandBar,
        inventory: Sequence[str] = (),
        settings: Sequence[UserSetting] = (),
    ) -> None:
        self._core = core
        self._bar = progress_bar
        self._inventory = list(inventory)
        self._settings = [asdict(one) for one in settings]
        self.made = 0

    def required_by(self, projects: Iterable[PlaybookProject], options: VenvOptions) -> Requirements:
        """What the playbooks require; raises :class:`ResolutionError` where names stay unresolved."""
        return combined({project.root: self._report(project, options) for project in projects})

    def _report(self, project: PlaybookProject, options: VenvOptions) -> dict[str, Any]:
        asked = {
            "path": project.root,
            "playbooks": list(project.playbooks),
            "collections_source": options.source,
            "store": options.store,
            "index_url": options.index_url,
            "find_links": options.find_links,
            "offline": options.offline,
            "allow_unresolved": options.allow_unresolved,
            "unresolved": options.unresolved,
            "inventory": self._inventory,
            "target_packages": options.target_packages,
            "exclude": options.exclude,
            "settings": self._settings,
            "follow_outside": True,
            "upgrade": options.upgrade,
            "lock": options.lock if options.locked else None,
        }
        analysis = ProjectAnalysis(asked, core=self._core)
        known = analysis.known()
        if known is not None:
            return known
        self.made += 1
        with shown_fetch(self._bar, fetch_step(options.source)) as told:
            return analysis.made(told)


def _roles(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The roles by name; raises :class:`InputError` where the projects declare one in two ways."""
    roles: dict[str, Any] = {}
    for one in (one for part in parts for one in part["galaxy"].get("roles", ())):
        if roles.setdefault(one["name"], one) != one:
            raise InputError(
                f"The projects of the playbooks require the role {one['name']} from different sources or in different "
                "versions: run the playbooks separately"
            )
    return roles


def _common_core(cores: Sequence[str]) -> str:
    """The ansible-core for all projects; the first one's where none suits all of them."""
    if len(set(cores)) == 1:
        return cores[0]
    # Only several projects with different ones need what compares versions.
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.versions import core_requirement

    return core_requirement(one.removeprefix("ansible-core") for one in cores) or cores[0]


def combined(reports: Mapping[str, Mapping[str, Any]]) -> Requirements:
    """The results of several analyses, by their projects, as one; they have the same source.

    Where no ansible-core suits all of them, the first one's is required, and the resolution says whose it is not.
    """
    parts = [report["profile"]["dependencies"] for report in reports.values()]
    roles = _roles(parts)
    collections = {one["name"]: one for part in parts for one in part["galaxy"]["collections"]}
    cores = [part["ansible_core"]["package_pip"] for part in parts if "ansible_core" in part]
    dependencies = {
        **parts[0],
        **({"ansible_core": {"package_pip": _common_core(cores)}} if cores else {}),
        "python": sorted({line for part in parts for line in part["python"]}),
        "galaxy": {
            "collections": [collections[name] for name in sorted(collections)],
            **({"roles": [roles[name] for name in sorted(roles)]} if roles else {}),
        },
    }
    found = {
        name: [{**one, "project": root} for root, report in reports.items() for one in report.get(name, ())]
        for name in _LISTS
    }
    declarations = [report.get("declarations", {}) for report in reports.values()]
    differences = {key: [one for part in declarations for one in part.get(key, ())] for key in ("problems", "unmet")}
    optional = {root: {*report.get("optional_packages", ())} for root, report in reports.items()}
    # What is optional for one playbook can be required by another.
    required = {line for root, part in zip(reports, parts, strict=True) for line in {*part["python"]} - optional[root]}
    return Requirements(
        {"version": 3, "dependencies": dependencies},
        **found,
        optional_packages=sorted(set().union(*optional.values()) - required),
        differences=differences,
        system_packages=[one for report in reports.values() for one in _system_packages(report)],
    )


def _system_packages(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Those of an analysis with the hosts where plugins of their collection run: a venv is of this host only."""
    for one in report.get("system_packages", ()):
        used = [item for item in report["evidence"] if item["collection"] == one["collection"] and "hosts" in item]
        here = "controller" in one["where"] or any(item["on_venv_host"] for item in used)
        hosts = sorted({pattern for item in used for pattern in item["hosts"]})
        yield {**one, "here": here, "hosts": hosts}
