# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Compile sources into another directory. A base interpreter runs this file, isolated and without site.

Arguments: SECONDS DIRECTORY; standard input has the paths of the sources as a JSON list. The bytecode of each lies in
DIRECTORY afterwards, called ``<sha256 of the source>.<sha256 of the bytecode>.<cache tag>.pyc``, and states no time of
its source.

Sources are read and compiled, never imported. They can be made to crash the compiler, to fill the memory or to keep it
busy for ever: workers take the next file from a list that they share, and one that dies is replaced, so that only the
file that it was at has no bytecode.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import marshal
import os
import resource
import signal
import sys
import tempfile
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What one worker may use. A file of the largest size that people write takes a second and 100 MiB.
FILE_CPU_SECONDS = 20
WORKER_BYTES = 2 << 30
_INDEX_BYTES = 4


def compile_file(path: str, target: str) -> None:
    """Compile the source at ``path`` to a file in the directory ``target``, which is complete once it has its name.

    What is compiled is what was hashed. An import replaces the name of the source by the path that it then has. The
    file is empty for what is no Python: distributions ship templates and old syntax.
    """
    with open(path, "rb") as stream:
        source = stream.read()
    digest = hashlib.sha256(source).hexdigest()
    bytecode = b""
    with contextlib.suppress(SyntaxError, ValueError):
        code = compile(source, f"<source {digest}>", "exec", dont_inherit=True)
        bytecode = importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)
    name = f"{digest}.{hashlib.sha256(bytecode).hexdigest()}.{sys.implementation.cache_tag}.pyc"
    staged = os.path.join(target, f"{os.getpid()}.new")
    with open(staged, "wb") as stream:
        stream.write(bytecode)
    os.rename(staged, os.path.join(target, name))


def compile_all(paths: Sequence[str], target: str, *, seconds: float) -> None:
    """Compile each of ``paths`` to the directory ``target``.

    What cannot be compiled, and what is left after ``seconds``, has no bytecode.
    """
    deadline = time.monotonic() + seconds
    with tempfile.TemporaryFile() as listing:  # all workers read from one offset: each index is taken once
        listing.write(b"".join(index.to_bytes(_INDEX_BYTES, "big") for index in range(len(paths))))
        listing.seek(0)
        workers = {_start(paths, target, listing.fileno(), deadline) for _number in range(os.cpu_count() or 1)}
        while workers:
            process, status = os.wait()
            workers.discard(process)
            if os.WIFSIGNALED(status) and time.monotonic() < deadline:
                workers.add(_start(paths, target, listing.fileno(), deadline))


def _start(paths: Sequence[str], target: str, listing: int, deadline: float) -> int:
    process = os.fork()
    if process == 0:
        try:
            _work(paths, target, listing, deadline)
        finally:
            os._exit(0)
    return process


def _work(paths: Sequence[str], target: str, listing: int, deadline: float) -> None:
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (WORKER_BYTES, WORKER_BYTES))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for index in iter(lambda: os.read(listing, _INDEX_BYTES), b""):
        if time.monotonic() > deadline:
            return
        # Its signal ends the worker: no handler would run before the compiler returns.
        signal.setitimer(signal.ITIMER_PROF, FILE_CPU_SECONDS)
        with contextlib.suppress(Exception):
            compile_file(paths[int.from_bytes(index, "big")], target)


if __name__ == "__main__":
    compile_all(json.load(sys.stdin), sys.argv[2], seconds=float(sys.argv[1]))
