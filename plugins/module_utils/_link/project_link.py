# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A project's link to a venv: look, plan, apply. Check mode is this without the last."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .._errors import StoreError, VenvError
from .._store.durable import (
    fsync_directory,
    remove_symlink,
    replace_symlink,
)
from .._store.roots import (
    can_register,
    forget,
    is_registered,
    register,
)
from .._store.store import LOCK_TIMEOUT, Store
from .backup import (
    RestoreError,
    find_backup,
    move_to_backup,
)
from .link_path import (
    find_occupant,
    is_interrupted,
    writing,
)
from .paths import follow, link_text
from .plan import (
    LinkPlan,
    LinkState,
    WantedLink,
    check_occupant,
    plan_absent,
    plan_nothing,
    plan_present,
)
from .target import (
    Target,
    TargetError,
    find_target,
    look_at,
    store_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._projects.python import PythonNeeds
    from .._runner import Runner
    from .isolated import IsolatedVenv
    from .link_path import LinkPath
    from .target import TargetVenv


class LinkError(VenvError):
    """The file system refused a change of a project's link."""

    code = "link"


@dataclass(frozen=True)
class LinkRequest:
    """What the user asks for; ``fall_back`` allows an isolated venv where the target cannot be used."""

    target: str
    relative: bool
    replace: bool
    needs: PythonNeeds
    fall_back: bool = False


@dataclass(frozen=True)
class LinkOutcome:
    """What was planned or done.

    ``venv`` is None for one that check mode did not build, and where there is none. ``reason`` says why the project
    has a venv of its own instead of the target. ``backup`` is the directory that was moved away.
    """

    plan: LinkPlan
    text: str | None = None
    venv: TargetVenv | None = None
    reason: str | None = None
    backup: str | None = None
    warnings: tuple[str, ...] = ()


class ProjectLink:
    """The link at ``place``. ``store`` is where targets without a slash are looked for."""

    def __init__(self, place: LinkPath, *, store: Store, isolated: IsolatedVenv, runner: Runner) -> None:
        self.place = place
        self.path = place.path
        self._store = store
        self._isolated = isolated
        self._runner = runner

    def inspect(self, request: LinkRequest) -> LinkOutcome:
        """What :meth:`ensure` would do; nothing is written."""
        with self._reporting():
            return self._plan(request, build=False)

    def ensure(self, request: LinkRequest, *, lock_timeout: float = LOCK_TIMEOUT) -> LinkOutcome:
        """Let the link lead to what is asked for."""
        self.clear_up(lock_timeout=lock_timeout)
        outcome = self.inspect(request)
        if not outcome.plan.changed:
            return outcome
        with self._writing(lock_timeout):
            outcome = self._plan(request, build=True)  # another run may have done it while we waited
            with self._leased(outcome.venv, lock_timeout):
                backup = self._apply(outcome.plan)
        return replace(outcome, backup=backup)

    def inspect_absent(self) -> LinkOutcome:
        """What :meth:`remove` would do; nothing is written."""
        with self._reporting():
            found = self._find(None)
        kind = found.occupant.kind
        warnings = (f"{self.path} is a {kind} and no link: it stays",) if kind in ("directory", "file") else ()
        return LinkOutcome(plan_absent(found), warnings=warnings)

    def remove(self, *, lock_timeout: float = LOCK_TIMEOUT) -> LinkOutcome:
        """Remove the link, and take it off the lists of users."""
        self.clear_up(lock_timeout=lock_timeout)
        outcome = self.inspect_absent()
        if outcome.plan.changed:
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
                raise RestoreError(f"{self.path} was made anew a moment ago: start again")
            try:
                os.rename(backup, self.path)
                fsync_directory(self.place.project)
            except OSError as error:
                raise RestoreError(
                    f"{backup} cannot be put back: {error.strerror}; nothing was lost, rename it to {self.path}"
                ) from error
        return backup

    def clear_up(self, *, lock_timeout: float = LOCK_TIMEOUT) -> None:
        """Remove what a run left that was killed; waits for one that is alive."""
        with self._reporting():
            interrupted = is_interrupted(self.place)
        if interrupted:
            with self._writing(lock_timeout):
                pass

    # Look and plan --------------------------------------------------------------------------------------------------

    def _plan(self, request: LinkRequest, *, build: bool) -> LinkOutcome:
        target = find_target(request.target, project=self.place.project, store=self._store)
        found = self._find(target)
        try:
            venv = look_at(target, link=self.path, needs=request.needs, runner=self._runner)
        except TargetError as error:
            if not request.fall_back:
                raise
            return self._plan_isolated(found, request, reason=error.message, build=build)
        listed = venv.store is not None and can_register(venv.store)
        wanted = WantedLink(
            text=link_text(target.path, directory=self.place.project, relative=request.relative),
            user_of=venv.store.path if venv.store is not None and listed else None,
        )
        plan = plan_present(found, wanted, replace=request.replace)
        warnings = request.needs.doubts
        if venv.store is not None and not listed:
            warnings += (
                f"{self.path} is not listed as a user of the store {venv.store.path}, which belongs to root: "
                "its owner does not see this link and may remove the venv",
            )
        return LinkOutcome(plan, text=wanted.text, venv=venv, warnings=warnings)

    def _plan_isolated(self, found: LinkState, request: LinkRequest, *, reason: str, build: bool) -> LinkOutcome:
        own = self._own_directory(found, request)
        if own is not None:
            warning = f"{self.path} stays the project's own venv, because the shared one cannot be used: {reason}"
            outcome = LinkOutcome(plan_nothing(found), venv=own, reason=reason)
            return replace(outcome, warnings=(*request.needs.doubts, warning))
        check_occupant(found.occupant, replace=request.replace)
        isolated = self._isolated
        try:
            state = isolated.provide(request.needs) if build else isolated.inspect(request.needs)
        except VenvError as error:
            message = f"{reason}. The isolated venv cannot be built either: {error.message}"
            raise TargetError(message, **error.context) from error
        text = link_text(isolated.path, directory=self.place.project, relative=True)
        wanted = WantedLink(text, isolated.store.path, isolated=state.asked, builds=state.changed)
        venv = None
        if build or not state.changed:
            target = Target(text, isolated.path)
            venv = look_at(target, link=self.path, needs=request.needs, runner=self._runner)
        plan = plan_present(found, wanted, replace=request.replace)
        warning = f"{self.path} leads to an isolated venv, because the shared one cannot be used: {reason}"
        outcome = LinkOutcome(plan, text=text, venv=venv, reason=reason)
        return replace(outcome, warnings=(*request.needs.doubts, *state.notes, warning))

    def _own_directory(self, found: LinkState, request: LinkRequest) -> TargetVenv | None:
        """The venv that the project has as a directory of its own, if it works."""
        if found.occupant.kind != "directory":
            return None
        with suppress(TargetError):
            return look_at(Target(self.path, self.path), link="", needs=request.needs, runner=self._runner)
        return None

    def _find(self, target: Target | None) -> LinkState:
        return LinkState(
            find_occupant(self.path),
            users_of=frozenset(store.path for store in self._stores(target) if is_registered(store, self.path)),
            isolated=self._isolated.holds(),
            spare=self._isolated.is_spare(),
        )

    def _stores(self, target: Target | None) -> list[Store]:
        """The stores that may list the link and that this user may write, each once."""
        leads = [self.path, *([target.path] if target is not None else [])]
        found = [self._store, *filter(None, (_trusted_store(path) for path in leads))]
        if self._isolated.is_there():
            found.append(self._isolated.store)
        real = {os.path.realpath(store.path) for store in found}
        return [store for store in map(Store, sorted(real)) if can_register(store)]

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
        with self._reporting(), writing(self.place, timeout=timeout):
            yield

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LinkError(
                f"{self.path} cannot be looked at or changed: {error.strerror} ({error.filename}); nothing was lost, "
                "look at the rights and the space there"
            ) from error

    @contextmanager
    def _leased(self, venv: TargetVenv | None, timeout: float) -> Iterator[None]:
        """Keep what the link shall lead to from being removed before the link is listed."""
        if venv is None or venv.store is None or venv.generation is None:
            yield
            return
        with venv.store.lease(venv.generation, timeout=timeout):
            yield


def _trusted_store(path: str) -> Store | None:
    """The store that ``path`` leads through, unless it is another user's, which lists no link of ours."""
    with suppress(StoreError):
        return store_of(follow(path))
    return None
