# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a project shall link to: found, followed to its end, and tried."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from .._errors import (
    CommandError,
    InputError,
    StoreError,
    VenvError,
)
from .._python.startable import trusted_interpreter
from .._store.venv_reference import LocatedVenv, is_path, locate, path_of
from .._store.walk import Trail, follow, real_link

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._runner import Runner
    from .._store.generation import Generation
    from .._store.store import Store

PROBE_TIMEOUT = 20.0
#: Without site: a base interpreter runs nothing but its own library then.
_PROBE = ("-I", "-S", "-B", "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])")


class TargetError(VenvError):
    """There is no venv that the project could use where its link shall lead."""

    code = "target"


class PythonRequirements(Protocol):
    """Which versions of Python a project needs."""

    def unmet(self, version: str) -> object | None:
        """The first requirement that a Python of this version does not meet, as text that users can read."""


@dataclass(frozen=True)
class Target:
    """What was asked for: ``asked`` in the user's words, ``path`` normalised, its last link not followed."""

    asked: str
    path: str


@dataclass(frozen=True)
class TargetVenv(LocatedVenv):
    """A venv that works, and the version of its Python."""

    version: str = ""

    @property
    def executable(self) -> str:
        """The real path of its base interpreter."""
        return os.path.realpath(os.path.join(self.path, "bin", "python"))


def find_target(asked: str, *, project: str, store: Store) -> Target:
    """A name in ``store``, or a path, relative to the real directory of the project as links are."""
    return Target(asked, path_of(asked, store=store, option="target", base=project))


def follow_planned(path: str, planned: Mapping[str, str | None]) -> Trail:
    """Follow ``path`` as it will lead once the links in ``planned`` are there: real paths, and what each leads to.

    Raises :class:`TargetError` on the way through one that leads nowhere, because its own target cannot be used.
    """
    seen: list[str] = []
    while True:
        here = real_link(path)
        if here in seen:
            return Trail(here, tuple(seen), looping=True)
        if here not in planned:
            trail = follow(path)
            return Trail(trail.end, (*seen, *trail.visited), trail.looping)
        leads_to = planned[here]
        if leads_to is None:
            raise TargetError(f"target: the path goes through the link {here}, which cannot be created")
        seen.append(here)
        path = leads_to


class TargetInspector:
    """Tries the venvs that links shall lead to, each once, however many projects share it."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._versions: dict[str, str] = {}

    def inspect(
        self, target: Target, trail: Trail, *, link: str, python: PythonRequirements, is_linked: bool = False
    ) -> TargetVenv:
        """The venv at the end of ``trail``, which ``target`` leads to. ``link`` is the path that shall lead there.

        With ``is_linked`` it does already: a generation of a store is not started anew to learn what its record says.
        Raises :class:`InputError` where the link would lead to itself, :class:`TargetError` for what cannot be used.
        """
        check_leads_elsewhere(target, trail, link=link)
        _check_end(target, trail)
        located = locate(trail)
        if located.is_incomplete:
            raise TargetError(
                f"target: {target.asked!r} points to {trail.end}, an incomplete build or a venv without its marker: "
                "build it again with mobile_ansible.venv.shared_venv"
            )
        version = self._version(target, trail.end, located.generation if is_linked else None)
        unmet = python.unmet(version)
        if unmet is not None:
            raise TargetError(
                f"target: {target.asked!r} has Python {version}, but the project requires {unmet}: link to a shared "
                "venv of that version, or change the requirement"
            )
        return TargetVenv(located.path, located.store, located.generation, version)

    def _version(self, target: Target, path: str, generation: Generation | None) -> str:
        if path not in self._versions:
            if generation is not None and os.access(os.path.join(path, "bin", "python"), os.X_OK):
                return str(generation.record["interpreter"]["version"])
            self._versions[path] = _ask_version(target, path, self._runner)
        return self._versions[path]


def check_leads_elsewhere(target: Target, trail: Trail, *, link: str) -> None:
    """Raise :class:`InputError` where ``link`` would lead to itself."""
    if link in trail.visited:
        raise InputError(f"target: {target.asked!r} resolves back to the link {link} itself; choose another")


def _check_end(target: Target, trail: Trail) -> None:
    end = trail.end
    if trail.looping:
        raise TargetError(
            f"target: {target.asked!r} has a loop of links at {end}: remove that link and build the venv again"
        )
    if not os.path.lexists(end):
        raise TargetError(
            f"target: {target.asked!r} points to {end}, where nothing exists: create the venv first, with "
            f"mobile_ansible.venv.shared_venv, or choose another{_advice(target)}"
        )
    if not os.path.isdir(end):
        raise TargetError(f"target: {target.asked!r} points to {end}, a file and not a venv: choose another")
    if not os.path.isfile(os.path.join(end, "pyvenv.cfg")):
        raise TargetError(
            f"target: {target.asked!r} points to {end}, a directory without pyvenv.cfg, which is not a venv: choose "
            "another"
        )


def _advice(target: Target) -> str:
    if is_path(target.asked):
        return " (a relative path starts at the real path of the project)"
    return f" (without a slash it is a name in the store {os.path.dirname(target.path)})"


def _ask_version(target: Target, path: str, runner: Runner) -> str:
    try:
        python = trusted_interpreter(path)
    except StoreError as error:
        raise TargetError(
            f"target: {target.asked!r} points to a venv whose Python is not started: {error.message}"
        ) from error
    try:
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
        done = runner.run([python, *_PROBE], env=environment, cwd="/", timeout=PROBE_TIMEOUT)
        return done.check(f"Running {python} to get its version").stdout.strip()
    except CommandError as error:
        raise TargetError(
            f"target: {target.asked!r} points to a venv whose Python does not run, perhaps because its interpreter "
            f"{python} was removed: build it again ({error.message})"
        ) from error
