# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Whether an SSH server answers. Who it is must be checked by its host key afterwards."""

from __future__ import annotations

import socket
import time

_PORT = 22
_SECONDS = 5.0
#: A server may send other lines before its version (RFC 4253, 4.2).
_MOST = 4096


def sends_ssh_banner(address: str, port: int = _PORT, *, seconds: float = _SECONDS) -> bool:
    """Whether a server at an address says in time that it speaks SSH."""
    deadline = time.monotonic() + seconds
    said = b""
    try:
        with socket.create_connection((address, port), timeout=seconds) as connection:
            while len(said) < _MOST:
                connection.settimeout(max(0.1, deadline - time.monotonic()))
                more = connection.recv(_MOST)
                said += more
                if (b"\n" + said).find(b"\nSSH-") >= 0:
                    return True
                if not more or time.monotonic() >= deadline:
                    return False
    except OSError:
        return False
    return False
