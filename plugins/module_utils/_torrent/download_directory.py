# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The directory of one download: its files, and beside them what another run needs to go on."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from .._errors import InputError, StoreError
from .._store.durable import write_bytes
from .._store.json import read_regular
from .._store.locks import locked
from .._store.trust import make_trusted
from .torrent_file import MAX_TORRENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .magnet import Magnet
    from .metainfo import Metainfo

_STATE = ".torrent_download"
_LOCK, _HASHES, _INFO, _RESUME, _PROGRESS = "lock", "info_hash", "info", "resume", "progress.json"
#: A link to each selected file, which has its index in the torrent as a name: so no name of a torrent is in a command.
_NUMBERED = "files"
_STAGING = "staging"
_MAX_RESUME = MAX_TORRENT + (16 << 20)
_MODE = 0o700


def progress_of_download(path: str) -> str:
    """The file that tells how far a download into the directory ``path`` is."""
    return os.path.join(path, _STATE, _PROGRESS)


def info_of_download(path: str) -> str:
    """The file with the info dictionary of the download in the directory ``path``."""
    return os.path.join(path, _STATE, _INFO)


def numbered_file(path: str, index: int) -> str:
    """A link to the file with this index, in the directory ``path`` of a download that is complete."""
    return os.path.join(path, _STATE, _NUMBERED, str(index))


class DownloadDirectory:
    """``path`` holds the files of the torrent, and a directory of ours."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._state = os.path.join(path, _STATE)

    @classmethod
    def named(cls, path: str) -> DownloadDirectory:
        """The directory that the option ``dest`` names."""
        expanded = os.path.expanduser(path)
        if not os.path.isabs(expanded):
            raise InputError(f"dest: {path!r} is a relative path; give an absolute path")
        return cls(os.path.normpath(expanded))

    @property
    def progress(self) -> str:
        """The file that tells how far the download is."""
        return progress_of_download(self.path)

    @property
    def info(self) -> str:
        """The file with the info dictionary of the torrent, once it is known."""
        return info_of_download(self.path)

    @property
    def staging(self) -> str:
        """Where files are until they are complete and proven, if they come from a host."""
        return os.path.join(self._state, _STAGING)

    @contextmanager
    def opened(self, magnet: Magnet, *, purpose: str = "torrent_download") -> Iterator[None]:
        """Make it, and keep others out of it.

        Raises :class:`InputError` where another torrent is, and :class:`LockedError` where another run has it.
        """
        try:
            make_trusted(self.path, mode=_MODE)
            make_trusted(self._state, mode=_MODE)
        except StoreError as error:
            raise InputError(f"dest: {error.message}") from error
        with locked(os.path.join(self._state, _LOCK), timeout=0, purpose=purpose):
            self._claim(magnet)
            yield

    def keep_info(self, metainfo: Metainfo) -> None:
        """Write the info dictionary, which proves the files to whoever has the magnet link."""
        self._write(_INFO, metainfo.raw)

    def known_info(self) -> bytes | None:
        """The info dictionary that an earlier run has got."""
        return self._read(_INFO, MAX_TORRENT)

    def resume_data(self) -> bytes | None:
        """What the client of an earlier run left."""
        return self._read(_RESUME, _MAX_RESUME)

    def keep_resume_data(self, data: bytes) -> None:
        """Write what the client needs to go on."""
        self._write(_RESUME, data)

    def forget_resume_data(self) -> None:
        """Remove what the client needs to go on."""
        with suppress(FileNotFoundError):
            os.unlink(os.path.join(self._state, _RESUME))

    def number_files(self, metainfo: Metainfo, selection: Sequence[int]) -> None:
        """Let the links of :func:`numbered_file` lead to the selected files."""
        make_trusted(os.path.join(self._state, _NUMBERED), mode=_MODE)
        for index in selection:
            link, target = numbered_file(self.path, index), os.path.join("..", "..", *metainfo.files[index].path)
            if os.path.islink(link) and os.readlink(link) == target:
                continue
            with suppress(FileNotFoundError):
                os.unlink(link)
            os.symlink(target, link)

    def finish(self) -> None:
        """Remove what only a download that is not complete needs."""
        for name in os.listdir(self.path):
            # Parts of files that were not selected, which share a piece with one that was.
            if name.startswith(".") and name.endswith(".parts"):
                os.unlink(os.path.join(self.path, name))

    def _claim(self, magnet: Magnet) -> None:
        wanted = [text for text in (magnet.info_hash_v1, magnet.info_hash_v2) if text]
        known = self._read(_HASHES, 1000)
        if known is None:
            if os.listdir(self.path) != [_STATE]:
                raise InputError(
                    f"dest: {self.path} contains files that are not of a download; choose a new or an empty directory"
                )
            self._write(_HASHES, " ".join(wanted).encode())
        elif not set(known.decode("ascii", "replace").split()) & set(wanted):
            raise InputError(
                f"dest: {self.path} contains the download of another torrent, {known.decode('ascii', 'replace')}; "
                "choose another directory"
            )

    def _read(self, name: str, limit: int) -> bytes | None:
        with suppress(FileNotFoundError):
            return read_regular(os.path.join(self._state, name), limit)
        return None

    def _write(self, name: str, content: bytes) -> None:
        write_bytes(os.path.join(self._state, name), content)
