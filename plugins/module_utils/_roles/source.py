# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Knows when no role has to be fetched: an exact version that was brought before is in the cache, and so is what was
asked for in the same way, until an upgrade is asked for."""

from __future__ import annotations

import os
import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from .._collections.locked import check_content
from .._errors import ResolutionError, SourceError, VenvError
from .._galaxy.settings import GalaxySettings
from .._galaxy.tool import GalaxyTool
from .._printable import listed
from .._store.answers import AnswerCache
from .._store.layout import GALAXY
from .._store.tree import file_sha256, signature
from .installer import RoleInstaller
from .requests import LockedRole, RoleRequest
from .role_cache import RoleCache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .._runner import Runner
    from .._store.store import Store
    from .._uv.commands import Uv
    from .role_cache import CachedRole

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_OF_THIS_HOST = re.compile(r"/|(?:\w+\+)?file:")


@dataclass(frozen=True)
class RoleSource:
    """What ``installer`` fetches or fetched before; ``offline`` only the latter, with ``upgrade`` the former."""

    installer: RoleInstaller
    offline: bool = False
    upgrade: bool = False

    def deliver(self, requests: Sequence[RoleRequest]) -> list[CachedRole]:
        """The roles and all they depend on, in the cache, sorted by name; raises :class:`SourceError`.

        A request with a ``sha256`` gets this content or a :class:`ResolutionError`.
        """
        if not requests:
            return []
        known = None if self.upgrade else self._exact(requests) or self._answer(requests)
        if known is None and self.offline:
            raise SourceError(
                f"roles: the store does not have {listed([one.name for one in requests])} as requested, and the "
                "option 'offline' is set; run this once without it"
            )
        if known is None:
            known = self.installer.fetch(requests)
            self._note(requests, known)
        _check_content(requests, known)
        asked = {one.name: one for one in requests}
        return [_as_requested(one, asked.get(one.name)) for one in sorted(known, key=lambda one: one.name)]

    def locked(self, locked: Iterable[LockedRole]) -> list[CachedRole]:
        """Exactly what is locked; raises :class:`ResolutionError` where that is not what is delivered."""
        wanted = {one.name: one for one in locked}
        cache = self.installer.cache
        found = {name: cache.find(name, one.version, one.sha256) for name, one in wanted.items()}
        there = [one for one in found.values() if one is not None]
        missing = [wanted[name].request() for name, one in found.items() if one is None]
        try:
            delivered = {one.name: one for one in self.deliver(missing)}
        except VenvError as error:
            names = listed([f"{one.name} {one.version}".rstrip() for one in missing])
            raise type(error)(f"The lock lists the roles {names}, which cannot be had: {error.message}") from error
        brought = [delivered[one.name] for one in missing]
        check_content("roles", brought, [wanted[one.name] for one in missing])
        revisions = {name: one.requested_revision for name, one in wanted.items()}
        taken = [replace(one, requested_revision=revisions[one.name]) for one in (*there, *brought)]
        return sorted(taken, key=lambda one: one.name)

    def _exact(self, requests: Sequence[RoleRequest]) -> list[CachedRole] | None:
        """What was brought before, where each request allows one content only, and no dependency is missing."""
        found = [self._kept(one) if one.version and _is_exact(one) else None for one in requests]
        there = {one.name: one for one in found if one is not None}
        is_closed = all(name in there for one in there.values() for name in one.dependencies)
        return list(there.values()) if is_closed and len(there) == len(requests) else None

    def _kept(self, request: RoleRequest) -> CachedRole | None:
        sha256 = self._answers.read(self._question([request], "exact"), str)
        return self.installer.cache.find(request.name, request.version, sha256) if sha256 is not None else None

    def _answer(self, requests: Sequence[RoleRequest]) -> list[CachedRole] | None:
        answer = self._answers.read(self._question(requests, "set"), list[tuple[str, str, str]])
        found = [self.installer.cache.find(*one) for one in answer] if answer is not None else [None]
        there = [one for one in found if one is not None]
        return there if len(there) == len(found) else None

    def _note(self, requests: Sequence[RoleRequest], brought: Sequence[CachedRole]) -> None:
        self._answers.write(
            self._question(requests, "set"), sorted((one.name, one.version, one.sha256) for one in brought)
        )
        for one in brought:
            request = RoleRequest(one.name, one.src, one.scm, one.version)
            if one.version and _is_exact(request):
                self._answers.write(self._question([request], "exact"), one.sha256)

    def _question(self, requests: Sequence[RoleRequest], kind: str) -> list[object]:
        # Neither the content that is demanded nor what a commit was called when it was asked for changes an answer.
        asked = sorted((asdict(replace(one, requested_revision="", sha256="")) for one in requests), key=str)
        local = sorted((path, content_of(path)) for path in (one.path for one in requests) if path is not None)
        return [self.installer.settings.digest, "roles", kind, asked, local]

    @property
    def _answers(self) -> AnswerCache:
        return AnswerCache(self.installer.store, GALAXY)


def open_roles(
    *,
    store: Store,
    uv: Callable[[], Uv],
    runner: Runner,
    python: str | None = None,
    offline: bool = False,
    upgrade: bool = False,
) -> RoleSource:
    """The source of roles for the user who runs this; nothing is fetched yet. See ``open_source`` of collections."""
    tool, cache = GalaxyTool(store=store, uv=uv, python=python), RoleCache(store)
    installer = RoleInstaller(tool, runner, store, cache, GalaxySettings.of_user())
    return RoleSource(installer, offline=offline, upgrade=upgrade)


def is_outside(src: str, root: str) -> bool:
    """Whether ``src`` is a path of this host, or an address of one, that is not in the directory ``root``."""
    real_root = os.path.realpath(root)
    is_in_root = os.path.isabs(src) and os.path.commonpath([real_root, os.path.realpath(src)]) == real_root
    return _OF_THIS_HOST.match(src) is not None and not is_in_root


def content_of(path: str) -> str:
    """A digest of the directory or file at ``path``; empty where there is none."""
    if os.path.isdir(path):
        return signature(path)
    return file_sha256(path) if os.path.isfile(path) else ""


def _check_content(requests: Sequence[RoleRequest], delivered: Sequence[CachedRole]) -> None:
    required = {one.name: one.sha256 for one in requests if one.sha256}
    for one in delivered:
        if required.get(one.name, one.sha256) != one.sha256:
            raise ResolutionError(
                f"The content of the role {one.name} {one.version} is not what is required: its sha256 is "
                f"{one.sha256}, and {required[one.name]} is required. Find out who changed it; to use it as it is, "
                "analyse again with the option 'upgrade', or remove sha256 from the entry",
                role=one.name,
            )


def _as_requested(role: CachedRole, request: RoleRequest | None) -> CachedRole:
    """``role`` with the branch or tag by which ``request`` asks for its commit."""
    if request is None or request.scm is None or request.revision in ("", role.version):
        return role
    return replace(role, requested_revision=request.revision)


def _is_exact(request: RoleRequest) -> bool:
    """Whether its version names one content: a release on Galaxy, or a commit."""
    if request.scm is not None:
        return _COMMIT.fullmatch(request.version) is not None
    return request.path is None and "://" not in request.src
