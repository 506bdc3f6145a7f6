# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the gate sends that is not an answer: events as they are, and the files that a run brought back."""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from typing import IO

from ...module_utils._playbook.extract import open_directory
from ...module_utils._playbook.project_files import RESULTS_MARKER
from ...module_utils._printable import printable, shortened
from ...module_utils._progress_watcher import EVENTS
from .answers import GateError
from .spool import GateRun

_CHUNK = 1 << 16
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
#: What the client of the torrent flow keeps beside the files, and by which a run knows its directory again.
_OF_TORRENTS, _OF_RUNS = ".torrent_download", RESULTS_MARKER
#: How much of the end of a log is shown.
_TAIL_BYTES, _TAIL_LINES, _TAIL_WIDTH = 1 << 14, 30, 400


def write_events(run: GateRun, sink: IO[bytes], *, since: int) -> None:
    """Write the events from number ``since`` on, a line for each; one that is not whole yet is left out."""
    try:
        descriptor = os.open(os.path.join(run.progress, EVENTS), _READ)
    except FileNotFoundError:
        return
    with os.fdopen(descriptor, "rb") as stream:
        for number, line in enumerate(stream):
            if number >= since and line.endswith(b"\n"):
                sink.write(line)


def write_results(run: GateRun, sink: IO[bytes]) -> None:
    """Write a tar of the files that were brought back; raises :class:`GateError` where there are none."""
    try:
        root = open_directory(run.results)
    except FileNotFoundError:
        root = -1
    if root < 0 or not os.listdir(root):
        raise GateError(f"the run {run.ident} has brought no files back; its report says how it ended", code="state")
    try:
        with tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as archive:
            for name, descriptor in _files(root):
                with os.fdopen(descriptor, "rb") as stream:
                    entry = tarfile.TarInfo(name)
                    status = os.fstat(descriptor)
                    entry.size, entry.mtime, entry.mode = status.st_size, int(status.st_mtime), 0o600
                    archive.addfile(entry, stream)
    finally:
        os.close(root)


def last_lines(path: str) -> list[str]:
    """The last lines of a log, fit to be shown."""
    with suppress(OSError), open(os.open(path, _READ), "rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - _TAIL_BYTES))
        lines = stream.read().decode("utf-8", "replace").splitlines()
        return [shortened(line, _TAIL_WIDTH) for line in lines if line.strip()][-_TAIL_LINES:]
    return []


def _files(root: int) -> Iterator[tuple[str, int]]:
    """The regular files below a directory with a descriptor of each: no link is followed."""
    for above, directories, names, descriptor in os.fwalk(".", dir_fd=root):
        directories[:] = sorted(name for name in directories if name != _OF_TORRENTS)
        is_of_a_host = os.path.dirname(os.path.normpath(above)) == "" and above != "."
        for name in sorted(names):
            if is_of_a_host and name == _OF_RUNS:
                continue
            path = os.path.normpath(os.path.join(above, name))
            with suppress(OSError):
                opened = os.open(name, _READ, dir_fd=descriptor)
                if stat.S_ISREG(os.fstat(opened).st_mode):
                    yield printable(path), opened
                else:
                    os.close(opened)
