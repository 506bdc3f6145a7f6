# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The inventory sources that a user names: files, directories and lists of hosts."""

from __future__ import annotations

import os
from collections.abc import Iterable

from .._errors import InputError
from .._paths import is_host_list


def check_inventory(sources: Iterable[str]) -> None:
    """Raise :class:`InputError` for a source that is no list of hosts and does not exist."""
    for source in sources:
        if not is_host_list(source) and not os.path.exists(os.path.expanduser(source)):
            raise InputError(f"inventory: {source} does not exist; a list of hosts needs a comma, as in 'host1,'")
