# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where files of a torrent grow, and are proven, before they get their final names.

A file grows under its index in the torrent. When it has its size it gets its name in a tree, which is proven as a
whole. Only what is proven gets a name in the directory of the user. Names are opened step by step, through no link.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.durable import sync_file_system
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.trust import make_trusted
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.download_directory import (
    DownloadDirectory,
    numbered_file,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.metainfo import Metainfo
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.refusal import quoted
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.sftp import Part

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class PayloadStaging:
    """What is at home of the selected files of a torrent; ``source`` is the directory of the download on the host."""

    def __init__(
        self, directory: DownloadDirectory, metainfo: Metainfo, selection: Sequence[int], *, source: str
    ) -> None:
        self._home = directory.path
        self._path = directory.staging
        self._files = {index: metainfo.files[index] for index in selection}
        self._numbered = os.path.join(self._path, "files")
        self.tree = os.path.join(self._path, "tree")
        self._source = source

    def begin(self) -> None:
        """Find what is here: in the tree, under its number, or under its final name, which it keeps."""
        for path in (self._path, self._numbered, self.tree):
            make_trusted(path, mode=0o700)
        for index, file in self._files.items():
            self._check_final(file.path)
            if self._size_in(self.tree, file.path) == file.size:
                continue
            if self._size_in(self._home, file.path) == file.size and self._link(file.path):
                continue
            self._prepare(index)
        self.take()

    def parts(self) -> dict[int, Part]:
        """The files that are not complete, by their index."""
        return {
            index: Part(numbered_file(self._source, index), self._local(index), file.size)
            for index, file in self._files.items()
            if self._size_in(self.tree, file.path) != file.size
        }

    def arrived(self) -> int:
        """The bytes of the selected files that are here, proven or not."""
        missing = self.parts()
        complete = sum(file.size for index, file in self._files.items() if index not in missing)
        return complete + sum(part.arrived() for part in missing.values())

    def take(self) -> None:
        """Give each file that has its size its name in the tree."""
        for index, part in self.parts().items():
            if part.arrived() == part.size:
                self._rename(part.local, self.tree, self._files[index].path)

    def indexes(self, names: Sequence[str]) -> list[int]:
        """The indexes of the selected files with these names."""
        return [index for index, file in self._files.items() if file.name in names]

    def discard(self, index: int) -> None:
        """Remove a file that is not right."""
        path = self._files[index].path
        with suppress(FileNotFoundError), _opened(self.tree, path[:-1]) as above:
            os.unlink(path[-1], dir_fd=above)
        with suppress(FileNotFoundError):
            os.unlink(self._local(index))
        self._prepare(index)

    def discard_too_large(self) -> None:
        """Remove files to which a host sent more than they have."""
        for index, part in self.parts().items():
            if part.arrived() > part.size:
                self.discard(index)

    def publish(self) -> None:
        """Give what is proven its final names, and remove the staging area."""
        sync_file_system(self._path)
        for file in self._files.values():
            self._rename(os.path.join(self.tree, *file.path), self._home, file.path)
        sync_file_system(self._home)
        self.remove()

    def remove(self) -> None:
        """Remove the staging area."""
        with suppress(FileNotFoundError):
            shutil.rmtree(self._path)

    def _check_final(self, path: tuple[str, ...]) -> None:
        """Raise :class:`InputError` where something has a final name, or is on the way to it."""
        try:
            with _opened(self._home, path[:-1]) as above:
                is_free = not stat.S_ISDIR(os.stat(path[-1], dir_fd=above, follow_symlinks=False).st_mode)
        except FileNotFoundError:
            return
        except OSError:
            is_free = False
        if not is_free:
            raise InputError(
                f"dest: {self._home}: {quoted('/'.join(path))} cannot be written: a link, a file or a directory is in "
                "its place; remove it, and run this again"
            )

    def _local(self, index: int) -> str:
        return os.path.join(self._numbered, str(index))

    def _prepare(self, index: int) -> None:
        """Let there be a file for what comes; one that cannot be a part of it goes."""
        path, size = self._local(index), self._files[index].size
        with suppress(FileNotFoundError):
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode) and status.st_size <= size:
                return
            os.unlink(path)
        os.close(os.open(path, _NEW, 0o666))

    def _size_in(self, root: str, path: tuple[str, ...]) -> int | None:
        """The size of a regular file, None for anything else."""
        try:
            with _opened(root, path[:-1]) as above:
                status = os.stat(path[-1], dir_fd=above, follow_symlinks=False)
        except OSError:
            return None
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def _link(self, path: tuple[str, ...]) -> bool:
        """Let a file with its final name be in the tree, too; tells whether that was possible."""
        with _opened(self._home, path[:-1]) as home, _opened(self.tree, path[:-1], make=True) as tree:
            with suppress(FileNotFoundError):
                os.unlink(path[-1], dir_fd=tree)
            try:
                os.link(path[-1], path[-1], src_dir_fd=home, dst_dir_fd=tree, follow_symlinks=False)
            except OSError:  # a file system without hard links: it is brought again
                return False
        return True

    def _rename(self, source: str, root: str, path: tuple[str, ...]) -> None:
        """Move the file ``source`` of the staging area to ``path`` below ``root``."""
        with _opened(root, path[:-1], make=True) as above:
            os.replace(source, path[-1], dst_dir_fd=above)


@contextmanager
def _opened(root: str, parts: Sequence[str], *, make: bool = False) -> Iterator[int]:
    """The directory ``parts`` below ``root``, through no link; ``make``: it is made where it misses."""
    descriptor = os.open(root, _DIRECTORY)
    try:
        for part in parts:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(part, dir_fd=descriptor)
            above, descriptor = descriptor, os.open(part, _DIRECTORY, dir_fd=descriptor)
            os.close(above)
        yield descriptor
    finally:
        os.close(descriptor)
