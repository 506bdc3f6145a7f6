# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the command line of the running Ansible says about connections, for an analysis."""

from __future__ import annotations

from typing import Any

from ansible import context
from ansible.utils.vars import load_extra_vars

from ._deps.project.connections import THIS_MACHINE, can_be_local


def with_this_machine(inventory: list[str], loader: Any) -> list[str]:
    """``inventory``, with a note that its hosts can be this machine where what the user typed can lead them to it."""
    connection = context.CLIARGS.get("connection")
    if can_be_local(connection) or "ansible_connection" in load_extra_vars(loader):
        return [*inventory, THIS_MACHINE]
    return inventory
