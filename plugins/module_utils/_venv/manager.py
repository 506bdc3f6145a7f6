# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Let a shared venv exist as asked for: look, plan, build, switch. Check mode is this without the last two."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .._collections.sources import open_source
from .._errors import InputError, StoreError
from .._store.store import LOCK_TIMEOUT
from .._store.tree import json_sha256
from .._uv.tool import find_uv
from .build import build
from .plan import (
    choose_interpreter,
    make_plan,
    plan_from_lock,
)

if TYPE_CHECKING:
    from .._runner import Runner
    from .._store.generation import Generation
    from .._store.links import PublicLink
    from .._store.store import Store
    from .._store.tree import ManifestValue
    from .._uv.commands import Uv
    from .._uv.package_index import PackageIndex
    from .lockfile import Lockfile
    from .plan import VenvPlan
    from .request import VenvRequest


@dataclass(frozen=True)
class VenvOutcome:
    """What was found, and what is there now: ``generation`` is None when nothing was done or the venv is gone.

    ``users`` are the links of projects that lead to the venv.
    """

    changed: bool
    before: Generation | None
    before_intact: bool
    generation: Generation | None
    users: tuple[str, ...] = ()


class SharedVenv:
    """The venv behind ``link``. Each change has a look before it, ``inspect…``, which is what check mode does.

    With ``verify`` a generation counts as whole only after a look at the content of every file.
    """

    def __init__(
        self, store: Store, link: PublicLink, *, runner: Runner, index: PackageIndex, verify: bool = False
    ) -> None:
        self._store = store
        self._link = link
        self._runner = runner
        self._index = index
        self._verify = verify
        self._uv = lru_cache(maxsize=None)(self._find_uv)

    def inspect(self, request: VenvRequest, *, lock: Lockfile | None = None) -> VenvOutcome:
        """Whether the venv already is what ``request`` asks for, and with ``lock`` nothing but what it holds.

        Files are read, no program is started.
        """
        before, answer = self._store.current(self._link), self._answer(request, lock)
        if answer is not None and before is not None and before.id == answer.id:
            return VenvOutcome(False, before, True, answer, tuple(self._store.users(self._link)))
        return self._change(self._look())

    def inspect_upgrade(self, request: VenvRequest) -> VenvOutcome:
        """Whether resolving ``request`` anew gives something else; nothing is resolved for a venv that is not there."""
        found = self._look()
        if found.before is None or not found.before_intact:
            return self._change(found)
        same = self._plan(request, None).digest == found.before.id
        return replace(found, generation=found.before) if same else self._change(found)

    def ensure(
        self,
        request: VenvRequest,
        *,
        upgrade: bool = False,
        lock: Lockfile | None = None,
        lock_timeout: float = LOCK_TIMEOUT,
    ) -> VenvOutcome:
        """Build what is missing and switch the link to it.

        With ``upgrade`` the request is resolved anew; with ``lock`` nothing is resolved, and it is built from that.
        """
        found = self.inspect(request, lock=lock)
        if not (found.changed or upgrade):
            return found
        self._store.prepare()
        with self._store.writing(self._link, timeout=lock_timeout):
            found = self.inspect(request, lock=lock)  # another run may have done it while we waited
            if not (found.changed or upgrade):
                return found
            if found.before is not None and not found.before_intact:
                found.before.distrust()
            known = None if upgrade else self._answer(request, lock)
            generation = known or self._build(request, lock, lock_timeout)
            with self._store.lease(generation, timeout=lock_timeout):
                self._store.switch(self._link, generation, request_digest=request.digest)
        changed = found.before is None or found.before.id != generation.id
        return replace(found, changed=changed, generation=generation)

    def inspect_previous(self) -> VenvOutcome:
        """The generation to go back to; raises where there is none, or where it is damaged."""
        found = self._look()
        previous = self._store.previous(self._link)
        if previous is None:
            raise InputError(f"{self._link.path} has no previous generation to go back to")
        problems = previous.differences()
        if problems or not _has_interpreter(previous):
            raise StoreError(
                f"{self._link.path} cannot go back: {previous.path} is damaged "
                f"({'; '.join(problems[:10]) or 'its interpreter is gone'})"
            )
        found = replace(found, generation=previous)
        return found if found.before is not None and found.before.id == previous.id else self._change(found)

    def go_back(self, *, lock_timeout: float = LOCK_TIMEOUT) -> VenvOutcome:
        """Switch the link to its previous generation; needs no network."""
        found = self.inspect_previous()
        if not found.changed:
            return found
        with self._store.writing(self._link, timeout=lock_timeout):
            found = self.inspect_previous()
            if found.changed and found.generation is not None:
                digest = json_sha256(found.generation.record["request"])
                with self._store.lease(found.generation, timeout=lock_timeout):
                    self._store.switch_back(self._link, found.generation, request_digest=digest)
        return found

    def inspect_absent(self, *, force: bool = False) -> VenvOutcome:
        """What ``remove`` would find; raises where projects still link to the venv, unless ``force``."""
        found = self._look()
        if found.users and not force:
            raise StoreError(
                f"{self._link.path} is linked by {', '.join(found.users)}; remove these links first, or set force",
                users=list(found.users),
            )
        return self._change(found) if os.path.islink(self._link.path) else found

    def remove(self, *, force: bool = False, lock_timeout: float = LOCK_TIMEOUT) -> VenvOutcome:
        """Remove the link, and the generations that only it kept."""
        found = self.inspect_absent(force=force)
        if found.changed:
            with self._store.writing(self._link, timeout=lock_timeout):
                self._store.remove(self._link)
        return found

    def _change(self, found: VenvOutcome) -> VenvOutcome:
        """``found``, which is to be changed; raises where this user cannot, also in check mode."""
        self._store.check_own()
        return replace(found, changed=True)

    def _look(self) -> VenvOutcome:
        before = self._store.current(self._link)
        intact = before is not None and before.is_intact(by_content=self._verify)
        return VenvOutcome(False, before, intact, None, tuple(self._store.users(self._link)))

    def _answer(self, request: VenvRequest, lock: Lockfile | None) -> Generation | None:
        """The generation for this request, if it is whole and its interpreter is still there."""
        generation = self._store.answer(request.digest)
        if generation is None or not self._is_usable(generation):
            return None
        return generation if lock is None or lock.has_content_of(generation.record) else None

    def _is_usable(self, generation: Generation) -> bool:
        return generation.is_intact(by_content=self._verify) and _has_interpreter(generation)

    def _build(self, request: VenvRequest, lock: Lockfile | None, lock_timeout: float) -> Generation:
        plan = self._plan(request, lock)
        attempt = 0
        while True:
            generation_id = f"{plan.digest}-{attempt}" if attempt else plan.digest
            with self._store.building(generation_id, timeout=lock_timeout) as (path, descriptor):
                generation = self._store.generation(generation_id)
                if generation is None:
                    return self._build_at(path, plan, request, descriptor)
            if generation.is_intact(by_content=self._verify):
                return generation
            generation.distrust()
            attempt += 1  # a damaged generation may still serve somebody: the repaired one lies beside it

    def _build_at(self, path: str, plan: VenvPlan, request: VenvRequest, descriptor: int) -> Generation:
        def attempt(uv: Uv) -> dict[str, ManifestValue]:
            self._store.begin_anew(os.path.basename(path), descriptor)
            return build(path, plan, uv=uv, runner=self._runner, pass_fds=[descriptor])

        files = self._uv().despite_cache(attempt)
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        record: dict[str, Any] = {**plan.record(), "request": request.as_dict(), "created": created}
        return self._store.seal(path, record, files)

    def _plan(self, request: VenvRequest, lock: Lockfile | None) -> VenvPlan:
        interpreter = choose_interpreter(request, runner=self._runner)
        source = None
        if request.collections_source is not None:
            source = open_source(
                request.collections_source,
                store=self._store,
                uv=self._uv,
                index=self._index,
                python=interpreter.executable,
            )
        if lock is not None:
            return plan_from_lock(request, lock, interpreter=interpreter, source=source)
        return make_plan(request, interpreter=interpreter, source=source, uv=self._uv)

    def _find_uv(self) -> Uv:
        return find_uv(
            runner=self._runner,
            tools=self._store.directory(".tools"),
            cache=os.path.join(self._store.cache(), "uv"),
            index=self._index,
        )


def _has_interpreter(generation: Generation) -> bool:
    return os.access(generation.record["interpreter"]["executable"], os.X_OK)
