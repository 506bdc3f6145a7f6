# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Show the lines of a log while a run writes it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable

_POLL_SECONDS = 0.1
#: No more than this is read at once, so that a long line without an end is shown in pieces.
_CHUNK = 1 << 16


@contextmanager
def shown_while_written(log: str, show: Callable[[str], None]) -> Iterator[None]:
    """While the block runs, ``show`` is told the lines of ``log`` as they come, and the rest of them at its end.

    The log need not exist yet. What is in it comes from a run: nothing in it acts on a terminal.
    """
    ended = threading.Event()
    follower = threading.Thread(target=_follow, args=(log, show, ended), daemon=True)
    follower.start()
    try:
        yield
    finally:
        ended.set()
        follower.join()


def _follow(log: str, show: Callable[[str], None], ended: threading.Event) -> None:
    started, rest, offset = True, b"", 0
    while started:
        started = not ended.wait(_POLL_SECONDS)  # one more look after the end
        block = _new(log, offset)
        while block:
            offset += len(block)
            *lines, rest = (rest + block).split(b"\n")
            if lines:
                show(printable(b"\n".join(lines).decode("utf-8", "replace"), lines=True))
            block = _new(log, offset)
    if rest:
        show(printable(rest.decode("utf-8", "replace")))


def _new(log: str, offset: int) -> bytes:
    """What was written from ``offset`` on."""
    if not Path(log).is_file():
        return b""
    with open(log, "rb") as stream:
        stream.seek(offset, os.SEEK_SET)
        return stream.read(_CHUNK)
