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

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections._sources import open_source
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._store import LOCK_TIMEOUT
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv_tool import find_uv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv._build import build
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv._plan import choose_interpreter, make_plan

if TYPE_CHECKING:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Runner
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._generation import Generation
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._store import PublicLink, Store
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv import PackageIndex, Uv
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv._plan import Plan
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv._request import Request


@dataclass(frozen=True)
class Outcome:
    """What was found, and what is there now: ``generation`` is None when nothing was done or the venv is gone."""

    changed: bool
    before: Generation | None
    before_intact: bool
    generation: Generation | None


class SharedVenv:
    """The venv behind ``link``."""

    def __init__(self, store: Store, link: PublicLink, *, runner: Runner, index: PackageIndex) -> None:
        self._store = store
        self._link = link
        self._runner = runner
        self._index = index
        self._uv = lru_cache(maxsize=None)(self._find_uv)

    def inspect(self, request: Request) -> Outcome:
        """What is there, and whether it already is what ``request`` asks for: files are read, nothing is started."""
        before = self._store.current(self._link)
        answer = self._answer(request)
        satisfied = answer is not None and before is not None and before.id == answer.id
        intact = satisfied or (before is not None and before.is_intact())
        return Outcome(not satisfied, before, before_intact=intact, generation=answer if satisfied else None)

    def ensure(self, request: Request, *, lock_timeout: float = LOCK_TIMEOUT) -> Outcome:
        """Build what is missing and switch the link to it."""
        found = self.inspect(request)
        if not found.changed:
            return found
        self._store.prepare()
        with self._store.writing(self._link, timeout=lock_timeout):
            found = self.inspect(request)  # another run may have done it while we waited
            if not found.changed:
                return found
            generation = self._answer(request) or self._build(request, lock_timeout)
            with self._store.lease(generation, timeout=lock_timeout):
                self._store.switch(self._link, generation, request_digest=request.digest)
        changed = found.before is None or found.before.id != generation.id
        return replace(found, changed=changed, generation=generation)

    def inspect_absent(self) -> Outcome:
        """What ``remove`` would find."""
        before = self._store.current(self._link)
        intact = before is not None and before.is_intact()
        return Outcome(os.path.islink(self._link.path), before, before_intact=intact, generation=None)

    def remove(self, *, lock_timeout: float = LOCK_TIMEOUT) -> Outcome:
        """Remove the link, and the generations that only it kept."""
        found = self.inspect_absent()
        if found.changed:
            with self._store.writing(self._link, timeout=lock_timeout):
                self._store.remove(self._link)
        return found

    def _answer(self, request: Request) -> Generation | None:
        """The generation for this request, if it is whole and its interpreter is still there."""
        generation = self._store.answer(request.digest)
        if generation is None or not generation.is_intact():
            return None
        return generation if os.access(generation.record["interpreter"]["executable"], os.X_OK) else None

    def _build(self, request: Request, lock_timeout: float) -> Generation:
        plan = self._plan(request)
        attempt = 0
        while True:
            generation_id = f"{plan.digest}-{attempt}" if attempt else plan.digest
            with self._store.building(generation_id, timeout=lock_timeout) as (path, descriptor):
                generation = self._store.generation(generation_id)
                if generation is None:
                    return self._build_at(path, plan, request, descriptor)
            if generation.is_intact():
                return generation
            attempt += 1  # a damaged generation may still serve somebody: the repaired one lies beside it

    def _build_at(self, path: str, plan: Plan, request: Request, descriptor: int) -> Generation:
        files = build(path, plan, uv=self._uv(), runner=self._runner, pass_fds=[descriptor])
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        record: dict[str, Any] = {**plan.record(), "request": request.as_dict(), "created": created}
        return self._store.seal(path, record, files)

    def _plan(self, request: Request) -> Plan:
        interpreter = choose_interpreter(request, runner=self._runner)
        source = None
        if request.collections_source is not None:
            source = open_source(
                request.collections_source,
                store=self._store.path,
                uv=self._uv,
                index=self._index,
                python=interpreter.executable,
            )
        return make_plan(request, interpreter=interpreter, source=source, uv=self._uv)

    def _find_uv(self) -> Uv:
        return find_uv(
            runner=self._runner,
            tools=self._store.folder(".tools"),
            cache=self._store.folder(os.path.join(".cache", "uv")),
            index=self._index,
        )
