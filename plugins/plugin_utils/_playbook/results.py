# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The directory on the controller for what a run brings back. Nothing is replaced that no run put there."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.extract import (
    Extracted,
    ExtractionLimits,
    extract,
    open_directory,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.project_files import RESULTS_MARKER
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.run import ARTIFACTS, EVENTS, LOG
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.trust import check_links

_MARKER_TEXT = (
    "Created by mobile_ansible.venv.venv_playbook. Because of this file, the next run with this directory replaces\n"
    f"{LOG}, {EVENTS} and {ARTIFACTS}/ in it.\n"
)
_STAGING = ".incoming-"
#: So long another run may take to lock what it has just made.
_NEW_SECONDS = 60
_UNSAFE_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class ResultsDirectory:
    """A directory of ours, at ``path``, by its ``descriptor``: whatever becomes of the path, only this one is used."""

    path: str
    descriptor: int

    @contextmanager
    def staging(self) -> Iterator[Staging]:
        """A new directory in it that is removed afterwards, with all that was not taken over."""
        self._sweep()
        name = f"{_STAGING}{secrets.token_hex(8)}"
        descriptor = open_directory(name, parent=self.descriptor, make=True)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield Staging(os.path.join(self.path, name), descriptor, self.descriptor)
        finally:
            os.close(descriptor)
            _remove(name, self.descriptor)

    def files(self, staging: Staging) -> dict[str, Any]:
        """What the result of the task says about it: what is there of an earlier run is not of this one."""
        if not staging.committed:
            return {"results": None, "log": None, "events": None, "artifacts": []}
        listed = os.listdir(self.descriptor)
        root = os.path.join(self.path, ARTIFACTS)
        found = [os.path.join(above, name) for above, _directories, files in os.walk(root) for name in files]
        return {
            "results": self.path,
            "log": os.path.join(self.path, LOG) if LOG in listed else None,
            "events": os.path.join(self.path, EVENTS) if EVENTS in listed else None,
            "artifacts": sorted(os.path.relpath(path, root) for path in found),
        }

    def _sweep(self) -> None:
        """Remove what runs have left that were killed: nobody holds its lock any more."""
        for name in os.listdir(self.descriptor):
            if name.startswith(_STAGING):
                with suppress(OSError):
                    self._remove_abandoned(name)

    def _remove_abandoned(self, name: str) -> None:
        descriptor = open_directory(name, parent=self.descriptor)
        try:
            if time.time() - os.fstat(descriptor).st_mtime > _NEW_SECONDS:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(name, self.descriptor)
        finally:
            os.close(descriptor)


@dataclass
class Staging:
    """Where results are complete before they replace those of an earlier run; ``committed`` tells that they did."""

    path: str
    descriptor: int
    target: int
    committed: bool = False

    def receive(self, stream: IO[bytes], limits: ExtractionLimits) -> Extracted:
        """Take over what a host has packed: whole, or nothing with an :class:`ArchiveError`."""
        done = extract(stream, self.descriptor, limits=limits)
        wanted = (LOG, EVENTS)
        strange = [name for name in done.files if name not in wanted and not name.startswith(f"{ARTIFACTS}/")]
        done.left_out += [f"{name} (not a part of results)" for name in strange]
        return done

    def commit(self) -> None:
        """Put log, events and artifacts where an earlier run's are, and nothing else; nothing happens without a log."""
        self.committed = self._has(LOG, stat.S_ISREG)
        if not self.committed:
            return
        for name, is_right in ((LOG, stat.S_ISREG), (EVENTS, stat.S_ISREG), (ARTIFACTS, stat.S_ISDIR)):
            old = f"{_STAGING}{secrets.token_hex(8)}"
            with suppress(FileNotFoundError):
                os.rename(name, old, src_dir_fd=self.target, dst_dir_fd=self.target)
            if self._has(name, is_right):
                os.rename(name, name, src_dir_fd=self.descriptor, dst_dir_fd=self.target)
            _remove(old, self.target)

    def _has(self, name: str, is_right: Callable[[int], bool]) -> bool:
        try:
            return is_right(os.lstat(name, dir_fd=self.descriptor).st_mode)
        except FileNotFoundError:
            return False


