# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Let a shared venv exist as asked for: inspect, plan, build, switch. Check mode is this without the last two."""

from __future__ import annotations

import itertools
import os
import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .._errors import InputError, StoreError
from .._store.store import LOCK_TIMEOUT
from .._store.tree import json_sha256
from .interpreter import choose_interpreter, is_still_allowed

# What only a build needs is imported there: every start of a module compiles what it imports anew.

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .._roles.source import RoleSource
    from .._runner import Runner
    from .._store.generation import Generation
    from .._store.links import PublicLink
    from .._store.store import Store
    from .._uv.commands import Uv
    from .._uv.package_index import PackageIndex
    from .build import BuiltVenv
    from .build_progress import BuildProgress, Reporter
    from .carried_content import CarriedContent
    from .lockfile import Lockfile
    from .plan import VenvPlan
    from .request import VenvRequest


@dataclass(frozen=True)
class VenvOutcome:
    """What was found, and what is there now: ``generation`` is None when nothing was done or the venv is gone.

    ``linked_projects`` are the links of projects that lead to the venv. ``planned`` is the record, as far as it is
    known, of what check mode would build or switch to. ``built``: whether this run made the generation, and did not
    find it.
    """

    changed: bool
    before: Generation | None
    before_intact: bool
    generation: Generation | None
    linked_projects: tuple[str, ...] = ()
    planned: Mapping[str, Any] | None = None
    built: bool = False

    def left_out(self, request: VenvRequest) -> list[dict[str, str]]:
        """The optional packages of ``request`` that the venv does not have, each with the reason."""
        record = self.generation.record if self.generation is not None else self.planned
        if record is None:
            return []
        reasons = record.get("left_out") or {}
        return [{"package": line, "reason": reasons[line]} for line in request.optional_packages if line in reasons]


