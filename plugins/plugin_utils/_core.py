# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The ansible-core of the Python that runs the command, found without an import of it, which would take long."""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import dataclass
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, ToolMissingError


@dataclass(frozen=True)
class CoreRelease:
    """The directory of the package ``ansible``, and when its release was written there."""

    directory: str
    written_ns: int

    @classmethod
    def find(cls) -> CoreRelease:
        """Raises :class:`ToolMissingError` where there is none."""
        spec = importlib.util.find_spec("ansible")
        if spec is None or spec.origin is None:
            raise ToolMissingError(
                f"{sys.executable} has no ansible-core: install the command with the Python that has it"
            )
        directory = os.path.dirname(spec.origin)
        return cls(directory, os.stat(os.path.join(directory, "release.py")).st_mtime_ns)

    def as_json(self) -> list[Any]:
        """What decides whether it is the same."""
        return [self.directory, self.written_ns]


def check_configuration() -> None:
    """Raise :class:`InputError` for one with which Ansible cannot start: it reads it while it is imported."""
    from ansible.errors import AnsibleError

    try:
        from ansible import constants  # noqa: F401 (the import is the check)
    except AnsibleError as error:
        raise InputError(
            f"Ansible cannot start: {error}; correct its configuration. Where the home directory cannot be written to, "
            "set ANSIBLE_HOME to a directory that can"
        ) from error
