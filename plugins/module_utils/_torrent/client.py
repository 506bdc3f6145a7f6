# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""libtorrent, as far as one download uses it.

What it is told was checked before: a canonical link or .torrent file, addresses of peers and trackers, no name of a
file. It shares nothing once the download has ended.
"""

from __future__ import annotations

import errno
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._errors import InputError, NoSpaceError, ToolMissingError, VenvError
from .magnet import Magnet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from .metainfo import Metainfo
    from .source import Source

try:
    import libtorrent

    HAS_LIBTORRENT = True
except ImportError:
    HAS_LIBTORRENT = False

_LAST_PORT = 65535
_MAX_RATE = (1 << 31) - 1
_MAX_NUMBER = (1 << 53) - 1
_WAIT_MILLISECONDS = 250
_STOP_SECONDS = 2
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PRIORITY = 4
_USER_AGENT = "libtorrent"


class ClientError(VenvError):
    """The torrent client cannot do what it was told, or refuses what it got."""

    code = "torrent_client"


def check_installed() -> None:
    """Raise :class:`ToolMissingError` where the Python that runs this has no libtorrent 2."""
    if not HAS_LIBTORRENT or not hasattr(libtorrent, "load_torrent_buffer"):
        raise ToolMissingError(
            f"{sys.executable} does not have libtorrent 2, which torrent_download requires: build a venv with the "
            "package libtorrent by the module shared_venv, and set ansible_python_interpreter to its bin/python"
        )


def check_number(params: Mapping[str, Any], option: str, lowest: int, highest: int = _MAX_NUMBER) -> None:
    """Raise :class:`InputError` unless the value of ``option`` is one of these."""
    if not lowest <= params[option] <= highest:
        raise InputError(f"{option}: {params[option]} must be at least {lowest} and at most {highest}")


@dataclass(frozen=True)
class ClientOptions:
    """``port`` 0 is any; limits are in bytes for each second, 0 is none."""

    port: int = 0
    upload_limit: int = 0
    download_limit: int = 0
    dht: bool = True

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> ClientOptions:
        """As the options of the module say; raises :class:`InputError` for what cannot be meant."""
        check_number(params, "port", 0, _LAST_PORT)
        for option in ("upload_limit", "download_limit"):
            check_number(params, option, 0, _MAX_RATE)
        return cls(params["port"], params["upload_limit"], params["download_limit"], params["dht"])


@dataclass
class ClientState:
    """How far it is, in bytes of the selected files; ``rate`` is in bytes for each second.

    ``wrong_pieces`` counts pieces with a wrong hash. ``is_checking``: it reads what is there already.
    ``is_flushed``: all that was received before is in the files, which being complete does not say.
    """

    done: int = 0
    wanted: int = 0
    received: int = 0
    rate: int = 0
    peers: int = 0
    wrong_pieces: int = 0
    is_checking: bool = False
    is_complete: bool = False
    is_flushed: bool = False
    resume_data: list[bytes] = field(default_factory=list)


class TorrentClient:
    """One torrent in one session; use :func:`torrent_client`."""

    def __init__(self, session: Any, source: Source, directory: str) -> None:
        self._session = session
        self._source = source
        self._directory = directory
        self._handle: Any = None
        self._wrong_pieces = 0

    def ask_for_info(self) -> None:
        """Ask peers for the info dictionary of a magnet link, and for nothing else."""
        parameters = _parameters(self._source)
        parameters.flags |= libtorrent.torrent_flags.default_dont_download
        self._add(parameters)

    def info(self) -> bytes | None:
        """The bytes of the info dictionary, as soon as a peer has sent it."""
        torrent = self._handle.torrent_file()
        return bytes(torrent.info_section()) if torrent is not None and torrent.is_valid() else None

    def start(self, metainfo: Metainfo, selection: Collection[int], *, resume_data: bytes | None) -> None:
        """Download the files of ``metainfo`` with these indexes, from where an earlier run has left."""
        parameters = _parameters(self._source) if resume_data is None else _resumed(self._source, resume_data)
        if self._handle is not None:
            # It is added anew: peers drop whoever wants nothing, and are not asked again for a minute.
            parameters.ti = self._handle.torrent_file()
            parameters.peers += [peer.ip for peer in self._handle.get_peer_info()]
            self._remove()
        parameters.flags &= ~libtorrent.torrent_flags.default_dont_download
        places = _places(parameters.ti, metainfo)
        wanted = {places[index] for index in selection}
        count = parameters.ti.num_files()
        parameters.file_priorities = [_PRIORITY if place in wanted else 0 for place in range(count)]
        # It would change some names, for example shorten long ones.
        parameters.renamed_files = {place: metainfo.files[index].name for index, place in places.items()}
        self._add(parameters)

    def poll(self) -> ClientState:
        """Wait a moment and tell how far it is.

        Raises :class:`NoSpaceError` where the disk is full, and :class:`ClientError` for what ends a download.
        """
        self._session.wait_for_alert(_WAIT_MILLISECONDS)
        state = ClientState()
        for alert in self._session.pop_alerts():
            self._take(alert, state)
        status = self._handle.status()
        if status.errc.value() != 0:
            self._fail(status.errc, self._directory)
        states = libtorrent.torrent_status
        state.done, state.wanted = status.total_wanted_done, status.total_wanted
        state.received, state.rate = status.total_payload_download, status.download_payload_rate
        state.peers, state.wrong_pieces = status.num_peers, self._wrong_pieces
        state.is_checking = status.state in (states.checking_files, states.checking_resume_data)
        state.is_complete = status.state in (states.finished, states.seeding) and state.done >= state.wanted
        return state

    def request_flush(self) -> None:
        """Have :meth:`poll` tell when all that was received is in the files."""
        self._handle.flush_cache()

    def request_resume_data(self) -> None:
        """Have :meth:`poll` return what another run needs to go on."""
        flags = libtorrent.save_resume_flags_t
        self._handle.save_resume_data(flags.save_info_dict | flags.flush_disk_cache)

    def close(self) -> None:
        """End all that it does with peers and trackers."""
        if self._handle is not None:
            self._remove()
        self._session.pause()

    def _add(self, parameters: Any) -> None:
        flags = libtorrent.torrent_flags
        parameters.save_path = self._directory
        parameters.flags &= ~(flags.auto_managed | flags.paused)
        self._handle = self._session.add_torrent(parameters)

    def _remove(self) -> None:
        self._session.remove_torrent(self._handle)
        self._handle = None

    def _take(self, alert: Any, state: ClientState) -> None:
        if isinstance(alert, libtorrent.save_resume_data_alert):
            state.resume_data.append(libtorrent.write_resume_data_buf(alert.params))
        elif isinstance(alert, libtorrent.cache_flushed_alert):
            state.is_flushed = True
        elif isinstance(alert, libtorrent.hash_failed_alert):
            self._wrong_pieces += 1
        elif isinstance(alert, libtorrent.file_error_alert):
            self._fail(alert.error, alert.filename())
        elif isinstance(alert, libtorrent.torrent_error_alert):
            self._fail(alert.error, self._directory)

    def _fail(self, error: Any, path: str) -> None:
        if error.value() in _FULL and error.category().name() in ("system", "generic"):
            raise NoSpaceError(f"No space left for {path}; free some space and run this again, it goes on from there")
        raise ClientError(f"The torrent client failed at {path}: {error.message()}; correct this and run it again")


@contextmanager
def torrent_client(source: Source, directory: str, *, options: ClientOptions) -> Iterator[TorrentClient]:
    """A client for one torrent, whose files go below ``directory``."""
    client = TorrentClient(libtorrent.session(_settings(options)), source, directory)
    try:
        yield client
    except RuntimeError as error:  # what libtorrent raises for what it refuses
        raise ClientError(f"The torrent client refused the torrent: {error}; use another one") from error
    finally:
        client.close()


def _settings(options: ClientOptions) -> dict[str, Any]:
    categories = libtorrent.alert_category
    return {
        "user_agent": _USER_AGENT,
        "listen_interfaces": f"0.0.0.0:{options.port},[::]:{options.port}",
        "alert_mask": categories.error | categories.status | categories.storage,
        "upload_rate_limit": options.upload_limit,
        "download_rate_limit": options.download_limit,
        "enable_dht": options.dht,
        "enable_lsd": False,
        "enable_natpmp": False,
        "enable_upnp": False,
        # TCP alone was faster in every measurement.
        "enable_incoming_utp": False,
        "enable_outgoing_utp": False,
        "ssrf_mitigation": True,
        "validate_https_trackers": True,
        "stop_tracker_timeout": _STOP_SECONDS,
    }


def _parameters(source: Source) -> Any:
    if not isinstance(source, Magnet):
        return libtorrent.load_torrent_buffer(source.torrent())
    parameters = libtorrent.parse_magnet_uri(source.link())
    # It takes no peer whose colon is escaped.
    parameters.peers = [_endpoint(peer) for peer in source.peers]
    return parameters


def _resumed(source: Source, resume_data: bytes) -> Any:
    """What an earlier run has left, with the peers and trackers of the link of this one."""
    try:
        parameters, given = libtorrent.read_resume_data(resume_data), _parameters(source)
    except RuntimeError as error:
        raise ClientError(
            f"What an earlier run left cannot be read: {error}; remove the file resume in .torrent_download and run "
            "this again"
        ) from error
    parameters.peers += given.peers
    parameters.trackers = list(dict.fromkeys([*given.trackers, *parameters.trackers]))
    parameters.tracker_tiers = []
    return parameters


def _places(torrent: Any, metainfo: Metainfo) -> dict[int, int]:
    """Where the client has each file, by its index here: it has padding also where the torrent has none."""
    # Since libtorrent 2.1 the other one is deprecated.
    files = torrent.layout() if hasattr(torrent, "layout") else torrent.files()
    padding = libtorrent.file_flags_t.flag_pad_file
    theirs = [place for place in range(files.num_files()) if not files.file_flags(place) & padding]
    ours = [index for index, file in enumerate(metainfo.files) if not file.is_pad]
    if [files.file_size(place) for place in theirs] != [metainfo.files[index].size for index in ours]:
        raise ClientError("The torrent client reads other files in the torrent than we do; use another torrent")
    return dict(zip(ours, theirs))


def _endpoint(peer: str) -> tuple[str, int]:
    host, _colon, port = peer.rpartition(":")
    return host.strip("[]"), int(port)
