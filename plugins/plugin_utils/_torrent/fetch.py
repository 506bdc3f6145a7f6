# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Bring the files of a download home. The host is believed nothing: the magnet link proves what the torrent contains,
and the torrent proves the files.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.download_directory import (
    DownloadDirectory,
    info_of_download,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.magnet import Magnet
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.metainfo import Metainfo
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.payload import VerifiedPayload, verify
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.pieces import PayloadError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.refusal import quoted
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.selection import check_room, select_files
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.torrent_file import MAX_TORRENT, read_info
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.sftp import Part, TooMuchError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.staging import PayloadStaging

if TYPE_CHECKING:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.source import Source

#: How often a file is brought in one run, and how often all is read to find what is wrong.
_TRIES = 2
_ROUNDS = 20
_SECONDS = 0.5
#: The parts of the task, in percent.
_TRANSFER, _VERIFY = (0.0, 95.0), (95.0, 100.0)


class Host(Protocol):
    """What is asked of the host."""

    def read(self, path: str, *, limit: int) -> bytes: ...

    def bring(self, parts: Sequence[Part], directory: str) -> None: ...


@dataclass(frozen=True)
class FetchOutcome:
    """What is at home now; ``received`` are bytes of this run, ``resumed`` those that were here before."""

    changed: bool
    payload: VerifiedPayload
    received: int = 0
    resumed: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: {"transfer": 0.0, "verify": 0.0})


class FetchProgress:
    """Tells how far it is, now and then; ``tell`` is told steps with bytes, percent and rate."""

    def __init__(self, tell: Callable[[Mapping[str, Any]], None]) -> None:
        self._tell = tell
        self._due = 0.0
        self._last = (time.monotonic(), 0)
        self.total = 0
        #: Bytes of files that are not brought.
        self.before = 0

    def brought(self, done: int) -> None:
        """So many bytes of the files that are brought are here."""
        done += self.before
        now = time.monotonic()
        if now >= self._due or done == self.total:
            since, had = self._last
            self._last, self._due = (now, done), now + _SECONDS
            rate = int(max(0, done - had) / (now - since)) if had and now > since else 0
            self._say("Bring the files home", _TRANSFER, done, rate=rate)

    def verified(self, done: int, total: int) -> None:
        """So many bytes were compared with their hashes."""
        now = time.monotonic()
        if now >= self._due or done == total:
            self._due = now + _SECONDS
            self._say("Check the files", _VERIFY, done)

    def _say(self, step: str, part: tuple[float, float], done: int, **more: Any) -> None:
        low, high = part
        percent = low + (high - low) * done / self.total if self.total else low
        self._tell({"step": step, "done": done, "total": self.total, "percent": percent, **more})


class Fetch:
    """``patterns`` select files as for the download; ``source`` is the directory of the download on the host."""

    def __init__(
        self,
        torrent: Source,
        directory: DownloadDirectory,
        *,
        host: Host,
        source: str,
        patterns: Sequence[str],
        progress: FetchProgress,
    ) -> None:
        self._torrent = torrent
        self._magnet = torrent if isinstance(torrent, Magnet) else torrent.magnet()
        self._directory = directory
        self._host = host
        self._source = source
        self._patterns = patterns
        self._progress = progress
        self._seconds = {"transfer": 0.0, "verify": 0.0}

    def run(self) -> FetchOutcome:
        """Bring what is missing, and prove all of it."""
        with self._opened():
            known = self._known()
            return self._complete(known) or self._fetched(known or self._asked())

    def at_home(self) -> FetchOutcome | None:
        """What an earlier run has brought, where that is all; the host is not asked."""
        with self._opened():
            return self._complete(self._known())

    def _opened(self) -> AbstractContextManager[None]:
        return self._directory.opened(self._magnet, purpose="torrent_fetch")

    def _known(self) -> Metainfo | None:
        if not isinstance(self._torrent, Magnet):
            return self._torrent
        raw = self._directory.known_info()
        return read_info(raw, self._magnet, source=self._directory.info) if raw is not None else None

    def _asked(self) -> Metainfo:
        path = info_of_download(self._source)
        raw = self._host.read(path, limit=MAX_TORRENT)
        return read_info(raw, self._magnet, source=f"{path} on the host")

    def _complete(self, known: Metainfo | None) -> FetchOutcome | None:
        """What an earlier run has brought, for which the host is not asked; None where something is not right."""
        if known is None:
            return None
        selection = self._selected(known)
        paths = [
            (os.path.join(self._directory.path, *known.files[one].path), known.files[one].size) for one in selection
        ]
        if not all(os.path.lexists(path) and os.lstat(path).st_size == size for path, size in paths):
            return None
        begun = time.monotonic()
        try:
            payload = verify(known, self._directory.path, selection=selection, progress=self._progress.verified)
        except PayloadError:
            return None
        self._directory.keep_info(known)
        seconds = {"transfer": 0.0, "verify": time.monotonic() - begun}
        return FetchOutcome(False, payload, resumed=payload.size, seconds=seconds)

    def _selected(self, metainfo: Metainfo) -> tuple[int, ...]:
        selection = select_files(metainfo, self._magnet, self._patterns)
        self._progress.total = metainfo.selected_size(selection)
        return selection

    def _fetched(self, metainfo: Metainfo) -> FetchOutcome:
        self._directory.keep_info(metainfo)
        selection = self._selected(metainfo)
        staging = PayloadStaging(self._directory, metainfo, selection, source=self._source)
        staging.begin()
        resumed = staging.arrived()
        check_room(self._directory.path, self._progress.total - resumed)
        payload, received = self._proven(metainfo, selection, staging)
        staging.publish()
        return FetchOutcome(True, payload, received, resumed, self._seconds)

    def _proven(
        self, metainfo: Metainfo, selection: Sequence[int], staging: PayloadStaging
    ) -> tuple[VerifiedPayload, int]:
        """Bring all, and again what is wrong; the bytes that came."""
        tries: Counter[int] = Counter()
        received = 0
        for _round in range(_ROUNDS):
            received += self._bring(staging, tries)
            begun = time.monotonic()
            try:
                return verify(metainfo, staging.tree, selection=selection, progress=self._progress.verified), received
            except PayloadError as error:
                wrong = staging.indexes(error.names)
                for index in wrong:
                    staging.discard(index)
                if not wrong or max(tries[index] for index in wrong) >= _TRIES:
                    raise self._wrong(metainfo, wrong) from error
            finally:
                self._seconds["verify"] += time.monotonic() - begun
        raise self._wrong(metainfo, wrong)

    def _bring(self, staging: PayloadStaging, tries: Counter[int]) -> int:
        parts = staging.parts()
        tries.update(list(parts))
        before, begun = staging.arrived(), time.monotonic()
        self._progress.before = self._progress.total - sum(part.size for part in parts.values())
        try:
            self._host.bring(list(parts.values()), self._source)
        except TooMuchError:
            staging.discard_too_large()
            raise
        finally:
            self._seconds["transfer"] += time.monotonic() - begun
        received = staging.arrived() - before
        staging.take()
        return received

    def _wrong(self, metainfo: Metainfo, wrong: Sequence[int]) -> PayloadError:
        name = metainfo.files[wrong[0]].name if wrong else metainfo.name
        return PayloadError(
            f"The host sent {quoted(name)} {_TRIES} times with another content than the torrent says; it is not kept. "
            "Run torrent_download on the host again, which repairs its files, and then this",
            path=name,
        )
