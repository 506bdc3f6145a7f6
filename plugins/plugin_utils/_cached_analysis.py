# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The analysis of a project, which is cached as long as its input is the same.

A cached analysis says what was found at each path that was looked at, also where nothing was. It counts when a look at
each of them finds the same again, and when the code of this collection and the ansible-core that it knows are the same.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypedDict

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.answers import AnswerCache
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.json import OptionalText
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import COLLECTIONS, ROLES
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store

from ._core import CoreRelease, check_configuration
from ._deps.core_answers import CoreAnswers, ask_core
from ._deps.limits import MAX_CANDIDATES
from ._deps.project.stamp import Stamp, stamp_of
from ._playbook.project import real_source
from ._subject import subject_of

# What only a new analysis needs is imported there.

if TYPE_CHECKING:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.download import Told

_CODE = os.path.dirname(os.path.dirname(__file__))
#: The source's own name stands in a module that imports what only a new analysis needs.
_GALAXY = "galaxy"
_RACE_NS = 2 * 10**9


class _Answer(TypedDict):
    """``servers`` are those that roles came from, None without any; ``refusal``: see ``SandboxAnswer``."""

    looked: dict[str, Any]
    report: dict[str, Any]
    refusal: str
    servers: OptionalText


class _CoreAnswers(TypedDict):
    task_keywords: list[str]
    play_keywords: list[str]
    requires_python: str


class ProjectAnalysis:
    """The analysis of a project as ``options`` of the module ``collection_deps`` say, for the ansible-core ``core``."""

    def __init__(self, options: Mapping[str, Any], *, core: CoreRelease) -> None:
        subject = subject_of(options)
        inventory = [real_source(source) for source in options["inventory"]]
        self._options = {
            "max_candidates": MAX_CANDIDATES,
            "settings": [],
            "follow_outside": False,
            "usual": True,
            "lock": None,
            **options,
            "inventory": inventory,
        }
        self._subject = subject
        self._store = Store(options["store"])
        self._cache = AnswerCache(self._store)
        self._core = core
        # All that decides the answer, but for what is read in the project.
        decisive = (
            "collections_source",
            "index_url",
            "find_links",
            "allow_unresolved",
            "unresolved",
            "target_packages",
            "exclude",
            "max_candidates",
            "settings",
            "follow_outside",
            "usual",
        )
        self._question = {
            **{name: self._options[name] for name in decisive},
            "subject": subject.as_json(),
            "home": os.path.expanduser("~") if self._options["follow_outside"] else None,
            "inventory": inventory,
            "core": core.as_json(),
            "servers": self._servers(),
            "lock": _lock_texts(self._options["lock"]),
            "code": sorted(_written(_CODE)),
        }

    def known(self) -> dict[str, Any] | None:
        """The report of an earlier analysis that found the same; raises as :meth:`made` does."""
        known = self._cache.read(self._question, _Answer)
        if known is None or not are_current(known["looked"]):
            return None
        has_roles = known["servers"] is not None
        if has_roles and known["servers"] != _settings_of_servers():
            return None
        is_asked_again = self._options["upgrade"] and (has_roles or self._options["collections_source"] == _GALAXY)
        return None if is_asked_again else _accepted(known["report"], known["refusal"])

    def made(self, told: Told | None = None) -> dict[str, Any]:
        """The report of a new analysis; ``told`` hears how much was fetched.

        Raises :class:`ResolutionError`, which carries the report, when names stay unresolved.
        """
        from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.sources import COMMUNITY_PACKAGE

        core = self._core_answers()
        from ._fact_store import FactStore
        from ._project_analysis import analyse_project

        started = time.time_ns()
        facts = FactStore(self._cache, core=self._core.as_json(), code=self._question["code"])
        answer = analyse_project(self._options, self._subject, told=told, core=core, facts=facts)
        # A cached collection or role was verified, and has the hash of its content in its path.
        known_content = [self._store.directory(name) for name in (COLLECTIONS, ROLES)]
        known = tuple(os.path.realpath(directory) + os.sep for directory in (*known_content, self._core.directory))
        looked = {path: one for path, one in answer.looked.items() if not path.startswith(known)}
        # The content of a release is always the same, that of a directory is not. What servers brought is kept; what
        # they did not have they can have later.
        source = self._options["collections_source"]
        is_kept = source.startswith(COMMUNITY_PACKAGE) or (source == _GALAXY and not answer.report.get("unresolved"))
        if is_kept and answer.is_lasting and are_settled(looked, since_ns=started):
            servers = _settings_of_servers() if answer.has_roles else None
            kept: _Answer = {
                "looked": looked,
                "report": answer.report,
                "refusal": answer.refusal,
                "servers": servers,
            }
            self._cache.write(self._question, kept)
        return _accepted(answer.report, answer.refusal)

    def _core_answers(self) -> CoreAnswers:
        """Those of this ansible-core, which is asked once: its import takes longer than most analyses."""
        question = {"core": self._core.as_json()}
        known = self._cache.read(question, _CoreAnswers)
        if known is not None:
            return CoreAnswers(**known)
        check_configuration()
        found = ask_core()
        self._cache.write(question, asdict(found))
        return found

    def _servers(self) -> str | None:
        """The settings of Galaxy servers, where it is they that are asked."""
        return _settings_of_servers() if self._options["collections_source"] == _GALAXY else None


def _accepted(report: dict[str, Any], refusal: str) -> dict[str, Any]:
    if refusal:
        raise ResolutionError(refusal, **report)
    return report


def _settings_of_servers() -> str:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy.settings import GalaxySettings

    return GalaxySettings.of_user().digest


def _lock_texts(directory: str | None) -> Mapping[str, str] | None:
    if directory is None:
        return None
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import read_lock

    return read_lock(directory).texts()


def _written(directory: str) -> Iterator[tuple[str, int]]:
    """Each Python file below a directory, and when it was written."""
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                yield entry.path, entry.stat().st_mtime_ns
            elif entry.name != "__pycache__" and entry.is_dir():
                yield from _written(entry.path)


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
