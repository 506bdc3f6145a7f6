# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Put cached roles into a venv, in one directory, which a run has at the end of its roles path."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .._collections.copy import copy_tree, make_directory
from .._errors import StoreError

if TYPE_CHECKING:
    from .role_cache import CachedRole

#: Relative to the venv. Wheels that bring roles install them there as well.
ROLES_DIRECTORY = os.path.join("share", "ansible", "roles")


def copy_role(role: CachedRole, venv: str) -> None:
    """Copy a cached role into ``venv``; raises :class:`StoreError`."""
    target = os.path.join(venv, ROLES_DIRECTORY, role.name)
    try:
        directory = venv
        for part in ROLES_DIRECTORY.split(os.sep):
            directory = os.path.join(directory, part)
            if not os.path.isdir(directory):
                make_directory(directory)
        copy_tree(role.path, target)
    except OSError as error:
        raise StoreError(f"The role {role.name} cannot be copied to {target}: {error.strerror}") from error
