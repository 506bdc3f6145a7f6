# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which files of a torrent are wanted, and whether there is space for them: the same on the host and at home."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from .._errors import InputError, NoSpaceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .magnet import Magnet
    from .metainfo import Metainfo

#: What stays free on the disk.
RESERVE = 64 << 20
_MIB = 1 << 20


def select_files(metainfo: Metainfo, magnet: Magnet, patterns: Sequence[str]) -> tuple[int, ...]:
    """The indexes of the files that ``magnet`` selects and whose path matches one of ``patterns``, if there are any."""
    selection = metainfo.selected(magnet)
    if not patterns:
        return selection
    names = {index: metainfo.files[index].name for index in selection}
    matching = tuple(index for index, name in names.items() if any(fnmatchcase(name, one) for one in patterns))
    if not matching:
        listed = ", ".join(sorted(names.values())[:5])
        raise InputError(
            f"select: {', '.join(patterns)} matches none of the {len(names)} files, such as {listed}; "
            "correct the patterns"
        )
    return matching


def check_room(path: str, size: int) -> None:
    """Raise :class:`NoSpaceError` unless ``size`` bytes fit into the directory ``path``, and some stay free."""
    needed = max(0, size) + RESERVE
    status = os.statvfs(path)
    free = status.f_bavail * status.f_frsize
    if free < needed:
        raise NoSpaceError(
            f"{path} has {free // _MIB} MiB free, and {needed // _MIB} MiB are required; free some space, select "
            "fewer files, or choose another directory",
            free=free,
            required=needed,
        )
