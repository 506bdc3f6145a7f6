# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The settings of the user that hold for a run by the command, and that no file of the project has."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from .._deps.project.user_settings import UserSetting, of_command_line, of_config, of_environment

_NAME = "ansible.cfg"


def user_settings(
    environment: Mapping[str, str],
    *,
    options: Mapping[str, Sequence[str]],
    config: str | None,
    current: str,
    projects: Iterable[str],
) -> list[UserSetting]:
    """Those of the ``environment``, and of the file ``config`` where an analysis does not read it in a project.

    The ``options`` of the command line go first, then the environment, as for Ansible.
    """
    home = environment.get("HOME") or os.path.expanduser("~")
    found = [] if config is None or _is_read(config, projects) else _of_file(config, home=home, current=current)
    above = (
        of_environment(environment, home=home, current=current),
        of_command_line(options, home=home, current=current),
    )
    for settings in above:
        known = {(one.section, one.key) for one in settings if not one.adds}
        found = [*(one for one in found if (one.section, one.key) not in known), *settings]
    return found


def _is_read(config: str, projects: Iterable[str]) -> bool:
    real = os.path.realpath(os.path.dirname(config))
    return os.path.basename(config) == _NAME and real in {os.path.realpath(project) for project in projects}


def _of_file(config: str, *, home: str, current: str) -> list[UserSetting]:
    try:
        with open(config, encoding="utf-8") as stream:
            return of_config(stream.read(), path=os.path.abspath(config), home=home, current=current)
    except (InputError, OSError, UnicodeDecodeError):
        return []  # Ansible itself tells what is wrong with it
