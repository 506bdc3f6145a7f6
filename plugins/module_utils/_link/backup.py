# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A project's own venv while a link is in its place: a directory beside the link.

Its name is the record: ``venv.backup-20261121T104500Z048213377019`` says when it was moved, and which directory that
was. It is written together with the backup, by one rename, and nothing that a user calls ``venv.backup-something``,
copies, or puts in the place of a backup, has such a name by accident.
"""

from __future__ import annotations

import calendar
import hashlib
import os
import re
import time
from contextlib import suppress

from .._errors import VenvError
from .._store.durable import fsync_directory

_TIME = "%Y%m%dT%H%M%SZ"
_DIGITS = 12


class RestoreError(VenvError):
    """A project's own venv cannot be put back."""

    code = "restore"


def move_to_backup(path: str, *, now: float) -> str:
    """Rename the directory ``path`` to its backup, whose name sorts behind those of all earlier ones; returns that."""
    recorded = _recorded(path)
    wanted = time.strftime(_TIME, time.gmtime(now))
    if recorded:  # in the same second, or a clock that went back
        latest = calendar.timegm(time.strptime(_time_of(recorded[-1]), _TIME))
        wanted = max(wanted, time.strftime(_TIME, time.gmtime(latest + 1)))
    backup = f"{path}.backup-{wanted}{_identity(path)}"
    os.rename(path, backup)
    fsync_directory(os.path.dirname(path))
    return backup


def backups(path: str) -> list[str]:
    """The backups of ``path``, oldest first; what was replaced or copied since is none."""
    return [backup for backup in _recorded(path) if _is_itself(backup)]


def find_backup(path: str) -> str | None:
    """The backup that was made last, None where there is none.

    Raises :class:`RestoreError` when something else has its name: an earlier one is not what was asked for.
    """
    recorded = _recorded(path)
    if not recorded:
        return None
    last = recorded[-1]
    if not _is_itself(last):
        raise RestoreError(
            f"{last} is not the directory that was moved there: it was replaced, copied or changed, and is not "
            f"restored. If it is the right one, remove {path} and rename it to {path}"
        )
    return last


def _recorded(path: str) -> list[str]:
    """Everything beside ``path`` that has the name of a backup, oldest first."""
    directory, name = os.path.split(path)
    form = re.compile(re.escape(name) + rf"\.backup-[0-9]{{8}}T[0-9]{{6}}Z[0-9]{{{_DIGITS}}}")
    names = [found for found in os.listdir(directory) if form.fullmatch(found) and _is_time(_time_of(found))]
    return sorted(os.path.join(directory, found) for found in names)


def _is_time(text: str) -> bool:
    try:
        return time.strptime(text, _TIME).tm_year > 0
    except ValueError:
        return False


def _time_of(backup: str) -> str:
    return backup[:-_DIGITS].rpartition("-")[2]


def _is_itself(backup: str) -> bool:
    is_directory = os.path.isdir(backup) and not os.path.islink(backup)
    return is_directory and backup.endswith(f"Z{_identity(backup)}")


def _identity(path: str) -> str:
    """Digits that say which directory ``path`` is, as long as it is only renamed.

    An inode alone is used again soon after it was freed, so the time of its pyvenv.cfg, which nobody writes twice,
    counts as well. Devices are numbered anew at each start of a machine, so they do not.
    """
    marks = [os.lstat(path).st_ino]
    with suppress(OSError):
        config = os.lstat(os.path.join(path, "pyvenv.cfg"))
        marks += [config.st_ino, config.st_mtime_ns, config.st_size]
    return str(int(hashlib.sha256(repr(marks).encode()).hexdigest(), 16))[-_DIGITS:]
