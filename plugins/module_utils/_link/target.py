# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a project shall link to: found, followed to its end, and tried."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._errors import (
    CommandError,
    InputError,
    StoreError,
    VenvError,
)
from .._python.startable import trusted_interpreter
from .._store.store import Store
from .paths import Trail, follow, normalised

if TYPE_CHECKING:
    from .._projects.python import PythonNeeds
    from .._runner import Runner
    from .._store.generation import Generation

PROBE_TIMEOUT = 20.0
#: Without site: a base interpreter runs nothing but its own library then.
_PROBE = ("-I", "-S", "-B", "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])")


class TargetError(VenvError):
    """There is no venv that the project could use where its link shall lead."""

    code = "target"


@dataclass(frozen=True)
class Target:
    """What was asked for: ``asked`` in the user's words, ``path`` normalised, its last link not followed."""

    asked: str
    path: str


@dataclass(frozen=True)
class TargetVenv:
    """A venv that works: its real ``path``, and the store and generation that it belongs to, if any."""

    path: str
    version: str
    store: Store | None = None
    generation: Generation | None = None

    @property
    def executable(self) -> str:
        """The real path of its base interpreter."""
        return os.path.realpath(os.path.join(self.path, "bin", "python"))


def find_target(asked: str, *, project: str, store: Store) -> Target:
    """A name in ``store``, or with a slash a path, relative to the real place of the project as links are."""
    if "/" not in asked:
        return Target(asked, store.named(asked).path)
    if not asked.isprintable():
        raise InputError(f"target: {asked!r} has line breaks or other control characters in it")
    return Target(asked, normalised(os.path.join(project, os.path.expanduser(asked))))


def store_of(trail: Trail) -> Store | None:
    """The store that a path leads through, nearest its end; it may be another than the one that options name.

    Raises :class:`StoreError` where it is another user's.
    """
    for place in reversed(trail.visited):
        directory = os.path.dirname(place)
        if all(os.path.isdir(os.path.join(directory, name)) for name in (".generations", ".roots")):
            return Store(directory)
    return None


def look_at(target: Target, *, link: str, needs: PythonNeeds, runner: Runner) -> TargetVenv:
    """The venv that ``target`` leads to, tried. ``link`` is the path that shall lead there.

    Raises :class:`InputError` where the link would lead to itself, :class:`TargetError` for what cannot be used.
    """
    trail = follow(target.path)
    if link in trail.visited:
        raise InputError(f"target: {target.asked!r} leads to {link}, the very link that shall lead there: name another")
    _check_end(target, trail)
    store = store_of(trail)
    generation = store.holding(trail.end) if store is not None else None
    if store is not None and generation is None and store.id_behind(trail.end) is not None:
        raise TargetError(
            f"target: {target.asked!r} leads to {trail.end}, a build that was interrupted or a venv that lost "
            "its marker: build it anew with mobile_ansible.venv.shared_venv"
        )
    version = _ask_version(target, trail.end, runner)
    unmet = needs.unmet(version)
    if unmet is not None:
        raise TargetError(
            f"target: {target.asked!r} has Python {version}, but the project needs {unmet}: "
            "link to a shared venv of that version, or change what the project needs"
        )
    return TargetVenv(trail.end, version, store if generation is not None else None, generation)


def _check_end(target: Target, trail: Trail) -> None:
    end = trail.end
    if trail.looping:
        raise TargetError(
            f"target: {target.asked!r} leads in a circle at {end}: remove that link and make the venv anew"
        )
    if not os.path.lexists(end):
        raise TargetError(
            f"target: {target.asked!r} leads to {end}, where there is nothing: make it first, with "
            f"mobile_ansible.venv.shared_venv, or name another{_advice(target)}"
        )
    if not os.path.isdir(end):
        raise TargetError(
            f"target: {target.asked!r} leads to {end}, a file and not a virtual environment: name another"
        )
    if not os.path.isfile(os.path.join(end, "pyvenv.cfg")):
        raise TargetError(
            f"target: {target.asked!r} leads to {end}, a directory without pyvenv.cfg and so no virtual environment: "
            "name another"
        )


def _advice(target: Target) -> str:
    if "/" in target.asked:
        return " (a relative path starts at the real place of the project)"
    return f" (without a slash it is a name in the store {os.path.dirname(target.path)})"


def _ask_version(target: Target, path: str, runner: Runner) -> str:
    try:
        python = trusted_interpreter(path)
    except StoreError as error:
        raise TargetError(
            f"target: {target.asked!r} leads to a venv whose Python is not started: {error.message}"
        ) from error
    try:
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
        done = runner.run([python, *_PROBE], env=environment, cwd="/", timeout=PROBE_TIMEOUT)
        return done.check(f"Asking {python} for its version").stdout.strip()
    except CommandError as error:
        raise TargetError(
            f"target: {target.asked!r} leads to a venv whose Python does not run, perhaps because its interpreter "
            f"{python} was removed: build it anew ({error.message})"
        ) from error