@contextmanager
def results_directory(path: str | None, *, playbook: str, host: str) -> Iterator[ResultsDirectory]:
    """Open the directory for results, made if it is missing; without a path a new one is made.

    Raises :class:`InputError` for one that is neither ours nor empty. When the run leaves nothing in it, it is as
    before.
    """
    # Without a trailing slash, which would follow a link.
    where = _default_parent() if path is None else os.path.abspath(path)
    made = path is None or not os.path.lexists(where)
    try:
        if path is None:
            where = _new_directory(where, playbook=playbook, host=host)
        else:
            os.makedirs(os.path.dirname(where), mode=0o700, exist_ok=True)
        _check_way(where)
        descriptor = _opened(where, make=made)
    except OSError as error:
        reason = f"{error.strerror}: {error.filename}"
        raise InputError(f"results: {where} cannot be used ({reason}); choose another directory") from error
    try:
        marks = _check_ours(where, descriptor)
        if marks:
            _mark(descriptor)
        try:
            yield ResultsDirectory(where, descriptor)
        finally:
            if marks and os.listdir(descriptor) == [RESULTS_MARKER]:
                os.unlink(RESULTS_MARKER, dir_fd=descriptor)
                if made:
                    os.rmdir(where)
    finally:
        os.close(descriptor)


def _check_way(path: str) -> None:
    """Raise :class:`InputError` where another user could put another directory in the place of this one meanwhile."""
    try:
        check_links(path)
    except StoreError as error:
        raise InputError(f"results: {error.message}") from error
    above = os.path.dirname(os.path.realpath(path))
    while above != os.path.dirname(above):
        owner = os.lstat(above).st_uid
        if owner not in (0, os.geteuid()):
            raise InputError(f"results: {above} belongs to another user (uid {owner}); choose a directory of your own")
        above = os.path.dirname(above)


def _opened(path: str, *, make: bool) -> int:
    if os.path.islink(path):
        raise InputError(f"results: {path} is a link; use the directory to which it points, {os.path.realpath(path)}")
    try:
        descriptor = open_directory(path, make=make)
    except NotADirectoryError as error:
        raise InputError(f"results: {path} is not a directory; choose another path") from error
    owner = os.fstat(descriptor).st_uid
    if owner not in (0, os.geteuid()):
        os.close(descriptor)
        raise InputError(f"results: {path} belongs to another user (uid {owner}); choose a directory of your own")
    return descriptor


def _check_ours(path: str, descriptor: int) -> bool:
    """Raise unless the directory is marked or empty; tells whether it is empty, and so has no mark."""
    names = os.listdir(descriptor)
    if not names:
        return True
    with suppress(FileNotFoundError):
        status = os.lstat(RESULTS_MARKER, dir_fd=descriptor)
        if stat.S_ISREG(status.st_mode) and status.st_uid in (0, os.geteuid()):
            return False
    raise InputError(
        f"results: {path} was not created by a run and is not empty ({printable(sorted(names)[0])!r} is in it): "
        "choose a new or an empty directory; nothing in it was changed"
    )


def _mark(descriptor: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(RESULTS_MARKER, flags, 0o600, dir_fd=descriptor), "w", encoding="utf-8") as stream:
        stream.write(_MARKER_TEXT)


def _remove(name: str, directory: int) -> None:
    """Remove a file or a tree by its name in ``directory``; a link is removed, never followed."""
    try:
        shutil.rmtree(name, dir_fd=directory)
    except FileNotFoundError:
        return
    except OSError:
        os.unlink(name, dir_fd=directory)


def _default_parent() -> str:
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return os.path.join(state, "mobile_ansible.venv", "runs")


def _new_directory(parent: str, *, playbook: str, host: str) -> str:
    """The path of a new directory in ``parent`` for the results of one run."""
    os.makedirs(parent, mode=0o700, exist_ok=True)
    stem = os.path.splitext(os.path.basename(playbook))[0]
    parts = (time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()), stem, host)
    name = "-".join(_UNSAFE_IN_NAMES.sub("_", part)[:60] for part in parts)
    for attempt in range(1000):
        path = os.path.join(parent, f"{name}-{attempt}" if attempt else name)
        try:
            os.mkdir(path, 0o700)
        except FileExistsError:
            continue
        return path
    raise InputError(f"results: no free name for {name} in {parent}; remove some of the directories there")
