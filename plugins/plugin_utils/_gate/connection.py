# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the verbs are given: who asks, and where to read and write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from .grammar import GateCommand
from .settings import GateKey, GateSettings
from .spool import GateRun, Spool


@dataclass(frozen=True)
class Connection:
    """One connection of a key: its settings, its runs, and the streams of the phone."""

    settings: GateSettings
    key: GateKey
    spool: Spool
    source: IO[bytes]
    sink: IO[bytes]

    def run(self, command: GateCommand) -> GateRun:
        """The run that a command names."""
        return self.spool.run(command.ident)
