# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a look at a path found, short enough to be kept: whoever looks again can tell whether anything changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

#: Nothing was there: None. A directory that was only passed through: its kind. Else kind, inode, size and both times.
Stamp = Sequence[int] | None


def stamp_of(status: os.stat_result) -> Stamp:
    """The stamp of a file, a link, or a directory whose entries were listed."""
    kind = stat.S_IFMT(status.st_mode)
    return [kind, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def stamp_at(path: str | os.PathLike[str]) -> Stamp:
    """What is at a path that the user names; a directory is only passed through."""
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return None
    return [stat.S_IFDIR] if stat.S_ISDIR(status.st_mode) else stamp_of(status)
