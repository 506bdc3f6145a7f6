# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Pack a project or the results of a run, and unpack a project on the other side. Nothing leads out of it."""

from __future__ import annotations

import gzip
import os
import stat
import tarfile
from dataclasses import dataclass, field

from .._bounded_reader import MIB
from .._errors import InputError
from .extract import NO_LIMITS, ArchiveError, extract, open_directory, opened
from .project_files import is_inside, walk


@dataclass(frozen=True)
class ArchiveEntry:
    """One thing to pack: ``source`` on disk, ``name`` in the archive; a symlink has its ``target``.

    ``mode`` replaces the permissions that the source has.
    """

    source: str
    name: str
    size: int = 0
    target: str | None = None
    mode: int | None = None


@dataclass
class ArchiveContents:
    """What goes into an archive, in a fixed order."""

    entries: list[ArchiveEntry] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.entries)

    def name_of(self, path: str) -> str | None:
        """The name under which ``path`` is in the archive, if it is."""
        return next((entry.name for entry in self.entries if entry.source == path), None)

    def add_tree(self, root: str, name: str) -> None:
        """Add the directory ``root`` under ``name``, without what does not belong to a project."""
        self.entries.append(ArchiveEntry(root, name))
        for path in sorted(walk(root)):
            self.entries.append(_entry(path, root=root, name=f"{name}/{os.path.relpath(path, root)}"))

    def add_private_file(self, path: str, name: str) -> None:
        """Add one file that only its owner can read on the other side; a link is followed, for the user named it."""
        mode = 0o700 if os.stat(path).st_mode & stat.S_IXUSR else 0o600
        self.entries.append(ArchiveEntry(os.path.realpath(path), name, os.path.getsize(path), mode=mode))

    def check_size(self, limit: int, *, what: str) -> None:
        """Raise :class:`InputError` when there are more than ``limit`` MiB; it names the largest files."""
        if self.size <= limit * MIB:
            return
        largest = sorted(self.entries, key=lambda entry: entry.size, reverse=True)[:3]
        named = ", ".join(f"{entry.name} ({entry.size // MIB} MiB)" for entry in largest)
        raise InputError(
            f"{what} has {self.size // MIB} MiB, more than the limit of {limit} MiB: {named} are the largest. "
            "Remove them from the directory, choose a smaller project, or increase project_limit"
        )

    def write(self, path: str) -> None:
        """Write a gzipped tar file, readable by its owner only; equal trees give equal bytes."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream, gzip.GzipFile("", "wb", 6, stream, mtime=0) as packed:
            with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
                for entry in self.entries:
                    _pack(archive, entry)


def unpack(path: str, target: str) -> None:
    """Unpack a project that this collection packed into the directory ``target``, which is made or empty.

    Its links are made last, and must stay inside when the system resolves them: no file is ever written through one.
    """
    os.makedirs(target, mode=0o700, exist_ok=True)
    directory = open_directory(target)
    try:
        with open(path, "rb") as stream:
            done = extract(stream, directory, limits=NO_LIMITS, keep_modes=True)
        if len(done.left_out) > len(done.links):
            raise ArchiveError(f"the project contains files that cannot be shipped: {', '.join(done.left_out[:3])}")
        _make_links(directory, done.links, root=os.path.realpath(target))
    finally:
        os.close(directory)
    for name, mode in sorted(done.directories, reverse=True):
        os.chmod(os.path.join(target, name), mode & 0o777 | 0o700)


def _make_links(directory: int, links: list[tuple[str, str]], *, root: str) -> None:
    """Make the links below the descriptor of ``root``, and none of them unless all of them stay in ``root``."""
    made: list[str] = []
    try:
        for name, target in links:
            *above, last = name.split("/")
            with opened(directory, above) as parent:
                os.symlink(target, last, dir_fd=parent)
            made.append(name)
        for name in made:
            if not is_inside(os.path.realpath(os.path.join(root, name)), root):
                raise ArchiveError(f"{name!r} in the archive is a link to a path outside of its directory")
    except (OSError, ArchiveError) as error:
        for name in made:
            os.unlink(os.path.join(root, name))
        if isinstance(error, ArchiveError):
            raise
        raise ArchiveError(f"the archive contains a link that cannot be created: {error.strerror}") from error


def _entry(path: str, *, root: str, name: str) -> ArchiveEntry:
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return ArchiveEntry(path, name, target=_link_target(path, root))
    if stat.S_ISREG(status.st_mode):
        return ArchiveEntry(path, name, status.st_size)
    if stat.S_ISDIR(status.st_mode):
        return ArchiveEntry(path, name)
    raise InputError(
        f"{path} is neither a file nor a directory nor a link: it cannot be shipped; remove it from the project"
    )


def _link_target(path: str, root: str) -> str:
    """The target of a link, relative, if it stays in ``root``."""
    text = os.readlink(path)
    target = os.path.normpath(os.path.join(os.path.dirname(path), text))
    if not is_inside(target, root) or not is_inside(os.path.realpath(path), os.path.realpath(root)):
        raise InputError(
            f"{path} is a link to {text}, outside of the project directory {root}, and would not work on the other "
            "host. Copy the target into the project, or choose a project directory that contains both"
        )
    return os.path.relpath(target, os.path.dirname(path))


def _pack(archive: tarfile.TarFile, entry: ArchiveEntry) -> None:
    status = os.lstat(entry.source)
    info = tarfile.TarInfo(entry.name)
    info.mtime = int(status.st_mtime)
    info.mode = entry.mode or stat.S_IMODE(status.st_mode) & 0o777
    if entry.target is not None:
        info.type, info.linkname = tarfile.SYMTYPE, entry.target
        archive.addfile(info)
    elif stat.S_ISDIR(status.st_mode):
        info.type = tarfile.DIRTYPE
        archive.addfile(info)
    else:
        with open(entry.source, "rb") as stream:
            info.size = os.fstat(stream.fileno()).st_size
            archive.addfile(info, stream)
