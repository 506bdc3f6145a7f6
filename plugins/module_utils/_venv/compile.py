# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Compile the sources below a directory. A base interpreter runs this file, isolated and without site.

Sources are read and compiled, never imported. They can be made to crash the compiler, to fill the memory or to keep it
busy for ever: workers take the next file from a list that they share, and one that dies is replaced, so that only the
file that it was at has no bytecode.
"""

from __future__ import annotations

import contextlib
import os
import py_compile
import resource
import signal
import sys
import tempfile
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

#: Compiling a larger file takes hundreds of MiB; it is compiled by whoever first imports it, if ever.
LARGEST_BYTES = 512 * 1024
#: What one worker may use. A file of the largest size that people write takes a second and 100 MiB.
FILE_CPU_SECONDS = 20
WORKER_BYTES = 2 << 30
_INDEX_BYTES = 4


def sources(root: str, left_out: Container[str]) -> Iterator[str]:
    """The files to compile below ``root``, without what lies in the directories ``left_out``."""
    for directory, directories, names in os.walk(root):
        directories[:] = [name for name in directories if os.path.join(directory, name) not in left_out]
        for name in names:
            path = os.path.join(directory, name)
            if name.endswith(".py") and not os.path.islink(path) and os.path.getsize(path) <= LARGEST_BYTES:
                yield path


def compile_all(paths: Sequence[str], *, seconds: float) -> None:
    """Compile each of ``paths`` beside itself; what cannot be compiled, and what is left after ``seconds``, is not."""
    deadline = time.monotonic() + seconds
    with tempfile.TemporaryFile() as listing:  # all workers read from one offset: each index is taken once
        listing.write(b"".join(index.to_bytes(_INDEX_BYTES, "big") for index in range(len(paths))))
        listing.seek(0)
        workers = {_start(paths, listing.fileno(), deadline) for _number in range(os.cpu_count() or 1)}
        while workers:
            process, status = os.wait()
            workers.discard(process)
            if os.WIFSIGNALED(status) and time.monotonic() < deadline:
                workers.add(_start(paths, listing.fileno(), deadline))


def _start(paths: Sequence[str], listing: int, deadline: float) -> int:
    process = os.fork()
    if process == 0:
        try:
            _work(paths, listing, deadline)
        finally:
            os._exit(0)
    return process


def _work(paths: Sequence[str], listing: int, deadline: float) -> None:
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (WORKER_BYTES, WORKER_BYTES))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for index in iter(lambda: os.read(listing, _INDEX_BYTES), b""):
        if time.monotonic() > deadline:
            return
        # Its signal ends the worker: no handler would run before the compiler returns.
        signal.setitimer(signal.ITIMER_PROF, FILE_CPU_SECONDS)
        # Distributions ship templates and old syntax that no interpreter compiles.
        with contextlib.suppress(Exception):
            py_compile.compile(paths[int.from_bytes(index, "big")], quiet=2)


if __name__ == "__main__":
    compile_all(list(sources(sys.argv[2], set(sys.argv[3:]))), seconds=float(sys.argv[1]))
