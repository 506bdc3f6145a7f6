# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Take a file from a host that may send without end.

``fetch_file`` of a connection writes whatever comes, and ``slurp`` holds all of it in memory. So the file comes piece
by piece as the output of a command, and no more of it is written than is allowed. It also works for a user that the
connection's own user became.
"""

from __future__ import annotations

import base64
import binascii
import resource
import secrets
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._bounded_reader import MIB
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable

#: How much comes with one command.
PIECE = 4 * MIB
#: What a worker may need more than it has, for one answer of a host and all copies that Ansible makes of it.
_HEADROOM = 256 * MIB


class TransferError(VenvError):
    """A host does not deliver what it should, or far more."""

    code = "transfer"


def fetch(
    path: str,
    sink: IO[bytes],
    *,
    limit: int,
    execute: Callable[[str], Mapping[str, Any]],
    told: Callable[[int], None] | None = None,
    start: int = 0,
) -> None:
    """Write the file ``path`` of a host to ``sink``; ``execute`` runs a shell command there.

    ``told`` hears how many bytes are there. The first ``start`` bytes, a multiple of ``PIECE``, are not sent.

    Raises :class:`TransferError` when it cannot be read, or has more than ``limit`` bytes.
    """
    taken = start
    while True:
        piece = _piece(path, taken // PIECE, execute)
        taken += len(piece)
        if taken > limit:
            raise TransferError(f"the host sent more than the {limit // MIB} MiB that are allowed")
        sink.write(piece)
        if told is not None:
            told(taken)
        if len(piece) < PIECE:
            return


def _piece(path: str, number: int, execute: Callable[[str], Mapping[str, Any]]) -> bytes:
    reader = f"dd if={shlex.quote(path)} bs={PIECE} skip={number} count=1 2>/dev/null"
    return read_part(path, reader, execute, limit=PIECE)


def read_part(path: str, reader: str, execute: Callable[[str], Mapping[str, Any]], *, limit: int) -> bytes:
    """What the shell command ``reader`` reads of the file ``path``; what a login shell says around it is left out.

    Raises :class:`TransferError` where there is no such file, or more than ``limit`` bytes come.
    """
    begin, end = (f"{word}-{secrets.token_hex(8)}" for word in ("begin", "end"))
    done = execute(f"test -f {shlex.quote(path)} && echo {begin} && {reader} | base64 && echo {end}")
    _before, found, rest = str(done["stdout"]).partition(begin)
    text, ended, _after = rest.partition(end)
    try:
        piece = base64.b64decode(text.encode("ascii"))
    except (binascii.Error, UnicodeEncodeError) as error:
        raise TransferError("the host did not send the file") from error
    if not found or not ended or len(piece) > limit:
        raise TransferError(f"the host did not send the file: {printable(str(done['stderr'])[:500]).strip()}")
    return piece


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Raise :class:`TransferError` when what is done inside takes far more memory than an answer should.

    Connections collect all that a host says before anybody can look at it. Only Linux counts this memory.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    used = _data_bytes()
    if used and (soft == resource.RLIM_INFINITY or soft > used + _HEADROOM):
        resource.setrlimit(resource.RLIMIT_DATA, (used + _HEADROOM, hard))
    try:
        yield
    except MemoryError as error:
        raise TransferError(f"the host returned more than {_HEADROOM // MIB} MiB") from error
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _data_bytes() -> int:
    """How much memory of its own this process has; 0 where that is not known."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    return 0
