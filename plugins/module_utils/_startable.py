# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Whether a venv's programs may be started: nobody but this user and root decides what runs then."""

from __future__ import annotations

import os
import stat

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._trust import check_trusted

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_CONFIG = "pyvenv.cfg"
#: uv lets everybody write to its lock of a venv. Nothing is read from that file.
_UV_LOCK = ".lock"


def trusted_interpreter(venv: str) -> str:
    """The real path of the base interpreter of ``venv``; started by that path it reads nothing of the venv.

    Raises :class:`StoreError` where others can change it, or the venv whose own copy it is.
    """
    python = os.path.realpath(os.path.join(venv, "bin", "python"))
    check_trusted(python)
    folder = os.path.dirname(python)
    if any(os.path.lexists(os.path.join(place, _CONFIG)) for place in (folder, os.path.dirname(folder))):
        check_startable(os.path.dirname(folder))
    return python


def check_startable(venv: str) -> None:
    """Raise :class:`StoreError` where others can change anything in ``venv``, on the way to it, or where it leads."""
    check_trusted(venv)
    check_trusted(os.path.realpath(os.path.join(venv, "bin", "python")))
    pending, seen = [venv], set()
    while pending:
        root = os.path.realpath(pending.pop())
        if root not in seen:
            seen.add(root)
            pending += _check_tree(root)


def _check_tree(root: str) -> list[str]:
    """Check all below ``root``; returns the links to directories, which lead elsewhere."""
    elsewhere = []
    for folder, folders, files in os.walk(root, onerror=_refuse):
        for path in (os.path.join(folder, name) for name in (*folders, *files)):
            status = os.lstat(path)
            if path == os.path.join(root, _UV_LOCK) and stat.S_ISREG(status.st_mode):
                continue
            is_link = stat.S_ISLNK(status.st_mode)
            if is_link or status.st_uid not in (0, os.geteuid()) or status.st_mode & _OTHERS_WRITE:
                check_trusted(path)
            if is_link and os.path.isdir(path):
                elsewhere.append(path)
    return elsewhere


def _refuse(error: OSError) -> None:
    raise StoreError(f"{error.filename} cannot be read ({error.strerror}), so it is not known what is run from there")
