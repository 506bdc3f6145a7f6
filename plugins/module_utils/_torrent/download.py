# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Download one torrent into a directory, within limits: its content is known and checked before a file is written."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._errors import VenvError
from .._progress import ProgressFile
from .client import check_number, torrent_client
from .magnet import Magnet
from .payload import verify
from .pieces import PayloadError
from .selection import check_room, select_files
from .torrent_file import read_info

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .client import ClientOptions, ClientState, TorrentClient
    from .download_directory import DownloadDirectory
    from .metainfo import Metainfo
    from .payload import VerifiedPayload
    from .source import Source

_RESUME_SECONDS = 10.0
_MIB = 1 << 20
#: The parts of a download, in percent.
_BEFORE, _METADATA, _DOWNLOAD, _VERIFY = (0.0, 0.0), (0.0, 2.0), (2.0, 95.0), (95.0, 100.0)


class NoMetadataError(VenvError):
    """No peer sent what the torrent contains, in the time that was allowed."""

    code = "no_metadata"


class StalledError(VenvError):
    """Nothing more arrives."""

    code = "stalled"


class TooLargeError(VenvError):
    """The files are larger than allowed; ``context`` has ``size`` and ``max_size`` in bytes."""

    code = "too_large"


class TimeLimitError(VenvError):
    """The time for all of it is over."""

    code = "deadline"


@dataclass(frozen=True)
class DownloadLimits:
    """In seconds and bytes; ``deadline`` and ``max_size`` 0 are none.

    ``stall_timeout`` is how long nothing new may arrive, ``deadline`` is for all of it.
    """

    metadata_timeout: float
    stall_timeout: float
    deadline: float = 0
    max_size: int = 0

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> DownloadLimits:
        """As the options of the module say; raises :class:`InputError` for what cannot be meant."""
        for option, lowest in (("metadata_timeout", 1), ("stall_timeout", 1), ("timeout", 0), ("max_size", 0)):
            check_number(params, option, lowest)
        return cls(params["metadata_timeout"], params["stall_timeout"], params["timeout"], params["max_size"])


@dataclass(frozen=True)
class DownloadOutcome:
    """What is in the directory now; ``received`` are bytes of this run, ``seconds`` those of its parts."""

    changed: bool
    metainfo: Metainfo
    payload: VerifiedPayload
    received: int
    wrong_pieces: int
    seconds: dict[str, float]


