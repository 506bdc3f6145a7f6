# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A role that was found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .files import Files


@dataclass(frozen=True)
class RoleDirectory:
    """A role that was found; ``collection`` is empty for one of the project, ``files`` reads its content."""

    path: Path
    files: Files
    collection: str = ""

    @property
    def name(self) -> str:
        """The name that Ansible has for it: that of its directory, unless the role was fetched to another one."""
        return self.files.label if self.is_fetched else self.path.name

    @property
    def is_fetched(self) -> bool:
        """Whether it is none of the project, nor of a directory that the project or the user has."""
        return self.path == self.files.root and bool(self.files.label)
