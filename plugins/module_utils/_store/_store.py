# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The store: immutable generations behind links that change by one rename. It knows nothing of Python packages.

::

    <store>/
      <name>               -> .generations/<id>      a venv's public path
      .previous/<name>     -> ../.generations/<id>   what it was before
      .requests/<digest>   -> ../.generations/<id>   the answer to a request that was resolved once
      .generations/<id>/      venv.json is written last: where it is, the generation is complete
      .leases/<id>            flock: shared while something runs in it, exclusive to build or remove it
      .locks/<name>           flock: one writer a name; taken before a lease
      .roots/<hash>        -> /abs/project/venv      who links
      .collections/ .wheels/ .tools/ .cache/         what builds use again

Locks are always taken in the order name, then lease.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, LockedError, StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._checks import (
    check_name,
    check_nobody_else_writes,
    check_path,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._durable import (
    fsync_folder,
    remove_symlink,
    replace_symlink,
    sync_file_system,
    write_json,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._locks import locked
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._tree import (
    contents,
    is_read_only,
    make_read_only,
    manifest,
    remove_tree,
    signature,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._tree import ManifestValue

DEFAULT_STORE = "~/.local/share/ansible-venvs"
LOCK_TIMEOUT = 1800.0

_MARKER = "venv.json"
_MANIFEST = "files.json"
_OURS = frozenset({_MARKER, _MANIFEST})
_FOLDERS = (".previous", ".requests", ".generations", ".leases", ".locks", ".roots", ".collections", ".wheels")


@dataclass(frozen=True)
class Generation:
    """A complete venv: its ``id``, the real ``path`` and the ``record`` that its marker holds."""

    id: str
    path: str
    record: dict[str, Any]

    def is_intact(self) -> bool:
        """Whether it lies where it was built, read-only, with the content that it had then.

        One lstat pass tells, as long as nobody touched a file. Where a time differs, as in a restored backup, the content
        of all files decides.
        """
        try:
            if self.record["path"] != self.path:
                return False
            return signature(self.path, without=_OURS) == self.record["signature"] or self._has_its_content()
        except (OSError, ValueError):
            return False

    def _has_its_content(self) -> bool:
        with open(os.path.join(self.path, _MANIFEST), encoding="utf-8") as stream:
            sealed = json.load(stream)
        return is_read_only(self.path) and contents(manifest(self.path, without=_OURS)) == contents(sealed)


@dataclass(frozen=True)
class PublicLink:
    """The stable path of a shared venv: ``path`` is the link, ``key`` names its lock and its previous generation."""

    path: str
    key: str


class Store:
    """The store in the folder ``path``. Nothing is read or written before a method is called."""

    def __init__(self, path: str = DEFAULT_STORE) -> None:
        self.path = check_path(path, option="store")

    def folder(self, name: str) -> str:
        """The path of one of the store's own folders, such as ``.cache``."""
        return os.path.join(self.path, name)

    def prepare(self) -> None:
        """Create the store, or refuse a place in which others could plant code."""
        check_nobody_else_writes(self.path)
        shared_by_root = os.geteuid() == 0 and not self.path.startswith(os.path.expanduser("~") + os.sep)
        old_umask = os.umask(0o022)
        try:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            if not os.path.isdir(self.path):
                os.mkdir(self.path, 0o755 if shared_by_root else 0o700)
            for name in _FOLDERS:
                os.makedirs(self.folder(name), exist_ok=True)
        finally:
            os.umask(old_umask)

    # Links ----------------------------------------------------------------------------------------------------------

    def named(self, name: str) -> PublicLink:
        """The link ``<store>/<name>``."""
        return PublicLink(os.path.join(self.path, check_name(name)), name)

    def at(self, path: str) -> PublicLink:
        """A link at any path of the host, such as a parent project's ``venv``."""
        absolute = check_path(path, option="path")
        return PublicLink(absolute, "path-" + hashlib.sha256(absolute.encode()).hexdigest()[:32])

    def current(self, link: PublicLink) -> Generation | None:
        """The complete generation that ``link`` points to; raises where something else is in its place."""
        if os.path.lexists(link.path) and not os.path.islink(link.path):
            raise InputError(
                f"{link.path} is a folder or a file of its own, not a link to a shared venv: move it away first"
            )
        return self._behind(link.path)

    def find(self, name: str) -> Generation | None:
        """The generation of the venv called ``name``."""
        return self.current(self.named(name))

    def holding(self, path: str) -> Generation | None:
        """The generation of this store that ``path``, resolved, is; None for any other folder."""
        return self._behind(path)

    def answer(self, request_digest: str) -> Generation | None:
        """The generation that this request was resolved to before."""
        return self._behind(os.path.join(self.folder(".requests"), request_digest))

    def _behind(self, link: str) -> Generation | None:
        path = os.path.realpath(link)
        if os.path.dirname(path) != os.path.realpath(self.folder(".generations")):
            return None
        return self.generation(os.path.basename(path))

    @contextmanager
    def writing(self, link: PublicLink, *, timeout: float = LOCK_TIMEOUT) -> Iterator[int]:
        """Be the one writer of ``link``; yields the lock's descriptor."""
        path = os.path.join(self.folder(".locks"), link.key)
        with locked(path, timeout=timeout, purpose=f"writing {link.path}") as descriptor:
            yield descriptor

    def switch(self, link: PublicLink, generation: Generation, *, request_digest: str) -> None:
        """Let ``link`` point to ``generation``, and keep what it pointed to as its previous one.

        Callers are its writer and hold a lease of ``generation``.
        """
        answered = os.path.join("..", ".generations", generation.id)
        before = self.current(link)
        if before is not None and before.id != generation.id:
            replace_symlink(self._previous(link), os.path.join("..", ".generations", before.id))
        replace_symlink(os.path.join(self.folder(".requests"), request_digest), answered)
        if before is None or before.id != generation.id:
            replace_symlink(link.path, self._target(link, generation))
        if os.path.dirname(link.path) != self.path:
            replace_symlink(os.path.join(self.folder(".roots"), link.key), link.path)

    def remove(self, link: PublicLink) -> None:
        """Remove ``link``, then every generation that only it kept. Callers are its writer."""
        kept = {generation for generation in (self._id(link.path), self._id(self._previous(link))) if generation}
        remove_symlink(link.path)
        remove_symlink(self._previous(link))
        remove_symlink(os.path.join(self.folder(".roots"), link.key))
        for generation in sorted(kept - self._referenced()):
            self._remove_generation(generation)

    def _previous(self, link: PublicLink) -> str:
        return os.path.join(self.folder(".previous"), link.key)

    def _target(self, link: PublicLink, generation: Generation) -> str:
        """Relative inside the store, so that it can be mounted elsewhere; absolute from outside."""
        if os.path.dirname(link.path) == self.path:
            return os.path.join(".generations", generation.id)
        return generation.path

    def _id(self, link: str) -> str | None:
        """The id that a link of ours names, whether or not the generation is complete."""
        return os.path.basename(os.readlink(link)) if os.path.islink(link) else None

    def _referenced(self) -> set[str]:
        """The generations that some name, previous name or link from outside keeps."""
        links = [entry.path for folder in (self.path, self.folder(".previous")) for entry in os.scandir(folder)]
        links += [os.readlink(entry.path) for entry in os.scandir(self.folder(".roots")) if entry.is_symlink()]
        return {generation for generation in map(self._id, links) if generation}

    # Generations ----------------------------------------------------------------------------------------------------

    def generation(self, id: str) -> Generation | None:
        """The complete generation with this id; None where there is none, or only debris of a build."""
        path = os.path.join(self.folder(".generations"), id)
        try:
            with open(os.path.join(path, _MARKER), encoding="utf-8") as stream:
                record = json.load(stream)
        except (OSError, ValueError):
            return None
        if not isinstance(record, dict) or "signature" not in record:
            return None
        return Generation(id, os.path.realpath(path), record)

    @contextmanager
    def lease(self, generation: Generation, *, timeout: float = LOCK_TIMEOUT) -> Iterator[tuple[int, ...]]:
        """Keep ``generation`` from being removed; yields the descriptors to hand to what runs in it (``pass_fds``).

        There are none in another user's store: nobody can hold up its owner. Raises :class:`StoreError` when the
        generation was removed before the lease was had.
        """
        if os.stat(self.path).st_uid != os.geteuid():
            yield ()
            return
        with locked(self._lease_path(generation.id), shared=True, timeout=timeout, purpose="running") as descriptor:
            if self.generation(generation.id) is None:
                raise StoreError(f"{generation.path} was removed a moment ago: start again")
            yield (descriptor,)

    @contextmanager
    def building(self, id: str, *, timeout: float = LOCK_TIMEOUT) -> Iterator[tuple[str, int]]:
        """Be the only builder of a generation: yields its empty folder and the lock's descriptor.

        What a crashed build left there is removed first, and so is what this build leaves if it fails. Callers look
        for a complete generation again inside, because another builder may have been first: see :meth:`generation`.
        """
        path = os.path.join(self.folder(".generations"), id)
        with locked(self._lease_path(id), timeout=timeout, purpose=f"building {id}") as descriptor:
            if self.generation(id) is None:
                remove_tree(path)
            try:
                yield path, descriptor
            except BaseException:
                if self.generation(id) is None:
                    remove_tree(path)
                raise

    def seal(self, path: str, record: dict[str, Any], files: dict[str, ManifestValue]) -> Generation:
        """Make the folder ``path`` a complete generation: manifest, read-only, durable, and last of all the marker."""
        make_read_only(path)
        write_json(os.path.join(path, _MANIFEST), files)
        os.chmod(os.path.join(path, _MANIFEST), 0o444)
        complete = {**record, "path": os.path.realpath(path), "signature": signature(path, without=_OURS)}
        sync_file_system(path)
        write_json(os.path.join(path, _MARKER), complete)
        os.chmod(os.path.join(path, _MARKER), 0o444)
        os.chmod(path, 0o555)
        fsync_folder(os.path.dirname(path))
        return Generation(os.path.basename(path), os.path.realpath(path), complete)

    def _remove_generation(self, id: str) -> None:
        """Remove a generation unless something runs in it; then it stays for a later prune."""
        lease = self._lease_path(id)
        try:
            with locked(lease, timeout=0, purpose=f"removing {id}"):
                for entry in list(os.scandir(self.folder(".requests"))):
                    if self._id(entry.path) == id:
                        remove_symlink(entry.path)
                self._unmark(id)
                remove_tree(os.path.join(self.folder(".generations"), id))
                os.unlink(lease)
        except LockedError:
            return

    def _unmark(self, id: str) -> None:
        """Make a generation debris first, so that a removal that is killed halfway leaves no broken venv."""
        path = os.path.join(self.folder(".generations"), id)
        if os.path.isdir(path):
            os.chmod(path, 0o700)
            with suppress(FileNotFoundError):
                os.unlink(os.path.join(path, _MARKER))
            fsync_folder(path)

    def _lease_path(self, id: str) -> str:
        return os.path.join(self.folder(".leases"), id)
