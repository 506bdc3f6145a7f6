# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A project's link to a venv: inspect, plan, apply. Check mode is this without the last."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from .._errors import StoreError, VenvError
from .._store.durable import (
    fsync_directory,
    remove_symlink,
    replace_symlink,
)
from .._store.project_links import can_register, forget, is_registered, register
from .._store.store import LOCK_TIMEOUT, Store
from .._store.trust import why_not_writable
from .._store.venv_reference import store_of
from .._store.walk import follow
from .backup import (
    RestoreError,
    find_backup,
    move_to_backup,
)
from .isolated import IsolatedVenv
from .link_path import (
    find_occupant,
    is_interrupted,
    link_text,
    writing,
)
from .plan import (
    LinkPlan,
    LinkState,
    WantedLink,
    plan_absent,
    plan_present,
)
from .target import (
    check_leads_elsewhere,
    find_target,
    follow_planned,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .._store.walk import Trail
    from .link_path import LinkPath
    from .target import PythonRequirements, TargetInspector, TargetVenv


class LinkError(VenvError):
    """The file system refused a change of a project's link."""

    code = "link"


@dataclass(frozen=True)
class LinkRequest:
    """What the user asks for; ``notes`` tell what of ``python`` could not be read.

    ``is_planned``: the target would be built by an earlier step, so that it cannot be inspected.
    """

    target: str
    relative: bool
    replace: bool
    python: PythonRequirements
    notes: tuple[str, ...] = ()
    is_planned: bool = False


@dataclass(frozen=True)
class LinkOutcome:
    """What was planned or done for the link at ``location``.

    ``venv`` is what the link leads to, None for no link. ``backup`` is the directory that was moved away.
    """

    location: LinkPath
    plan: LinkPlan
    venv: TargetVenv | None = None
    is_isolated: bool = False
    backup: str | None = None
    warnings: tuple[str, ...] = ()


class ProjectLink:
    """The link at ``location``. ``store`` is where targets without a slash are looked for."""

    def __init__(self, location: LinkPath, *, store: Store, inspector: TargetInspector) -> None:
        self.location = location
        self.path = location.path
        self._store = store
        self._inspector = inspector
        self._isolated = IsolatedVenv(location)
        self._known_stores: set[str] = set()

    def inspect(self, request: LinkRequest, *, planned: Mapping[str, str | None] = MappingProxyType({})) -> LinkOutcome:
        """What :meth:`ensure` would do; nothing is written. ``planned`` are links that will be there by then."""
        with self._reporting():
            return self._plan(request, planned)

    def ensure(self, request: LinkRequest, *, lock_timeout: float = LOCK_TIMEOUT) -> LinkOutcome:
        """Let the link lead to what is asked for."""
        with self._writing(lock_timeout):
            outcome = self._plan(request, {})
            # What the link shall lead to is not to be removed before the link is listed.
            with outcome.venv.lease(timeout=lock_timeout) if outcome.venv is not None else nullcontext():
                backup = self._apply(outcome.plan)
        return replace(outcome, backup=backup)

    def inspect_absent(self) -> LinkOutcome:
        """What :meth:`remove` would do; nothing is written."""
        with self._reporting():
            found = self._find(follow(self.path))
        kind = found.occupant.kind
        warnings = (
            (f"{self.path} is a {kind} and not a link: it is not removed",) if kind in ("directory", "file") else ()
        )
        return LinkOutcome(self.location, plan_absent(found), warnings=warnings)

    def remove(self, *, lock_timeout: float = LOCK_TIMEOUT) -> LinkOutcome:
        """Remove the link, and take it off the lists of stores."""
        with self._writing(lock_timeout):
            outcome = self.inspect_absent()
            self._apply(outcome.plan)
        return outcome

    def restore(self, *, lock_timeout: float = LOCK_TIMEOUT) -> str:
        """Put the project's own venv back in the place of the link; returns the backup that it was.

        Killed in between, there is a backup and no link, which is where the next call goes on.
        """
        with self._writing(lock_timeout):
            backup = find_backup(self.path)
            if backup is None:
                raise RestoreError(f"there is no backup beside {self.path}")
            self._apply(self.inspect_absent().plan)
            if os.path.lexists(self.path):
                raise RestoreError(f"{self.path} was replaced by another process: run this again")
            try:
                os.rename(backup, self.path)
                fsync_directory(self.location.project)
            except OSError as error:
                raise RestoreError(
                    f"{backup} cannot be restored: {error.strerror}; nothing was lost; rename it to {self.path}"
                ) from error
        return backup

    def clear_up(self, *, lock_timeout: float = LOCK_TIMEOUT) -> None:
        """Remove what a run left that was killed; waits for one that is alive."""
        with self._reporting():
            interrupted = is_interrupted(self.location)
        if interrupted:
            with self._writing(lock_timeout):
                pass

    def check_can_apply(self, plan: LinkPlan) -> None:
        """Raise where one of the steps of ``plan`` cannot be taken, before the first one is."""
        reason = why_not_writable(self.location.project) if plan.back_up or plan.link or plan.unlink else None
        if reason is not None:
            raise LinkError(f"{self.path} cannot be changed: {reason}; nothing was changed; run this as its owner")
        for store in filter(None, (plan.register, *plan.forget)):
            Store(store).check_own()

    # Inspect and plan -----------------------------------------------------------------------------------------------

    def _plan(self, request: LinkRequest, planned: Mapping[str, str | None]) -> LinkOutcome:
        target = find_target(request.target, project=self.location.project, store=self._store)
        text = link_text(target.path, directory=self.location.project, relative=request.relative)
        trail = follow_planned(target.path, planned)
        found = self._find(trail)
        if request.is_planned:
            check_leads_elsewhere(target, trail, link=self.path)
            known = can_register(self._store) or not self._store.is_there()
            wanted = WantedLink(text, register_in=self._store.path if known else None)
            plan = plan_present(found, wanted, replace=request.replace)
            return LinkOutcome(self.location, plan, warnings=request.notes)
        is_linked = found.occupant.text == text
        venv = self._inspector.inspect(target, trail, link=self.path, python=request.python, is_linked=is_linked)
        store = venv.store if venv.generation is not None else None
        wanted = WantedLink(
            text,
            register_in=store.path if store is not None and can_register(store) else None,
            is_isolated=store is not None and store.path == self._isolated.directory,
        )
        warnings = request.notes
        if store is not None and wanted.register_in is None:
            warnings += (
                f"{self.path} is not registered in the store {store.path}, which belongs to root: its owner does not "
                "see this link and may remove the venv",
            )
        if wanted.is_isolated:
            warnings += (f"{self.path} points to an isolated venv, which is not shared with other projects",)
        plan = plan_present(found, wanted, replace=request.replace)
        return LinkOutcome(self.location, plan, venv=venv, is_isolated=wanted.is_isolated, warnings=warnings)

    def _find(self, trail: Trail) -> LinkState:
        isolated = self._isolated
        return LinkState(
            find_occupant(self.path),
            registered_in=frozenset(store.path for store in self._stores(trail) if is_registered(store, self.path)),
            isolated=isolated.directory if isolated.is_there() else None,
            spare=isolated.is_spare(),
        )

    def _stores(self, trail: Trail) -> list[Store]:
        """The stores that may list the link and that this user may write, each once.

        Those of earlier calls count: the link may have led there through another one, which was changed meanwhile.
        """
        found = [self._store, *filter(None, map(_trusted_store, (follow(self.path), trail)))]
        if self._isolated.is_there():
            found.append(self._isolated.store)
        self._known_stores |= {os.path.realpath(store.path) for store in found}
        return [store for store in map(Store, sorted(self._known_stores)) if can_register(store)]

    # Apply ----------------------------------------------------------------------------------------------------------

    def _apply(self, plan: LinkPlan) -> str | None:
        """Take the steps of ``plan``; returns the backup. Killed between two of them, the next run takes the rest."""
        backup = move_to_backup(self.path, now=time.time()) if plan.back_up else None
        try:
            if plan.link is not None:
                replace_symlink(self.path, plan.link)
        except BaseException:
            if backup is not None and not os.path.lexists(self.path):
                os.rename(backup, self.path)
            raise
        if plan.unlink:
            remove_symlink(self.path)
        if plan.register is not None:
            register(Store(plan.register), self.path)
        for store in plan.forget:
            forget(Store(store), self.path)
        if plan.remove_spare:
            self._isolated.remove()
        return backup

    @contextmanager
    def _writing(self, timeout: float) -> Iterator[None]:
        with self._reporting(), writing(self.location, timeout=timeout):
            yield

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LinkError(
                f"{self.path} cannot be read or changed: {error.strerror} ({error.filename}); nothing was lost; "
                "check the permissions and the free space there"
            ) from error


def _trusted_store(trail: Trail) -> Store | None:
    """The store that ``trail`` leads through, unless it is another user's, which lists no link of ours."""
    with suppress(StoreError):
        return store_of(trail)
    return None
