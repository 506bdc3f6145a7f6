# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What of a project, or of the results of a run, goes into an archive."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .._errors import InputError
from .._store.tree import walk
from .archive_entry import ArchiveEntry, entry_at
from .credentials import Credentials, is_hidden
from .project_files import ProjectTree, is_inside
from .unpack import DEVICES

if TYPE_CHECKING:
    from collections.abc import Callable

#: What a kernel makes for itself: neither its sizes nor its contents are those of files.
_OF_THE_KERNEL = ("/dev", "/proc", "/sys")


@dataclass(frozen=True)
class _OutwardLink:
    """A link that leads out of its tree, or a ``path`` behind one, which ``is_named`` or was only found."""

    path: str
    name: str
    is_named: bool


@dataclass
class ArchiveContents:
    """What goes into an archive, in a fixed order; ``credentials`` are paths that were left out of it as such.

    A link that leads out of its tree is refused without ``admit``. With it, what the link leads to is packed in its
    place, once, and listed in ``outside``: ``admit`` is called with its real path and with what names it, and raises
    :class:`InputError` for what is never packed. This waits for :meth:`follow_links`, so that what has a place of its
    own keeps it.
    """

    admit: Callable[[str, str], None] | None = None
    entries: list[ArchiveEntry] = field(default_factory=list)
    credentials: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    known: Credentials = field(default_factory=Credentials.of_user)
    #: The trees, each with its name if only parts of it are added.
    _roots: dict[str, str | None] = field(default_factory=dict)
    _links: list[_OutwardLink] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.entries)

    @property
    def files(self) -> int:
        """The number of files and links."""
        return sum(not entry.is_directory for entry in self.entries)

    def name_of(self, path: str) -> str | None:
        """The name under which ``path`` is in the archive, if it is."""
        return self._names.get(path)

    def add_directory(self, path: str, name: str) -> None:
        """Add a directory, without what is in it."""
        self._add(ArchiveEntry(path, name, is_directory=True))

    def add_tree(self, root: str, name: str) -> None:
        """Add the directory ``root`` under ``name``, without what does not belong to a project, and credentials."""
        self._roots[root] = None
        self._add_tree(root, name, by=None)

    def add_outside(self, path: str, name: str, *, by: str, is_linked: bool = False) -> None:
        """Add what ``by`` names outside of the trees, if it is admitted; ``is_linked`` if ``by`` is a link."""
        if self.admit is not None:
            self.admit(path, by)
        self.outside.append(path)
        if os.path.isdir(path):
            self._add_tree(path, name, by=by if is_linked else None)
        else:
            self._add(entry_at(path, root=os.path.dirname(path), name=name, by=by if is_linked else None))

    def follow_links(self) -> None:
        """Add what is behind the links that lead out: a directory before what is in it, whatever the links' names."""
        while self._links:
            links, self._links = self._links, []
            for link in sorted(links, key=lambda link: (os.path.realpath(link.path), link.path)):
                self._add_target(link.path, link.name, is_named=link.is_named)

    def is_left_out(self, path: str) -> bool:
        """Whether ``path`` is a credential that was left out, or in one."""
        real = os.path.realpath(path)
        return any(is_inside(path, one) or is_inside(real, os.path.realpath(one)) for one in self.credentials)

    def add_whole(self, root: str, name: str) -> None:
        """Add the directory ``root`` under ``name`` with all that is in it, links as they are."""
        self.add_directory(root, name)
        found = sorted((entry.relative, entry.path, entry.status) for entry, _in_cache in walk(root))
        for relative, path, status in found:
            target = os.readlink(path) if stat.S_ISLNK(status.st_mode) else None
            is_directory = stat.S_ISDIR(status.st_mode)
            size = 0 if is_directory else status.st_size
            self._add(ArchiveEntry(path, f"{name}/{relative}", size, target=target, is_directory=is_directory))

    def add_named(self, path: str, *, root: str, name: str, is_named: bool = True) -> None:
        """Add ``path`` and all in it, which somebody named; ``root`` is above it and has the name ``name``.

        Without ``is_named`` it was only found. Each link on the way and in it is added with what it leads to; a link
        that is only found does not lead to credentials. Raises :class:`InputError` for a link that leads to all of
        ``root``.
        """
        self._roots.setdefault(root, name)
        is_credential = self.known.below(root, is_linked=False)
        pending, seen = [(path, is_named)], set()
        while pending:
            one, named = pending.pop()
            if one in seen or not os.path.lexists(one):
                continue
            seen.add(one)
            link = _first_link(one, root)
            if link is not None and self._leads_out(link, root):
                self._links.append(_OutwardLink(one, f"{name}/{os.path.relpath(one, root)}", named))
            elif link is not None:
                self._add(entry_at(link, root=root, name=f"{name}/{os.path.relpath(link, root)}"))
                pending += [(_through(link, one), named)] if os.path.realpath(link) not in DEVICES else []
            elif not named and is_credential(one):
                self.credentials.append(one)
            else:
                pending += [(found, False) for found in self._add_part(one, root=root, name=name)]

    def add_private_file(self, path: str, name: str) -> None:
        """Add one file that only its owner can read on the other side; a link is followed, for the user named it."""
        mode = 0o700 if os.stat(path).st_mode & stat.S_IXUSR else 0o600
        self._add(ArchiveEntry(os.path.realpath(path), name, os.path.getsize(path), mode=mode))

    def withdraw(self, path: str) -> list[str]:
        """Take the regular file at ``path`` out again, wherever links lead to it; returns its names, which it keeps."""
        wanted = _identity(path)
        kept: list[ArchiveEntry] = []
        names: list[str] = []
        for entry in self.entries:
            is_file = wanted is not None and not entry.is_directory and entry.target is None
            if is_file and _identity(entry.source) == wanted:
                names.append(entry.name)
            else:
                kept.append(entry)
        self.entries = kept
        return names

    def _add_tree(self, root: str, name: str, *, by: str | None) -> None:
        """Add a directory; ``by`` is the link that leads there."""
        self.add_directory(root, name)
        found = ProjectTree.below(root, self.known.below(root, is_linked=by is not None))
        self.credentials += found.credentials
        for path in found.paths:
            place = f"{name}/{os.path.relpath(path, root)}"
            if self._leads_out(path, root):
                self._links.append(_OutwardLink(path, place, is_named=False))
            else:
                self._add(entry_at(path, root=root, name=place, by=by))

    def _add_part(self, path: str, *, root: str, name: str) -> list[str]:
        """Add a file or a directory of a project; returns the links in it."""
        if is_inside(path=root, root=path):
            raise InputError(
                f"a link in {root} leads to all of that directory, which is not sent as a whole: replace it with a "
                "link to a directory below, or mark the directory as a project"
            )
        tree = ProjectTree.below(path, self.known.below(path, is_linked=False))
        self.credentials += tree.credentials
        links = [one for one in tree.paths if os.path.islink(one)]
        for one in (path, *tree.paths):
            if one not in links:
                self._add(entry_at(one, root=root, name=f"{name}/{os.path.relpath(one, root)}"))
        return links

    def _leads_out(self, path: str, root: str) -> bool:
        """Whether ``path`` is a link that is followed out of ``root``."""
        return (
            self.admit is not None
            and os.path.islink(path)
            and os.path.realpath(path) not in DEVICES
            and not is_inside(os.path.realpath(path), os.path.realpath(root))
        )

    def _add_target(self, path: str, name: str, *, is_named: bool) -> None:
        """Add what ``path``, a link or behind one, leads to, in its place; what is there already is linked to.

        A link to nothing is nothing on the other side as well.
        """
        real = os.path.realpath(path)
        root = next((one for one in self._roots if is_inside(real, one)), None)
        if real in self._names:
            self._add_link(path, name, to=self._names[real])
        elif not os.path.exists(real):
            self.credentials += [path] if is_hidden(real) else []  # or this user may not even look
        elif not is_named and self.known.is_kept(real):
            self.credentials.append(path)
        elif root is not None:
            self._add_part_behind(path, name, real=real, root=root)
        else:
            self._check_target(path, real)
            self._names[path] = name
            self.add_outside(real, name, by=path, is_linked=True)

    def _add_link(self, path: str, name: str, *, to: str) -> None:
        self._add(ArchiveEntry(path, name, target=os.path.relpath(to, os.path.dirname(name))))

    def _add_part_behind(self, path: str, name: str, *, real: str, root: str) -> None:
        """Add what a link from outside leads back to, in its own place; of a whole tree it was left out."""
        place = self._roots[root]
        if place is not None:
            self.add_named(real, root=root, name=place, is_named=False)
        if real in self._names:
            self._add_link(path, name, to=self._names[real])

    def _check_target(self, path: str, real: str) -> None:
        """Raise :class:`InputError` for what no link may lead to, whoever admits it."""
        if any(is_inside(real, one) for one in _OF_THE_KERNEL):
            raise InputError(
                f"{path} is a link to {real}, which each system has of its own: it cannot be sent; replace the link "
                "with a copy of what is to be sent, or remove it"
            )
        if any(is_inside(root, real) for root in self._roots):
            raise InputError(
                f"{path} is a link to {real}, which contains the directory that is sent: replace it with a link to a "
                "directory below"
            )

    def _add(self, entry: ArchiveEntry) -> None:
        """Add an entry, once."""
        self._names.setdefault(entry.source, entry.name)
        if entry.name not in self._taken:
            self._taken.add(entry.name)
            self.entries.append(entry)


def _identity(path: str) -> tuple[int, int] | None:
    """What tells a file from others, by whatever name; None where nothing is."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _first_link(path: str, root: str) -> str | None:
    """The first link on the way from ``root`` to ``path``, itself included."""
    here = root
    for part in os.path.relpath(path, root).split(os.sep):
        here = os.path.join(here, part)
        if os.path.islink(here):
            return here
    return None


def _through(link: str, path: str) -> str:
    """Where ``path`` leads through ``link``, which is on its way."""
    target = os.path.join(os.path.dirname(link), os.readlink(link))
    return os.path.normpath(os.path.join(target, os.path.relpath(path, link)))
