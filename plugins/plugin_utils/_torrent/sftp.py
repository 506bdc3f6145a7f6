# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Take files from a host by OpenSSH's own sftp, over the ssh connection of a task, going on where a file ends.

Nothing that the host says is used but the bytes of the files, and no more of them than there should be.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any, NamedTuple

from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Supervision
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._transfer import TransferError

_SECONDS = 0.2
#: What ssh writes besides, such as known_hosts.
_LEAST_LIMIT = 1 << 20
_MAX_SAID = 4096
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SPECIAL = re.compile(r"([^A-Za-z0-9_/.\-\u0080-\U0010ffff])")


class Part(NamedTuple):
    """A file to take: its path on the host, the file here that grows, and the size that it must have."""

    remote: str
    local: str
    size: int

    def arrived(self) -> int:
        """The bytes that are here."""
        return os.lstat(self.local).st_size


class TooMuchError(TransferError):
    """More of a file came than it has."""


def can_use_sftp(connection: Any, path: str) -> bool:
    """Whether files below ``path`` can come by sftp: a plain ssh connection without a password that must be typed."""
    if connection.transport != "ssh" or connection.become is not None or _CONTROL.search(path):
        return False
    needs_password = connection.get_option("password") or connection._play_context.password
    return not (needs_password or connection.get_option("pkcs11_provider")) and (
        connection.get_option("ssh_transfer_method") in ("smart", "sftp")
    )


def take_by_sftp(connection: Any, parts: Sequence[Part], *, check: Callable[[int], None]) -> None:
    """Let each file of ``parts``, which is not complete here, be so.

    ``check`` is told all the time how many bytes are here, and raises what ends the transfer. Raises
    :class:`TooMuchError` for a host that sends more than it should, and :class:`TransferError` for whatever else ended
    before all was here.
    """
    connection.host = connection.get_option("host") or connection._play_context.remote_addr
    argv = connection._build_command(connection.get_option("sftp_executable"), "sftp", f"[{connection.host}]".encode())
    with tempfile.TemporaryFile() as batch:
        batch.write("".join(f"reget {_quoted(part.remote)} {_quoted(part.local)}\n" for part in parts).encode())
        batch.seek(0)
        said = _run([os.fsdecode(word) for word in argv], batch, parts, check)
    if any(part.arrived() < part.size for part in parts):
        raise TransferError(said or "sftp ended before all was here")


def _run(argv: list[str], batch: IO[bytes], parts: Sequence[Part], check: Callable[[int], None]) -> str:
    """Run sftp to its end, or to that of the transfer; what it said last."""
    environment = dict(os.environ)
    process: subprocess.Popen[bytes] | None = None
    try:
        # Its end comes also where this process is killed.
        with Supervision(argv, env=environment, timeout=0) as supervision:
            with _bounded_files(max(part.size for part in parts) + 1):
                process = subprocess.Popen(
                    supervision.argv,
                    env=environment,
                    stdin=batch,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    pass_fds=supervision.pass_fds,
                )
            said = _watched(process, parts, check)
            supervision.completed(process.returncode, "", said)
    finally:
        if process is not None:
            process.wait()
            if process.stderr is not None:
                process.stderr.close()
    return said


def _watched(process: subprocess.Popen[bytes], parts: Sequence[Part], check: Callable[[int], None]) -> str:
    """Wait for the end; what was said last. What ssh leaves in the background may hold the pipe open."""
    if process.stderr is None:
        return ""
    os.set_blocking(process.stderr.fileno(), False)
    said, current, done = b"", 0, 0
    while True:
        ended = process.poll() is not None
        said = (said + (process.stderr.read(_MAX_SAID) or b""))[-_MAX_SAID:]
        while current < len(parts) and parts[current].arrived() >= parts[current].size:
            _check_size(parts[current])
            done += parts[current].size
            current += 1
        if ended:
            return _last_line(said)
        check(done + (parts[current].arrived() if current < len(parts) else 0))
        time.sleep(_SECONDS)


def _check_size(part: Part) -> None:
    if part.arrived() > part.size:
        raise TooMuchError("the host sent more than the torrent says")


def _last_line(said: bytes) -> str:
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return printable(lines[-1][:500]) if lines else ""


def _quoted(path: str) -> str:
    """A path in a command of sftp, which expands patterns."""
    return _SPECIAL.sub(r"\\\1", path)


@contextmanager
def _bounded_files(limit: int) -> Iterator[None]:
    """What is started inside can make no file larger than ``limit`` bytes, also between two looks at it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    limit = max(limit, _LEAST_LIMIT)
    if soft != resource.RLIM_INFINITY:
        limit = min(limit, soft)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
