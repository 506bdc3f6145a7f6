# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A file that holds an API token, which nobody but its owner may read."""

from __future__ import annotations

import os
import stat

from .._errors import InputError

_MOST = 4096
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


def read_token(path: str, *, option: str = "api_token_file") -> str:
    """The only line of the file; raises :class:`InputError` for one that others can read or change."""
    shown = f"{option}: {path!r}"
    try:
        descriptor = os.open(os.path.expanduser(path), _FLAGS)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{shown} cannot be read: {reason}; correct its path or its permissions") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{shown} is not a regular file; give the path of a file with the token")
        if status.st_mode & 0o077 or status.st_uid not in (0, os.geteuid()):
            mode = stat.S_IMODE(status.st_mode)
            raise InputError(
                f"{shown} can be read by others (mode {mode:04o}, uid {status.st_uid}); make it a file of your own "
                "with mode 0600, and replace the token if others may have read it"
            )
        lines = os.read(descriptor, _MOST).split()
    finally:
        os.close(descriptor)
    if len(lines) != 1:
        raise InputError(f"{shown} does not have exactly one line with a token; write the token alone into it")
    return lines[0].decode("ascii", "replace")
