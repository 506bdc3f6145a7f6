# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Names and places that a store accepts."""

from __future__ import annotations

import os
import re
import stat

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, StoreError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
#: What a path cannot hold without breaking scripts, shebangs or search paths of the venv in it.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\"'`$\\:;&|<>*?(){}\[\]!#%]")


def check_name(name: str) -> str:
    """``name`` if a venv can be called so."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"name: {_shown(name)} cannot be the name of a venv: use up to 100 letters, digits, '.', '_' and '-', "
            "with a letter or digit first"
        )
    return name


def check_path(path: str, *, option: str) -> str:
    """``path`` made absolute, without a trailing slash, if a venv can live there."""
    absolute = os.path.abspath(os.path.expanduser(path))
    if not path or _UNSAFE.search(absolute):
        raise InputError(
            f"{option}: {_shown(path)} cannot hold a venv: scripts break on a path with quotes, colons, '$', line "
            "breaks or other characters that a shell reads"
        )
    return absolute


def check_nobody_else_writes(path: str) -> None:
    """Raise :class:`StoreError` if somebody but this user and root could put other files in place of ``path``.

    Looks at every folder on the way, links resolved and not. A folder with the sticky bit (``/tmp``) lets others add
    names but not replace ours.
    """
    for folder in _folders_on_the_way(path):
        try:
            status = os.lstat(folder)
        except FileNotFoundError:
            continue
        if status.st_uid not in (0, os.geteuid()):
            raise StoreError(f"{path} cannot be a store: {folder} belongs to another user (uid {status.st_uid})")
        if stat.S_ISLNK(status.st_mode) or (status.st_mode & stat.S_ISVTX and folder != path):
            continue
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise StoreError(
                f"{path} cannot be a store: others can write to {folder} and so plant code in every venv; "
                f"take that right away (chmod go-w {folder}) or choose another store"
            )


def _folders_on_the_way(path: str) -> list[str]:
    folders = set()
    for place in (path, os.path.realpath(path)):
        while place not in folders:
            folders.add(place)
            place = os.path.dirname(place)
    return sorted(folders)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