class SharedVenv:
    """The venv behind ``link``. Each change has an inspection before it, ``inspect…``, which is what check mode does.

    With ``verify`` a generation counts as intact only after the content of every file was compared. Each generation is
    inspected once: what is repeated once a lock was had is where the links lead. ``scratch`` is a directory for what
    has to be fetched to predict a change, where there is no store that this user can write. ``tools_store`` is another
    store that can have uv. How far a build is stands in a file of the store, with the id ``progress_id`` if that is
    given, and ``show`` is told the same. ``carried`` is the content that the controller resolved and sent.
    """

    def __init__(
        self,
        store: Store,
        link: PublicLink,
        *,
        runner: Runner,
        index: PackageIndex,
        verify: bool = False,
        scratch: str | None = None,
        tools_store: str | None = None,
        show: Callable[[Mapping[str, Any]], None] | None = None,
        progress_id: str | None = None,
        carried: CarriedContent | None = None,
    ) -> None:
        self._store = store
        self._link = link
        self._runner = runner
        self._index = index
        self._verify = verify
        self._scratch = scratch
        self._tools_store = tools_store
        self._show = show
        self._progress_id = progress_id
        self._carried = carried
        self._intact: dict[tuple[str, str], bool] = {}
        self._problems: dict[tuple[str, str], list[str]] = {}

    def inspect(self, request: VenvRequest, *, lock: Lockfile | None = None) -> VenvOutcome:
        """Whether the venv already is what ``request`` asks for, and with ``lock`` nothing but what it holds.

        Files are read, no program is started.
        """
        before, answer = self._store.current(self._link), self._answer(request, lock)
        if answer is not None and before is not None and before.id == answer.id:
            return VenvOutcome(False, before, True, answer, tuple(self._store.linked_projects(self._link.path)))
        return self._change(self._inspect_current())

    def predict(self, request: VenvRequest, *, upgrade: bool = False, lock: Lockfile | None = None) -> VenvOutcome:
        """What :meth:`ensure` would do. It resolves where that does; nothing but caches is written."""
        found = self.inspect(request, lock=lock)
        if not (found.changed or upgrade):
            return found
        answer = None if upgrade else self._answer(request, lock)
        planned = answer.record if answer is not None else None
        if planned is None:
            plan = self._plan(request, lock, upgrade=upgrade)
            answer = self._built_before(plan)
            planned = answer.record if answer is not None else {**plan.record(), "request": request.as_dict()}
        same = found.before_intact and found.before is not None and answer is not None and found.before.id == answer.id
        found = replace(found, generation=answer if same else None, planned=planned)
        return replace(found, changed=False) if same else self._change(found)

    def uv_and_python(self, request: VenvRequest) -> tuple[Uv, str]:
        """What ``request`` is resolved with, and the interpreter that it is resolved for."""
        return self._uv, choose_interpreter(request, runner=self._runner).executable

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
                found.before.mark_suspect()
            known = None if upgrade else self._answer(request, lock)
            generation, built = (known, False) if known else self._build(request, lock, lock_timeout, upgrade)
            with self._store.lease(generation, timeout=lock_timeout):
                self._store.switch(self._link, generation, request_digest=request.digest)
        changed = found.before is None or found.before.id != generation.id
        return replace(found, changed=changed, generation=generation, built=built)

    def inspect_previous(self) -> VenvOutcome:
        """The generation to go back to; raises where there is none, or where it is damaged."""
        found = self._inspect_current()
        previous = self._store.previous(self._link)
        if previous is None:
            raise InputError(f"{self._link.path} has no previous generation to restore")
        key = _key(previous)
        problems = self._problems[key] = self._problems[key] if key in self._problems else previous.differences()
        if problems or not _has_interpreter(previous):
            raise StoreError(
                f"{self._link.path} cannot be restored to its previous generation: {previous.path} is damaged "
                f"({'; '.join(problems[:10]) or 'its interpreter does not exist'})"
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
        found = self._inspect_current()
        if found.linked_projects and not force:
            links = ", ".join(found.linked_projects)
            raise StoreError(
                f"{self._link.path} is used by the links {links}; remove these links first, or set force",
                linked_projects=list(found.linked_projects),
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
        self._store.check_can_change(self._link)
        return replace(found, changed=True)

    def _inspect_current(self) -> VenvOutcome:
        before = self._store.current(self._link)
        intact = before is not None and self._is_intact(before)
        return VenvOutcome(False, before, intact, None, tuple(self._store.linked_projects(self._link.path)))

    def _answer(self, request: VenvRequest, lock: Lockfile | None) -> Generation | None:
        """The generation for this request, if it is whole and its interpreter is still there."""
        generation = self._store.answer(request.digest)
        if generation is None or not self._is_intact(generation):
            return None
        if not is_still_allowed(generation, request, runner=self._runner):
            return None
        if _may_have_more(generation, offline=self._index.offline, locked=lock is not None):
            return None
        return generation if lock is None or lock.has_content_of(generation.record) else None

    def _is_intact(self, generation: Generation) -> bool:
        key = _key(generation)
        if key not in self._intact:
            self._intact[key] = generation.is_intact(by_content=self._verify)
        return self._intact[key]

    def _build(
        self, request: VenvRequest, lock: Lockfile | None, lock_timeout: float, upgrade: bool
    ) -> tuple[Generation, bool]:
        """The generation that ``request`` resolves to, and whether it had to be built."""
        with self._progress(request) as reporter:
            plan = self._plan(request, lock, reporter, upgrade=upgrade)
            ids = _generation_ids(plan)
            while True:
                generation_id = next(ids)
                with self._store.building(generation_id, timeout=lock_timeout) as (path, descriptor):
                    generation = self._store.generation(generation_id)
                    if generation is None:
                        return self._build_at(path, plan, request, descriptor, reporter), True
                if self._is_intact(generation):
                    return generation, False
                generation.mark_suspect()

    def _progress(self, request: VenvRequest) -> BuildProgress:
        from .build_progress import BuildProgress, phases_of

        path = self._store.progress_path(self._link)
        return BuildProgress(path, phases_of(request), ident=self._progress_id, show=self._show)

    def _built_before(self, plan: VenvPlan) -> Generation | None:
        """The generation that :meth:`_build` would find."""
        for generation_id in _generation_ids(plan):
            generation = self._store.generation(generation_id)
            if generation is None or self._is_intact(generation):
                return generation
        return None

    def _build_at(
        self, path: str, plan: VenvPlan, request: VenvRequest, descriptor: int, reporter: Reporter
    ) -> Generation:
        from .._store.generation import seal
        from .build import build
        from .build_progress import SEAL

        def attempt(uv: Uv) -> BuiltVenv:
            self._store.begin_anew(os.path.basename(path), descriptor)
            return build(
                path, plan, store=self._store, uv=uv, runner=self._runner, pass_fds=[descriptor], reporter=reporter
            )

        built = self._uv.despite_cache(attempt)
        reporter.begin(SEAL)
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        record: dict[str, Any] = {
            **plan.record(),
            "request": request.as_dict(),
            "created": created,
            "shared_files": [one._asdict() for one in built.shared_files],
        }
        return seal(path, record, built.files)

    def _plan(
        self,
        request: VenvRequest,
        lock: Lockfile | None,
        reporter: Reporter | None = None,
        *,
        upgrade: bool = False,
    ) -> VenvPlan:
        from .build_progress import SILENT
        from .plan import make_plan, plan_from_lock

        reporter = reporter or SILENT

        interpreter = choose_interpreter(request, runner=self._runner)
        carried, source = self._carried, None
        if request.collections_source is not None and carried is None:
            from .._collections.sources import open_source

            source = open_source(
                request.collections_source,
                store=self._caches,
                uv=lambda: self._uv,
                runner=self._runner,
                index=self._index,
                python=interpreter.executable,
                told=reporter.count,
                upgrade=upgrade,
            )
        roles = self._roles(interpreter.executable, upgrade=upgrade) if request.roles and carried is None else None
        if lock is not None:
            return plan_from_lock(request, lock, interpreter=interpreter, source=source, roles=roles, carried=carried)
        return make_plan(
            request,
            interpreter=interpreter,
            source=source,
            roles=roles,
            uv=lambda: self._uv,
            offline=self._index.offline,
            reporter=reporter,
            carried=carried,
        )

    def _roles(self, python: str, *, upgrade: bool) -> RoleSource:
        from .._roles.source import open_roles

        return open_roles(
            store=self._caches,
            uv=lambda: self._uv,
            runner=self._runner,
            python=python,
            offline=self._index.offline,
            upgrade=upgrade,
        )

    @cached_property
    def _caches(self) -> Store:
        from .._uv.tool import lookup_store

        return lookup_store(self._store, scratch=self._scratch)

    @cached_property
    def _uv(self) -> Uv:
        from .._uv.tool import uv_of

        return uv_of(self._caches, runner=self._runner, index=self._index, other_store=self._tools_store)


def _generation_ids(plan: VenvPlan) -> Iterator[str]:
    """Where a plan is built: a damaged generation may still serve somebody, so that its repair lies beside it."""
    yield plan.digest
    yield from (f"{plan.digest}-{attempt}" for attempt in itertools.count(1))


def _may_have_more(generation: Generation, *, offline: bool, locked: bool) -> bool:
    """Whether it lacks an optional package that could be had: with the network, or because no lock is to be kept."""
    reasons: dict[str, str] = generation.record.get("left_out") or {}
    if not reasons:
        return False
    from .optional_packages import NOT_LOCKED, WITHOUT_NETWORK

    return any(
        (not offline and reason.endswith(WITHOUT_NETWORK)) or (not locked and reason == NOT_LOCKED)
        for reason in reasons.values()
    )


def _key(generation: Generation) -> tuple[str, str]:
    """Tells a generation from what another run builds in its place."""
    return generation.id, str(generation.record["signature"])


def _has_interpreter(generation: Generation) -> bool:
    return os.access(generation.record["interpreter"]["executable"], os.X_OK)
