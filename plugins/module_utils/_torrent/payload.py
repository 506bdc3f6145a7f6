# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Prove that the files in a directory are those of a torrent: by every hash that it has, in one pass over them."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from .._printable import printable
from .merkle import FileTree
from .pieces import PayloadError, PieceCheck, wrong_hash
from .refusal import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .metainfo import Metainfo, TorrentFile

    #: Bytes that were read, and bytes in all.
    ProgressCallback = Callable[[int, int], None]

BLOCK = 1 << 20
#: More files that do not belong there are not listed.
MAX_EXTRA = 1000
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Not blocking: to open a FIFO would wait for a writer.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class VerifiedFile:
    """A file that has the right size, and no byte of which has a wrong hash.

    ``unproven`` are ranges (begin, end) that no hash of the torrent covered, because their piece reaches into a file
    that is not there.
    """

    path: str
    size: int
    sha256: str
    unproven: tuple[tuple[int, int], ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every byte was proven."""
        return not self.unproven


@dataclass(frozen=True)
class VerifiedPayload:
    """The files in the order of the torrent; ``extra`` is what else is in its directories, at most ``MAX_EXTRA``.

    They are for show. A directory that does not belong there is one entry that ends with a slash.
    """

    files: tuple[VerifiedFile, ...]
    extra: tuple[str, ...]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


def verify(
    metainfo: Metainfo,
    directory: str,
    *,
    selection: Sequence[int] | None = None,
    progress: ProgressCallback | None = None,
) -> VerifiedPayload:
    """Check the files below ``directory``; ``selection`` are the indexes of those that are there, None for all.

    Raises :class:`PayloadError` for a file that is missing, no regular file, of another size, or of other content.
    """
    real = [index for index, file in enumerate(metainfo.files) if not file.is_pad]
    chosen = set(real if selection is None else selection)
    if not chosen <= set(real):
        raise PayloadError(
            f"{directory}: the selection has indexes of files that the torrent does not have; correct it"
        )
    with _opened_root(directory) as root:
        verification = _Verification(metainfo, directory, root, chosen, progress)
        files = tuple(verification.files())
        try:
            extra = _extra(root, [metainfo.files[index].path for index in sorted(chosen)])
        except OSError as error:
            raise PayloadError(f"{directory} cannot be listed: {error.strerror}; correct its permissions") from error
    return VerifiedPayload(files, tuple(extra))


class _Verification:
    def __init__(
        self, metainfo: Metainfo, directory: str, root: int, chosen: set[int], progress: ProgressCallback | None
    ) -> None:
        self._metainfo = metainfo
        self._directory = directory
        self._root = root
        self._chosen = chosen
        self._progress = progress
        self._done = 0
        self._total = metainfo.selected_size(chosen)
        self._pieces = PieceCheck(metainfo, source=directory) if metainfo.pieces else None

    def files(self) -> list[VerifiedFile]:
        sums: dict[int, str] = {}
        for index, file in enumerate(self._metainfo.files):
            if index in self._chosen:
                sums[index] = self._sha256(index, file)
            elif self._pieces is not None and file.is_pad:
                self._pieces.pad(file.size)
            elif self._pieces is not None:
                self._pieces.skip(file.size)
        if self._pieces is not None:
            self._pieces.finish()
        return [self._verified(index, sums[index]) for index in sorted(sums)]

    def _verified(self, index: int, sha256: str) -> VerifiedFile:
        file = self._metainfo.files[index]
        is_proven = self._pieces is None or file.pieces_root is not None
        ranges = [] if is_proven or self._pieces is None else self._pieces.unproven.get(index, [])
        return VerifiedFile(file.name, file.size, sha256, tuple(ranges))

    def _sha256(self, index: int, file: TorrentFile) -> str:
        """Check one file against its own root, and feed it to the pieces."""
        total = hashlib.sha256()
        tree = None if file.pieces_root is None else FileTree(file.size, self._metainfo.piece_length)
        at = 0
        for block in _blocks(self._root, file, directory=self._directory):
            total.update(block)
            if tree is not None:
                tree.update(block)
            if self._pieces is not None:
                self._pieces.update(block, index=index, at=at)
            at += len(block)
            self._done += len(block)
            if self._progress is not None:
                self._progress(self._done, self._total)
        if tree is not None and tree.root() != file.pieces_root:
            raise wrong_hash(self._directory, [file.name], self._wrong_piece(file, tree.layer))
        return total.hexdigest()

    def _wrong_piece(self, file: TorrentFile, found: list[bytes]) -> int | None:
        """The first piece of the file that differs, if the torrent came with the hashes of pieces."""
        expected = self._metainfo.layers.get(file.pieces_root or b"", ())
        return next((piece for piece, pair in enumerate(zip(expected, found)) if pair[0] != pair[1]), None)


def _blocks(root: int, file: TorrentFile, *, directory: str) -> Iterator[memoryview]:
    """The content of a file, which must be regular and of the size that the torrent says, from begin to end."""
    try:
        with _opened(root, file.path) as descriptor:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise _not_regular(directory, file)
            if status.st_size != file.size:
                raise _other_size(directory, file, str(status.st_size))
            left = file.size
            while left:
                block = os.read(descriptor, min(BLOCK, left))
                if not block:
                    raise _other_size(directory, file, f"only {file.size - left}")
                left -= len(block)
                yield memoryview(block)
            if os.read(descriptor, 1):
                raise _other_size(directory, file, "more")
    except OSError as error:
        raise _unreadable(directory, file, error) from error


@contextmanager
def _opened_root(directory: str) -> Iterator[int]:
    try:
        root = os.open(directory, _DIRECTORY)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no path"
        raise PayloadError(f"{directory} cannot be read: {reason}; give the directory of the download") from error
    try:
        yield root
    finally:
        os.close(root)


@contextmanager
def _opened(root: int, parts: Sequence[str]) -> Iterator[int]:
    """What is at ``parts`` below the descriptor ``root``, through no link."""
    descriptor = os.dup(root)
    try:
        for number, part in enumerate(parts, start=1):
            flags = _FILE if number == len(parts) else _DIRECTORY | os.O_NOFOLLOW
            above, descriptor = descriptor, os.open(part, flags, dir_fd=descriptor)
            os.close(above)
        yield descriptor
    finally:
        os.close(descriptor)


def _extra(root: int, paths: Sequence[tuple[str, ...]]) -> list[str]:
    """What is in the directories of ``paths`` and belongs to none of them; other directories are not entered."""
    known = {path[:end] for path in paths for end in range(1, len(path) + 1)}
    extra: list[str] = []
    for above in sorted({path[:-1] for path in known}):
        with _opened(root, (*above, ".")) as descriptor, os.scandir(descriptor) as entries:
            for entry in entries:
                if (*above, entry.name) in known:
                    continue
                slash = "/" if entry.is_dir(follow_symlinks=False) else ""
                extra.append(printable("/".join((*above, entry.name))) + slash)
                if len(extra) == MAX_EXTRA:
                    return sorted(extra)
    return sorted(extra)


def _not_regular(directory: str, file: TorrentFile) -> PayloadError:
    return PayloadError(
        f"{directory}: {quoted(file.name)} is not a regular file; remove it, and download it again", path=file.name
    )


def _other_size(directory: str, file: TorrentFile, found: str) -> PayloadError:
    return PayloadError(
        f"{directory}: {quoted(file.name)} has {found} bytes, but the torrent says {file.size}; download it again",
        path=file.name,
    )


def _unreadable(directory: str, file: TorrentFile, error: OSError) -> PayloadError:
    if error.errno == errno.ENOENT:
        return PayloadError(f"{directory}: {quoted(file.name)} is missing; download it again", path=file.name)
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return PayloadError(
            f"{directory}: {quoted(file.name)} is a link, or below a link or a file; remove that, and download "
            "it again",
            path=file.name,
        )
    return PayloadError(
        f"{directory}: {quoted(file.name)} cannot be read: {error.strerror}; correct this, and verify it again",
        path=file.name,
    )
