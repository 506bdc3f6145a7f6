# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which ``ansible.cfg`` Ansible reads."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NAME = "ansible.cfg"
_SYSTEM_WIDE = "/etc/ansible/ansible.cfg"


def config_file(environment: Mapping[str, str], *, home: str, current: str) -> str | None:
    """The configuration file that an Ansible with this environment, started in the directory ``current``, chooses."""
    named = environment.get("ANSIBLE_CONFIG")
    if not named:
        return choose_config([current], home=home)
    path = os.path.expanduser(named)
    return os.path.join(path, _NAME) if os.path.isdir(path) else path


def choose_config(directories: Iterable[str], *, home: str) -> str | None:
    """The first ``ansible.cfg`` in ``directories``, the home directory and the system, as Ansible chooses it."""
    candidates = [os.path.join(directory, _NAME) for directory in directories if not _is_open(directory)]
    candidates += [os.path.join(home, f".{_NAME}"), _SYSTEM_WIDE]
    return next((path for path in candidates if os.path.isfile(path) and os.access(path, os.R_OK)), None)


def _is_open(directory: str) -> bool:
    try:
        return bool(os.stat(directory).st_mode & stat.S_IWOTH)
    except OSError:
        return True
