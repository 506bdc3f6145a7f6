# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The fallback: a venv of the project alone, built by the same engine in a store inside the project."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .._errors import InputError, ToolMissingError
from .._projects.model import CombinedRequirements, combined
from .._projects.reader import read_project
from .._python.interpreter import find_interpreter
from .._store.locks import is_held
from .._store.store import LOCK_TIMEOUT, Store
from .._store.tree import remove_tree
from .._venv.manager import SharedVenv
from .._venv.profile import Profile
from .._venv.request import VenvRequest, build_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .._projects.python import PythonNeeds
    from .._runner import Runner
    from .._store.links import PublicLink
    from .._uv.package_index import PackageIndex
    from .link_path import LinkPath

DIRECTORY = ".venv-isolated"
_OLDEST_MINOR, _NEWEST_MINOR = 9, 20
#: What a store consists of, its generations last; anything else in the directory is the user's.
_PARTS = (".previous", ".requests", ".roots", ".collections", ".wheels", ".tools", ".cache", ".locks", ".leases")
_LAST_PART = ".generations"


@dataclass(frozen=True)
class Provision:
    """What the isolated venv is ``asked`` to hold, whether it did not (``changed``), and what could not be read."""

    asked: Mapping[str, Any]
    changed: bool
    notes: tuple[str, ...] = ()


class IsolatedVenv:
    """The venv in the directory ``.venv-isolated`` of a project, for the link at ``place``.

    ``requirements`` reads what the project needs, when that is to be known. Nothing is written before a call.
    """

    def __init__(
        self,
        place: LinkPath,
        *,
        requirements: Callable[[], CombinedRequirements],
        runner: Runner,
        index: PackageIndex,
        lock_timeout: float = LOCK_TIMEOUT,
    ) -> None:
        self._directory = os.path.join(place.project, DIRECTORY)
        self._name = place.name.lstrip(".")
        self._user = place.path
        self._requirements = requirements
        self._runner = runner
        self._index = index
        self._lock_timeout = lock_timeout

    @cached_property
    def store(self) -> Store:
        """Its store; raises :class:`StoreError` where others can write to the project."""
        return Store(self._directory)

    @cached_property
    def _link(self) -> PublicLink:
        return self.store.named(self._name)

    @property
    def _venv(self) -> SharedVenv:
        return SharedVenv(self.store, self._link, runner=self._runner, index=self._index)

    @property
    def path(self) -> str:
        """The public path of the venv."""
        return self._link.path

    def holds(self) -> Mapping[str, Any] | None:
        """What it was asked to hold, nothing after a build that failed; None where there is none."""
        if not self.is_there():
            return None
        generation = self.store.current(self._link)
        if generation is None:
            return {}
        return _state(generation.record["request"], files="intact" if generation.is_intact() else "damaged")

    def inspect(self, needs: PythonNeeds) -> Provision:
        """Whether it is as the project needs it; nothing is written."""
        own = self._requirements()
        request = self._request(needs, own)
        return Provision(_state(request.as_dict()), self._venv.inspect(request).changed, own.notes)

    def provide(self, needs: PythonNeeds) -> Provision:
        """Let it be as the project needs it."""
        own = self._requirements()
        request = self._request(needs, own)
        changed = self._venv.ensure(request, lock_timeout=self._lock_timeout).changed
        return Provision(_state(request.as_dict()), changed, own.notes)

    def is_spare(self) -> bool:
        """Whether it is there, nothing runs in it, and no other link of the project leads to it."""
        if not self.is_there():
            return False
        if any(one.id and one.path != self._user for one in self.store.links() if one.kind == "project"):
            return False
        leases = self.store.directory(".leases")
        names = os.listdir(leases) if os.path.isdir(leases) else []
        return not any(is_held(os.path.join(leases, name)) for name in names)

    def remove(self) -> None:
        """Remove its store, except what something began to run in since, and what is not ours."""
        self.store.prepare()  # a removal that was killed may have taken the locks
        with self.store.writing(self._link, timeout=self._lock_timeout):
            self.store.remove(self._link)
        removed = [self.store.remove_generation(id) for id in self.store.generation_ids()]
        if all(removed):
            for part in (*_PARTS, _LAST_PART):
                remove_tree(self.store.directory(part))
            with suppress(OSError):  # something of the user's is in it
                os.rmdir(self.store.path)

    def is_there(self) -> bool:
        """Whether there is a store of ours, or the empty directory that is left when its removal is killed at the end.

        A link in its place, or another user's directory, is not: what is there would be removed as spare.
        """
        if not _is_own_directory(self._directory):
            return False
        return _is_own_directory(os.path.join(self._directory, _LAST_PART)) or not os.listdir(self._directory)

    def _request(self, needs: PythonNeeds, own: CombinedRequirements) -> VenvRequest:
        if os.path.islink(self._directory):
            raise InputError(f"{self._directory} is a link, where an isolated venv is to be built: remove it")
        return build_request(
            python=self._choose_python(needs),
            ansible_core=None,
            packages=(),
            collections=(),
            collections_source="community_package",
            profile=Profile(),
            needs=own,
        )

    def _choose_python(self, needs: PythonNeeds) -> str | None:
        """A version on this host that the project accepts, that of the module's own interpreter rather than others."""
        if not needs.needs:
            return None
        for minor in (sys.version_info[1], *range(_NEWEST_MINOR, _OLDEST_MINOR - 1, -1)):
            with suppress(ToolMissingError):
                found = find_interpreter(f"3.{minor}", minimum=(3, _OLDEST_MINOR), runner=self._runner)
                if needs.unmet(found.version) is None:
                    return f"3.{minor}"
        asked = " and ".join(map(str, needs.needs))
        raise ToolMissingError(f"This host has no Python that the project accepts, {asked}: install one")


def _is_own_directory(path: str) -> bool:
    """Whether ``path`` is a directory, and no link to one, of this user."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()


def _state(request: Mapping[str, Any], *, files: str = "intact") -> Mapping[str, Any]:
    """The part of a request that users are shown, and whether the files are as they were built."""
    lists = {key: list(request[key]) for key in ("packages", "constraints", "siblings")}
    return {"python": request["python"], **lists, "files": files}


def read_needs(project: str, *, files: Sequence[str] | None) -> CombinedRequirements:
    """What ``project`` needs: what ``files`` say, relative to it, or those that projects have."""
    return combined([read_project(project, files=files)])
