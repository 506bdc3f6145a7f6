# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which ``ansible.cfg`` Ansible reads, and which of its settings list directories of roles and plugins."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NAME = "ansible.cfg"
_SYSTEM_WIDE = "/etc/ansible/ansible.cfg"
#: By the variable of the environment that sets the same (``config/base.yml`` of ansible-core).
SEARCH_PATHS = {
    "ANSIBLE_LIBRARY": "library",
    "ANSIBLE_MODULE_UTILS": "module_utils",
    "ANSIBLE_ROLES_PATH": "roles_path",
    **{
        f"ANSIBLE_{kind.upper()}_PLUGINS": f"{kind}_plugins"
        for kind in (
            "action", "become", "cache", "callback", "cliconf", "connection", "filter", "httpapi", "inventory",
            "lookup", "netconf", "strategy", "terminal", "test", "vars",
        )
    },
}  # fmt: skip


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