class Download:
    """``patterns`` select files by their path in the torrent, none selects all that the link does."""

    def __init__(
        self,
        source: Source,
        directory: DownloadDirectory,
        *,
        limits: DownloadLimits,
        client: ClientOptions,
        patterns: Sequence[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._magnet = source if isinstance(source, Magnet) else source.magnet()
        self._directory = directory
        self._limits = limits
        self._options = client
        self._patterns = patterns
        self._clock = clock
        self._begun = clock()
        self._received = 0
        self._wrong_pieces = 0

    def run(self, *, progress_id: str | None = None) -> DownloadOutcome:
        """Download what is missing, and prove all of it; a file of the directory tells how far it is."""
        directory = self._directory
        with directory.opened(self._magnet), ProgressFile(directory.progress, ident=progress_id) as progress:
            known = self._known()
            outcome = self._complete(known, progress) if known is not None else None
            outcome = outcome or self._downloaded(known, progress)
            directory.finish()
        return outcome

    def _complete(self, known: Metainfo, progress: ProgressFile) -> DownloadOutcome | None:
        """What an earlier run has completed, for which nobody is contacted; None where something is missing."""
        selection = self._selected(known)
        files = [known.files[index] for index in selection]
        if any(_size(os.path.join(self._directory.path, *file.path)) != file.size for file in files):
            return None
        try:
            payload = self._verify(known, selection, progress, part=_BEFORE)
        except PayloadError:
            # By what it left, the client could take damaged files for complete; without it, it looks at all of them.
            self._directory.forget_resume_data()
            return None
        self._directory.keep_info(known)
        seconds = {"metadata": 0.0, "download": 0.0, "verify": self._elapsed()}
        return DownloadOutcome(False, known, payload, 0, 0, seconds)

    def _downloaded(self, known: Metainfo | None, progress: ProgressFile) -> DownloadOutcome:
        seconds: dict[str, float] = {}
        directory, begun = self._directory, self._elapsed()
        resume = directory.resume_data()
        with torrent_client(self._source, directory.path, options=self._options) as client:
            # Without what an earlier client left, this one has to ask too: the dictionary alone is not enough for it.
            if known is None or (resume is None and isinstance(self._source, Magnet)):
                known = self._ask(client, progress)
            seconds["metadata"] = self._elapsed() - begun
            directory.keep_info(known)
            selection = self._selected(known)
            self._check_room(known, selection)
            client.start(known, selection, resume_data=resume)
            self._wait(client, progress)
            seconds["download"] = self._elapsed() - begun - seconds["metadata"]
        payload = self._verify(known, selection, progress, part=_VERIFY)
        seconds["verify"] = self._elapsed() - begun - sum(seconds.values())
        return DownloadOutcome(True, known, payload, self._received, self._wrong_pieces, seconds)

    def _elapsed(self) -> float:
        return self._clock() - self._begun

    # What it is -----------------------------------------------------------------------------------------------------

    def _known(self) -> Metainfo | None:
        """What the source says, or what an earlier run has got from peers."""
        if not isinstance(self._source, Magnet):
            return self._source
        raw = self._directory.known_info()
        return read_info(raw, self._magnet, source=self._directory.info) if raw is not None else None

    def _ask(self, client: TorrentClient, progress: ProgressFile) -> Metainfo:
        client.ask_for_info()
        begun = self._elapsed()
        while True:
            raw = client.info()
            if raw is not None:
                return read_info(raw, self._magnet, source="the torrent that peers sent")
            self._check_deadline("before it was known what the torrent contains")
            if self._elapsed() - begun >= self._limits.metadata_timeout:
                raise NoMetadataError(
                    f"No peer sent what the torrent contains in {self._limits.metadata_timeout:g} s: nobody seems to "
                    "share it now; try again later, use a link with more trackers, or increase metadata_timeout"
                )
            state = self._poll(client)
            _tell(progress, "Ask peers what the torrent contains", _METADATA, 0, 0, state)

    def _selected(self, metainfo: Metainfo) -> tuple[int, ...]:
        """The files to download, which may be as large as they are."""
        selection = select_files(metainfo, self._magnet, self._patterns)
        size = metainfo.selected_size(selection)
        if 0 < self._limits.max_size < size:
            raise TooLargeError(
                f"The selected files have {size // _MIB} MiB, more than max_size, {self._limits.max_size // _MIB} MiB; "
                "select fewer files, or increase it",
                size=size,
                max_size=self._limits.max_size,
            )
        return selection

    def _check_room(self, metainfo: Metainfo, selection: Sequence[int]) -> None:
        path = self._directory.path
        there = sum(_allocated(os.path.join(path, *metainfo.files[index].path)) for index in selection)
        check_room(path, metainfo.selected_size(selection) - there)

    # Until it is there ----------------------------------------------------------------------------------------------

    def _wait(self, client: TorrentClient, progress: ProgressFile) -> None:
        best, moved, saved = -1, self._clock(), self._clock()
        is_flushing = False
        try:
            while True:
                state = self._poll(client)
                now = self._clock()
                if is_flushing and state.is_flushed:
                    return
                if state.is_complete and not is_flushing:
                    client.request_flush()
                    is_flushing = True
                if state.is_checking or state.done > best:
                    best, moved = max(best, state.done), now
                _tell(progress, "Download", _DOWNLOAD, state.done, state.wanted, state)
                self._check_deadline(f"with {state.done // _MIB} of {state.wanted // _MIB} MiB")
                if now - moved >= self._limits.stall_timeout:
                    raise self._stalled(state)
                if now - saved >= _RESUME_SECONDS:
                    client.request_resume_data()
                    saved = now
        finally:
            self._save(client)

    def _poll(self, client: TorrentClient) -> ClientState:
        state = client.poll()
        self._received, self._wrong_pieces = state.received, state.wrong_pieces
        for data in state.resume_data:
            self._directory.keep_resume_data(data)
        return state

    def _save(self, client: TorrentClient) -> None:
        """Keep what another run needs, also where this one fails."""
        client.request_resume_data()
        until = self._clock() + _RESUME_SECONDS
        while self._clock() < until:
            data = client.poll().resume_data
            if data:
                self._directory.keep_resume_data(data[-1])
                return

    def _stalled(self, state: ClientState) -> StalledError | PayloadError:
        so_far = f"{state.done // _MIB} of {state.wanted // _MIB} MiB are there; run this again to go on from there"
        if state.wrong_pieces:
            return PayloadError(
                f"Peers sent {state.wrong_pieces} pieces with a wrong hash, and nothing else for "
                f"{self._limits.stall_timeout:g} s: {so_far}, or use another link"
            )
        return StalledError(
            f"Nothing arrived for {self._limits.stall_timeout:g} s, from {state.peers} peers: {so_far}, or increase "
            "stall_timeout"
        )

    def _check_deadline(self, reached: str) -> None:
        if 0 < self._limits.deadline <= self._elapsed():
            raise TimeLimitError(
                f"The time limit of {self._limits.deadline:g} s is over, {reached}; run this again to go on from "
                "there, or increase timeout"
            )

    # The proof ------------------------------------------------------------------------------------------------------

    def _verify(
        self, metainfo: Metainfo, selection: Sequence[int], progress: ProgressFile, *, part: tuple[float, float]
    ) -> VerifiedPayload:
        total = metainfo.selected_size(selection)

        def told(done: int, *_more: int) -> None:
            _tell(progress, "Check the files", part, done, total)

        payload = verify(metainfo, self._directory.path, selection=selection, progress=told)
        self._directory.number_files(metainfo, selection)
        return payload


def _tell(
    progress: ProgressFile,
    step: str,
    part: tuple[float, float],
    done: int,
    total: int,
    state: ClientState | None = None,
) -> None:
    first, last = part
    percent = first + (last - first) * (done / total if total else 0)
    more: dict[str, Any] = {} if state is None else {"rate": state.rate, "peers": state.peers}
    progress.update(step, done, total, percent=percent, **more)


def _size(path: str) -> int | None:
    try:
        return os.lstat(path).st_size
    except OSError:
        return None


def _allocated(path: str) -> int:
    """The bytes that a file already takes on the disk, none where it is not there."""
    try:
        return os.lstat(path).st_blocks * 512
    except OSError:
        return 0
