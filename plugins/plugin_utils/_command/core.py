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

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ToolMissingError


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
