# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Remove what is unused: first say what and why, then do it."""

from __future__ import annotations

import glob
import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._errors import InputError, LockedError
from .durable import remove_symlink
from .generation import MARKER, interpreter_key
from .layout import ANALYSES, BYTECODE, CACHE, CARRIED, COLLECTIONS, FOR_ITS_OWNER, GALAXY, PROGRESS, ROLES, WHEELS
from .links import key_of_path
from .staging import staging
from .survey import stale_links, unused_venvs
from .tree import contents, disk_bytes, remove_tree

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .links import Link
    from .store import Store
    from .survey import Surveyed, UnusedVenv


#: What the store keeps to use again, and how builds ended; bytecode goes with the generations that have its sources.
_CACHES = (COLLECTIONS, ROLES, WHEELS, CARRIED, ANALYSES, GALAXY, PROGRESS)
_AGE = re.compile(r"(\d{1,9})([smhdw]?)", re.ASCII)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


@dataclass(frozen=True)
class Removal:
    """A generation that will be or was removed, how many bytes that frees, and why nobody needs it."""

    id: str
    path: str
    bytes: int
    reason: str


@dataclass(frozen=True)
class CachedEntry:
    """A wheel, collection, role or analysis that is kept to be used again; ``bytes`` are those that removal frees."""

    path: str
    bytes: int
    last_used: float


def parse_age(text: str) -> float:
    """``30d`` in seconds; the units are those of ``ansible.builtin.find``."""
    match = _AGE.fullmatch(text.strip())
    if match is None:
        raise InputError(f"older_than: {text!r} is not a valid time; write a number and s, m, h, d or w, such as 30d")
    return float(int(match[1]) * _SECONDS[match[2]])


def remove_unused(store: Store, venvs: Sequence[UnusedVenv]) -> list[UnusedVenv]:
    """Remove these names, except what came into use since; returns what is gone. Their generations stay."""
    gone = []
    for venv in venvs:
        with suppress(LockedError), store.writing(venv.link, timeout=0):
            if venv in unused_venvs(store):
                store.unlink(venv.link)
                gone.append(venv)
    return gone


def plan_prune(
    surveyed: Sequence[Surveyed], *, older_than: float, now: float, without: Collection[str] = ()
) -> list[Removal]:
    """Which generations no link keeps, in which nothing runs or was started in the last ``older_than`` seconds.

    The links at the paths ``without`` keep nothing. What an interrupted build left goes too.
    """
    return [
        Removal(one.id, one.path, one.bytes, _reason(one, now=now))
        for one in surveyed
        if not one.in_use
        and (
            one.generation is None
            or (now - one.last_used >= older_than and all(link.path in without for link in one.links))
        )
    ]


def _reason(one: Surveyed, *, now: float) -> str:
    if one.generation is None:
        return "its build was interrupted"
    return f"no venv and no project links to it; last used {(now - one.last_used) / 86400:.1f} days ago"


def orphaned_links(store: Store, venvs: Sequence[UnusedVenv] = ()) -> list[Link]:
    """What was kept to go back to for venvs that have gone, or go as ``venvs``: these links keep nothing."""
    links, gone = list(store.links()), {venv.link.path for venv in venvs}
    there = {os.path.basename(link.path) for link in links if link.kind == "name" and link.path not in gone}
    stale = {link.path for link in stale_links(store)}
    there |= {key_of_path(link.path) for link in links if link.kind == "path" and link.path not in stale}
    return [link for link in links if link.kind == "previous" and os.path.basename(link.path) not in there]


def unused_caches(store: Store, *, older_than: float, now: float, removals: Sequence[Removal]) -> list[CachedEntry]:
    """What the store keeps to use again, was not used in the last ``older_than`` seconds, and no generation contains.

    The names of wheels, collections and roles begin with name and version. No generation contains an analysis, or
    the progress of a build.
    """
    going = {one.id for one in removals}
    generations = (store.generation(id) for id in store.generation_ids() if id not in going)
    content = (
        one.record["packages"] + one.record["collections"] + one.record.get("roles", [])
        for one in generations
        if one is not None
    )
    held = {_key(f"{one['name']}-{one['version']}") for part in content for one in part}
    found = []
    for directory in map(store.directory, _CACHES):
        for name in sorted(os.listdir(directory)) if os.path.isdir(directory) else ():
            parts, path = name.split("-"), os.path.join(directory, name)
            is_held = any(_key("-".join(parts[:count])) in held for count in range(2, len(parts)))
            if not (name.startswith(".") or is_held):
                with suppress(FileNotFoundError):
                    found.append(CachedEntry(path, disk_bytes(path), os.lstat(path).st_mtime))
    return [one for one in found if now - one.last_used >= older_than]


def _key(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9+]+", "-", text).lower()


def remove_caches(store: Store, entries: Sequence[CachedEntry]) -> list[CachedEntry]:
    """Remove these, except what was used since; returns what is gone: nothing while a venv is written.

    Bytecode of sources that no generation has goes too, and what killed builds left beside all of it.
    """
    gone = []
    with suppress(LockedError, FileNotFoundError), store.caches_locked(shared=False, timeout=0):
        for directory in filter(os.path.isdir, map(store.directory, _CACHES)):
            with staging(directory) as scratch:
                gone += [one for one in entries if os.path.dirname(one.path) == directory and _take(one, scratch)]
        _remove_bytecode(store)
    return gone


def _take(entry: CachedEntry, scratch: str) -> bool:
    """Move ``entry`` to ``scratch`` if it is as it was seen; tells whether it was.

    It goes by one rename: what is half removed would not be fetched again.
    """
    try:
        status = os.lstat(entry.path)
        if status.st_mtime != entry.last_used:
            return False
        if stat.S_ISDIR(status.st_mode):
            os.chmod(entry.path, FOR_ITS_OWNER)
        os.rename(entry.path, os.path.join(scratch, os.path.basename(entry.path)))
    except FileNotFoundError:  # another prune was faster
        return False
    return True


def _remove_bytecode(store: Store) -> None:
    used: dict[str, set[str]] = {}
    for generation in filter(None, map(store.generation, store.generation_ids())):
        with suppress(OSError, ValueError):  # one whose list is damaged keeps nothing: it is built anew
            hashes = contents(generation.manifest()).values()
            used.setdefault(interpreter_key(generation.record["interpreter"]), set()).update(hashes)
    for directory in glob.glob(os.path.join(glob.escape(store.directory(CACHE)), BYTECODE, "*")):
        if os.path.isdir(directory) and not os.path.islink(directory):
            with staging(directory):
                for path in glob.glob(os.path.join(glob.escape(directory), "*.pyc")):
                    if os.path.basename(path).partition(".")[0] not in used.get(os.path.basename(directory), ()):
                        remove_tree(path)


def prune(store: Store, removals: Sequence[Removal]) -> list[Removal]:
    """Remove what was planned, except what came into use since; returns what is gone."""
    for link in stale_links(store):
        store.forget_root(link.path)
    removed = [one for one in removals if not _is_linked(store, one.id) and store.remove_generation(one.id)]
    for link in orphaned_links(store):
        if not os.path.exists(link.path):
            remove_symlink(link.path)
    return removed


def _is_linked(store: Store, id: str) -> bool:
    links = set(store.links()) - set(orphaned_links(store))
    return any(link.id == id and os.path.isfile(os.path.join(link.path, MARKER)) for link in links)
