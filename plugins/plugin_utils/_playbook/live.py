# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Show the lines of a log while a run writes it, here or on a host."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError

from ansible_collections.mobile_ansible.venv.plugins.module_utils._background import in_background
from ansible_collections.mobile_ansible.venv.plugins.module_utils._bounded_reader import MIB
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable

from .._transfer import TransferError, read_part

#: No more than this is read at once.
_CHUNK = MIB // 4


@dataclass(frozen=True)
class FollowedLog:
    """``read`` returns what the log has from a number of bytes on, at most a part; it is asked each ``seconds``."""

    read: Callable[[int], bytes]
    seconds: float

    @classmethod
    def here(cls, path: str) -> FollowedLog:
        """A file on this machine, which need not exist yet."""

        def read(offset: int) -> bytes:
            if not Path(path).is_file():
                return b""
            with open(path, "rb") as stream:
                stream.seek(offset)
                return stream.read(_CHUNK)

        return cls(read, seconds=0.1)

    @classmethod
    def there(cls, path: str, execute: Callable[[str], Mapping[str, Any]]) -> FollowedLog:
        """A file on a host, where ``execute`` runs a shell command; what cannot be read may come later."""

        def read(offset: int) -> bytes:
            reader = f"tail -c +{offset + 1} {shlex.quote(path)} | head -c {_CHUNK}"
            with suppress(AnsibleError, TransferError):
                return read_part(path, reader, execute, limit=_CHUNK)
            return b""

        return cls(read, seconds=1)


@contextmanager
def shown_while_written(log: FollowedLog, show: Callable[[str], None], *, limit: int) -> Iterator[None]:
    """While the block runs, ``show`` is told the lines of ``log`` as they come, and the rest of them at its end.

    What is in a log comes from a run: nothing of it acts on a terminal, and no more than ``limit`` bytes are shown.
    """
    with in_background(partial(_follow, log, show, limit)):
        yield


def _follow(log: FollowedLog, show: Callable[[str], None], limit: int, ended: threading.Event) -> None:
    is_running, rest, offset = True, b"", 0
    while is_running:
        is_running = not ended.wait(log.seconds)  # one more look after the end
        while offset < limit and (block := log.read(offset)):
            offset += len(block)
            *lines, rest = (rest + block).split(b"\n")
            if lines:
                show(_shown(b"\n".join(lines)))
    if rest:
        show(_shown(rest))


def _shown(text: bytes) -> str:
    return printable(text.decode("utf-8", "replace"), lines=True)
