# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The store: immutable generations behind links that change by one rename. It knows nothing of Python packages.

A :class:`Store` is the one door: it exists only for a path that nobody but this user and root can change, and nothing
of a store is read or written beside it.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from .._errors import InputError, LockedError, StoreError
from .._paths import check_name, check_path
from .durable import (
    remove_staged_symlinks,
    remove_symlink,
    replace_symlink,
)
from .generation import Generation, read_generation, unmark
from .layout import (
    CACHE,
    CACHES_LOCK,
    DEFAULT_STORE,
    DIRECTORIES,
    FOR_ALL,
    FOR_ITS_OWNER,
    GENERATIONS,
    LEASES,
    LOCKS,
    PREVIOUS,
    PROGRESS,
    REQUESTS,
    ROOTS,
    generation_link,
    is_generation,
)
from .links import KEY_OF_PATH, Link, PublicLink, key_of_path
from .locks import is_still, locked
from .tree import (
    changeable_by_others,
    remove_tree,
)
from .trust import (
    check_can_write,
    check_links,
    check_own_directories,
    check_trusted,
    make_own_directories,
    make_trusted,
)
from .walk import leads_through, real_link

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


LOCK_TIMEOUT = 1800.0


class Store:
    """The store in the directory ``path``, of this user or of root.

    Raises :class:`StoreError` where another user could have put something there. Nothing is written before a method
    that does so is called.
    """

    def __init__(self, path: str = DEFAULT_STORE) -> None:
        self.path = check_path(path, option="store")
        self._was_there = False
        self._cache_checked = False
        self.is_there()

    def is_there(self) -> bool:
        """Whether the store exists; it is checked until it does, and before anything in it is read."""
        if not self._was_there and check_trusted(self.path):
            check_own_directories(self.path, tuple(DIRECTORIES))
            self._was_there = True
        return self._was_there

    def is_own(self) -> bool:
        """Whether it belongs to this user, who can change it then."""
        return self.is_there() and os.stat(self.path).st_uid == os.geteuid()

    def check_own(self) -> None:
        """Raise :class:`StoreError` where this user can use what is in the store, and cannot change it."""
        if self.is_there() and not self.is_own():
            raise StoreError(
                f"{self.path} belongs to root: it can be used, but not changed. Run this as root (become: "
                f"true), or choose a store of your own, such as {DEFAULT_STORE}"
            )
        if self.is_there():
            check_can_write(self.path)

    def can_change(self) -> bool:
        """Whether this user can write the store, or make it where it is not there."""
        with suppress(StoreError):
            self.check_own()
            check_can_write(self.path)
            return True
        return False

    def check_can_change(self, link: PublicLink) -> None:
        """Raise where this user could not make ``link``, or the store: before a build, and in check mode."""
        self.check_own()
        check_can_write(self.path)
        directory = os.path.dirname(link.path)
        if directory == self.path:
            return
        if not os.path.isdir(directory):
            raise InputError(
                f"path: {link.path}: the directory {directory} does not exist; create it or correct the path"
            )
        check_can_write(directory, sticky=True)

    def directory(self, name: str) -> str:
        """The path of one of the store's own directories, such as ``.cache``."""
        return os.path.join(self.path, name)

    def prepare(self) -> None:
        """Create what is missing. Raises :class:`StoreError` where this user cannot."""
        self.check_own()
        shared_by_root = os.geteuid() == 0 and not self.path.startswith(os.path.expanduser("~") + os.sep)
        make_trusted(self.path, mode=FOR_ALL if shared_by_root else FOR_ITS_OWNER)
        self.check_own()
        make_own_directories(self.path, DIRECTORIES)

    def cache(self) -> str:
        """The directory in which programs keep what they fetched; what others could have put there is removed first."""
        path = self.directory(CACHE)
        # uv lets everybody write to its locks, which hold nothing.
        if not self._cache_checked and any(not name.endswith(".lock") for name in changeable_by_others(path)):
            remove_tree(path)
            make_own_directories(self.path, {CACHE: FOR_ITS_OWNER})
        self._cache_checked = True
        return path

    # Links ----------------------------------------------------------------------------------------------------------

    def named(self, name: str) -> PublicLink:
        """The link ``<store>/<name>``."""
        return PublicLink(os.path.join(self.path, check_name(name)), name)

    def at(self, path: str) -> PublicLink:
        """A link at any path of the host, such as a parent project's ``venv``."""
        absolute = check_path(path, option="path")
        check_trusted(os.path.dirname(absolute), sticky=True)
        if os.path.islink(absolute) and os.lstat(absolute).st_uid not in (0, os.geteuid()):
            raise StoreError(f"{absolute} is a link of another user: remove it, or choose another path")
        return PublicLink(absolute, key_of_path(absolute))

    def current(self, link: PublicLink) -> Generation | None:
        """The complete generation that ``link`` points to; raises where something else is in its place.

        A link that leads nowhere, or into another store, was ours and may be replaced.
        """
        if os.path.lexists(link.path) and not os.path.islink(link.path):
            raise InputError(
                f"{link.path} is a directory or a file and not a link to a shared venv: move it away first"
            )
        target = os.path.realpath(link.path)
        if is_generation(target):
            check_links(link.path)
        if os.path.islink(link.path) and os.path.exists(target) and not is_generation(target):
            raise InputError(f"{link.path} is a link to {target}, not to a shared venv: remove it first")
        return self.holding(link.path)

    def find(self, name: str) -> Generation | None:
        """The generation of the venv called ``name``."""
        return self.current(self.named(name))

    def answer(self, request_digest: str) -> Generation | None:
        """The generation that this request was resolved to before."""
        return self.holding(os.path.join(self.directory(REQUESTS), request_digest))

    def id_behind(self, link: str) -> str | None:
        """The id of the generation of ours that ``link`` leads to, through other links, whether complete or not."""
        if not self.is_there():
            return None
        try:
            directory, id = os.path.split(os.path.realpath(link))
        except FileNotFoundError:  # a link on the way was removed while it was followed
            return None
        return id if directory == os.path.realpath(self.directory(GENERATIONS)) else None

    def holding(self, path: str) -> Generation | None:
        """The generation of this store that ``path``, resolved, is; None for any other directory."""
        id = self.id_behind(path)
        return self.generation(id) if id is not None else None

    @contextmanager
    def writing(self, link: PublicLink, *, timeout: float = LOCK_TIMEOUT) -> Iterator[int]:
        """Be the one writer of ``link``; yields the lock's descriptor."""
        self.check_own()
        path = os.path.join(self.directory(LOCKS), link.key)
        with (
            locked(path, timeout=timeout, purpose=f"writing {link.path}") as descriptor,
            self.caches_locked(shared=True, timeout=timeout),
        ):
            yield descriptor

    def caches_locked(self, *, shared: bool, timeout: float) -> AbstractContextManager[int]:
        """Hold the lock that is shared while a venv is written, so that nothing is removed that it is built from."""
        path = os.path.join(self.directory(LOCKS), CACHES_LOCK)
        return locked(path, shared=shared, timeout=timeout, purpose="removing unused files")

    def switch(self, link: PublicLink, generation: Generation, *, request_digest: str) -> None:
        """Let ``link`` point to ``generation``, and keep what it pointed to as its previous one.

        Callers are its writer and hold a lease of ``generation``.
        """
        before = self.current(link)
        if before is not None and before.id != generation.id:
            replace_symlink(self._previous(link), generation_link(before.id, beside=True))
        self._remember_answer(link, generation, request_digest)
        if before is None or before.id != generation.id:
            replace_symlink(link.path, self._target(link, generation))
        if os.path.dirname(link.path) != self.path:
            replace_symlink(os.path.join(self.directory(ROOTS), link.key), link.path)

    def previous(self, link: PublicLink) -> Generation | None:
        """What ``link`` pointed to before; the same as now when it went back already."""
        return self.holding(self._previous(link))

    def switch_back(self, link: PublicLink, previous: Generation, *, request_digest: str) -> None:
        """Let ``link`` point to its previous generation, and be that the answer to its request again.

        Callers are its writer and hold a lease of ``previous``, which stays the previous one: going back twice is
        going back once.
        """
        self._remember_answer(link, previous, request_digest)
        replace_symlink(link.path, self._target(link, previous))

    def _remember_answer(self, link: PublicLink, generation: Generation, request_digest: str) -> None:
        answer = os.path.join(self.directory(REQUESTS), request_digest)
        replace_symlink(answer, generation_link(generation.id, beside=True), writer=f".{link.key}")

    def linked_projects(self, link: str) -> list[str]:
        """The links of projects that lead to the path ``link`` itself, directly or through the links of others."""
        public = real_link(link)
        return sorted(one.path for one in self.links() if one.kind == "project" and leads_through(one.path, public))

    def remove(self, link: PublicLink) -> None:
        """Remove ``link``, then every generation that only it kept. Callers are its writer."""
        kept = {generation for generation in map(self.id_behind, (link.path, self._previous(link))) if generation}
        self.unlink(link)
        for generation in sorted(kept - {one.id for one in self.links()}):
            self.remove_generation(generation)

    def unlink(self, link: PublicLink) -> None:
        """Remove ``link`` and what the store remembers of it, but no generation. Callers are its writer."""
        remove_symlink(link.path)
        remove_staged_symlinks(link.path)
        remove_symlink(self._previous(link))
        remove_symlink(os.path.join(self.directory(ROOTS), link.key))
        with suppress(FileNotFoundError):
            os.unlink(self.progress_path(link))

    def progress_path(self, link: PublicLink) -> str:
        """The file in which the writer of ``link`` says how far its build is."""
        return os.path.join(self.directory(PROGRESS), f"{link.key}.json")

    def _previous(self, link: PublicLink) -> str:
        return os.path.join(self.directory(PREVIOUS), link.key)

    def _target(self, link: PublicLink, generation: Generation) -> str:
        """Relative inside the store, so that it can be mounted elsewhere; absolute from outside."""
        if os.path.dirname(link.path) == self.path:
            return generation_link(generation.id)
        return generation.path

    def links(self) -> Iterator[Link]:
        """Every link that the store knows of: names, their previous generations, and projects that registered."""
        for kind, directory in (("name", ""), ("previous", PREVIOUS)):
            for path, _target in self._symlinks(directory):
                yield Link(kind, path, self.id_behind(path))
        for root, path in self._symlinks(ROOTS):
            kind = "path" if os.path.basename(root).startswith(KEY_OF_PATH) else "project"
            yield Link(kind, path, self.id_behind(path) if os.path.islink(path) else None)

    def forget_root(self, path: str) -> None:
        """Take a link outside the store, which has gone or leads elsewhere, off the list of who links."""
        for root, target in self._symlinks(ROOTS):
            if target == path:
                remove_symlink(root)

    def _symlinks(self, directory: str) -> list[tuple[str, str]]:
        """The links in a directory of the store, each with what it says; staged ones, of a crash, are left out."""
        found: list[tuple[str, str]] = []
        if not self.is_there():
            return found
        with suppress(FileNotFoundError), os.scandir(self.directory(directory)) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                with suppress(OSError):  # no link, or removed a moment ago
                    if not entry.name.startswith("."):
                        found.append((entry.path, os.readlink(entry.path)))
        return found

    # Generations ----------------------------------------------------------------------------------------------------

    def generation(self, id: str) -> Generation | None:
        """The complete generation with this id; None where there is none, or only an incomplete build."""
        return read_generation(self.generation_path(id)) if self.is_there() else None

    def generation_ids(self) -> list[str]:
        """The ids of all generations, incomplete ones too."""
        if not self.is_there():
            return []
        with suppress(FileNotFoundError):
            return sorted(os.listdir(self.directory(GENERATIONS)))
        return []

    def generation_path(self, id: str) -> str:
        """Where the generation with this id is, or will be."""
        return os.path.join(self.directory(GENERATIONS), id)

    @contextmanager
    def lease(self, generation: Generation, *, timeout: float = LOCK_TIMEOUT) -> Iterator[tuple[int, ...]]:
        """Keep ``generation`` from being removed; yields the descriptors to hand to what runs in it (``pass_fds``).

        There are none in another user's store: nobody can hold up its owner. There are none on a read-only file system:
        nothing is removed from it. Raises :class:`StoreError` when the
        generation was removed before the lease was had.
        """
        if not self.is_own() or os.statvfs(self.path).f_flag & os.ST_RDONLY:
            yield ()
            return
        with locked(self.lease_path(generation.id), shared=True, timeout=timeout, purpose="running") as descriptor:
            if self.generation(generation.id) is None:
                raise StoreError(f"{generation.path} was removed by another process: run this again")
            yield (descriptor,)

    @contextmanager
    def building(self, id: str, *, timeout: float = LOCK_TIMEOUT) -> Iterator[tuple[str, int]]:
        """Be the only builder of a generation: yields its empty directory and the lock's descriptor.

        What a crashed build left there is removed first, and so is what this build leaves if it fails. Callers look
        for a complete generation again inside, because another builder may have been first: see :meth:`generation`.
        """
        self.check_own()
        path = self.generation_path(id)
        with locked(self.lease_path(id), timeout=timeout, purpose=f"building {id}") as descriptor:
            if self.generation(id) is None:
                self._empty(id)
            try:
                yield path, descriptor
            except BaseException:
                # Somebody may have removed the lock: what lies there is then another builder's.
                if self.generation(id) is None and is_still(self.lease_path(id), descriptor):
                    remove_tree(path)
                raise

    def begin_anew(self, id: str, descriptor: int) -> None:
        """Empty the directory of a build. Raises :class:`StoreError` where somebody removed the lock while it was held:
        what lies there is then another builder's.
        """
        if not is_still(self.lease_path(id), descriptor):
            raise StoreError(f"{self.lease_path(id)} was removed while it was held: run this again")
        self._empty(id)

    def _empty(self, id: str) -> None:
        """Let the directory of a build be there and empty, and let nobody else look into it before it is complete."""
        remove_tree(self.generation_path(id))
        make_own_directories(self.directory(GENERATIONS), {id: FOR_ITS_OWNER})

    def remove_generation(self, id: str) -> bool:
        """Remove a generation, complete or not, and the answers that name it, unless something runs in it.

        Tells whether it is gone.
        """
        self.check_own()
        lease = self.lease_path(id)
        try:
            with locked(lease, timeout=0, purpose=f"removing {id}"):
                for request, _target in self._symlinks(REQUESTS):
                    if self.id_behind(request) == id:
                        remove_symlink(request)
                unmark(self.generation_path(id))
                remove_tree(self.generation_path(id))
                with suppress(FileNotFoundError):
                    os.unlink(lease)
        except LockedError:
            return False
        return True

    def lease_path(self, id: str) -> str:
        """The lock file that whatever runs in a generation holds."""
        return os.path.join(self.directory(LEASES), id)
