# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The names that a venv can have, the paths at which one can live, and what is no path."""

from __future__ import annotations

import os
import re

from ._errors import InputError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
#: What a path cannot hold without breaking scripts, shebangs or search paths of the venv in it.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\"'`$\\:;&|<>*?(){}\[\]!#%]")
#: So much of an input is shown, which holds every path that people write.
_MAX_SHOWN = 1000


def is_host_list(inventory: str) -> bool:
    """Whether an inventory is a list of host names, as Ansible tells it: by a comma."""
    return "," in inventory


def check_name(name: str) -> str:
    """``name`` if a venv can be called so."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"name: {_shown(name)} is not a valid name of a venv: use up to 100 letters, digits, '.', '_' and '-', "
            "with a letter or digit first"
        )
    return name


def check_path(path: str, *, option: str) -> str:
    """The absolute ``path`` without ``~`` and a trailing slash, if a venv can live there."""
    expanded = os.path.expanduser(path)
    absolute = os.path.abspath(expanded)
    if not path or _UNSAFE.search(absolute) or any("\ud800" <= char <= "\udfff" for char in absolute):
        raise InputError(
            f"{option}: {_shown(path)} is not a valid path of a venv: scripts do not work with quotes, colons, '$', "
            "line breaks or other special characters of a shell in their path"
        )
    if expanded.startswith("~"):
        home = expanded.partition("/")[0]
        raise InputError(
            f"{option}: {_shown(path)}: the home directory {home} does not exist on this host; give an absolute path"
        )
    if not os.path.isabs(expanded):
        raise InputError(f"{option}: {_shown(path)} is a relative path; give an absolute path")
    return absolute


def expand_home(path: str, *, home: str) -> str:
    """``path`` with ``~`` as the directory ``home``, and ``~name`` as that of another user, if there is one."""
    first, _slash, _rest = path.partition("/")
    return home + path[1:] if first == "~" else os.path.expanduser(path)


def _shown(text: str) -> str:
    return repr(text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…")
